import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffDelayMs } from '../../base/backoff.js'
import { createSeededRandom } from '../../base/random.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import { DelayHeap } from './delay-heap.js'
import { WorkQueue } from './work-queue.js'

const idle = () => new Promise<void>((resolve) => setImmediate(resolve))

function setup() {
  const clock = new VirtualClock({ startMs: 1000, idle })
  let timers = 0
  const counted = {
    now: () => clock.now(),
    after: (delayMs: number, run: () => void) => {
      timers++
      const cancel = clock.after(delayMs, () => {
        timers--
        run()
      })
      return () => {
        timers--
        cancel()
      }
    },
  }
  const queue = new WorkQueue({ clock: counted, random: createSeededRandom(1), backoff: { baseMs: 100, maxMs: 1000 } })
  return { clock, queue, timers: () => timers }
}

test('a key added many times is taken once', () => {
  const { queue } = setup()
  queue.add('a')
  queue.add('b')
  queue.add('a')
  assert.equal(queue.take(), 'a')
  assert.equal(queue.take(), 'b')
  assert.equal(queue.take(), undefined)
})

test('a key added while it is worked on comes back after done, behind the others', () => {
  const { queue } = setup()
  queue.add('busy')
  assert.equal(queue.take(), 'busy')
  queue.add('busy')
  queue.add('busy')
  queue.add('other')
  assert.equal(queue.take(), 'other')
  assert.equal(queue.take(), undefined, 'the same key is never out twice')
  queue.add('third')
  queue.done('busy')
  assert.equal(queue.take(), 'third')
  assert.equal(queue.take(), 'busy')
  queue.done('busy')
  assert.equal(queue.take(), undefined)
})

test('a thousand delays share one timer and come in order of time', async () => {
  const { clock, queue, timers } = setup()
  for (let index = 1000; index > 0; index--) queue.addAfter(`k${index}`, index)
  assert.equal(timers(), 1)
  await clock.advance(3)
  assert.deepEqual([queue.take(), queue.take(), queue.take(), queue.take()], ['k1', 'k2', 'k3', undefined])
  assert.equal(timers(), 1)
  assert.equal(queue.delayedCount, 997)
})

test('the earlier of two delays counts, and taking a key ends its delay', async () => {
  const { clock, queue } = setup()
  queue.addAfter('a', 50)
  queue.addAfter('a', 500)
  await clock.advance(50)
  assert.equal(queue.take(), 'a')
  queue.done('a')
  queue.addAfter('a', 100)
  queue.add('a')
  assert.equal(queue.take(), 'a')
  queue.done('a')
  await clock.advance(1000)
  assert.equal(queue.take(), undefined)
})

test('a delay set while the key is worked on holds', async () => {
  const { clock, queue } = setup()
  queue.add('a')
  queue.take()
  queue.addAfter('a', 10)
  queue.done('a')
  assert.equal(queue.take(), undefined)
  await clock.advance(10)
  assert.equal(queue.take(), 'a')
})

test('failures back off exponentially with jitter up to the cap, each key for itself', () => {
  const { queue } = setup()
  const delays = Array.from({ length: 8 }, () => queue.addFailed('bad'))
  assert.equal(queue.failures('bad'), 8)
  const full = [100, 200, 400, 800, 1000, 1000, 1000, 1000]
  for (const [index, delay] of delays.entries()) {
    assert.ok(delay <= full[index]! && delay >= full[index]! * 0.75, `${delay} after ${index + 1} failures`)
  }
  assert.ok(queue.addFailed('other') <= 100)
  queue.forget('bad')
  assert.ok(queue.addFailed('bad') <= 100)
  assert.equal(queue.addFailed('asked', 5000), 5000, 'a server that names a delay is obeyed')
})

test('backoff stays finite after very many failures', () => {
  assert.ok(backoffDelayMs(5000, createSeededRandom(2)) <= 300_000)
})

test('onReady is called for each key that becomes ready', async () => {
  const clock = new VirtualClock({ idle })
  const taken: string[] = []
  const queue: WorkQueue = new WorkQueue({
    clock,
    random: createSeededRandom(1),
    onReady: () => {
      const key = queue.take()
      if (key !== undefined) taken.push(key)
    },
  })
  queue.add('a')
  queue.addAfter('b', 5)
  queue.add('a')
  queue.done('a')
  await clock.advance(5)
  assert.deepEqual(taken, ['a', 'a', 'b'])
})

test('a closed queue takes nothing and holds no timer', () => {
  const { queue, timers } = setup()
  queue.add('a')
  queue.addAfter('b', 10)
  queue.close()
  queue.add('c')
  queue.addAfter('d', 1)
  assert.equal(queue.take(), undefined)
  assert.equal(timers(), 0)
})

test('the heap agrees with a sorted list under random moves and removals', () => {
  const random = createSeededRandom(7)
  const heap = new DelayHeap()
  const twin = new Map<string, number>()
  for (let step = 0; step < 3000; step++) {
    const key = `k${Math.floor(random.number() * 60)}`
    const choice = random.number()
    if (choice < 0.6) {
      const at = Math.floor(random.number() * 1000)
      heap.set(key, at)
      twin.set(key, at)
    } else if (choice < 0.8) {
      assert.equal(heap.delete(key), twin.delete(key))
    } else {
      const due = heap.popDue(500)
      const least = Math.min(...twin.values())
      if (due === undefined) assert.ok(twin.size === 0 || least > 500)
      else {
        assert.equal(twin.get(due), least)
        twin.delete(due)
      }
    }
    assert.equal(heap.size, twin.size)
    assert.equal(heap.earliest(), twin.size === 0 ? undefined : Math.min(...twin.values()))
  }
})
