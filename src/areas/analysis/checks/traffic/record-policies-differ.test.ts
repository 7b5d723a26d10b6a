import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { recordPoliciesDiffer } from './record-policies-differ.js'

const service = (name: string, annotations: Record<string, string>) => `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  annotations:
    external-dns.kubernetes.io/hostname: api.example.com
${Object.entries(annotations)
  .map(([key, value]) => `    external-dns.kubernetes.io/${key}: "${value}"\n`)
  .join('')}spec: {type: LoadBalancer, ports: [{port: 80}]}
`

test('a weight that is none is reported', () => {
  assert.deepEqual(checkTexts(recordPoliciesDiffer, { 'a.yaml': service('a', { 'aws-weight': '700' }) }), [
    'error a.yaml:7:44 Service a has the weight "700": expected a whole number from 0 to 255',
  ])
})

test('a PRIMARY without a health check is reported', () => {
  assert.deepEqual(
    checkTexts(recordPoliciesDiffer, { 'a.yaml': service('a', { 'aws-failover': 'PRIMARY', 'set-identifier': 'a' }) }),
    ['error a.yaml:7:46 Service a is PRIMARY without aws-health-check-id'],
  )
})

test('two policies for one name, and one identifier in two clusters, are reported', () => {
  const weighted = service('a', { 'aws-weight': '50', 'set-identifier': 'a' })
  assert.deepEqual(
    checkTexts(recordPoliciesDiffer, {
      'clusters/a/s.yaml': weighted,
      'clusters/b/s.yaml': service('b', { 'aws-region': 'eu-west-1', 'set-identifier': 'b' }),
    }),
    ['error clusters/b/s.yaml:7:44 api.example.com is latency by Service b, and weighted by Service a'],
  )
  assert.deepEqual(
    checkTexts(recordPoliciesDiffer, {
      'clusters/a/s.yaml': weighted,
      'clusters/b/s.yaml': weighted.replace('name: a', 'name: c'),
    }),
    ['error clusters/b/s.yaml:7:44 api.example.com has the set-identifier a in a and in b'],
  )
})

test('weights with identifiers, and failover with a check, are fine', () => {
  assert.deepEqual(
    checkTexts(recordPoliciesDiffer, {
      'clusters/a/s.yaml': service('a', { 'aws-failover': 'PRIMARY', 'set-identifier': 'a', 'aws-health-check-id': 'x' }),
      'clusters/b/s.yaml': service('b', { 'aws-failover': 'SECONDARY', 'set-identifier': 'b' }),
    }),
    [],
  )
})
