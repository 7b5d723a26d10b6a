import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { meshPortClosed } from './mesh-port-closed.js'

const fleet = (type: string, port: number) => ({
  'mesh.sh': 'cilium clustermesh connect --context a --destination-context b\n',
  'clusters/a/api.yaml': `apiVersion: v1
kind: Service
metadata: {name: clustermesh-apiserver, namespace: kube-system}
spec: {type: ${type}, ports: [{port: ${port}}]}
`,
})

test('a Service that only the own cluster reaches, and another port, are reported', () => {
  assert.deepEqual(checkTexts(meshPortClosed, fleet('ClusterIP', 2379)), [
    'error clusters/a/api.yaml:4:14 Cilium’s mesh API server of a has a Service of type ClusterIP',
  ])
  assert.deepEqual(checkTexts(meshPortClosed, fleet('LoadBalancer', 2380)), [
    'warning clusters/a/api.yaml:4:35 Cilium’s mesh API server of a has no port 2379',
  ])
})

test('a load balancer on the port, and a cluster in no mesh, are fine', () => {
  assert.deepEqual(checkTexts(meshPortClosed, fleet('LoadBalancer', 2379)), [])
  const { 'clusters/a/api.yaml': alone } = fleet('ClusterIP', 2379)
  assert.deepEqual(checkTexts(meshPortClosed, { 'clusters/a/api.yaml': alone }), [])
})
