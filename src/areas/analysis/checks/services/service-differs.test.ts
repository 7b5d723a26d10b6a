import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { serviceDiffers } from './service-differs.js'

const service = (ports: string, more = '') => `apiVersion: v1
kind: Service
metadata:
  name: api
  namespace: shop
  annotations: {service.cilium.io/global: "true"}
spec:
  ${more}
  ports: [${ports}]
`
const fleet = (ports: string, more = '') => ({
  'clusters/a/api.yaml': service('{name: http, port: 80}'),
  'clusters/b/api.yaml': service(ports, more),
})

test('other names and numbers of ports are reported', () => {
  assert.deepEqual(checkTexts(serviceDiffers, fleet('{name: web, port: 80}')), [
    'warning clusters/b/api.yaml:9:18 port 80/TCP of Service shop/api is called web in b, and http in a',
  ])
  assert.deepEqual(checkTexts(serviceDiffers, fleet('{name: http, port: 8080}')), [
    'warning clusters/b/api.yaml:9:30 Service shop/api has port 8080/TCP in b, but not in a',
  ])
})

test('a headless one among others is reported', () => {
  assert.deepEqual(checkTexts(serviceDiffers, fleet('{name: http, port: 80}', 'clusterIP: None')), [
    'warning clusters/b/api.yaml:8:14 Service shop/api is headless in b, and not in a',
  ])
})

test('the same, and Services that nobody shares, are fine', () => {
  assert.deepEqual(checkTexts(serviceDiffers, fleet('{port: 80, name: http, targetPort: web}')), [])
  const alone = (port: number) =>
    `apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: shop}\nspec: {ports: [{port: ${port}}]}\n`
  assert.deepEqual(checkTexts(serviceDiffers, { 'clusters/a/s.yaml': alone(1), 'clusters/b/s.yaml': alone(2) }), [])
})

test('another kind of Service, and another session affinity, are reported', () => {
  assert.deepEqual(checkTexts(serviceDiffers, fleet('{name: http, port: 80}', 'type: ExternalName')), [
    'warning clusters/b/api.yaml:8:9 Service shop/api is of type ExternalName in b, and not in a',
  ])
  assert.deepEqual(checkTexts(serviceDiffers, fleet('{name: http, port: 80}', 'sessionAffinity: ClientIP')), [
    'warning clusters/b/api.yaml:8:20 Service shop/api has session affinity ClientIP in b, and None in a',
  ])
  assert.deepEqual(checkTexts(serviceDiffers, fleet('{name: http, port: 80}', 'sessionAffinity: None')), [])
})
