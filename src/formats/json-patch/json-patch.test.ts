import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freezeJson } from '../../base/json.js'
import { applyJsonPatch, decodeJsonPatch, type JsonPatchOperation } from './json-patch.js'

const apply = (document: unknown, ...operations: JsonPatchOperation[]) => applyJsonPatch(freezeJson(document), operations)

test('every operation does as RFC 6902 says', () => {
  assert.deepEqual(apply({ a: 1 }, { op: 'add', path: '/b', value: [1] }), { a: 1, b: [1] })
  assert.deepEqual(apply({ l: [1, 3] }, { op: 'add', path: '/l/1', value: 2 }, { op: 'add', path: '/l/-', value: 4 }), {
    l: [1, 2, 3, 4],
  })
  assert.deepEqual(apply({ a: 1, b: { c: 2 } }, { op: 'remove', path: '/b/c' }), { a: 1, b: {} })
  assert.deepEqual(apply({ l: [1, 2] }, { op: 'replace', path: '/l/0', value: { x: 1 } }), { l: [{ x: 1 }, 2] })
  assert.deepEqual(apply({ a: { x: 1 }, l: [0] }, { op: 'move', from: '/a/x', path: '/l/0' }), { a: {}, l: [1, 0] })
  assert.deepEqual(apply({ a: { x: 1 } }, { op: 'copy', from: '/a', path: '/b' }, { op: 'replace', path: '/b/x', value: 2 }), {
    a: { x: 1 },
    b: { x: 2 },
  })
  assert.deepEqual(apply({ 'a/b': { 'm~n': 1 } }, { op: 'test', path: '/a~1b/m~0n', value: 1 }), { 'a/b': { 'm~n': 1 } })
  assert.deepEqual(apply({ a: 1 }, { op: 'replace', path: '', value: [2] }), [2])
  assert.deepEqual(apply([1, 2], { op: 'remove', path: '/0' }), [2])
})

test('does as kube-apiserver where the RFC is stricter', () => {
  assert.deepEqual(apply({}, { op: 'replace', path: '/new', value: 1 }), { new: 1 })
  assert.deepEqual(apply({ l: [1, 2, 3] }, { op: 'remove', path: '/l/-1' }), { l: [1, 2] })
  assert.deepEqual(apply({}, { op: 'test', path: '/gone', value: null }), {})
  assert.deepEqual(apply({}, { op: 'add', path: '/n' }), { n: null })
})

test('errors read as from kube-apiserver, and nothing is applied by halves', () => {
  const cases: [unknown, JsonPatchOperation, string][] = [
    [{}, { op: 'add', path: '/a/b', value: 1 }, 'add operation does not apply: doc is missing path: "/a/b": missing value'],
    [{}, { op: 'remove', path: '/a' }, "error in remove for path: '/a': Unable to remove nonexistent key: a: missing value"],
    [
      { l: [] },
      { op: 'add', path: '/l/2', value: 1 },
      "error in add for path: '/l/2': Unable to access invalid index: 2: invalid index referenced",
    ],
    [
      { l: [] },
      { op: 'replace', path: '/l/0', value: 1 },
      'replace operation does not apply: doc is missing key: /l/0: missing value',
    ],
    [{ l: [] }, { op: 'remove', path: '/l/x' }, `error in remove for path: '/l/x': strconv.Atoi: parsing "x": invalid syntax`],
    [{ a: 1 }, { op: 'test', path: '/a', value: 2 }, 'testing value /a failed: test failed'],
    [
      { a: 1 },
      { op: 'move', from: '/b/c', path: '/d' },
      'move operation does not apply: doc is missing from path: /b/c: missing value',
    ],
    [{ a: 1 }, { op: 'swap', path: '/a' }, 'Unexpected kind: swap'],
    [{ a: 1 }, { op: 'add', path: '/a/b', value: 1 }, 'add operation does not apply: doc is missing path: "/a/b": missing value'],
  ]
  for (const [document, operation, message] of cases) assert.throws(() => apply(document, operation), { message })
})

test('limits hold, and hostile keys are ordinary keys', () => {
  const many = Array.from({ length: 11 }, (): JsonPatchOperation => ({ op: 'test', path: '', value: {} }))
  assert.throws(() => applyJsonPatch({}, many, { maxOperations: 10 }), {
    code: 'json-patch-too-large',
    message: /maximum operations in a JSON patch is 10, got 11/,
  })
  const doubling = Array.from({ length: 40 }, (_, index): JsonPatchOperation => ({ op: 'copy', from: '', path: `/k${index}` }))
  assert.throws(() => applyJsonPatch({ a: { b: 1 } }, doubling), { code: 'json-patch-path-missing' })
  const nested = Array.from({ length: 40 }, (_, index): JsonPatchOperation => ({ op: 'copy', from: '/a', path: `/a/k${index}` }))
  assert.throws(() => applyJsonPatch({ a: { b: 1 } }, nested), { code: 'json-patch-too-large' })
  const patched = apply({}, { op: 'add', path: '/__proto__', value: { polluted: true } }) as Record<string, unknown>
  assert.ok(Object.hasOwn(patched, '__proto__'))
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  assert.throws(() => apply({}, { op: 'remove', path: '/constructor' }), { code: 'json-patch-path-missing' })
})

test('only lists of objects are patches', () => {
  assert.deepEqual(decodeJsonPatch([{ op: 'add', path: '/a', value: 1 }]), [{ op: 'add', path: '/a', value: 1 }])
  for (const wrong of [{}, 'x', null, [1], [{ op: 'add', path: 1 }]])
    assert.throws(() => decodeJsonPatch(wrong), { code: 'json-patch-invalid' })
})
