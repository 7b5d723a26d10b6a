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

test('what is not kept: records that cannot be mixed, long messages, what is no answer', () => {
  const cache = new AnswerCache()
  const alias = Buffer.concat([answer(2).subarray(0, 12), Buffer.from([0, 0, 1, 0, 1, 0xc0, 12, 0, 5, 0, 1]), Buffer.alloc(40)])
  cache.keep(message(1, 'db'), alias)
  cache.keep(message(1, 'x'.repeat(300)), answer(1))
  cache.keep(Buffer.from([1, 2]), answer(1))
  cache.keep(message(1, 'short'), Buffer.from([1]))
  for (const text of ['db', 'x'.repeat(300), 'short']) assert.equal(cache.find(message(1, text)), undefined)
})

test('ever new questions do not push out what is asked for', () => {
  const cache = new AnswerCache()
  cache.keep(message(1, 'web'), answer(1))
  for (let index = 0; index < 20_000; index++) {
    cache.keep(message(1, `name-${index}`), answer(0))
    if (index % 100 === 0) assert.ok(cache.find(message(1, 'web')), String(index))
  }
  assert.equal(cache.find(message(1, 'name-0')), undefined)
  assert.ok(cache.find(message(1, 'name-19999')))
})

test('addresses start with another one each time', () => {
  let random = 0
  const cache = new AnswerCache(() => random)
  const question = message(1, 'x')
  const record = (last: number) => Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 127, 0, 0, last])
  const head = Buffer.concat([answer(3).subarray(0, 12), Buffer.from([1, 0x78, 0, 0, 1, 0, 1])])
  const tail = Buffer.from([0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0])
  const whole = Buffer.concat([head, record(1), record(2), record(3), tail])
  cache.keep(question, whole)
  const order = () => [0, 1, 2].map((index) => cache.find(question)![head.length + index * 16 + 15])
  assert.deepEqual(order(), [1, 2, 3])
  random = 0.4
  assert.deepEqual(order(), [2, 3, 1])
  random = 0.99
  assert.deepEqual(order(), [3, 1, 2])
  assert.deepEqual([...cache.find(question)!.subarray(-11)], [...tail])
  const cut = Buffer.from(whole)
  cut[2]! |= 2
  cache.keep(message(1, 'y'), cut)
  assert.equal(cache.find(message(1, 'y')), undefined, 'a part of the addresses only')
})
