import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../app/system/system-ports.js'
import { silentLog } from '../../../base/log.js'
import { KeptOrders } from './kept-orders.js'
import { createMemoryStore } from './state-store.js'

test('what is written late never takes the place of what was ordered later', { timeout: 5000 }, async () => {
  const kept = createMemoryStore()
  let slow = true
  const store = {
    ...kept,
    async write(name: string, text: string) {
      // The first one takes its time, as a request that is tried again does.
      const isSlow = slow
      slow = false
      if (isSlow) await new Promise((done) => setTimeout(done, 50))
      await kept.write(name, text)
    },
  }
  const { signal } = new AbortController()
  const orders = new KeptOrders({ store, clock: systemClock, log: silentLog, signal })
  const order = (generation: number) => ({ id: 'v1/ConfigMap/default/x', generation }) as never
  orders.set(order(1))
  const first = orders.flush()
  orders.set(order(2))
  await Promise.all([first, orders.flush()])
  const again = new KeptOrders({ store: kept, clock: systemClock, log: silentLog, signal })
  await again.load()
  assert.deepEqual([...again.all()], [order(2)])
})
