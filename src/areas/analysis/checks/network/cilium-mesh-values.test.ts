import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { ciliumCaNotShared } from './cilium-ca-not-shared.js'
import { ciliumMeshNotExposed } from './cilium-mesh-not-exposed.js'
import { ciliumValuesNested } from './cilium-values-nested.js'

const values = (name: string, id: number, more = '') => `cluster: {name: ${name}, id: ${id}}
clustermesh:
  useAPIServer: true
${more}ipam: {mode: cluster-pool}
`
const exposed = '  apiserver: {service: {type: LoadBalancer}}\n'

test('one cluster is exposed by a node', () => {
  const found = (a: string, b: string) =>
    checkTexts(ciliumMeshNotExposed, { 'a.yaml': values('a', 1, a), 'b.yaml': values('b', 2, b) })
  assert.deepEqual(found(exposed, ''), ['warning b.yaml:2:1 b falls back to NodePort, while a has a LoadBalancer'])
  assert.deepEqual(found(exposed, exposed), [])
  assert.deepEqual(found('', ''), [])
})

test('an authority of its own each', () => {
  const found = (more: string) =>
    checkTexts(ciliumCaNotShared, { 'a.yaml': values('a', 1, more), 'b.yaml': values('b', 2, more) })
  assert.deepEqual(found(''), [])
  assert.deepEqual(found('  apiserver: {tls: {auto: {method: helm}}}\n'), [
    'note a.yaml:2:1 nothing here shares an authority between a, b',
  ])
  assert.deepEqual(found('  apiserver: {tls: {auto: {method: helm}}}\ntls: {ca: {cert: x, key: y}}\n'), [])
})

test('values of an umbrella chart without one', () => {
  const nested = `cilium:\n${values('a', 1).replace(/^/gm, '  ').trimEnd()}\n`
  assert.deepEqual(checkTexts(ciliumValuesNested, { 'x/values.yaml': nested }), [
    'note x/values.yaml:1:1 these values are for an umbrella chart, and none is beside them',
  ])
  assert.deepEqual(
    checkTexts(ciliumValuesNested, { 'x/values.yaml': nested, 'x/Chart.yaml': 'apiVersion: v2\nname: net\nversion: 1.0.0\n' }),
    [],
  )
  assert.deepEqual(checkTexts(ciliumValuesNested, { 'x/values.yaml': values('a', 1) }), [])
})
