import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { istioMeshDiffers } from './istio-mesh-differs.js'

const secret = (of: string) => `---
apiVersion: v1
kind: Secret
metadata:
  name: istio-remote-secret-${of}
  namespace: istio-system
  labels: {istio/multiCluster: "true"}
stringData:
  ${of}: |
    apiVersion: v1
    kind: Config
`
const operator = (name: string, mesh: string, domain: string, more = '') => `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: {name: i, namespace: istio-system}
spec:
  meshConfig: {trustDomain: ${domain}${more}}
  values:
    global:
      meshID: ${mesh}
      multiCluster: {clusterName: ${name}}
      network: net-${name}
`
const fleet = (mesh: string, domain: string, more = ['', '']) => ({
  'clusters/a/istio.yaml': operator('a', 'mesh1', 'one.example', more[0]) + secret('b'),
  'clusters/b/istio.yaml': operator('b', mesh, domain, more[1]) + secret('a'),
})

test('different mesh ids are reported', () => {
  assert.deepEqual(checkTexts(istioMeshDiffers, fleet('mesh2', 'one.example')), [
    'error clusters/b/istio.yaml:8:15 the mesh is mesh2 in b, and mesh1 in a',
  ])
  assert.deepEqual(checkTexts(istioMeshDiffers, fleet('mesh1', 'two.example')), [])
})
