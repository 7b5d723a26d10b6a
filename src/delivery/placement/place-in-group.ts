import { compareText } from '../../base/compare-text.js'
import { keyOf } from '../../kube/object/kube-object.js'
import type {
  AffinityGroup,
  ClusterFacts,
  ClusterVerdict,
  Placement,
  PreviousPlacement,
  ScoreTerm,
  Workload,
} from './contract.js'
import { type BoundStrategy, bindStrategy } from './division/division-rules.js'
import type { TiersRule } from './division/tiers.js'
import type { FilterContext } from './filters/cluster-filter.js'
import { type JudgedCluster, judgeClusters } from './judge-clusters.js'
import { matcherOf, matcherOfAny } from './match-cluster.js'
import { replicasField } from './replicas-of.js'
import { inOrderOfPreference, type SpreadCandidate, type SpreadResult, selectClusters } from './spread/select-clusters.js'

export interface GroupInput {
  readonly workload: Workload
  readonly placement: Placement
  readonly group: AffinityGroup | undefined
  readonly clusters: readonly ClusterFacts[]
  readonly previous: PreviousPlacement
  readonly residency: FilterContext['residency']
}

export interface GroupPlacement {
  readonly verdicts: readonly ClusterVerdict[]
  /** Clusters that get the object. */
  readonly selected: ReadonlySet<string>
  /** Empty for what has no replicas. */
  readonly replicas: ReadonlyMap<string, number>
  readonly unplaced: number
  readonly reasons: readonly string[]
  readonly problem?: string
}

const alreadyThere: readonly ScoreTerm[] = [{ term: 'locality', points: 100, why: 'has the workload already' }]
const notThere: readonly ScoreTerm[] = [{ term: 'locality', points: 0, why: 'has not the workload yet' }]

/** Filter, score, spread and divide within one affinity group (or the whole fleet). */
export function placeInGroup(input: GroupInput): GroupPlacement {
  const { workload, placement, group, previous } = input
  if (placement.nowhere !== undefined) return placeNowhere(input, placement.nowhere)
  const had = previous.replicas ?? {}
  const has = (cluster: string) => Object.hasOwn(had, cluster)
  const asked = workload.replicas ?? 0
  const tiers = asked > 0 ? tiersOf(group, placement.division) : undefined
  const strategy = bindStrategy(tiers ?? placement.division)
  const tierOf = tierFinder(tiers)
  const context: FilterContext = {
    object: workload.object,
    placement,
    group,
    affinity: group && (tiers === undefined ? matcherOf(group) : matcherOfAny(tiers.tiers)),
    residency: input.residency,
    divides: asked > 0,
    evicting: new Set(previous.evicting),
    has,
  }
  const judged = judgeClusters(input.clusters, context)
  const candidates = judged
    .filter(({ passes }) => passes)
    .map(({ facts }): SpreadCandidate => {
      const own = has(facts.name) ? (had[facts.name] ?? 0) : 0
      return {
        facts,
        tier: tierOf(facts),
        score: has(facts.name) ? 100 : 0,
        available: (asked === 0 ? 0 : (facts.free ?? asked)) + own,
      }
    })
    .sort(inOrderOfPreference)
  const reasons = [`${candidates.length} of ${judged.length} clusters pass every filter`]
  if (candidates.length === 0) return failed(input, judged, reasons, `none of ${judged.length} clusters passes every filter`)
  const spread = chooseBySpread(candidates, placement, strategy, asked)
  reasons.push(...spread.reasons)
  if (spread.problem !== undefined) return failed(input, judged, reasons, spread.problem)
  if (workload.replicas === undefined || workload.replicas === 0) {
    const selected = new Set(spread.selected.map(({ facts }) => facts.name))
    reasons.push(
      workload.replicas === 0
        ? 'no replicas are asked for: every cluster selected gets it with none'
        : replicasField(workload.object) === undefined
          ? 'it has no replicas: every cluster selected gets it whole'
          : 'its replicas are those of the object and its overrides: every cluster selected gets it whole',
    )
    const replicas = new Map(workload.replicas === 0 ? [...selected].map((cluster) => [cluster, 0]) : [])
    return { verdicts: verdictsOf(input, judged, selected, replicas, spread), selected, replicas, unplaced: 0, reasons }
  }
  const divided = divideAmong(input, spread.selected, strategy)
  reasons.push(...divided.reasons)
  if (divided.problem !== undefined) return failed(input, judged, reasons, divided.problem, spread)
  const { replicas, unplaced } = divided
  const selected = new Set(replicas.keys())
  return { verdicts: verdictsOf(input, judged, selected, replicas, spread), selected, replicas, unplaced, reasons }
}

/** A group with others to overflow into, as a division: undefined where it has none, or where nothing is divided by room. */
function tiersOf(group: AffinityGroup | undefined, { strategy }: Placement['division']): TiersRule | undefined {
  if (group?.overflow === undefined || group.overflow.length === 0) return undefined
  if (strategy !== 'dynamic-weights' && strategy !== 'aggregated') return undefined
  const within = strategy === 'aggregated' ? 'in-order' : 'by-room'
  return { strategy: 'tiers', tiers: [group, ...group.overflow], within, whole: true }
}

/** Which tier a cluster is in, counted from 0: the first that it matches. */
function tierFinder(rule: TiersRule | undefined): (cluster: ClusterFacts) => number {
  const matchers = rule?.tiers.map(matcherOf) ?? []
  return (cluster) =>
    Math.max(
      0,
      matchers.findIndex((matcher) => matcher.matches(cluster)),
    )
}

/** No problem: that it goes nowhere is what was asked for. */
function placeNowhere({ clusters, previous }: GroupInput, why: string): GroupPlacement {
  const verdicts = clusters
    .map(({ name }): ClusterVerdict => {
      const before = numberOf(previous.replicas, name)
      return { cluster: name, filters: [], scores: [], selected: false, why, ...withDefined('previous', before) }
    })
    .sort((a, b) => compareText(a.cluster, b.cluster))
  return { verdicts, selected: new Set(), replicas: new Map(), unplaced: 0, reasons: [why] }
}

function chooseBySpread(
  candidates: readonly SpreadCandidate[],
  placement: Placement,
  strategy: BoundStrategy,
  replicas: number,
): SpreadResult {
  const constraints = placement.spread ?? []
  if (constraints.length === 0) return { selected: candidates, reasons: [], leftOut: () => '' }
  if (strategy.strategy.ignoresSpread)
    return { selected: candidates, reasons: ['spread constraints have no say with fixed weights'], leftOut: () => '' }
  return selectClusters({ candidates, constraints, replicas, divides: strategy.strategy.heedsRoom })
}

interface Divided {
  readonly replicas: ReadonlyMap<string, number>
  readonly unplaced: number
  readonly reasons: readonly string[]
  readonly problem?: string
}

function divideAmong(
  { workload, placement, previous }: GroupInput,
  chosen: readonly SpreadCandidate[],
  strategy: BoundStrategy,
): Divided {
  const had = previous.replicas ?? {}
  const asked = workload.replicas ?? 0
  const { autoscaler } = workload
  if (autoscaler !== undefined && chosen.some(({ facts }) => Object.hasOwn(had, facts.name)))
    return leftToAutoscaler(autoscaler, chosen, had, placement.division.strategy === 'duplicated' ? asked : undefined)
  const matchers = strategy.affinities.map(matcherOf)
  const byName = new Map(chosen.map(({ facts }) => [facts.name, facts]))
  const { replicas, unplaced, reasons, problem } = strategy.divide({
    replicas: asked,
    clusters: chosen.map(({ facts }) => ({
      name: facts.name,
      ...(facts.free === undefined ? {} : { free: facts.free }),
      previous: numberOf(had, facts.name) ?? 0,
      ...withDefined('running', numberOf(previous.running, facts.name)),
      ...withDefined('bearable', numberOf(previous.bearable, facts.name)),
      ...withDefined('price', facts.price),
    })),
    matches: (cluster, index) => matchers[index]?.matches(byName.get(cluster) as ClusterFacts) === true,
    key: keyOf(workload.object),
    uid: workload.object.metadata.uid ?? '',
    fresh: previous.fresh === true,
  })
  if (problem !== undefined) return { replicas, unplaced, reasons, problem }
  const kept = strategy.keepsEmpty ? replicas : new Map([...replicas].filter(([, count]) => count > 0))
  if (kept.size === 0) return { replicas: kept, unplaced, reasons, problem: `no cluster takes any of ${asked} replicas` }
  return { replicas: kept, unplaced, reasons }
}

/**
 * Clusters that have it keep what their autoscaler gave them. Others start with `anew` replicas where each has all of them; where they are
 * divided none is added, as what is asked says nothing any more.
 */
function leftToAutoscaler(
  autoscaler: string,
  chosen: readonly SpreadCandidate[],
  had: Readonly<Record<string, number>>,
  anew: number | undefined,
): Divided {
  const replicas = new Map<string, number>()
  let kept = 0
  for (const { facts } of chosen) {
    const before = numberOf(had, facts.name)
    if (before !== undefined) kept++
    const count = before ?? anew
    if (count !== undefined) replicas.set(facts.name, count)
  }
  const reasons = [`replicas are left to HorizontalPodAutoscaler ${autoscaler} in the ${kept} clusters that have it`]
  if (replicas.size > kept) reasons.push(`${replicas.size - kept} clusters start with ${anew} each`)
  return { replicas, unplaced: 0, reasons }
}

function failed(
  input: GroupInput,
  judged: readonly JudgedCluster[],
  reasons: readonly string[],
  problem: string,
  spread?: SpreadResult,
): GroupPlacement {
  const none = new Set<string>()
  const verdicts = verdictsOf(input, judged, none, new Map(), spread, problem)
  return {
    verdicts,
    selected: none,
    replicas: new Map(),
    unplaced: input.workload.replicas ?? 0,
    reasons: [...reasons, problem],
    problem,
  }
}

function verdictsOf(
  { previous, workload }: GroupInput,
  judged: readonly JudgedCluster[],
  selected: ReadonlySet<string>,
  replicas: ReadonlyMap<string, number>,
  spread: SpreadResult | undefined,
  problem?: string,
): ClusterVerdict[] {
  const kept = new Set(spread?.selected.map(({ facts }) => facts.name))
  return judged
    .map(({ facts, verdicts, passes }): ClusterVerdict => {
      const { name } = facts
      const before = numberOf(previous.replicas, name)
      const count = replicas.get(name)
      return {
        cluster: name,
        filters: verdicts,
        scores: passes ? (before === undefined ? notThere : alreadyThere) : [],
        selected: selected.has(name),
        why: whyOf(name),
        ...withDefined('replicas', count),
        ...withDefined('previous', before),
      }

      function whyOf(cluster: string): string {
        if (!passes) return verdicts[verdicts.length - 1]?.why ?? ''
        if (problem !== undefined) return problem
        if (!selected.has(cluster))
          return kept.has(cluster) ? 'the division gives it no replicas' : (spread?.leftOut(facts) ?? '')
        if (workload.replicas === undefined) return 'gets the object'
        return count === 1 ? 'gets 1 replica' : `gets ${count ?? 0} replicas`
      }
    })
    .sort((a, b) => compareText(a.cluster, b.cluster))
}

function numberOf(record: Readonly<Record<string, number>> | undefined, name: string): number | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined
}

function withDefined<K extends string>(key: K, value: number | undefined): Partial<Record<K, number>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, number>)
}
