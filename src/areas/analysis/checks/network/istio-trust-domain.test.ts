import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { istioTrustDomain } from './istio-trust-domain.js'

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

test('different trust domains are reported, unless both sides know the other', () => {
  assert.deepEqual(checkTexts(istioTrustDomain, fleet('mesh1', 'two.example')), [
    'error clusters/b/istio.yaml:5:29 the trust domain is two.example in b, and one.example in a',
  ])
  const aliases = [', trustDomainAliases: [two.example]', ', trustDomainAliases: [one.example]']
  assert.deepEqual(checkTexts(istioTrustDomain, fleet('mesh1', 'two.example', aliases)), [])
  assert.deepEqual(checkTexts(istioTrustDomain, fleet('mesh1', 'one.example')), [])
})
