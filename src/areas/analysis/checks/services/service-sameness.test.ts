import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { serviceSameness } from './service-sameness.js'

const app = (image: string) => `apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop, annotations: {service.cilium.io/global: "true"}}
spec:
  selector: {app: api}
  ports: [{port: 80}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: shop}
spec:
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: main, image: "${image}"}]}
`

test('another application of the same name is reported', () => {
  assert.deepEqual(
    checkTexts(serviceSameness, {
      'clusters/a/api.yaml': app('example.com/shop/api:1'),
      'clusters/b/api.yaml': app('example.com/crm/portal:1'),
    }),
    ['warning clusters/b/api.yaml:5:13 Service shop/api is portal in b, and api in a'],
  )
})

test('the same from another registry, in another version, is fine', () => {
  assert.deepEqual(
    checkTexts(serviceSameness, {
      'clusters/a/api.yaml': app('example.com/shop/api:1'),
      'clusters/b/api.yaml': app('eu.example.com/api:2'),
    }),
    [],
  )
})
