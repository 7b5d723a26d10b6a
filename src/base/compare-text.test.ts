import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareText } from './compare-text.js'

test('texts are in the order of their bytes', () => {
  const texts = ['', 'a', 'ab', 'b', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10000}a', '\u{10ffff}']
  const bytes = [...texts].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  assert.deepEqual([...texts].reverse().sort(compareText), bytes)
  assert.equal(compareText('same', 'same'), 0)
})
