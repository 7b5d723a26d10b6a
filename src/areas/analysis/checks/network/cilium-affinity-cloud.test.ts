import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { ciliumAffinityCloud } from './cilium-affinity-cloud.js'

const values = (affinity: string) => `cluster: {name: a, id: 1}
eni: {enabled: true}
clustermesh:
  useAPIServer: true
  apiserver: {service: {type: LoadBalancer, enableSessionAffinity: ${affinity}}}
`

test('affinity with a load balancer of AWS is reported', () => {
  assert.deepEqual(checkTexts(ciliumAffinityCloud, { 'cilium-values.yaml': values('Always') }), [
    'warning cilium-values.yaml:5:68 the Service of clustermesh-apiserver in a has session affinity with a load balancer of AWS',
  ])
})

test('the chart’s own choice is fine', () => {
  assert.deepEqual(checkTexts(ciliumAffinityCloud, { 'cilium-values.yaml': values('HAOnly') }), [])
})
