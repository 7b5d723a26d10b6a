import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { exportWithoutService } from './export-without-service.js'

const service = (name: string, type = 'ClusterIP') => `apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {type: ${type}, ports: [{port: 80}]}
---
`
const exported = `apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceExport
metadata: {name: api, namespace: shop}
`

test('an export beside other Services, and one of an ExternalName, are reported', () => {
  assert.deepEqual(checkTexts(exportWithoutService, { 'a.yaml': service('ap1') + exported }), [
    'warning a.yaml:8:18 ServiceExport shop/api has no Service api beside it',
  ])
  assert.deepEqual(checkTexts(exportWithoutService, { 'a.yaml': service('api', 'ExternalName') + exported }), [
    'warning a.yaml:8:18 ServiceExport shop/api exports a Service of type ExternalName',
  ])
})

test('an export of a Service, or alone in its file, is fine', () => {
  assert.deepEqual(checkTexts(exportWithoutService, { 'a.yaml': service('api') + exported }), [])
  assert.deepEqual(checkTexts(exportWithoutService, { 'a.yaml': exported }), [])
})

test('Services in other files of no cluster in particular say nothing', () => {
  assert.deepEqual(checkTexts(exportWithoutService, { 'a.yaml': exported, 'b.yaml': service('other') }), [])
  assert.equal(
    checkTexts(exportWithoutService, { 'clusters/x/a.yaml': exported, 'clusters/x/b.yaml': service('other') }).length,
    1,
  )
})
