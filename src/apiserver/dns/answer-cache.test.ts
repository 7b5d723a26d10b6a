import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnswerCache } from './answer-cache.js'

const message = (id: number, text: string) =>
  Buffer.concat([Buffer.from([id, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), Buffer.from(text)])
const answer = (count: number) => Buffer.from([9, 9, 0x81, 0, 0, 1, 0, count, 0, 0, 0, 0, 7])

test('the same question has the same answer under its own id, until something changes', () => {
  const cache = new AnswerCache()
  assert.equal(cache.find(message(1, 'web')), undefined)
  cache.keep(message(1, 'web'), answer(1))
  const found = cache.find(message(3, 'web'))!
  assert.deepEqual([...found], [3, 3, ...answer(1).subarray(2)])
  found[5] = 99
  assert.equal(cache.find(message(3, 'web'))![5], 1, 'each has a copy of its own')
  assert.equal(cache.find(message(1, 'wEb')), undefined)
  cache.forget()
  assert.equal(cache.find(message(1, 'web')), undefined)
})

test('what is not kept: several records, long messages, more than there is room for', () => {
  const cache = new AnswerCache()
  cache.keep(message(1, 'db'), answer(2))
  cache.keep(message(1, 'x'.repeat(300)), answer(1))
  cache.keep(Buffer.from([1, 2]), answer(1))
  cache.keep(message(1, 'short'), Buffer.from([1]))
  for (const text of ['db', 'x'.repeat(300), 'short']) assert.equal(cache.find(message(1, text)), undefined)
  for (let index = 0; index < 2000; index++) cache.keep(message(1, `name-${index}`), answer(0))
  assert.ok(cache.find(message(1, 'name-0')))
  assert.equal(cache.find(message(1, 'name-1999')), undefined)
})
