import { compareText } from '../../../base/compare-text.js'
import type { ClusterFacts, SpreadConstraint } from '../contract.js'
import { chooseGroups } from './choose-groups.js'
import { groupsOf, nameOfKey } from './spread-key.js'

export interface SpreadCandidate {
  readonly facts: ClusterFacts
  /** Clusters of a lower one come first; absent where there are none. */
  readonly tier?: number
  readonly score: number
  /** Free room with what it has of the workload already. */
  readonly available: number
}

export interface SpreadInput {
  /** In order: `inOrderOfPreference`. */
  readonly candidates: readonly SpreadCandidate[]
  readonly constraints: readonly SpreadConstraint[]
  readonly replicas: number
  /** Whether replicas are divided among the clusters, or each gets all of them. */
  readonly divides: boolean
}

export interface SpreadResult {
  readonly selected: readonly SpreadCandidate[]
  readonly reasons: readonly string[]
  readonly problem?: string
  /** Why a candidate that was not selected was left out. */
  readonly leftOut: (cluster: ClusterFacts) => string
}

/** Tier, then score, then room, then name. */
export function inOrderOfPreference(a: SpreadCandidate, b: SpreadCandidate): number {
  const byTier = (a.tier ?? 0) - (b.tier ?? 0)
  return byTier || b.score - a.score || b.available - a.available || compareText(a.facts.name, b.facts.name)
}

/** The coarser first: each narrows what the next chooses from. */
const coarseness = (by: SpreadConstraint['by']) => (by === 'provider' ? 0 : by === 'region' ? 1 : by === 'zone' ? 2 : 3)

/**
 * Clusters that keep every constraint. Groups (regions, zones, ...) are chosen first, by score; of each the best cluster is in,
 * and the rest fill up by preference as far as the limit on clusters goes. With one constraint on regions or on clusters it
 * chooses as Karmada does.
 */
export function selectClusters(input: SpreadInput): SpreadResult {
  const { constraints, candidates } = input
  const ofClusters = constraints.find(({ by }) => by === 'cluster')
  const ofGroups = constraints
    .filter(({ by }) => by !== 'cluster')
    .sort((a, b) => coarseness(a.by) - coarseness(b.by) || compareText(nameOfKey(a.by), nameOfKey(b.by)))
  if (ofGroups.length > 0) return byGroups(input, ofGroups, ofClusters)
  if (ofClusters === undefined) return { selected: candidates, reasons: [], leftOut: () => '' }
  const { minGroups: min = 1, maxGroups: max = Number.POSITIVE_INFINITY } = ofClusters
  if (candidates.length < min)
    return fail(`${countOf(candidates.length, 'cluster', 'clusters')} feasible, at least ${min} are asked for`)
  const count = Math.min(max, candidates.length)
  const reasons = [`at most ${max} clusters: the first ${count} of ${candidates.length} by score, room and name`]
  const selected = input.divides ? withRoom(candidates, count, input.replicas, reasons) : candidates.slice(0, count)
  if (selected === undefined) return fail(`no ${count} clusters have room for ${input.replicas} replicas`)
  return { selected, reasons, leftOut: () => `it comes after the ${count} chosen` }
}

/** While room is short, the last of those chosen gives way to the one with most room of the others, and so on upwards. */
function withRoom(
  candidates: readonly SpreadCandidate[],
  count: number,
  replicas: number,
  reasons: string[],
): SpreadCandidate[] | undefined {
  const chosen = candidates.slice(0, count)
  const others = candidates.slice(count)
  let room = 0
  for (const { available } of chosen) room += available
  for (let at = chosen.length - 1; room < replicas && at >= 0; at--) {
    const weakest = chosen[at] as SpreadCandidate
    let best = -1
    let most = weakest.available
    for (const [index, { available }] of others.entries()) {
      if (available <= most) continue
      most = available
      best = index
    }
    if (best < 0) continue
    const stronger = others[best] as SpreadCandidate
    reasons.push(`${weakest.facts.name} gives way to ${stronger.facts.name}, which has more room`)
    room += stronger.available - weakest.available
    chosen[at] = stronger
    others[best] = weakest
  }
  return room >= replicas ? chosen : undefined
}

function byGroups(
  input: SpreadInput,
  constraints: readonly SpreadConstraint[],
  ofClusters: SpreadConstraint | undefined,
): SpreadResult {
  const minClusters = ofClusters?.minGroups ?? 0
  const maxClusters = ofClusters?.maxGroups ?? Number.POSITIVE_INFINITY
  const reasons: string[] = []
  let open = input.candidates
  const chosenGroups: string[][] = []
  for (const constraint of constraints) {
    const { by, minGroups: min = 1, maxGroups: max = Number.POSITIVE_INFINITY } = constraint
    const key = nameOfKey(by)
    const members = new Map<string, SpreadCandidate[]>()
    for (const candidate of open) {
      for (const group of groupsOf(by, candidate.facts)) {
        const list = members.get(group)
        if (list === undefined) members.set(group, [candidate])
        else list.push(candidate)
      }
    }
    if (members.size < min)
      return fail(`${countOf(members.size, `group by ${key}`, `groups by ${key}`)} feasible, at least ${min} are asked for`)
    const groups = [...members].map(([name, list]) => ({
      name,
      size: list.length,
      score: scoreGroup(list, input, min, minClusters),
    }))
    const { groups: chosen, exact } = chooseGroups(groups, min, max, minClusters)
    if (chosen.length === 0)
      return fail(`no ${max === Number.POSITIVE_INFINITY ? '' : `${max} `}groups by ${key} have ${minClusters} clusters together`)
    const names = chosen.map(({ name }) => name)
    const kept = new Set(names)
    reasons.push(
      `by ${key}: ${names.map((name) => `${name} (${groups.find((each) => each.name === name)?.score ?? 0} points)`).join(', ')} of ${groups.length}${exact ? '' : ' (too many combinations: the best in turn)'}`,
    )
    open = open.filter(({ facts }) => groupsOf(by, facts).some((group) => kept.has(group)))
    chosenGroups.push(names)
  }
  const selected: SpreadCandidate[] = []
  const taken = new Set<SpreadCandidate>()
  for (const [index, { by }] of constraints.entries()) {
    for (const group of chosenGroups[index] ?? []) {
      if (selected.some(({ facts }) => groupsOf(by, facts).includes(group))) continue
      const best = open.find(({ facts }) => groupsOf(by, facts).includes(group))
      if (best === undefined) return fail(`no cluster of ${nameOfKey(by)} ${group} is left by the other constraints`)
      selected.push(best)
      taken.add(best)
    }
  }
  if (selected.length > maxClusters)
    return fail(`one cluster of each group makes ${selected.length}, at most ${maxClusters} are asked for`)
  for (const candidate of open) {
    if (selected.length >= maxClusters) break
    if (!taken.has(candidate)) selected.push(candidate)
  }
  if (selected.length < minClusters) return fail(`${selected.length} clusters are left, at least ${minClusters} are asked for`)
  for (const [index, { by, maxGroups = Number.POSITIVE_INFINITY }] of constraints.entries()) {
    const names = new Set(selected.flatMap(({ facts }) => groupsOf(by, facts)))
    const wanted = new Set(chosenGroups[index])
    const beyond = [...names].filter((name) => !wanted.has(name))
    if (names.size > maxGroups)
      reasons.push(`${nameOfKey(by)} ${beyond.join(', ')} come along, as clusters chosen are in several`)
  }
  const leftOut = (cluster: ClusterFacts) => {
    const index = constraints.findIndex(({ by }, at) => !groupsOf(by, cluster).some((group) => chosenGroups[at]?.includes(group)))
    const missed = constraints[index]
    if (missed === undefined) return `it comes after the ${selected.length} chosen`
    return `its ${nameOfKey(missed.by)} ${groupsOf(missed.by, cluster).join(', ')} is not among those chosen`
  }
  return { selected, reasons, leftOut }
}

/** Karmada's score of a group: room for its part counts first (in thousands), the mean score of its clusters second. */
function scoreGroup(members: readonly SpreadCandidate[], input: SpreadInput, minGroups: number, minClusters: number): number {
  if (!input.divides) {
    const fitting = members.filter(({ available }) => available >= input.replicas)
    return fitting.length === 0 ? 0 : fitting.length * 1000 + mean(fitting, fitting.length)
  }
  const target = Math.ceil(input.replicas / minGroups)
  const least = Math.max(minClusters, minGroups)
  let room = 0
  let count = 0
  for (const { available } of members) {
    room += available
    count++
    if (count >= least && room >= target) break
  }
  if (room < target) return room * 1000 + mean(members, members.length)
  return target * 1000 + mean(members.slice(0, count), count)
}

function mean(members: readonly SpreadCandidate[], count: number): number {
  let sum = 0
  for (const { score } of members) sum += score
  return Math.trunc(sum / count)
}

function fail(problem: string): SpreadResult {
  return { selected: [], reasons: [], problem, leftOut: () => problem }
}

function countOf(count: number, one: string, many: string): string {
  return count === 1 ? `only 1 ${one} is` : `${count} ${many} are`
}
