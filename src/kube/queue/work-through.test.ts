import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../base/random.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import { workThrough } from './work-through.js'

const turn = () => new Promise<void>((done) => setImmediate(() => done()))

test('a few keys at a time, each worked on once for many additions', async () => {
  const clock = new VirtualClock({ idle: turn })
  const begun: string[] = []
  const endings: (() => void)[] = []
  const queue = workThrough({
    clock,
    random: createSeededRandom(1),
    signal: { aborted: false },
    hands: 2,
    async work(key) {
      begun.push(key)
      await new Promise<void>((done) => endings.push(done))
    },
    failed: () => assert.fail('nothing fails'),
  })
  for (const key of ['a', 'b', 'c', 'a', 'c']) queue.add(key)
  await turn()
  assert.deepEqual(begun, ['a', 'b'])
  // Added while it is worked on: once more, behind what waits.
  queue.add('a')
  endings[0]!()
  await turn()
  assert.deepEqual(begun, ['a', 'b', 'c'])
  for (const end of endings.slice(1)) end()
  await turn()
  assert.deepEqual(begun, ['a', 'b', 'c', 'a'])
})

test('a failure is told and tried again, later each time; one that nobody wants any more is not', async () => {
  const clock = new VirtualClock({ idle: turn })
  const told: [string, string, number][] = []
  const begun: string[] = []
  const queue = workThrough({
    clock,
    random: createSeededRandom(1),
    signal: { aborted: false },
    async work(key) {
      begun.push(key)
      if (key === 'gone' || begun.length < 4) throw new Error(`no ${key}`)
    },
    failed: (key, error, retryMs) => told.push([key, (error as Error).message, retryMs]),
    isGone: (key) => key === 'gone',
  })
  queue.add('gone')
  queue.add('a')
  await turn()
  await turn()
  assert.deepEqual(begun, ['gone', 'a'])
  await clock.advance(60_000)
  await turn()
  assert.deepEqual(begun, ['gone', 'a', 'a', 'a'])
  assert.deepEqual(
    told.map(([key, message]) => `${key}: ${message}`),
    ['a: no a', 'a: no a'],
  )
  assert.ok(told[1]![2] > told[0]![2])
  assert.equal(queue.failures('a'), 0)
})

test('what has ended takes nothing more, and failures after the end are not told', async () => {
  const signal = { aborted: false }
  const begun: string[] = []
  let fail = () => {}
  const queue = workThrough({
    clock: new VirtualClock({ idle: turn }),
    random: createSeededRandom(1),
    signal,
    work: (key) => {
      begun.push(key)
      return new Promise((_, reject) => {
        fail = () => reject(new Error('cut off'))
      })
    },
    failed: () => assert.fail('told after the end'),
  })
  queue.add('a')
  queue.add('b')
  await turn()
  signal.aborted = true
  fail()
  await turn()
  assert.deepEqual(begun, ['a'])
})
