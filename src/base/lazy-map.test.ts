import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LazyMap } from './lazy-map.js'

test('values are made once, and only those that are asked for', () => {
  const made: string[] = []
  const map = new LazyMap(['a', 'b'], (key) => {
    made.push(key)
    return key.toUpperCase()
  })
  assert.equal(map.size, 2)
  assert.ok(map.has('a'))
  assert.deepEqual([...map.keys()], ['a', 'b'])
  assert.deepEqual(made, [])
  assert.equal(map.get('b'), 'B')
  assert.equal(map.get('b'), 'B')
  assert.equal(map.get('c'), undefined)
  assert.deepEqual(made, ['b'])
  assert.deepEqual(
    [...map],
    [
      ['a', 'A'],
      ['b', 'B'],
    ],
  )
  assert.deepEqual([...map.values()], ['A', 'B'])
  assert.deepEqual(made, ['b', 'a'])
})
