import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../../base/random.js'
import {
  CalculationProblem,
  type PodUse,
  replicasForAverage,
  replicasForUtilization,
  type ScaledPod,
} from './replica-calculation.js'

const nowMs = 10_000_000

function pod(name: string, request: number, more: Partial<ScaledPod> = {}): ScaledPod {
  const ready = { isTrue: true, isFalse: false, sinceMs: nowMs - 3_600_000 }
  return { name, phase: 'Running', terminating: false, startMs: nowMs - 3_600_000, ready, request, ...more }
}

const unready = { ready: { isTrue: false, isFalse: true, sinceMs: nowMs - 60_000 }, startMs: nowMs - 60_000 }

/** Pods p0, p1 ... with these uses; undefined for one that nothing is known of. */
function input(uses: (number | undefined)[], request: number, of: Record<number, Partial<ScaledPod>> = {}, resource = 'cpu') {
  const known = new Map<string, PodUse>()
  for (const [index, value] of uses.entries()) {
    if (value !== undefined) known.set(`p${index}`, { value, atMs: nowMs, windowMs: 15_000 })
  }
  return {
    resource,
    currentReplicas: uses.length,
    pods: uses.map((_, index) => pod(`p${index}`, request, of[index])),
    uses: known,
    nowMs,
  }
}

// The cases and answers are those of upstream's rules: name, uses, request, more, target in percent, replicas, utilization.
const table: [string, (number | undefined)[], number, Record<number, Partial<ScaledPod>>, number, number, number][] = [
  ['up', [300, 500, 700], 1000, {}, 30, 5, 50],
  ['up, an unready pod counts for nothing', [300, 500, 700], 1000, { 0: unready }, 30, 4, 60],
  ['up, one that has failed is no pod', [500, 700, 900], 1000, { 0: { phase: 'Failed' } }, 30, 6, 80],
  ['up, one that goes away is no pod', [500, 700, 900], 1000, { 0: { terminating: true } }, 30, 6, 80],
  ['up, pending ones hold it back', [undefined, 800, 800], 1000, { 0: { phase: 'Pending' } }, 40, 4, 80],
  ['down', [100, 300, 500, 250, 250], 1000, {}, 50, 3, 28],
  ['down, an unready pod counts for nothing', [100, 300, 500, 250, 250], 1000, { 0: unready }, 50, 3, 32],
  ['within the tolerance', [1010, 1030, 1020], 1000, {}, 100, 3, 102],
  ['unknown pods on the way down use all', [100, undefined, 450], 1000, {}, 50, 3, 27],
  ['unknown pods on the way up use nothing', [500, undefined, 700], 1000, {}, 20, 6, 60],
  ['unknown pods do not turn it round', [400, undefined, undefined], 1000, {}, 30, 3, 40],
  ['never 0 by rounding', [1, 1], 1000, {}, 50, 0, 0],
]
for (const [name, uses, request, more, target, replicas, utilization] of table) {
  test(`replicas for a utilization: ${name}`, () => {
    const proposal = replicasForUtilization(input(uses, request, more), target)
    assert.deepEqual([proposal.replicas, proposal.utilization], [replicas, utilization])
  })
}

test('replicas for an average amount', () => {
  assert.equal(replicasForAverage(input([20_000, 10_000, 30_000], 0), 15_000).replicas, 4)
  assert.equal(replicasForAverage(input([12_000, 12_000, 12_000], 0), 20_000).replicas, 2)
  assert.equal(replicasForAverage(input([12_000, undefined, 12_000], 0), 20_000).replicas, 3)
})

test('a pod that starts counts for cpu, not for memory', () => {
  const young = { startMs: nowMs - 20_000, ready: { isTrue: true, isFalse: false, sinceMs: nowMs - 5000 } }
  assert.equal(replicasForUtilization(input([900, 900], 1000, { 1: young }), 50).replicas, 2)
  assert.equal(replicasForUtilization(input([900, 900], 1000, { 1: young }, 'memory'), 50).replicas, 4)
})

test('what cannot be calculated says why', () => {
  const problem = (message: string) => (error: unknown) => error instanceof CalculationProblem && error.message === message
  const missing = input([100], 0, { 0: { request: { missing: 'web' } } })
  assert.throws(() => replicasForUtilization(missing, 50), problem('missing request for cpu in container web of Pod p0'))
  const starting = input([100], 100, { 0: unready })
  assert.throws(
    () => replicasForUtilization(starting, 50),
    problem('did not receive metrics for targeted pods (pods might be unready)'),
  )
  assert.throws(
    () => replicasForAverage(input([], 100), 50),
    problem('no pods returned by selector while calculating replica count'),
  )
  assert.throws(() => replicasForUtilization(input([100], 0), 50), problem('no metrics returned matched known pods'))
})

test('whatever pods do: more use never asks for fewer, and the direction is that of the use', () => {
  const random = createSeededRandom(7)
  for (let round = 0; round < 500; round++) {
    const count = 1 + Math.floor(random.number() * 8)
    const uses = Array.from({ length: count }, () => Math.floor(random.number() * 2000))
    const target = 1 + Math.floor(random.number() * 150)
    const one = replicasForUtilization(input(uses, 1000), target)
    const more = replicasForUtilization(
      input(
        uses.map((use) => use * 2),
        1000,
      ),
      target,
    )
    assert.ok(more.replicas >= one.replicas, JSON.stringify({ uses, target }))
    const utilization = one.utilization as number
    if (utilization > target * 1.1) assert.ok(one.replicas > count)
    if (utilization < target * 0.9) assert.ok(one.replicas <= count)
  }
})
