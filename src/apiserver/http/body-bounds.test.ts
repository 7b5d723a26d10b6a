import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundMembers, isTooDeep } from './body-bounds.js'

test('a text that is nested too deeply is told from one that only looks so', () => {
  const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
  const padding = `"${'x'.repeat(70_000)}"`
  assert.equal(isTooDeep(`[${padding},${deep(999)}]`), false)
  assert.equal(isTooDeep(`[${padding},${deep(1_000)}]`), true)
  assert.equal(isTooDeep(deep(1_000)), false)
  assert.equal(isTooDeep(deep(1_001)), true)
  assert.equal(isTooDeep('['.repeat(2_000_000)), true)
  assert.equal(isTooDeep(`["${'['.repeat(200_000)}"]`), false, 'in a string')
  assert.equal(isTooDeep(`["\\"${'{'.repeat(200_000)}\\\\"]`), false, 'in a string with quotes')
  assert.equal(isTooDeep(`["\\\\",${'{'.repeat(200_000)}`), true, 'after a string that ends with a backslash')
  assert.equal(isTooDeep(`[${Array(100_000).fill('[],{}').join()}]`), false, 'wide')
  assert.equal(isTooDeep(`"${'x'.repeat(100_000)}`), false, 'a string without end')
})

test('an object of more members than any cluster stores is refused', () => {
  const wide = (count: number) => ({ data: Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v'])) })
  boundMembers(wide(65_535))
  assert.throws(() => boundMembers(wide(65_536)), { httpCode: 413 })
  assert.throws(() => boundMembers({ items: Array(70_000).fill(1) }), { httpCode: 413 })
  assert.throws(() => boundMembers(Array(300).fill({ a: Array(300).fill(null) })), { httpCode: 413 })
  for (const value of [null, undefined, 'x', 7, [], {}]) boundMembers(value)
})
