import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { serviceNameTooLong } from './service-name-too-long.js'

const fleet = (set: string) => `apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceExport
metadata: {name: db, namespace: shop}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ${set}, namespace: shop}
spec: {serviceName: db, replicas: 3}
`

test('host names that have more than 63 characters are reported', () => {
  const name = 'x'.repeat(62)
  const [found] = checkTexts(serviceNameTooLong, { 'clusters/east/a.yaml': fleet(name) })
  assert.match(
    found!,
    /^error clusters\/east\/a\.yaml:7:18 pods of StatefulSet shop\/x+ have the name x+… of \d+ characters in east/,
  )
})

test('names that fit are fine', () => {
  assert.deepEqual(checkTexts(serviceNameTooLong, { 'clusters/east/a.yaml': fleet('db') }), [])
})
