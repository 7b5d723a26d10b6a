import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { multiClusterIngressBackend } from './multi-cluster-ingress-backend.js'

const fleet = (service: string, port: number, address: string) => ({
  'a.yaml': `apiVersion: networking.gke.io/v1
kind: MultiClusterIngress
metadata: {name: api, namespace: shop, annotations: {networking.gke.io/static-ip: "${address}"}}
spec: {template: {spec: {backend: {serviceName: ${service}, servicePort: ${port}}}}}
---
apiVersion: networking.gke.io/v1
kind: MultiClusterService
metadata: {name: api, namespace: shop}
spec: {template: {spec: {selector: {app: api}, ports: [{port: 8080}]}}}
`,
})

test('backends and ports that are not there are reported', () => {
  assert.deepEqual(checkTexts(multiClusterIngressBackend, fleet('apj', 8080, '192.0.2.1')), [
    'error a.yaml:4:49 MultiClusterIngress shop/api has the backend apj, of which there is no MultiClusterService',
  ])
  assert.deepEqual(checkTexts(multiClusterIngressBackend, fleet('api', 80, '192.0.2.1')), [
    'error a.yaml:4:67 MultiClusterService shop/api has no port 80',
  ])
})

test('of examples beside each other each has services of its own', () => {
  const a = fleet('api', 8081, '192.0.2.1')['a.yaml'].replace('port: 8080', 'port: 8081')
  const b = fleet('api', 8080, '192.0.2.1')['a.yaml']
  assert.deepEqual(checkTexts(multiClusterIngressBackend, { 'a/x.yaml': a, 'b/x.yaml': b }), [])
})

test('an ingress with its service and an address is fine', () => {
  assert.deepEqual(checkTexts(multiClusterIngressBackend, fleet('api', 8080, '192.0.2.1')), [])
})
