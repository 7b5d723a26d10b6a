import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareText } from '../../../base/compare-text.js'
import { createSeededRandom } from '../../../base/random.js'
import type { ClusterFacts, SpreadConstraint } from '../contract.js'
import { chooseGroups, type SpreadGroup } from './choose-groups.js'
import { inOrderOfPreference, type SpreadCandidate, selectClusters } from './select-clusters.js'
import { groupsOf } from './spread-key.js'

// The choice by regions and by clusters is held against Karmada's own code in test/differential/replay-placement.test.ts.

const candidate = (name: string, more: Partial<ClusterFacts> = {}, available = 5, score = 0): SpreadCandidate => ({
  facts: { name, ...more },
  score,
  available,
})

function select(candidates: SpreadCandidate[], constraints: SpreadConstraint[], replicas = 4, divides = true) {
  const { selected, problem } = selectClusters({
    candidates: [...candidates].sort(inOrderOfPreference),
    constraints,
    replicas,
    divides,
  })
  return problem ?? selected.map(({ facts }) => facts.name)
}

test('by clusters: the best, and those with room when it is short', () => {
  const clusters = [candidate('a', {}, 1, 100), candidate('b', {}, 2, 50), candidate('c', {}, 9)]
  assert.deepEqual(select(clusters, [{ by: 'cluster', maxGroups: 2 }], 3), ['a', 'b'])
  assert.deepEqual(select(clusters, [{ by: 'cluster', maxGroups: 2 }], 8), ['a', 'c'])
  assert.deepEqual(select(clusters, [{ by: 'cluster', maxGroups: 2 }], 8, false), ['a', 'b'])
  assert.equal(select(clusters, [{ by: 'cluster', maxGroups: 2 }], 80), 'no 2 clusters have room for 80 replicas')
  assert.equal(select(clusters, [{ by: 'cluster', minGroups: 4 }]), '3 clusters are feasible, at least 4 are asked for')
})

test('by zone, provider and any label, and by several at once', () => {
  const clusters = [
    candidate('a', { provider: 'p1', region: 'r1', zones: ['z1', 'z2'], labels: { rack: '1' } }, 9),
    candidate('b', { provider: 'p1', region: 'r1', zones: ['z3'], labels: { rack: '2' } }, 8),
    candidate('c', { provider: 'p2', region: 'r2', zones: ['z4'], labels: { rack: '1' } }, 7),
    candidate('d', { provider: 'p2', region: 'r3', zones: ['z5'], labels: { rack: '2' } }, 6),
  ]
  assert.deepEqual(
    select(clusters, [
      { by: 'provider', minGroups: 2 },
      { by: 'cluster', maxGroups: 2 },
    ]),
    ['a', 'c'],
  )
  assert.deepEqual(
    select(clusters, [
      { by: { label: 'rack' }, minGroups: 2 },
      { by: 'cluster', maxGroups: 2 },
    ]),
    ['a', 'b'],
  )
  assert.deepEqual(
    select(clusters, [
      { by: 'zone', minGroups: 2, maxGroups: 2 },
      { by: 'cluster', maxGroups: 9 },
    ]),
    ['a'],
    'two zones in one cluster',
  )
  assert.deepEqual(
    select(clusters, [
      { by: 'provider', minGroups: 2 },
      { by: { label: 'rack' }, minGroups: 2 },
      { by: 'cluster', maxGroups: 3 },
    ]),
    ['a', 'c', 'b'],
  )
  assert.equal(select(clusters, [{ by: 'region', minGroups: 4 }]), '3 groups by region are feasible, at least 4 are asked for')
  assert.equal(
    select(clusters, [
      { by: 'region', minGroups: 3 },
      { by: 'cluster', maxGroups: 2 },
    ]),
    'one cluster of each group makes 3, at most 2 are asked for',
  )
})

test('whatever is chosen keeps the limits', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = createSeededRandom(seed)
    const below = (end: number) => Math.floor(random.number() * end)
    const clusters = Array.from({ length: 1 + below(14) }, (_, index) =>
      candidate(`c${index}`, { region: `r${below(5)}`, provider: `p${below(3)}` }, below(9), below(2) * 100),
    )
    const [minRegions, minClusters] = [1 + below(3), 1 + below(5)]
    const [maxRegions, maxClusters] = [minRegions + below(2), minClusters + below(3)]
    const result = select(clusters, [
      { by: 'region', minGroups: minRegions, maxGroups: maxRegions },
      { by: 'cluster', minGroups: minClusters, maxGroups: maxClusters },
    ])
    if (typeof result === 'string') continue
    const regions = new Set(
      result.flatMap((name) => groupsOf('region', clusters.find(({ facts }) => facts.name === name)!.facts)),
    )
    assert.equal(new Set(result).size, result.length, `seed ${seed}`)
    assert.ok(regions.size >= minRegions && regions.size <= maxRegions, `seed ${seed}: ${regions.size} regions`)
    assert.ok(result.length >= minClusters && result.length <= maxClusters, `seed ${seed}: ${result.length} clusters`)
  }
})

test('a thousand groups are chosen from without trying every combination', () => {
  const groups = Array.from({ length: 1000 }, (_, index) => ({ name: `g${index}`, size: 1 + (index % 7), score: index % 50 }))
  const { groups: chosen, exact } = chooseGroups(groups, 3, 20, 90)
  assert.equal(exact, false)
  assert.ok(chosen.length >= 3 && chosen.length <= 20)
  assert.ok(chosen.reduce((sum, { size }) => sum + size, 0) >= 90)
  assert.deepEqual(chooseGroups(groups, 3, 4, 90).groups, [], 'four groups of at most seven have no ninety')
})

/** Every combination that the search ends at, kept and sorted, as upstream does it. */
function naiveChoice(all: readonly SpreadGroup[], min: number, max: number, clusters: number): string[] {
  const groups = [...all].sort((a, b) => a.size - b.size || b.score - a.score || compareText(a.name, b.name))
  const paths: { names: string[]; score: number; size: number }[] = []
  const walk = (taken: SpreadGroup[], begin: number): boolean => {
    const size = taken.reduce((sum, group) => sum + group.size, 0)
    if (size >= clusters && taken.length >= min && taken.length <= max) {
      const names = [...taken].sort((a, b) => b.score - a.score || compareText(a.name, b.name)).map(({ name }) => name)
      paths.push({ names, score: taken.reduce((sum, group) => sum + group.score, 0), size })
      return true
    }
    if (taken.length < max) for (let index = begin; index < groups.length; index++) walk([...taken, groups[index]!], index + 1)
    return false
  }
  walk([], 0)
  paths.sort((a, b) => b.score - a.score || b.size - a.size)
  let best = paths[0]?.names ?? []
  for (const { names } of paths)
    if (names.length < best.length && names.every((name, index) => name === best[index])) best = names
  return best
}

test('groups are those of the naive twin', () => {
  for (let seed = 1; seed <= 250; seed++) {
    const random = createSeededRandom(seed)
    const below = (end: number) => Math.floor(random.number() * end)
    const groups = Array.from({ length: 1 + below(9) }, (_, index) => ({
      name: `g${index}`,
      size: 1 + below(5),
      score: below(4) * 1000 + below(3) * 50,
    }))
    const min = 1 + below(3)
    const max = min + below(4)
    // Where all groups are needed, upstream stops at the first that suffices; so do we.
    if (groups.length === min) continue
    const clusters = below(14)
    const chosen = chooseGroups(groups, min, max, clusters).groups.map(({ name }) => name)
    assert.deepEqual(
      chosen,
      naiveChoice(groups, min, max, clusters),
      `seed ${seed}: ${JSON.stringify({ groups, min, max, clusters })}`,
    )
  }
})
