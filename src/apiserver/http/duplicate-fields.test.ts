import assert from 'node:assert/strict'
import { test } from 'node:test'
import { duplicateFields } from './duplicate-fields.js'

test('finds keys that stand twice, with their paths', () => {
  assert.deepEqual(duplicateFields('{"a":1,"b":{"a":2},"a":3}'), ['duplicate field "a"'])
  assert.deepEqual(duplicateFields('{"spec":{"containers":[{"name":"a"},{"name":"b","image":"x","name":"c"}]}}'), [
    'duplicate field "spec.containers[1].name"',
  ])
  assert.deepEqual(duplicateFields('{"x":[[1,{"y":1,"y":2}]],"x":{}}'), ['duplicate field "x[0][1].y"', 'duplicate field "x"'])
})

test('is not misled by strings, escapes and equal keys of different objects', () => {
  assert.deepEqual(duplicateFields('{"a":"{\\"a\\":1,\\"a\\":2}","b":"\\\\","c":[{"a":1},{"a":2}]}'), [])
  assert.deepEqual(duplicateFields('{"a\\u0062":1,"ab":2}'), ['duplicate field "ab"'])
  assert.deepEqual(duplicateFields('{"__proto__":1,"constructor":2}'), [])
  assert.deepEqual(duplicateFields('[]'), [])
  assert.deepEqual(duplicateFields('"a"'), [])
})
