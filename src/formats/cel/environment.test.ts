import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CelError } from './cel-error.js'
import type { CelEnvironment, CelField, CelProgram, CelType } from './contract.js'
import { createCelEnvironment } from './environment.js'
import { optionalsLibrary, twoVariableLibrary } from './library/collections.js'
import { standardLibrary } from './library/standard.js'
import { stringsLibrary } from './library/strings.js'

const libraries = [standardLibrary, optionalsLibrary, stringsLibrary, twoVariableLibrary]

function environment(variables: Record<string, CelType> = {}): CelEnvironment {
  return createCelEnvironment({ libraries, optionalSyntax: true, variables })
}

function program(env: CelEnvironment, source: string): CelProgram {
  const compiled = env.compile(source)
  if ('issues' in compiled) throw new Error(compiled.issues)
  return compiled.program
}

const dyn: CelType = { kind: 'dyn' }

test('an int is a bigint to the caller, a double a number', () => {
  const env = environment({ x: dyn, d: { kind: 'double' } })
  assert.deepEqual(program(env, '[x, dyn(x + 1)]').evaluate({ x: 9007199254740991 }).value, [
    9007199254740991n,
    9007199254740992n,
  ])
  assert.equal(program(env, 'd * 2.0').evaluate({ d: 3 }).value, 6)
  assert.deepEqual(program(env, '{1: "a"}').evaluate({}).value, new Map([[1n, 'a']]))
})

test('a lazy variable is called once, and only when it is read', () => {
  let calls = 0
  const lazy = (): number => ++calls
  const env = environment({ x: dyn, y: dyn })
  assert.equal(program(env, 'y || x == 1 && x == 1').evaluate({ x: lazy, y: true }).value, true)
  assert.equal(calls, 0)
  assert.equal(program(env, 'y || x == 1 && x == 1').evaluate({ x: lazy, y: false }).value, true)
  assert.equal(calls, 1)
})

test('a program names the variables that it reads', () => {
  const env = environment({ x: dyn, y: dyn, z: dyn })
  assert.deepEqual([...program(env, 'x.all(y, y > 0) && z').variables].toSorted(), ['x', 'z'])
})

test('extending an environment leaves it as it was', () => {
  const env = environment({ x: dyn })
  assert.equal(program(env.extend({ y: dyn }), 'x + y').evaluate({ x: 1, y: 2 }).value, 3n)
  const compiled = env.compile('x + y')
  assert.ok('issues' in compiled && compiled.stage === 'check')
  assert.equal(compiled.issues, "ERROR: <input>:1:5: undeclared reference to 'y' (in container '')\n | x + y\n | ....^")
})

test('the cost limit ends an evaluation, whatever the expression does about errors', () => {
  const env = environment({ x: dyn })
  const rule = program(env, 'x.all(a, x.all(b, x.all(c, a + b + c > 0))) || true')
  const x = Array.from({ length: 100 }, (_, i) => i + 1)
  assert.throws(
    () => rule.evaluate({ x }, { costLimit: 1000 }),
    (error: unknown) =>
      error instanceof CelError && error.kind === 'cost' && error.message === 'operation cancelled: actual cost limit exceeded',
  )
})

test('types may hold themselves', () => {
  const fields = new Map<string, CelField>()
  const tree: CelType = { kind: 'object', name: 'Tree', fields }
  fields.set('child', { type: tree, property: 'child' })
  fields.set('name', { type: { kind: 'string' }, property: 'name' })
  const env = environment({ t: tree })
  const t = { child: { child: { name: 'leaf' } } }
  assert.equal(program(env, 't.child.child.name').evaluate({ t }).value, 'leaf')
  const compiled = env.compile('t.child.nam')
  assert.ok('issues' in compiled && compiled.issues.startsWith("ERROR: <input>:1:8: undefined field 'nam'"))
})

test('a comprehension evaluated again starts anew', () => {
  const env = environment({ x: dyn })
  const build = program(env, 'x.map(a, x.map(b, a + b))')
  assert.deepEqual(build.evaluate({ x: [1, 2] }).value, build.evaluate({ x: [1, 2] }).value)
  assert.deepEqual(build.evaluate({ x: [1] }).value, [[2n]])
})

test('names that objects have in JavaScript are no fields', () => {
  const env = environment({ x: dyn })
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
    assert.equal(program(env, `has(x.${name}) || "${name}" in x`).evaluate({ x: {} }).value, false)
    assert.throws(() => program(env, `x["${name}"]`).evaluate({ x: {} }), /no such key/)
  }
  assert.throws(() => program(env, 'x').evaluate(Object.create({ x: 1 }) as Record<string, unknown>), /no such attribute/)
})

/** A small generator of numbers, the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const pieces = [
  ...[
    'x',
    'y',
    'i',
    '.a',
    '.b',
    '[0]',
    '["k"]',
    '(',
    ')',
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    '?',
    '+',
    '-',
    '*',
    '/',
    '%',
    '==',
    '!=',
    '<',
  ],
  ...[
    '&&',
    '||',
    '!',
    'in',
    '1',
    '2u',
    '3.5',
    '"s"',
    "b'z'",
    'true',
    'null',
    '.map(',
    '.all(',
    '.filter(',
    '.exists(',
    'has(',
    'size(',
  ],
  ...[
    'int(',
    'string(',
    '.?',
    '[?',
    '.format(',
    'i,',
    ' ',
    '\n',
    '"',
    "'",
    '\\',
    '`',
    '$',
    'é',
    '\u{1F600}',
    '.transformMap(k, v,',
    '//',
  ],
]

test('any soup of pieces is refused with issues, or runs', () => {
  const env = environment({ x: dyn, y: dyn })
  const next = numbers(7)
  let ran = 0
  for (let round = 0; round < 4000; round++) {
    let source = ''
    for (let i = next(12) + 1; i > 0; i--) source += pieces[next(pieces.length)]
    const compiled = env.compile(source)
    if ('issues' in compiled) {
      assert.ok(compiled.stage === 'plan' || compiled.issues.startsWith('ERROR: <input>:'), source)
      continue
    }
    ran++
    attempt(compiled.program)
  }
  assert.ok(ran > 20)
})

function attempt(run: CelProgram): void {
  assert.ok(run.estimateCost().max >= 0n)
  try {
    run.evaluate({ x: { a: [1, { b: 2 }], b: 'text', k: null }, y: [3, 'four', 5.5] }, { costLimit: 10_000 })
  } catch (error) {
    assert.ok(error instanceof CelError, String(error))
  }
}

/** An expression that reads well, of some depth. */
function grow(next: (below: number) => number, depth: number): string {
  const inner = (): string => grow(next, depth - 1)
  if (depth === 0) return ['x', 'y', '1', '2.5', '"s"', 'true', 'null', '[]', '{}', 'x.a', 'y[0]', '3u', 'dyn(1)'][next(13)]!
  switch (next(14)) {
    case 0:
      return `dyn(${inner()}) ${['+', '-', '*', '/', '%', '==', '<', 'in', '&&', '||'][next(10)]} dyn(${inner()})`
    case 1:
      return `(${inner()} == ${inner()} ? dyn(${inner()}) : dyn(${inner()}))`
    case 2:
      return `dyn(${inner()}).map(i, ${inner()})`
    case 3:
      return `dyn(${inner()}).all(i, dyn(${inner()}))`
    case 4:
      return `dyn(${inner()}).exists(k, v, dyn(${inner()}))`
    case 5:
      return `[dyn(${inner()}), dyn(${inner()})]`
    case 6:
      return `{"a": dyn(${inner()}), "b": dyn(${inner()})}`
    case 7:
      return `dyn(${inner()}).?a.orValue(dyn(${inner()}))`
    case 8:
      return `dyn(${inner()})[dyn(${inner()})]`
    case 9:
      return `string(dyn(${inner()}))`
    case 10:
      return `size(dyn(${inner()}))`
    case 11:
      return `"%s %s".format([dyn(${inner()}), dyn(${inner()})])`
    case 12:
      return `dyn(${inner()}).transformMap(k, v, ${inner()})`
    default:
      return `optional.of(${inner()}).optMap(z, dyn(${inner()}))`
  }
}

test('grown expressions end in a value or a CelError, twice the same', () => {
  const env = environment({ x: dyn, y: dyn })
  const next = numbers(11)
  let values = 0
  for (let round = 0; round < 1500; round++) {
    const source = grow(next, 1 + next(3))
    const compiled = env.compile(source)
    if ('issues' in compiled) continue
    const results = [0, 1].map(() => {
      try {
        return compiled.program.evaluate({ x: { a: [1, 2], b: 'z' }, y: [1, 'a'] }, { costLimit: 5000 })
      } catch (error) {
        assert.ok(error instanceof CelError, source)
        return error.message
      }
    })
    assert.deepEqual(results[0], results[1], source)
    if (typeof results[0] === 'object') values++
  }
  assert.ok(values > 100)
})

test('patterns take linear time', () => {
  const env = environment({ s: { kind: 'string' } })
  const slow = program(env, 's.matches("^(a+)+$")')
  assert.equal(slow.evaluate({ s: `${'a'.repeat(2000)}b` }).value, false)
})

test('a chain of macros that copy what they stand on is refused before it fills the memory', () => {
  const env = environment({ x: { kind: 'optional', of: dyn } })
  assert.ok('program' in env.compile(`x${'.optMap(v, v)'.repeat(6)}`))
  const compiled = env.compile(`x${'.optMap(v, v)'.repeat(60)}`)
  assert.ok('issues' in compiled && compiled.issues.includes('optMap() would copy more than 5000 nodes'))
})
