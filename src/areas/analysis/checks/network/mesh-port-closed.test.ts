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

const policy = (spec: string) => ({
  'clusters/a/policy.yaml': `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny, namespace: kube-system}\nspec: ${spec}\n`,
})
const selecting = () => {
  const files = fleet('LoadBalancer', 2379)
  return { ...files, 'clusters/a/api.yaml': files['clusters/a/api.yaml'].replace('{type:', '{selector: {k8s-app: mesh}, type:') }
}

test('policies that shut the pods are reported, and one that opens the port is not', () => {
  assert.deepEqual(checkTexts(meshPortClosed, { ...selecting(), ...policy('{podSelector: {}, policyTypes: [Ingress]}') }), [
    'error clusters/a/policy.yaml:4:21 Cilium’s mesh API server of a cannot be reached from outside: NetworkPolicy kube-system/deny shuts its pods, and nothing opens port 2379',
  ])
  for (const open of [
    '{podSelector: {}, ingress: [{ports: [{port: 2379}]}]}',
    '{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 2000, endPort: 3000}]}]}',
    '{podSelector: {matchLabels: {k8s-app: other}}}',
    '{podSelector: {}, policyTypes: [Egress]}',
    '{podSelector: {matchLabels: {tier: mesh}}}',
  ])
    assert.deepEqual(checkTexts(meshPortClosed, { ...selecting(), ...policy(open) }), [], open)
  assert.equal(
    checkTexts(meshPortClosed, { ...selecting(), ...policy('{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}') }).length,
    1,
  )
})

test('an istiod that another cluster uses needs its port on the gateway', () => {
  const files = (port: string) => ({
    'clusters/a/istio-values.yaml': 'global: {meshID: m, multiCluster: {clusterName: a}, network: n1}\nmeshConfig: {}\n',
    'clusters/a/gateway.yaml': `apiVersion: v1\nkind: Service\nmetadata: {name: istio-eastwestgateway, namespace: istio-system}\nspec: {type: LoadBalancer, ports: [{port: 15443}${port}]}\n`,
    'clusters/b/istio-values.yaml':
      'global: {meshID: m, multiCluster: {clusterName: b}, network: n2, remotePilotAddress: 203.0.113.9}\nmeshConfig: {}\n',
  })
  assert.deepEqual(checkTexts(meshPortClosed, files('')), [
    'warning clusters/a/gateway.yaml:4:35 b uses the istiod of another cluster, but no east-west gateway has port 15012',
  ])
  assert.deepEqual(checkTexts(meshPortClosed, files(', {port: 15012}')), [])
})

test('zones of Kuma come in by a Service that must be reachable', () => {
  const service = (type: string) =>
    `apiVersion: v1\nkind: Service\nmetadata: {name: kuma-global-zone-sync, namespace: kuma-system}\nspec: {type: ${type}, ports: [{port: 5685}]}\n`
  assert.deepEqual(checkTexts(meshPortClosed, { 'a.yaml': service('ClusterIP') }), [
    'error a.yaml:4:14 the global control plane of Kuma has a Service of type ClusterIP',
  ])
  assert.deepEqual(checkTexts(meshPortClosed, { 'a.yaml': service('LoadBalancer') }), [])
})
