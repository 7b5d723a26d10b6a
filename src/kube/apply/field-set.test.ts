import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../base/random.js'
import {
  difference,
  equalFieldSets,
  type FieldSet,
  fieldSetOf,
  formatFieldPath,
  hasPath,
  intersection,
  leaves,
  pathsOf,
  union,
} from './field-set.js'
import { decodeFieldsV1, encodeFieldsV1 } from './fields-v1.js'
import { comparePathElements } from './path-element.js'

const random = createSeededRandom(7)
const elements = ['f:a', 'f:b', 'k:{"name":"x"}', 'v:1', 'v:"1"', 'i:2']

/** Random sets beside the plain sets of texts that they stand for. */
function randomPaths(): string[][] {
  return Array.from({ length: Math.floor(random.number() * 8) }, () =>
    Array.from(
      { length: 1 + Math.floor(random.number() * 3) },
      () => elements[Math.floor(random.number() * elements.length)] as string,
    ),
  )
}
const texts = (set: FieldSet) => new Set([...pathsOf(set)].map((path) => path.join('/')))

test('the algebra agrees with plain sets of paths', () => {
  for (let round = 0; round < 300; round++) {
    const left = randomPaths()
    const right = randomPaths()
    const [a, b] = [fieldSetOf(left), fieldSetOf(right)]
    const [plainA, plainB] = [new Set(left.map((path) => path.join('/'))), new Set(right.map((path) => path.join('/')))]
    assert.deepEqual(texts(a), plainA)
    assert.deepEqual(texts(union(a, b)), new Set([...plainA, ...plainB]))
    assert.deepEqual(texts(difference(a, b)), new Set([...plainA].filter((path) => !plainB.has(path))))
    assert.deepEqual(texts(intersection(a, b)), new Set([...plainA].filter((path) => plainB.has(path))))
    for (const path of right) assert.equal(hasPath(a, path), plainA.has(path.join('/')))
    assert.equal(equalFieldSets(union(a, b), union(b, a)), true)
    const encoded = encodeFieldsV1(a)
    assert.equal(equalFieldSets(decodeFieldsV1(JSON.parse(JSON.stringify(encoded))), a), true)
    assert.equal(decodeFieldsV1(encoded), a)
  }
})

test('results that equal an operand are that operand', () => {
  const a = fieldSetOf([['f:a', 'f:b'], ['f:c']])
  assert.equal(union(a, fieldSetOf([['f:c']])), a)
  assert.equal(difference(a, fieldSetOf([['f:x']])), a)
})

test('FieldsV1 is read and written in canonical order', () => {
  const wire = {
    'f:spec': { 'v:10': {}, 'v:2': {}, 'k:{ "b":1, "a":"x" }': { '.': {}, 'f:z': {} }, 'f:b': {}, 'f:a': {} },
    'x:y': {},
  }
  const set = decodeFieldsV1(wire)
  assert.equal(
    JSON.stringify(encodeFieldsV1(set)),
    '{"f:spec":{"f:a":{},"f:b":{},"k:{\\"a\\":\\"x\\",\\"b\\":1}":{".":{},"f:z":{}},"v:2":{},"v:10":{}}}',
  )
  assert.deepEqual([...pathsOf(set)].map(formatFieldPath), [
    '.spec.a',
    '.spec.b',
    '.spec[a="x",b=1]',
    '.spec[=2]',
    '.spec[=10]',
    '.spec[a="x",b=1].z',
  ])
  assert.deepEqual([...pathsOf(leaves(set))].map(formatFieldPath).length, 5)
})

test('malformed FieldsV1 is refused', () => {
  for (const key of ['', 'f', 'fx', 'k:{', 'k:1', 'v:', 'i:x']) {
    assert.throws(() => decodeFieldsV1({ 'f:a': { [key]: {} } }), SyntaxError, key)
  }
  let deep: Record<string, unknown> = {}
  for (let level = 0; level < 1000; level++) deep = { 'f:a': deep }
  assert.throws(() => decodeFieldsV1(deep), /deeper than/)
})

test('the order of steps is total', () => {
  const steps = ['f:a', 'f:b', 'k:{"a":1}', 'k:{"a":2}', 'k:{"a":"x"}', 'v:1', 'v:"a"', 'v:true', 'i:0', 'i:10']
  const shuffled = [...steps].reverse()
  assert.deepEqual(shuffled.sort(comparePathElements), steps)
})
