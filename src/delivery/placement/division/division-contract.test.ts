import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../../base/random.js'
import { matcherOf } from '../match-cluster.js'
import { type BoundStrategy, divisionStrategies, sampleStrategies } from './division-rules.js'
import type { Division, DivisionCluster, DivisionInput } from './division-strategy.js'

// Every strategy under every sample rule, held to its own promises.

function randomClusters(seed: number): DivisionCluster[] {
  const random = createSeededRandom(seed)
  const below = (end: number) => Math.floor(random.number() * end)
  return Array.from({ length: 1 + below(8) }, (_, index) => ({
    name: `c${index}`,
    previous: random.number() < 0.4 ? below(12) : 0,
    ...(random.number() < 0.9 ? { free: below(20) } : {}),
    ...(random.number() < 0.9 ? { price: below(8) } : {}),
  }))
}

function ask(
  bound: BoundStrategy,
  replicas: number,
  clusters: readonly DivisionCluster[],
  more: Partial<DivisionInput> = {},
): Division {
  const matchers = bound.affinities.map(matcherOf)
  return bound.divide({
    replicas,
    clusters,
    matches: (name, index) => matchers[index]?.matches({ name }) === true,
    key: 'shop/web',
    uid: 'u-1',
    fresh: false,
    ...more,
  })
}

const sum = (replicas: ReadonlyMap<string, number>) => [...replicas.values()].reduce((total, count) => total + count, 0)
const share = (division: Division, name: string) => division.replicas.get(name) ?? 0

/** What runs then, with the room that it leaves. */
function settled(clusters: readonly DivisionCluster[], division: Division): DivisionCluster[] {
  return clusters.map((cluster) => ({
    ...cluster,
    previous: share(division, cluster.name),
    ...(cluster.free === undefined ? {} : { free: Math.max(0, cluster.free + cluster.previous - share(division, cluster.name)) }),
  }))
}

test('names are unique, and every strategy has samples', () => {
  const about = divisionStrategies.map((strategy) => `${strategy.name} ${JSON.stringify(strategy.samples)}`)
  assert.equal(new Set(about).size, divisionStrategies.length)
  for (const strategy of divisionStrategies) assert.ok(strategy.samples.length > 0 && strategy.about !== '', strategy.name)
})

for (const bound of sampleStrategies()) {
  const { name, promises } = bound.strategy
  test(`${name} keeps its promises${bound.affinities.length > 0 ? ` with ${bound.affinities.length} affinities` : ''}`, () => {
    for (let seed = 1; seed <= 40; seed++) {
      const clusters = randomClusters(seed)
      for (const replicas of [0, 1, 2, 7, 30]) {
        for (const fresh of [false, true]) {
          const where = `seed ${seed}, ${replicas} replicas${fresh ? ', fresh' : ''}`
          const division = ask(bound, replicas, clusters, { fresh })
          for (const [cluster, count] of division.replicas) {
            assert.ok(Number.isInteger(count) && count >= 0, `${where}: ${cluster} gets ${count}`)
            assert.ok(
              clusters.some((each) => each.name === cluster),
              `${where}: ${cluster} is unknown`,
            )
          }
          assert.ok(division.unplaced >= 0 && division.reasons.length > 0, where)
          if (division.problem !== undefined) {
            assert.deepEqual([sum(division.replicas), division.unplaced], [0, replicas], where)
            continue
          }
          if (promises.sum) assert.equal(sum(division.replicas) + division.unplaced, replicas, where)
          if (promises.withinFree)
            for (const cluster of clusters)
              assert.ok(
                share(division, cluster.name) <= (cluster.free ?? replicas) + cluster.previous,
                `${where}: ${cluster.name}`,
              )
          if (promises.stable && !fresh) {
            const again = ask(bound, replicas, settled(clusters, division))
            if (again.problem === undefined && division.unplaced === 0)
              assert.deepEqual(new Map([...again.replicas].sort()), new Map([...division.replicas].sort()), `${where}: again`)
          }
          if (promises.stepwise && !fresh) {
            // From what runs, one more takes nothing from anybody.
            const now = settled(clusters, division)
            const more = ask(bound, replicas + 1, now)
            if (division.unplaced === 0)
              for (const cluster of now)
                assert.ok(
                  share(more, cluster.name) >= share(division, cluster.name),
                  `${where}: one more takes from ${cluster.name}`,
                )
          }
          if (promises.keepsRunning && !fresh && division.unplaced === 0) {
            // A cluster is lost: exactly what ran there starts anew, everybody else keeps what runs.
            const [lost, ...rest] = settled(clusters, division)
            const after = ask(bound, replicas, rest)
            if (after.problem === undefined) {
              for (const cluster of rest)
                assert.ok(
                  share(after, cluster.name) >= cluster.previous,
                  `${where}: losing ${lost?.name} takes from ${cluster.name}`,
                )
            }
          }
          // The same input gives the same answer.
          assert.deepEqual(ask(bound, replicas, clusters, { fresh }).replicas, division.replicas, where)
        }
      }
    }
  })

  test(`${name} has an answer for nothing at all`, () => {
    const none = ask(bound, 5, [])
    assert.equal(sum(none.replicas), 0)
    const zero = ask(bound, 0, [{ name: 'c0', previous: 3, free: 1, price: 1 }])
    assert.equal(sum(zero.replicas), 0)
  })
}
