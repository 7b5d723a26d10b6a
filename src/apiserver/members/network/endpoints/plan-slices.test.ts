import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../../../base/random.js'
import type { EndpointSlice, SliceEndpoint } from './endpoint-types.js'
import { planSlices, type SlicePlan } from './plan-slices.js'

function endpoint(name: number, ready = true): SliceEndpoint {
  const targetRef = { kind: 'Pod', namespace: 'default', name: `p${name}`, uid: `u${name}` }
  return { addresses: [`10.0.0.${name}`], conditions: { ready }, targetRef }
}

let count = 0
function slice(...endpoints: SliceEndpoint[]): EndpointSlice {
  const metadata = { name: `s${++count}` }
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata, addressType: 'IPv4', endpoints, ports: [] }
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => endpoint(from + index))
const shape = ({ create, update, remove }: SlicePlan) => ({
  create: create.map((each) => each.length),
  update: update.map(({ slice: each, endpoints }) => `${each.metadata.name}:${endpoints.length}`),
  remove: remove.map((each) => each.metadata.name),
})

test('nothing to do, nothing is written', () => {
  const slices = [slice(...range(0, 3)), slice(...range(3, 5))]
  assert.deepEqual(shape(planSlices(slices, range(0, 5), 3)), { create: [], update: [], remove: [] })
})

test('a change of one endpoint writes its slice only', () => {
  const slices = [slice(...range(0, 3)), slice(...range(3, 6))]
  const plan = planSlices(slices, [...range(0, 4), endpoint(4, false), endpoint(5)], 3)
  assert.deepEqual(shape(plan), { create: [], update: [`${slices[1]!.metadata.name}:3`], remove: [] })
})

test('new endpoints fill a slice that is written anyway, then one with room, then new ones', () => {
  const changed = slice(...range(0, 3))
  const roomy = slice(...range(10, 12))
  const full = slice(...range(20, 23))
  // One has gone from the first: two new ones, one of which takes its place.
  const plan = planSlices([changed, roomy, full], [...range(0, 2), ...range(10, 12), ...range(20, 23), ...range(30, 32)], 3)
  assert.deepEqual(shape(plan), {
    create: [],
    update: [`${changed.metadata.name}:3`, `${roomy.metadata.name}:3`],
    remove: [],
  })
  assert.deepEqual(shape(planSlices([full], [...range(20, 23), ...range(30, 37)], 3)), {
    create: [3, 3, 1],
    update: [],
    remove: [],
  })
})

test('a slice that is to go is used for a new one', () => {
  const old = slice(...range(0, 2))
  assert.deepEqual(shape(planSlices([old], range(5, 7), 3)), { create: [], update: [`${old.metadata.name}:2`], remove: [] })
  assert.deepEqual(shape(planSlices([old], [], 3)), { create: [], update: [], remove: [old.metadata.name] })
})

test('whatever came before, every endpoint is in exactly one slice, none is overfull, and stays are not moved', () => {
  const random = createSeededRandom(5)
  let slices: EndpointSlice[] = []
  for (let round = 0; round < 400; round++) {
    const wanted = range(0, 60)
      .filter(() => random.number() < 0.5)
      .map((each) => endpoint(Number(each.addresses[0]!.slice(7)), random.number() < 0.9))
    const before = new Map(slices.flatMap((each) => (each.endpoints ?? []).map((one) => [one.addresses[0], each.metadata.name])))
    const plan = planSlices(slices, wanted, 7)
    const gone = new Set(plan.remove)
    const written = new Map(plan.update.map(({ slice: each, endpoints }) => [each, endpoints]))
    assert.equal(written.size, plan.update.length, 'a slice is written once')
    slices = slices.filter((each) => !gone.has(each)).map((each) => ({ ...each, endpoints: written.get(each) ?? each.endpoints }))
    slices.push(...plan.create.map((endpoints) => slice(...endpoints)))
    const all = slices.flatMap((each) => each.endpoints ?? [])
    assert.deepEqual(all.map((each) => each.addresses[0]).sort(), wanted.map((each) => each.addresses[0]).sort())
    for (const each of wanted) assert.ok(all.includes(each) || all.some((one) => JSON.stringify(one) === JSON.stringify(each)))
    for (const each of slices) {
      const { length } = each.endpoints ?? []
      assert.ok(length > 0 && length <= 7)
      for (const { addresses } of each.endpoints ?? []) {
        const was = before.get(addresses[0])
        assert.ok(was === undefined || was === each.metadata.name)
      }
    }
  }
})
