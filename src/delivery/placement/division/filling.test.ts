import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../../base/random.js'
import { matcherOf } from '../match-cluster.js'
import { bindStrategy, type DivisionRule } from './division-rules.js'
import type { DivisionCluster } from './division-strategy.js'

function divide(rule: DivisionRule, replicas: number, clusters: readonly DivisionCluster[], fresh = false) {
  const bound = bindStrategy(rule)
  const matchers = bound.affinities.map(matcherOf)
  const {
    replicas: shares,
    unplaced,
    problem,
  } = bound.divide({
    replicas,
    clusters,
    matches: (name, index) => matchers[index]?.matches({ name }) === true,
    key: 'shop/web',
    uid: '',
    fresh,
  })
  return { ...Object.fromEntries(shares), ...(unplaced > 0 ? { unplaced } : {}), ...(problem === undefined ? {} : { problem }) }
}

const cluster = (name: string, free: number, previous = 0, price?: number): DivisionCluster => ({
  name,
  free,
  previous,
  ...(price === undefined ? {} : { price }),
})

test('cheapest: no division that fits costs less', () => {
  for (let seed = 1; seed <= 120; seed++) {
    const random = createSeededRandom(seed)
    const below = (end: number) => Math.floor(random.number() * end)
    const clusters = Array.from({ length: 3 }, (_, index) => cluster(`c${index}`, below(5), below(3), 1 + below(5)))
    const replicas = below(9)
    const result = divide({ strategy: 'cheapest' }, replicas, clusters, true) as Record<string, number>
    const costOf = (shares: readonly number[]) => shares.reduce((sum, count, index) => sum + count * clusters[index]!.price!, 0)
    const ours = clusters.map(({ name }) => result[name] ?? 0)
    const most = clusters.map(({ free, previous }) => free! + previous)
    const placed = Math.min(
      replicas,
      most.reduce((sum, count) => sum + count, 0),
    )
    let least = Number.POSITIVE_INFINITY
    for (let a = 0; a <= most[0]!; a++)
      for (let b = 0; b <= most[1]!; b++) {
        const c = placed - a - b
        if (c >= 0 && c <= most[2]!) least = Math.min(least, costOf([a, b, c]))
      }
    assert.equal(costOf(ours), placed === 0 ? 0 : least, `seed ${seed}`)
  }
})

test('cheapest: what runs stays, growth goes where it is cheap, shrinking starts with the dearest', () => {
  const clusters = [cluster('dear', 9, 4, 5), cluster('cheap', 3, 0, 1), cluster('middle', 9, 1, 2)]
  assert.deepEqual(divide({ strategy: 'cheapest' }, 5, clusters), { dear: 4, middle: 1 })
  assert.deepEqual(divide({ strategy: 'cheapest' }, 10, clusters), { dear: 4, cheap: 3, middle: 3 })
  assert.deepEqual(divide({ strategy: 'cheapest' }, 2, clusters), { dear: 1, middle: 1 })
  assert.deepEqual(divide({ strategy: 'cheapest' }, 5, clusters, true), { cheap: 3, middle: 2 })
  assert.deepEqual(divide({ strategy: 'cheapest', moveForSaving: 0.2 }, 5, clusters), { cheap: 3, middle: 2 })
  assert.deepEqual(divide({ strategy: 'cheapest', moveForSaving: 0.9 }, 5, clusters), { dear: 4, middle: 1 })
  assert.deepEqual(divide({ strategy: 'cheapest', maxPrice: 2 }, 20, clusters), { cheap: 3, middle: 10, unplaced: 7 })
  assert.deepEqual(divide({ strategy: 'cheapest', maxPrice: 0 }, 2, clusters), { unplaced: 2 })
  assert.deepEqual(divide({ strategy: 'cheapest' }, 4, [cluster('x', 3), cluster('y', 3, 0, 9)]), { y: 3, x: 1 })
})

const aThenB: DivisionRule = {
  strategy: 'tiers',
  tiers: [
    { name: 'A', names: ['a1', 'a2'] },
    { name: 'B', names: ['b1'] },
  ],
}

test('tiers: A first, then B, and back in the other order', () => {
  const clusters = [cluster('a1', 3), cluster('a2', 1), cluster('b1', 5), cluster('other', 99)]
  assert.deepEqual(divide(aThenB, 3, clusters), { a1: 2, a2: 1 })
  assert.deepEqual(divide(aThenB, 6, clusters), { a1: 3, a2: 1, b1: 2 })
  assert.deepEqual(divide(aThenB, 12, clusters), { a1: 3, a2: 1, b1: 5, unplaced: 3 })
  const running = [cluster('a1', 0, 3), cluster('a2', 4, 1), cluster('b1', 3, 2)]
  assert.deepEqual(divide(aThenB, 6, running), { a1: 3, a2: 1, b1: 2 }, 'what runs stays though A has room again')
  assert.deepEqual(divide(aThenB, 5, running), { a1: 3, a2: 1, b1: 1 })
  assert.deepEqual(divide(aThenB, 7, running), { a1: 3, a2: 2, b1: 2 })
  assert.deepEqual(divide(aThenB, 6, running, true), { a1: 2, a2: 4 })
  assert.deepEqual(divide({ ...aThenB, within: 'in-order' }, 3, [cluster('a2', 2), cluster('a1', 2)]), { a2: 2, a1: 1 })
})

test('tiers: the sum of a tier is what it has room for, whatever the rounding', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = createSeededRandom(seed)
    const below = (end: number) => Math.floor(random.number() * end)
    const clusters = ['a1', 'a2', 'b1'].map((name) => cluster(name, below(7), below(4)))
    const replicas = below(30)
    const result = divide(aThenB, replicas, clusters, true) as Record<string, number>
    const room = (...names: string[]) =>
      clusters.filter(({ name }) => names.includes(name)).reduce((sum, each) => sum + each.free! + each.previous, 0)
    const inA = (result['a1'] ?? 0) + (result['a2'] ?? 0)
    assert.equal(inA, Math.min(replicas, room('a1', 'a2')), `seed ${seed}`)
    assert.equal(result['b1'] ?? 0, Math.min(replicas - inA, room('b1')), `seed ${seed}`)
  }
})

test('aggregated: as few clusters as there is room in, those in use first', () => {
  const clusters = [cluster('a', 5), cluster('b', 8), cluster('c', 2)]
  assert.deepEqual(divide({ strategy: 'aggregated' }, 8, clusters), { b: 8 })
  assert.deepEqual(divide({ strategy: 'aggregated' }, 9, clusters), { a: 3, b: 6 })
  assert.deepEqual(divide({ strategy: 'aggregated' }, 3, [cluster('a', 5), cluster('b', 8), cluster('c', 2, 1)]), { c: 3 })
  assert.deepEqual(divide({ strategy: 'aggregated' }, 99, clusters), {
    unplaced: 99,
    problem: 'Clusters available replicas 15 are not enough to schedule.',
  })
})

test('dynamic weights move nothing that need not: growth only adds, shrinking only takes', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = createSeededRandom(seed)
    const below = (end: number) => Math.floor(random.number() * end)
    const clusters = Array.from({ length: 4 }, (_, index) => cluster(`c${index}`, below(20), below(10)))
    const runs = clusters.reduce((sum, { previous }) => sum + previous, 0)
    for (const replicas of [runs, runs + below(8), Math.max(0, runs - below(8))]) {
      const result = divide({ strategy: 'dynamic-weights' }, replicas, clusters) as Record<string, number> & { problem?: string }
      if (result.problem !== undefined) continue
      for (const { name, previous } of clusters) {
        const now = result[name] ?? 0
        if (replicas >= runs) assert.ok(now >= previous, `seed ${seed}: ${name} loses while growing`)
        // Webster may round a share up by one beyond what was there.
        else assert.ok(now <= previous + 1, `seed ${seed}: ${name} gains while shrinking`)
      }
    }
  }
})
