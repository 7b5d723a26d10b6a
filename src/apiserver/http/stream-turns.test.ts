import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StreamTurns } from './stream-turns.js'

test('the first streams write at once, the others in later turns, in order, and nobody is left out', async () => {
  const turns = new StreamTurns()
  const order: number[] = []
  const streams = Array.from({ length: 100 }, (_, index) => ({ take: () => void order.push(index) }))
  for (const stream of streams) turns.offer(stream)
  const atOnce = order.length
  assert.ok(atOnce > 0 && atOnce < 100, `${atOnce} at once`)
  // Whoever comes while others wait must not overtake them.
  assert.equal(turns.offer({ take: () => void order.push(100) }), false)
  await new Promise((done) => setImmediate(done))
  assert.ok(order.length > atOnce && order.length < 101, `${order.length} after one turn`)
  for (let turn = 0; turn < 10; turn++) await new Promise((done) => setImmediate(done))
  assert.deepEqual(order, [...Array(101).keys()])
  assert.equal(turns.offer({ take: () => {} }), true)
})

test('a stream may offer again while it takes its turn', async () => {
  const turns = new StreamTurns()
  let taken = 0
  const stream = {
    take() {
      taken++
      if (taken < 200) turns.offer(stream)
    },
  }
  turns.offer(stream)
  for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done))
  assert.equal(taken, 200)
})
