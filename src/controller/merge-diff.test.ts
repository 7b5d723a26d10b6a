import assert from 'node:assert/strict'
import { test } from 'node:test'
import { equalJson, isObject } from '../base/json.js'
import { createSeededRandom } from '../base/random.js'
import { mergeDiff, neededMerge } from './merge-diff.js'

function apply(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = apply(result[key], value)
  }
  return result
}

test('the patch holds what differs and nothing else', () => {
  assert.equal(mergeDiff({ a: 1, b: [1] }, { a: 1, b: [1], c: undefined }), undefined)
  assert.deepEqual(mergeDiff({ a: 1, b: { c: 1, d: 2 }, e: 5 }, { a: 1, b: { c: 3, d: 2 } }), { b: { c: 3 }, e: null })
  assert.deepEqual(mergeDiff(undefined, { a: { b: 1 } }), { a: { b: 1 } })
  assert.deepEqual(mergeDiff({ a: [1, 2] }, { a: [2] }), { a: [2] })
  assert.equal(mergeDiff({}, { a: null }), undefined)
})

test('applied to before it gives after, for any data', () => {
  const random = createSeededRandom(11)
  const make = (depth: number): unknown => {
    const choice = random.number()
    if (depth === 0 || choice < 0.3) return Math.floor(random.number() * 3)
    if (choice < 0.45) return Array.from({ length: Math.floor(random.number() * 3) }, () => make(depth - 1))
    return Object.fromEntries(
      ['a', 'b', 'c', '__proto__x'].filter(() => random.number() < 0.6).map((key) => [key, make(depth - 1)]),
    )
  }
  for (let round = 0; round < 2000; round++) {
    const before = { status: make(3) }
    const after = { status: make(3) }
    const patch = mergeDiff(before, after)
    assert.ok(equalJson(patch === undefined ? before : apply(before, patch), after), JSON.stringify({ before, after, patch }))
    assert.equal(patch === undefined, equalJson(before, after))
  }
})

test('neededMerge drops what holds already', () => {
  const object = { metadata: { annotations: { a: '1' } }, spec: { x: 1 } }
  assert.equal(neededMerge(object, { metadata: { annotations: { b: null, a: '1' } } }), undefined)
  assert.deepEqual(neededMerge(object, { metadata: { annotations: { a: null } }, spec: { x: 1 }, operation: null }), {
    metadata: { annotations: { a: null } },
  })
})
