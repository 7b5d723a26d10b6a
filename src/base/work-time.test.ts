import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkWorkTime, currentWorkTime, WorkStopped, WorkTime } from './work-time.js'

test('only the synchronous parts of a piece of work count, and nothing of what others do meanwhile', async () => {
  let now = 0
  const elapsed = () => now
  const one = new WorkTime({ elapsed, maxMilliseconds: 100 })
  const other = new WorkTime({ elapsed, maxMilliseconds: 100 })
  one.run(() => {
    now += 30
    one.run(() => (now += 10))
    assert.equal(one.spent, 40)
  })
  await Promise.resolve()
  now += 1000
  other.run(() => {
    assert.equal(currentWorkTime(), other)
    now += 70
  })
  one.run(() => checkWorkTime(60))
  assert.throws(() => one.run(() => checkWorkTime(61)), { name: 'WorkStopped', message: 'takes longer than 0.1 s' })
  assert.deepEqual([one.spent, one.stopped, other.spent, other.stopped], [40, 'takes longer than 0.1 s', 70, undefined])
  assert.equal(currentWorkTime(), undefined)
  checkWorkTime(1e9)
})

test('something else than time can end it', () => {
  let problem: string | undefined
  const time = new WorkTime({ elapsed: () => 0, maxMilliseconds: 1, problem: () => problem })
  time.run(() => checkWorkTime())
  problem = 'no memory'
  assert.throws(() => time.run(() => checkWorkTime()), new WorkStopped('no memory'))
})
