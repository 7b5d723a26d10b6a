import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { statefulHostnamesClash } from './stateful-hostnames-clash.js'

const cluster = (set: string) => `apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop, annotations: {service.cilium.io/global: "true"}}
spec: {clusterIP: None, ports: [{port: 5432}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: ${set}, namespace: shop}
spec: {serviceName: db}
`

test('equal names behind one service are reported', () => {
  assert.deepEqual(
    checkTexts(statefulHostnamesClash, { 'clusters/a/db.yaml': cluster('db'), 'clusters/b/db.yaml': cluster('db') }),
    ['warning clusters/b/db.yaml:8:18 StatefulSet shop/db has pods db-0 and on in a, b, behind one global service'],
  )
})

test('different names are fine', () => {
  assert.deepEqual(
    checkTexts(statefulHostnamesClash, { 'clusters/a/db.yaml': cluster('db-a'), 'clusters/b/db.yaml': cluster('db-b') }),
    [],
  )
})
