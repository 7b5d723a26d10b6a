import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { serviceCidrOverlap } from './service-cidr-overlap.js'

const cluster = (name: string, services: string) => `apiVersion: submariner.io/v1
kind: Cluster
metadata: {name: ${name}}
spec:
  cluster_id: ${name}
  cluster_cidr: [10.${name.length}.0.0/16]
  service_cidr: [${services}]
`

test('equal service ranges of a broker are reported', () => {
  assert.deepEqual(
    checkTexts(serviceCidrOverlap, { 'a.yaml': cluster('a', '10.96.0.0/12'), 'b.yaml': cluster('bb', '10.96.0.0/16') }),
    ['error b.yaml:7:18 bb has Services in 10.96.0.0/16, which overlaps 10.96.0.0/12 of a'],
  )
})

test('Globalnet is there for that', () => {
  const broker = 'apiVersion: submariner.io/v1alpha1\nkind: Broker\nmetadata: {name: b}\nspec: {globalnetEnabled: true}\n'
  assert.deepEqual(
    checkTexts(serviceCidrOverlap, {
      'a.yaml': cluster('a', '10.96.0.0/12'),
      'b.yaml': cluster('bb', '10.96.0.0/16'),
      'broker.yaml': broker,
    }),
    [],
  )
})
