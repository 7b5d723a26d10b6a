import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { ciliumAnnotation } from './cilium-annotation.js'

const service = (annotations: string) => `apiVersion: v1
kind: Service
metadata:
  name: api
  annotations:
    ${annotations}
spec: {ports: [{port: 80}]}
`

test('an affinity that nobody knows, and shared without global, are reported', () => {
  const unknown = service('io.cilium/global-service: "true"\n    io.cilium/service-affinity: nearest')
  assert.deepEqual(checkTexts(ciliumAnnotation, { 'a.yaml': unknown }), [
    'warning a.yaml:7:33 annotation io.cilium/service-affinity is "nearest", which Cilium does not know: all clusters count alike',
  ])
  assert.deepEqual(checkTexts(ciliumAnnotation, { 'a.yaml': service('service.cilium.io/shared: "false"') }), [
    'warning a.yaml:6:31 annotation service.cilium.io/shared does not count: the service is not global',
  ])
})

test('affinity none is reported with the version that does not heed it', () => {
  const release = (version: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: cilium}
spec:
  chart: {spec: {chart: cilium, version: ${version}}}
  values: {cluster: {name: a, id: 1}}
`
  const none = service('service.cilium.io/global: "true"\n    service.cilium.io/affinity: none')
  assert.equal(checkTexts(ciliumAnnotation, { 'a.yaml': none, 'cilium.yaml': release('1.18.2') }).length, 1)
  assert.deepEqual(checkTexts(ciliumAnnotation, { 'a.yaml': none, 'cilium.yaml': release('1.19.0') }), [])
})

test('the old spellings are fine', () => {
  const old = service('io.cilium/global-service: "true"\n    io.cilium/service-affinity: local')
  assert.deepEqual(checkTexts(ciliumAnnotation, { 'a.yaml': old }), [])
})
