import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadFleet } from './load-fleet.js'

const base =
  'routingMode: native\nipam: {mode: cluster-pool, operator: {clusterPoolIPv4PodCIDRList: [10.0.0.0/8]}}\nclustermesh: {useAPIServer: true}\n'
const upper = (name: string, more = '') => `cluster: {name: ${name}, id: 1}\n${more}`

/** `cluster: routingMode, first pod range, where the id stands` of all values of Cilium. */
function read(texts: Record<string, string>): string[] {
  const { model, unreadable } = loadFleet(Object.entries(texts).map(([path, text]) => ({ path, text })))
  assert.deepEqual(unreadable, [])
  return model.values('cilium').map((values) => {
    const place = values.at('cluster', 'id').place()
    const pods = values
      .items('ipam', 'operator', 'clusterPoolIPv4PodCIDRList')
      .map((item) => `${item.value} ${item.place().file}`)
    return `${values.cluster}: ${values.text('routingMode')}, ${pods}, ${place.file}:${place.line}`
  })
}

test('one file for all and one for each cluster are the values of the cluster', () => {
  for (const [lower, path] of [
    ['cilium/values.yaml', 'cilium/values-us-east.yaml'],
    ['cilium/values.yaml', 'cilium/values.us-east.yaml'],
    ['cilium/values.yaml', 'cilium/us-east/values.yaml'],
    ['cilium/values.yaml', 'cilium/clusters/us-east/values.yaml'],
    ['cilium-values.yaml', 'clusters/us-east/cilium-values.yaml'],
  ])
    assert.deepEqual(
      read({ [lower!]: base, [path!]: upper('us-east') }),
      [`us-east: native, 10.0.0.0/8 ${lower}, ${path}:1`],
      path,
    )
})

test('what the upper file says counts, lists as a whole, and null takes away', () => {
  const own = upper('b', 'routingMode: null\nipam: {operator: {clusterPoolIPv4PodCIDRList: [10.2.0.0/16]}}\n')
  assert.deepEqual(read({ 'v/values.yaml': base, 'v/values-b.yaml': own }), [
    'b: undefined, 10.2.0.0/16 v/values-b.yaml, v/values-b.yaml:1',
  ])
})

test('a file for an environment, and one beside values of another tool, stay alone', () => {
  assert.deepEqual(read({ 'v/values.yaml': base, 'v/values-prod.yaml': 'debug: {enabled: true}\n' }), [
    'undefined: native, 10.0.0.0/8 v/values.yaml, v/values.yaml:1',
  ])
  assert.deepEqual(read({ 'v/values.yaml': 'replicas: 1\n', 'v/values-b.yaml': upper('b') }), [])
})

test('flotilla.yaml tells which files are given together', () => {
  const texts = {
    'flotilla.yaml': 'clusters: [{name: us-east, values: [net/common.values.yaml, net/east.values.yaml]}]\n',
    'net/common.values.yaml': base,
    'net/east.values.yaml': 'cluster: {id: 1}\n',
  }
  assert.deepEqual(read(texts), ['us-east: native, 10.0.0.0/8 net/common.values.yaml, net/east.values.yaml:1'])
})
