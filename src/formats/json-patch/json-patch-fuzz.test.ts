import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededChoice } from '../../../test/support/random/seeded-choice.js'
import { cloneJson, freezeJson, isObject } from '../../base/json.js'
import { applyJsonPatch, decodeJsonPatch, JsonPatchError, type JsonPatchOperation } from './json-patch.js'

// Patches made up from seeds, the same ones each time: most lead somewhere in their document, some are no patches at all.
const seeds = 6000
const mostMilliseconds = 4000

const names = ['a', 'b', 'a/b', 'm~n', '', '0', '-', '__proto__', 'constructor', 'toString', 'länge', ' ']

function randomValue(choice: SeededChoice, depth: number): unknown {
  if (depth > 0 && choice.maybe(0.6)) {
    if (choice.maybe(0.5)) return Array.from({ length: choice.below(4) }, () => randomValue(choice, depth - 1))
    const map: Record<string, unknown> = {}
    for (let count = choice.below(4); count > 0; count--) {
      const value = randomValue(choice, depth - 1)
      Object.defineProperty(map, choice.pick(names), { value, enumerable: true, writable: true, configurable: true })
    }
    return map
  }
  return choice.pick<unknown>([null, true, false, 0, -1, 1.5, 2 ** 53, '', 'text', 'ü', '\u0000'])
}

const escaped = (token: string) => token.replaceAll('~', '~0').replaceAll('/', '~1')

/** Goes down the document for some steps; the last one may lead nowhere. */
function randomPath(choice: SeededChoice, document: unknown): string {
  let path = ''
  let at: unknown = document
  for (let steps = choice.maybe(0.02) ? 0 : 1 + choice.below(4); steps > 0; steps--) {
    const keys = typeof at === 'object' && at !== null ? Object.keys(at) : []
    const there = keys.length > 0 && choice.maybe(0.95)
    const odd = [...names, '-1', '-2', '99', '1e3', '01', '+1', '99999999999999999999', 'a'.repeat(300)]
    if (keys.length === 0 && path !== '' && choice.maybe(0.9)) break
    const token: string = there ? choice.pick(keys) : choice.pick(odd)
    path += `/${choice.maybe(0.03) ? token : escaped(token)}`
    at = there ? (at as Record<string, unknown>)[token] : undefined
  }
  return choice.maybe(0.03) ? path.slice(1) : path
}

function randomOperation(choice: SeededChoice, document: unknown): unknown {
  if (choice.maybe(0.02)) return randomValue(choice, 2)
  const op = choice.maybe(0.02)
    ? choice.pick<unknown>(['', 'ADD', 'merge', null, 7])
    : choice.pick(['add', 'remove', 'replace', 'move', 'copy', 'test'])
  return {
    op,
    ...(choice.maybe(0.02) ? {} : { path: choice.maybe(0.01) ? randomValue(choice, 1) : randomPath(choice, document) }),
    ...(op === 'move' || op === 'copy' || choice.maybe(0.1) ? { from: randomPath(choice, document) } : {}),
    ...(choice.maybe(0.2) ? {} : { value: randomValue(choice, 2) }),
  }
}

test('any patch applies or is refused in time, and harms nothing', () => {
  const start = performance.now()
  const prototype = Object.getOwnPropertyNames(Object.prototype).sort().join()
  let applied = 0
  let refused = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const choice = new SeededChoice(seed)
    const document = freezeJson(
      choice.maybe(0.1) ? randomValue(choice, 1) : { a: randomValue(choice, 3), b: [randomValue(choice, 2), 1], c: {} },
    )
    const before = JSON.stringify(document)
    const patch = choice.maybe(0.01)
      ? randomValue(choice, 2)
      : Array.from({ length: 1 + choice.below(choice.pick([1, 2, 5])) }, () => randomOperation(choice, document))
    try {
      const operations = decodeJsonPatch(patch)
      const result = applyJsonPatch(document, operations, { maxCopied: 10_000 })
      assert.equal(JSON.stringify(applyJsonPatch(document, operations, { maxCopied: 10_000 })), JSON.stringify(result))
      applied++
    } catch (error) {
      assert.ok(error instanceof JsonPatchError, `seed ${seed}: ${String(error)}`)
      assert.ok(error.message.length < 2000, `seed ${seed}: a message of ${error.message.length} characters`)
      refused++
    }
    assert.equal(JSON.stringify(document), before, `seed ${seed} changed its document`)
  }
  assert.equal(Object.getOwnPropertyNames(Object.prototype).sort().join(), prototype)
  assert.ok(applied > seeds / 4 && refused > seeds / 8, `${applied} applied, ${refused} refused`)
  const took = performance.now() - start
  assert.ok(took < mostMilliseconds, `took ${took.toFixed(0)} ms`)
})

test('what is added is there, what is taken out again leaves nothing behind', () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const choice = new SeededChoice(seed)
    const document = freezeJson({ top: randomValue(choice, 4) })
    const value = randomValue(choice, 2)
    const map = choice.pick(mapsIn(document, ''))
    const name = choice.pick(names.filter((each) => !Object.hasOwn(map.map, each)))
    const path = `${map.path}/${escaped(name)}`
    const apply = (...operations: JsonPatchOperation[]) => applyJsonPatch(document, operations)
    const there: JsonPatchOperation[] = [
      { op: 'add', path, value },
      { op: 'test', path, value },
    ]
    assert.deepEqual(apply(...there, { op: 'remove', path }), cloneJson(document), `seed ${seed}: ${path}`)
    const moved = [...there, { op: 'move', from: path, path: '/moved' }, { op: 'test', path: '/moved', value }]
    assert.deepEqual(apply(...moved, { op: 'remove', path: '/moved' }), cloneJson(document), `seed ${seed}: ${path}`)
    const copied = [...there, { op: 'copy', from: path, path: '/copy' }, { op: 'test', path: '/copy', value }]
    assert.deepEqual(apply(...copied), applyJsonPatch(apply(...there), [{ op: 'add', path: '/copy', value }]))
  }
})

function mapsIn(value: unknown, path: string): { map: object; path: string }[] {
  const found = isObject(value) ? [{ map: value, path }] : []
  if (typeof value !== 'object' || value === null) return found
  return [...found, ...Object.entries(value).flatMap(([key, item]) => mapsIn(item, `${path}/${escaped(key)}`))]
}

test('copies of copies and long patches are bounded', () => {
  const double = (count: number) => Array.from({ length: count }, () => ({ op: 'copy', from: '/a', path: '/a/-' }))
  assert.throws(() => applyJsonPatch({ a: [1] }, double(60)), { code: 'json-patch-too-large' })
  const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: 1 }))
  assert.throws(() => applyJsonPatch({ a: 1 }, many), { code: 'json-patch-too-large' })
})
