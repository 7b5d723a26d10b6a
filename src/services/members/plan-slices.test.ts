import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../base/random.js'
import type { EndpointSlice, SliceEndpoint } from '../model/kube-kinds.js'
import { derivedServiceName } from './derived-name.js'
import { planSlices } from './plan-slices.js'
import type { Bucket } from './wanted-slices.js'

const endpoint = (address: string): SliceEndpoint => ({ addresses: [address], conditions: { ready: true } })

function bucket(priority: number, addresses: readonly string[]): Bucket {
  return { source: 'east', addressType: 'IPv4', priority, weight: undefined, ports: [], endpoints: addresses.map(endpoint) }
}

function slice(name: string, endpoints: readonly SliceEndpoint[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'shop' },
    addressType: 'IPv4',
    endpoints: [...endpoints],
    ports: [],
  }
}

test('a derived Service is named as the reference controller names it', () => {
  assert.equal(derivedServiceName({ namespace: 't1', name: 'hello' }), 'derived-reoasqvdhm')
})

test('endpoints that change their priority take their slice along', () => {
  const now = [slice('s1', [endpoint('a'), endpoint('b')]), slice('s2', [endpoint('c')])]
  const plan = planSlices(now, [bucket(0, ['c']), bucket(1, ['a', 'b'])])
  assert.deepEqual(
    plan.keep.map((each) => [each.now?.metadata.name, each.bucket.priority, each.endpoints.length]),
    [
      ['s2', 0, 1],
      ['s1', 1, 2],
    ],
  )
  assert.deepEqual(plan.remove, [])
})

test('whatever comes after whatever: all endpoints once, slices bounded, and nothing moves that need not', () => {
  const random = createSeededRandom(100)
  const pick = (below: number) => Math.floor(random.number() * below)
  for (let round = 0; round < 60; round++) {
    let present: EndpointSlice[] = []
    let names = 0
    for (let step = 0; step < 8; step++) {
      const count = pick(40)
      const all = Array.from({ length: count }, () => `10.0.0.${pick(60)}`).filter(
        (each, index, list) => list.indexOf(each) === index,
      )
      const cut = pick(all.length + 1)
      const wanted = [bucket(0, all.slice(0, cut)), bucket(1, all.slice(cut))].filter((each) => each.endpoints.length > 0)
      const before = new Map(present.map((each) => [each.metadata.name, each]))
      const plan = planSlices(present, wanted, 10)
      for (const kept of plan.keep) assert.ok(kept.endpoints.length > 0 && kept.endpoints.length <= 10)
      assert.deepEqual(plan.keep.flatMap(({ endpoints }) => endpoints.map((each) => each.addresses[0])).sort(), [...all].sort())
      assert.equal(
        new Set([...plan.keep.flatMap(({ now }) => now ?? []), ...plan.remove]).size,
        before.size,
        'each is kept or removed',
      )
      for (const { bucket: home, endpoints } of plan.keep) {
        for (const each of endpoints) assert.ok(home.endpoints.some((known) => known.addresses[0] === each.addresses[0]))
      }
      present = plan.keep.map(({ now, endpoints }) => slice(now?.metadata.name ?? `n${names++}`, endpoints))
      const again = planSlices(present, wanted, 10)
      assert.deepEqual(again.remove, [])
      for (const { now, endpoints } of again.keep) assert.deepEqual(now?.endpoints, endpoints, 'the same again moves nothing')
    }
  }
})
