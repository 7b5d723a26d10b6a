import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { meshOneWay } from './mesh-one-way.js'

const values = (name: string, id: number, others: string) => `cluster: {name: ${name}, id: ${id}}
clustermesh:
  useAPIServer: true
  config:
    enabled: true
    clusters: {${others}}
`

test('a side that is missing is reported where the other is written', () => {
  assert.deepEqual(
    checkTexts(meshOneWay, {
      'clusters/a/cilium-values.yaml': values('a', 1, 'b: {ips: [10.0.0.1]}'),
      'clusters/b/cilium-values.yaml': values('b', 2, ''),
    }),
    ['warning clusters/a/cilium-values.yaml:6:16 a is told of b, but b lacks an entry for a in clustermesh.config.clusters'],
  )
})

test('both sides, or one that was not given, are fine', () => {
  assert.deepEqual(
    checkTexts(meshOneWay, {
      'clusters/a/cilium-values.yaml': values('a', 1, 'b: {ips: [10.0.0.1]}'),
      'clusters/b/cilium-values.yaml': values('b', 2, 'a: {ips: [10.0.0.2]}'),
    }),
    [],
  )
  assert.deepEqual(checkTexts(meshOneWay, { 'clusters/a/cilium-values.yaml': values('a', 1, 'b: {ips: [10.0.0.1]}') }), [])
})

test('one command connects both ways', () => {
  const script = 'cilium clustermesh connect --context a --destination-context b\n'
  assert.deepEqual(
    checkTexts(meshOneWay, {
      'connect.sh': script,
      'clusters/a/cilium-values.yaml': values('a', 1, ''),
      'clusters/b/cilium-values.yaml': values('b', 2, ''),
    }),
    [],
  )
})

test('one direction of Istio, with nothing of the other side, is worth a note', () => {
  const text = `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
spec:
  values: {global: {meshID: m, network: n, multiCluster: {clusterName: east}}}
---
apiVersion: v1
kind: Secret
metadata:
  name: istio-remote-secret-west
  labels: {istio/multiCluster: "true"}
data:
  west: eA==
`
  assert.deepEqual(checkTexts(meshOneWay, { 'a.yaml': text }), [
    'note a.yaml:12:3 east is told of west; what tells west of east is not among the inputs',
  ])
})
