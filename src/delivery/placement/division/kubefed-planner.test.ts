import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KubefedPlannerRule, planKubefed } from './kubefed-planner.js'

type Rule = Omit<KubefedPlannerRule, 'strategy'>

function plan(
  replicas: number,
  rule: Rule,
  clusters: string,
  state: Record<string, { running?: number; bearable?: number }> = {},
) {
  const { plan: planned, overflow } = planKubefed(
    {
      replicas,
      clusters: clusters.split('').map((name) => ({ name, previous: 0, ...state[name] })),
      matches: () => false,
      key: '',
      uid: '',
      fresh: false,
    },
    { strategy: 'kubefed-planner', ...rule },
  )
  return { ...Object.fromEntries(planned), ...(overflow.size > 0 ? { overflow: Object.fromEntries(overflow) } : {}) }
}

// Thousands of random plans are held against upstream's own code in test/differential/replay-placement.test.ts.

test('weights share what is asked, rounded up for the heaviest first', () => {
  assert.deepEqual(plan(60, { clusters: { '*': { weight: 1 } } }, 'ABC'), { A: 20, B: 20, C: 20 })
  assert.deepEqual(plan(10, { clusters: { A: { weight: 1 }, B: { weight: 2 } } }, 'AB'), { A: 3, B: 7 })
  assert.deepEqual(plan(0, { clusters: { '*': { weight: 1 } } }, 'AB'), { A: 0, B: 0 })
  assert.deepEqual(plan(5, {}, 'A'), { A: 5 })
})

test('without preference, weight or minimum a cluster has none', () => {
  assert.deepEqual(plan(10, { clusters: {} }, 'AB'), { A: 0, B: 0 })
  assert.deepEqual(plan(10, { clusters: { A: { weight: 1 } } }, 'AB'), { A: 10, B: 0 })
  assert.deepEqual(plan(10, { clusters: { '*': {} } }, 'AB'), { A: 0, B: 0 })
})

test('minimums come first, and a maximum takes back what is beyond it while there is something left to share', () => {
  const clusters = { A: { minReplicas: 3, maxReplicas: 1 }, B: { weight: 1, maxReplicas: 4 } }
  assert.deepEqual(plan(10, { clusters }, 'AB'), { A: 1, B: 4 })
  assert.deepEqual(plan(3, { clusters }, 'AB'), { A: 3, B: 0 })
  assert.deepEqual(plan(50, { clusters: { '*': { maxReplicas: 10, weight: 1 } } }, 'ABC'), { A: 10, B: 10, C: 10 })
})

test('what runs stays unless rebalancing', () => {
  const clusters = { '*': { weight: 1 } }
  assert.deepEqual(plan(10, { clusters }, 'AB', { A: { running: 8 }, B: { running: 1 } }), { A: 8, B: 2 })
  assert.deepEqual(plan(10, { clusters, rebalance: true }, 'AB', { A: { running: 8 }, B: { running: 1 } }), { A: 5, B: 5 })
})

test('what a cluster cannot bear goes elsewhere, and overflow says what it would have got', () => {
  const clusters = { '*': { weight: 1 } }
  assert.deepEqual(plan(50, { clusters, rebalance: true }, 'AB', { A: { bearable: 10 } }), { A: 10, B: 40, overflow: { A: 15 } })
  assert.deepEqual(plan(50, { clusters }, 'AB', { A: { bearable: 10 } }), { A: 10, B: 40 })
  assert.deepEqual(plan(50, { clusters }, 'A', { A: { bearable: 10 } }), { A: 10, overflow: { A: 40 } })
})

test('amounts beyond 2^53 in the product are exact', () => {
  const weight = 2 ** 40
  assert.deepEqual(plan(100_001, { clusters: { A: { weight: weight + 1 }, B: { weight } } }, 'AB'), { A: 50_001, B: 50_000 })
})

test('a thousand clusters that fill one after the other end soon', () => {
  const clusters: Record<string, { weight: number; maxReplicas: number }> = {}
  const names = Array.from({ length: 1000 }, (_, index) => `c${index}`)
  for (const [index, name] of names.entries()) clusters[name] = { weight: 1 + index, maxReplicas: 1000 - index }
  const { plan: planned, remaining } = planKubefed(
    {
      replicas: 400_000,
      clusters: names.map((name) => ({ name, previous: 0 })),
      matches: () => false,
      key: 'a/b',
      uid: '',
      fresh: false,
    },
    { strategy: 'kubefed-planner', clusters },
  )
  assert.equal(
    [...planned.values()].reduce((sum, count) => sum + count, 0),
    400_000,
  )
  assert.equal(remaining, 0)
})
