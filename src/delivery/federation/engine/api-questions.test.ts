import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../../../base/log.js'
import { VirtualClock } from '../../../base/virtual-clock.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import { ApiQuestions } from './api-questions.js'

function setUp() {
  const clock = new VirtualClock({ startMs: 0, idle: () => new Promise((done) => setImmediate(done)) })
  const asked: number[] = []
  const ending = new AbortController()
  let changes = false
  const client = {
    async resources() {
      asked.push(clock.now() / 1000)
      return {}
    },
  } as unknown as KubeClient
  const questions = new ApiQuestions({
    cluster: 'm1',
    client,
    clock,
    log: silentLog,
    lifetime: ending.signal,
    learn: () => changes,
  })
  return { clock, asked, ending, questions, change: (is: boolean) => (changes = is) }
}

test('while something is kept out it is asked again, later and later, until the answer changes', async () => {
  const { clock, asked, questions, change } = setUp()
  questions.ask()
  await clock.advance(100_000)
  assert.deepEqual(asked, [0], 'nobody waits for an answer')
  questions.ask(true)
  await clock.advance(900_000)
  assert.deepEqual(asked, [0, 100, 130, 190, 310, 550, 850])
  change(true)
  await clock.advance(600_000)
  assert.deepEqual(asked.slice(7), [1150])
})

test('what is asked too early is asked in time, and a new definition at once', async () => {
  const { clock, asked, questions, ending } = setUp()
  questions.ask()
  await clock.advance(5000)
  questions.ask(true)
  await clock.advance(20_000)
  assert.deepEqual(asked, [0])
  await clock.advance(10_000)
  assert.deepEqual(asked, [0, 30])
  questions.definitionChanged()
  questions.definitionChanged()
  await clock.advance(5000)
  assert.deepEqual(asked, [0, 30, 36])
  ending.abort()
  await clock.advance(600_000)
  assert.deepEqual(asked, [0, 30, 36])
})
