import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TaintTimes } from './taint-times.js'

const drain = { key: 'drain', effect: 'NoExecute' }
const seconds = (tolerationSeconds: number) => ({ key: 'drain', operator: 'Exists', tolerationSeconds })

test('a taint is put up with as long as the shortest of its tolerations, from when it was first seen', () => {
  const times = new TaintTimes()
  const dueAt = (tolerations: Parameters<TaintTimes['firstDue']>[2], nowMs: number) =>
    times.firstDue('m1', [drain], tolerations, nowMs)?.dueAt
  assert.equal(dueAt([], 1000), 1000)
  assert.equal(dueAt([seconds(60), seconds(30)], 5000), 31_000)
  assert.equal(dueAt([{ operator: 'Exists' }], 5000), undefined)
  assert.equal(dueAt([{ operator: 'Exists' }, seconds(10)], 5000), 11_000)
  assert.equal(dueAt([seconds(-5)], 5000), 1000)
})

test('a taint that goes and comes back is a new one, and one that says since when is believed', () => {
  const times = new TaintTimes()
  times.firstDue('m1', [drain], [], 1000)
  assert.equal(times.firstDue('m1', [{ ...drain, effect: 'NoSchedule' }], [], 2000), undefined)
  assert.equal(times.firstDue('m1', [drain], [seconds(10)], 3000)?.dueAt, 13_000)
  assert.equal(times.firstDue('m2', [{ ...drain, since: 500 }], [seconds(10)], 3000)?.dueAt, 10_500)
  const both = [drain, { key: 'power', effect: 'NoExecute', since: 0 }]
  assert.equal(times.firstDue('m3', both, [{ operator: 'Exists', tolerationSeconds: 9 }], 3000)?.taint.key, 'power')
})

test('a cluster that has gone and come back has its taints anew', () => {
  const times = new TaintTimes()
  times.firstDue('m1', [drain], [], 1000)
  times.firstDue('m2', [drain], [], 1000)
  times.keepOnly(new Set(['m2']))
  assert.equal(times.firstDue('m1', [drain], [seconds(10)], 60_000)?.dueAt, 70_000)
  assert.equal(times.firstDue('m2', [drain], [seconds(10)], 60_000)?.dueAt, 11_000)
})
