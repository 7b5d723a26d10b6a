import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldNextLines } from './fold-next-lines.js'

test('next lines are folded as between double quotes', () => {
  const texts = { one: 'a\u0085b', more: 'a \u0085 \u0085 b\u0085\u0085\u0085c \u0085', alone: '\u0085', none: 'a\nb ' }
  assert.deepEqual(foldNextLines({ ...texts, list: ['x\u0085', 1, null] }), {
    alone: ' ',
    list: ['x ', 1, null],
    more: 'a\nb\n\nc ',
    none: 'a\nb ',
    one: 'a b',
  })
})

test('keys do not go over lines, and no line begins or ends a document', () => {
  assert.throws(() => foldNextLines([{ 'a\u0085': 1 }]), { message: "yaml: line 1: did not find expected ',' or '}'" })
  assert.throws(() => foldNextLines('a\u0085--- b'), { message: 'yaml: line 2: found unexpected document indicator' })
  assert.throws(() => foldNextLines(['\u0085', 'a\u0085...\u0085b']), { message: /^yaml: line 3: / })
  assert.deepEqual(foldNextLines(['a\u0085---', 'a\u0085---b']), ['a ---', 'a ---b'])
})
