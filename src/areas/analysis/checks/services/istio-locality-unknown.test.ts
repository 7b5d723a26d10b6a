import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { istioLocalityUnknown } from './istio-locality-unknown.js'

const node = (name: string, region: string) =>
  `apiVersion: v1\nkind: Node\nmetadata: {name: ${name}, labels: {topology.kubernetes.io/region: ${region}}}\n`
const fleet = (region: string) => ({
  'clusters/a/n.yaml': node('n', 'us-east-1'),
  'clusters/b/n.yaml': node('n', 'eu-west-1'),
  'rule.yaml': `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: api, namespace: shop}
spec:
  host: api
  trafficPolicy: {loadBalancer: {localityLbSetting: {failover: [{from: us-east-1, to: ${region}}]}}}
`,
})

test('a region that no node has is reported', () => {
  assert.deepEqual(checkTexts(istioLocalityUnknown, fleet('eu-west')), [
    'warning rule.yaml:6:87 DestinationRule shop/api names the region eu-west; clusters are in eu-west-1, us-east-1',
  ])
})

test('regions of nodes are fine', () => {
  assert.deepEqual(checkTexts(istioLocalityUnknown, fleet('eu-west-1')), [])
})

test('a region that a share leaves out is worth a note', () => {
  const files = (to: string) => ({
    ...fleet('eu-west-1'),
    'rule.yaml': fleet('')['rule.yaml'].replace(/\{failover: .*\}\}\}/, `{distribute: [{from: us-east-1, to: {${to}}}]}}}`),
  })
  assert.deepEqual(checkTexts(istioLocalityUnknown, files('"us-east-1/*": 100')), [
    'note rule.yaml:6:85 DestinationRule shop/api sends nothing from us-east-1 to eu-west-1, even if nothing else is left',
  ])
  assert.deepEqual(checkTexts(istioLocalityUnknown, files('us-east-1: 90, eu-west-1: 10')), [])
})
