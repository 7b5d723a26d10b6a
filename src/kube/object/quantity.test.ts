import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  negateQuantity,
  parseQuantity,
  quantityMilliValue,
  quantityValue,
  roundUpToMilli,
} from './quantity.js'

// What resource.ParseQuantity(text).String() of Kubernetes 1.33 gives.
const goldens = JSON.parse(readFileSync('src/kube/object/goldens/quantities.json', 'utf8')) as Record<
  string,
  string | { error: string }
>

test('texts are read and written as Kubernetes does', () => {
  for (const [text, expected] of Object.entries(goldens)) {
    if (typeof expected === 'string') assert.equal(formatQuantity(parseQuantity(text)), expected, text)
    else assert.throws(() => parseQuantity(text), { message: expected.error, code: 'invalid-quantity' }, text)
  }
})

test('JSON numbers', () => {
  assert.equal(formatQuantity(parseQuantity(2)), '2')
  assert.equal(formatQuantity(parseQuantity(0.5)), '500m')
  assert.equal(formatQuantity(parseQuantity(1e21)), '1e+21')
})

test('arithmetic is exact', () => {
  const sum = addQuantities(parseQuantity('0.1'), parseQuantity('200m'))
  assert.equal(formatQuantity(sum), '300m')
  assert.equal(compareQuantities(sum, parseQuantity('0.3')), 0)
  assert.ok(compareQuantities(parseQuantity('1Gi'), parseQuantity('1G')) > 0)
  assert.equal(formatQuantity(addQuantities(parseQuantity('1Gi'), negateQuantity(parseQuantity('512Mi')))), '512Mi')
  assert.equal(formatQuantity(addQuantities(parseQuantity('0'), parseQuantity('1Gi'))), '1Gi')
})

test('whole values are rounded up', () => {
  assert.equal(quantityValue(parseQuantity('100m')), 1)
  assert.equal(quantityValue(parseQuantity('-1500m')), -2)
  assert.equal(quantityMilliValue(parseQuantity('0.0001')), 1)
  assert.equal(quantityMilliValue(parseQuantity('2')), 2000)
  assert.equal(formatQuantity(roundUpToMilli(parseQuantity('1u'))), '1m')
})

test('hostile texts end quickly', () => {
  for (const text of ['9'.repeat(100_000), `1e${'9'.repeat(1000)}`, `0.${'0'.repeat(100_000)}1`]) {
    assert.throws(() => parseQuantity(text), { code: 'invalid-quantity' })
  }
})
