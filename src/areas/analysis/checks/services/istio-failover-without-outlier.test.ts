import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { istioFailoverWithoutOutlier } from './istio-failover-without-outlier.js'

const rule = (setting: string, more = '') => ({
  'rule.yaml': `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: api, namespace: shop}
spec:
  host: api
  trafficPolicy:
    loadBalancer: {localityLbSetting: ${setting}}
${more}`,
})
const failover = '{failover: [{from: us-east-1, to: eu-west-1}]}'

test('a failover that nothing sets off is reported', () => {
  assert.deepEqual(checkTexts(istioFailoverWithoutOutlier, rule(failover)), [
    'warning rule.yaml:7:40 DestinationRule shop/api has failover, but no outlierDetection',
  ])
})

test('outlier detection anywhere for the host, and rules without a failover, are fine', () => {
  const outliers = 'outlierDetection: {consecutive5xxErrors: 5}'
  assert.deepEqual(checkTexts(istioFailoverWithoutOutlier, rule(failover, `    ${outliers}\n`)), [])
  assert.deepEqual(
    checkTexts(istioFailoverWithoutOutlier, rule(failover, `  subsets: [{name: v1, trafficPolicy: {${outliers}}}]\n`)),
    [],
  )
  assert.deepEqual(checkTexts(istioFailoverWithoutOutlier, rule('{distribute: [{from: a, to: {a: 100}}]}')), [])
  assert.deepEqual(checkTexts(istioFailoverWithoutOutlier, rule('{enabled: false, failover: [{from: a, to: b}]}')), [])
})
