import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { istioAmbientScope } from './istio-ambient-scope.js'

const service = (label: string) => `apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop, labels: {app: api${label}}}
spec: {ports: [{port: 80}]}
`
const fleet = (label: string) => ({
  'clusters/a/istio-values.yaml':
    'global: {meshID: m, multiCluster: {clusterName: a}, network: n}\npilot: {env: {AMBIENT_ENABLE_MULTI_NETWORK: "true"}}\n',
  'clusters/a/s.yaml': service(', istio.io/global: "true"'),
  'clusters/b/s.yaml': service(label),
})

test('a label on one side alone is reported', () => {
  assert.deepEqual(checkTexts(istioAmbientScope, fleet('')), [
    'warning clusters/b/s.yaml:3:18 Service shop/api is global in a, but not in b',
  ])
})

test('the label on both sides is fine', () => {
  assert.deepEqual(checkTexts(istioAmbientScope, fleet(', istio.io/global: "true"')), [])
})

test('clusters that are connected and share nothing are worth a note', () => {
  const values = (name: string) =>
    `global: {meshID: m, multiCluster: {clusterName: ${name}}, network: n}\npilot: {env: {AMBIENT_ENABLE_MULTI_NETWORK: "true"}}\n`
  const files = (label: string) => ({
    'clusters/a/istio-values.yaml': values('a'),
    'clusters/b/istio-values.yaml': values('b'),
    'clusters/a/s.yaml': service(label),
    'clusters/b/s.yaml': service(label),
  })
  assert.match(
    checkTexts(istioAmbientScope, files(''))[0] ?? '',
    /^note clusters\/a\/istio-values.yaml:2:45 .* shop\/api, for one, stays local/,
  )
  assert.deepEqual(checkTexts(istioAmbientScope, files(', istio.io/global: "true"')), [])
})
