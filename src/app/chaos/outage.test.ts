import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatFault, outageAt, parseDuration, parseFault } from './outage.js'

test('faults are read and written; what is none is left out', () => {
  for (const text of ['cut', 'flap=3s/10s', 'flap=500ms/2s', 'latency=200', 'flap=3s/10s,latency=20', ''])
    assert.equal(formatFault(parseFault(text)), text)
  assert.equal(formatFault(parseFault(' latency=200ms , cut ')), 'cut,latency=200')
  for (const text of [
    'flap=',
    'flap=3/4',
    'flap=1s',
    'flap=0s/1s',
    'flap=1s/1s/1s',
    'latency=-1',
    'latency=1e9',
    'Cut',
    '{}',
    'flap=99999h/1s',
  ])
    assert.equal(formatFault(parseFault(text)), '', text)
  assert.equal(parseDuration('2m'), 120_000)
  for (const text of ['', '5', '50ms', '-3s', '3 s', '3d', '1e3s', '25h']) assert.equal(parseDuration(text), undefined, text)
  // Of this thread's own work: the machine may be busy.
  const before = process.cpuUsage()
  parseFault(`flap=${'9'.repeat(300_000)}/${','.repeat(300_000)}`)
  assert.ok(process.cpuUsage(before).user < 200_000)
})

test('what flaps is down first, and says when that changes', () => {
  const flap = { kind: 'flap', downMs: 3000, upMs: 7000 } as const
  assert.deepEqual(outageAt(flap, 0), { down: true, changesInMs: 3000 })
  assert.deepEqual(outageAt(flap, 2999), { down: true, changesInMs: 1 })
  assert.deepEqual(outageAt(flap, 3000), { down: false, changesInMs: 7000 })
  assert.deepEqual(outageAt(flap, 20_001), { down: true, changesInMs: 2999 })
  assert.deepEqual(outageAt(flap, -5), { down: true, changesInMs: 3000 }, 'a clock that goes back')
  assert.deepEqual(outageAt({ kind: 'cut' }, 5), { down: true })
  assert.deepEqual(outageAt({ kind: 'none' }, 5), { down: false })
})
