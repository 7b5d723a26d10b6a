import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJson, printJson } from './json-text.js'

test('integers beyond 2^53 come and go without loss', () => {
  const text = '{"a":9007199254740993,"b":[-9223372036854775808,9223372036854775807],"c":{"d":9007199254740991}}'
  const value = parseJson(text)
  assert.deepEqual(value, { a: 9007199254740993n, b: [-(2n ** 63n), 2n ** 63n - 1n], c: { d: 9007199254740991 } })
  assert.equal(printJson(value), text)
  assert.equal(parseJson(' 9007199254740993 '), 9007199254740993n)
})

test('beyond 64 bits integers are doubles, or kept', () => {
  assert.equal(parseJson('92233720368547758079'), Number('92233720368547758079'))
  assert.equal(parseJson('92233720368547758079', 'exact'), 92233720368547758079n)
  assert.equal(parseJson('-9223372036854775809'), -(2 ** 63))
  assert.equal(parseJson(`1${'0'.repeat(500)}`, 'exact'), Number.POSITIVE_INFINITY)
})

test('fractions and exponents are doubles', () => {
  for (const text of ['12345678901234567.5', '1234567890123456789e1', '0.12345678901234567890', '1E+20', '-0']) {
    assert.equal(parseJson(text), JSON.parse(text), text)
  }
})

test('digits in strings and names stay text', () => {
  const text = String.raw`{"9007199254740993":"9007199254740993","a":"x\\","b":"\":9007199254740993,","c":9007199254740993}`
  assert.deepEqual(parseJson(text), {
    '9007199254740993': '9007199254740993',
    a: 'x\\',
    b: '":9007199254740993,',
    c: 9007199254740993n,
  })
})

test('texts that look like marks are text', () => {
  const text = String.raw`["\u0069nt64-0:12","int64-1:9007199254740993",9007199254740993]`
  assert.deepEqual(parseJson(text), ['int64-0:12', 'int64-1:9007199254740993', 9007199254740993n])
  const value = ['int64-0:12', '"int64-1:12"', 2n ** 62n]
  assert.deepEqual(parseJson(printJson(value)), value)
})

test('__proto__ is a name, repeated names count last', () => {
  const value = parseJson('{"__proto__":9007199254740993,"a":9007199254740993,"a":1}') as Record<string, unknown>
  assert.deepEqual(Object.entries(value), [
    ['__proto__', 9007199254740993n],
    ['a', 1],
  ])
})

test('what is no JSON is none', () => {
  for (const text of [
    '{9007199254740993:1}',
    '09007199254740993',
    '[9007199254740993',
    '"9007199254740993',
    '- 9007199254740993',
  ]) {
    assert.throws(() => parseJson(text), SyntaxError, text)
  }
  assert.throws(() => printJson([1n, () => 1, circular()]), TypeError)
})

test('printing indents as JSON.stringify does', () => {
  assert.equal(printJson({ a: [2n ** 60n], b: {} }, 2), '{\n  "a": [\n    1152921504606846976\n  ],\n  "b": {}\n}')
})

test('random data survives, and equals JSON.parse where that is exact', () => {
  let state = 11
  const next = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % below
  }
  const digits = (count: number) => Array.from({ length: count }, () => String(next(10))).join('')
  const make = (depth: number): unknown => {
    switch (next(depth > 3 ? 4 : 7)) {
      case 0:
        return BigInt.asIntN(64, BigInt(`1${digits(18)}`)) * (next(2) === 0 ? 1n : -1n)
      case 1:
        return next(1_000_000) / (next(2) === 0 ? 1 : 7)
      case 2:
        return ['', '"', '\\', ':', ' '][next(5)] + digits(next(24)) + ['', ',', '"', '\n', '}'][next(5)]
      case 3:
        return next(2) === 0
      case 4:
        return Array.from({ length: next(4) }, () => make(depth + 1))
      default:
        return Object.fromEntries(Array.from({ length: next(4) }, () => [digits(next(20)), make(depth + 1)]))
    }
  }
  for (let round = 0; round < 2000; round++) {
    const value = make(0)
    const text = printJson(value, next(2) === 0 ? undefined : next(4))
    assert.deepEqual(parseJson(text), value, text)
    assert.deepEqual(JSON.parse(text), JSON.parse(printJson(parseJson(text))))
  }
})

function circular(): unknown {
  const value: unknown[] = []
  value.push(value)
  return value
}

test('a text made of marks takes no time', () => {
  const marks = Array.from({ length: 60_000 }, (_, index) => `int64-${index}:`).join('')
  const text = `{"a":"${marks}","b":9007199254740993}`
  const started = performance.now()
  const value = parseJson(text)
  assert.deepEqual(value, { a: marks, b: 9007199254740993n })
  assert.equal(printJson(value), text)
  assert.ok(performance.now() - started < 2000)
})
