import { compareText } from '../../base/compare-text.js'
import { messageOf } from '../../base/errors.js'
import { keyOf } from '../../kube/object/kube-object.js'
import type {
  AffinityGroup,
  ClusterFacts,
  ClusterVerdict,
  Delivery,
  GroupVerdict,
  PlacementDecision,
  PlacementOutcome,
  PlacementPolicies,
  PlacementPolicy,
  PreviousPlacement,
  Workload,
} from './contract.js'
import { apportion } from './division/apportion.js'
import { matcherOf } from './match-cluster.js'
import { closestOf } from './match-resource.js'
import { orderOverrides } from './overrides/order-overrides.js'
import type { OverrideFinder } from './overrides/override-policy.js'
import { type GroupPlacement, placeInGroup } from './place-in-group.js'
import { decidePolicy, policyName } from './policy/decide-policy.js'

/**
 * Where a workload goes: the policy that rules it, the first affinity group that can take it, the clusters that pass every filter
 * and keep the spread, the replicas of each, the overrides, the deliveries. Everything that decided is in the result, in
 * words. A pure function: the same input gives the same decision, whatever the order of policies and clusters.
 */
export function decidePlacement(
  workload: Workload,
  policies: PlacementPolicies,
  clusters: readonly ClusterFacts[],
  previous: PreviousPlacement = {},
): PlacementDecision {
  const { object } = workload
  const name = `${object.kind} ${keyOf(object)}`
  const { winner, verdicts, reason } = decidePolicy(object, policies.placements, previous.policy)
  if (winner === undefined) return unruled(name, workload, clusters, previous, verdicts, reason)
  const residency = (policies.residency ?? [])
    .filter(({ selectors }) => selectors === undefined || selectors.length === 0 || closestOf(selectors, object) > 0)
    .map((rule) => ({ rule, allowed: matcherOf(rule.allowed) }))
  const reasons = [`policy ${policyName(winner)}: ${reason}`, ...(winner.notes ?? [])]
  const { tried, placed, group } = tryGroups(winner, previous, (each) =>
    placeInGroup({ workload, placement: winner.placement, group: each, clusters, previous, residency }),
  )
  if (tried.length > 1 || group !== undefined) reasons.push(...tried.map((each) => `group ${each.group}: ${each.why}`))
  reasons.push(...placed.reasons)
  const deliveries = deliver(workload, winner, policies, clusters, placed, previous)
  const removals = removalsOf(previous, deliveries, placed)
  if (removals.length > 0) reasons.push(`removed from ${removals.join(', ')}`)
  return {
    workload: name,
    outcome: outcomeOf(placed),
    reasons,
    policies: verdicts,
    policy: policyName(winner),
    groups: tried,
    ...(group === undefined ? {} : { group: group.name }),
    clusters: placed.verdicts,
    deliveries,
    removals,
    replicas: {
      ...(workload.replicas === undefined ? {} : { asked: workload.replicas }),
      placed: sum(placed.replicas.values()),
      unplaced: placed.unplaced,
      moved: movedBetween(previous.replicas, placed.replicas),
    },
  }
}

/** Groups are tried from the one in force on, as Karmada does; from the first when deciding afresh. */
function tryGroups(
  policy: PlacementPolicy,
  previous: PreviousPlacement,
  place: (group: AffinityGroup | undefined) => GroupPlacement,
): { tried: GroupVerdict[]; placed: GroupPlacement; group?: AffinityGroup } {
  const groups = policy.placement.groups ?? []
  if (groups.length === 0) return { tried: [], placed: place(undefined) }
  const inForce = previous.fresh === true ? -1 : groups.findIndex(({ name }) => name === previous.group)
  const tried: GroupVerdict[] = groups
    .slice(0, Math.max(0, inForce))
    .map(({ name }) => ({ group: name, chosen: false, why: `not tried: ${previous.group} is in force and comes after it` }))
  let last: GroupPlacement | undefined
  let best: { placed: GroupPlacement; group: AffinityGroup } | undefined
  for (const group of groups.slice(Math.max(0, inForce))) {
    if (best !== undefined && best.placed.unplaced === 0) {
      tried.push({ group: group.name, chosen: false, why: `not tried: ${best.group.name} takes it` })
      continue
    }
    const placed = place(group)
    last = placed
    if (placed.problem === undefined && (best === undefined || placed.unplaced < best.placed.unplaced)) best = { placed, group }
    tried.push({
      group: group.name,
      chosen: false,
      why: placed.problem ?? (placed.unplaced > 0 ? `has no room for ${placed.unplaced} replicas` : 'takes it'),
    })
  }
  if (best === undefined) return { tried, placed: last as GroupPlacement }
  const { name } = best.group
  return { tried: tried.map((each) => (each.group === name ? { ...each, chosen: true } : each)), ...best }
}

function outcomeOf(placed: GroupPlacement): PlacementOutcome {
  if (placed.problem !== undefined || placed.selected.size === 0) return 'not placed'
  return placed.unplaced > 0 ? 'partly placed' : 'placed'
}

function deliver(
  workload: Workload,
  policy: PlacementPolicy,
  policies: PlacementPolicies,
  clusters: readonly ClusterFacts[],
  placed: GroupPlacement,
  previous: PreviousPlacement,
): Delivery[] {
  const { overridesOf, refused } = readOverrides(workload, policies)
  const facts = new Map(clusters.map((cluster) => [cluster.name, cluster]))
  const { suspended } = policy
  const shares = sharesOf(workload, policy, placed)
  return [...placed.selected].sort(compareText).map((cluster) => {
    const replicas = placed.replicas.get(cluster)
    const leftAlone = workload.autoscaler !== undefined && Object.hasOwn(previous.replicas ?? {}, cluster)
    const held =
      suspended === true
        ? `${policyName(policy)} suspends all deliveries`
        : Array.isArray(suspended) && suspended.includes(cluster)
          ? `${policyName(policy)} suspends deliveries to ${cluster}`
          : refused
    return {
      cluster,
      ...(replicas === undefined || leftAlone ? {} : { replicas }),
      ...(shares === undefined ? {} : { share: shares.get(cluster) ?? 0 }),
      overrides: overridesOf(facts.get(cluster) as ClusterFacts).map(({ name }) => name),
      ...(held === undefined ? {} : { held }),
    }
  })
}

/** By Webster's rule with the replicas as votes, as Karmada divides the completions of a Job. */
function sharesOf(
  { alongside, object }: Workload,
  { placement }: PlacementPolicy,
  { replicas }: GroupPlacement,
): ReadonlyMap<string, number> | undefined {
  if (alongside === undefined || replicas.size === 0 || placement.division.strategy === 'duplicated') return undefined
  const parties = [...replicas].map(([name, votes]) => ({ name, votes }))
  return apportion(alongside.total, parties, object.metadata.uid ?? '')
}

/** Overrides that are refused as a whole hold every delivery: an object without them is not what was asked for. */
function readOverrides({ object }: Workload, policies: PlacementPolicies): { overridesOf: OverrideFinder; refused?: string } {
  try {
    return { overridesOf: orderOverrides(object, policies.overrides ?? []) }
  } catch (error) {
    return { overridesOf: () => [], refused: `the overrides are refused: ${messageOf(error)}` }
  }
}

/** Nothing is removed on the strength of a placement that failed: what is there stays there. */
function removalsOf(previous: PreviousPlacement, deliveries: readonly Delivery[], placed: GroupPlacement): string[] {
  if (placed.problem !== undefined) return []
  const kept = new Set(deliveries.map(({ cluster }) => cluster))
  return Object.keys(previous.replicas ?? {})
    .filter((cluster) => !kept.has(cluster))
    .sort(compareText)
}

function unruled(
  name: string,
  workload: Workload,
  clusters: readonly ClusterFacts[],
  previous: PreviousPlacement,
  policies: PlacementDecision['policies'],
  reason: string,
): PlacementDecision {
  const verdicts = clusters.map(
    (cluster): ClusterVerdict => ({ cluster: cluster.name, filters: [], scores: [], selected: false, why: reason }),
  )
  const runs = Object.keys(previous.replicas ?? {}).length > 0
  return {
    workload: name,
    outcome: 'no policy',
    reasons: [reason, ...(runs ? ['what runs stays: a policy that is gone removes nothing'] : [])],
    policies,
    groups: [],
    clusters: verdicts,
    deliveries: [],
    removals: [],
    replicas: {
      ...(workload.replicas === undefined ? {} : { asked: workload.replicas }),
      placed: 0,
      unplaced: workload.replicas ?? 0,
      moved: 0,
    },
  }
}

/** Of replicas that ran somewhere: how many of them start anew elsewhere. Growth is no move. */
function movedBetween(before: Readonly<Record<string, number>> | undefined, after: ReadonlyMap<string, number>): number {
  if (before === undefined) return 0
  let lost = 0
  let gained = 0
  const all = new Set([...Object.keys(before), ...after.keys()])
  for (const cluster of all) {
    const change = (after.get(cluster) ?? 0) - (Object.hasOwn(before, cluster) ? (before[cluster] ?? 0) : 0)
    if (change < 0) lost -= change
    else gained += change
  }
  return Math.min(lost, gained)
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}
