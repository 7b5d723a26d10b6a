import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { serviceSharedTwice } from './service-shared-twice.js'

const service = (annotation: string) => `apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop, annotations: {${annotation}}}
spec: {ports: [{port: 80}]}
---
apiVersion: multicluster.x-k8s.io/v1alpha1
kind: ServiceExport
metadata: {name: api, namespace: shop}
`

test('a global service that is exported too is reported', () => {
  assert.deepEqual(checkTexts(serviceSharedTwice, { 'a.yaml': service('service.cilium.io/global: "true"') }), [
    'warning a.yaml:3:53 Service shop/api is global with Cilium, and exported with a ServiceExport',
  ])
})

test('an export alone is fine', () => {
  assert.deepEqual(checkTexts(serviceSharedTwice, { 'a.yaml': service('team: shop') }), [])
})
