import type { ClusterFacts, PlacementDecision, PlacementPolicies, PreviousPlacement, Workload } from './contract.js'
import { decidePlacement } from './decide-placement.js'

export interface PlacementInput {
  readonly workload: Workload
  readonly policies: PlacementPolicies
  readonly clusters: readonly ClusterFacts[]
  readonly previous?: PreviousPlacement
}

/** `without` loses the cluster with all that runs there, `cordoned` lets it keep that and take nothing new. */
export type FleetChange = { readonly without: string } | { readonly cordoned: string }

export interface WhatIf {
  readonly before: PlacementDecision
  readonly after: PlacementDecision
  /** One line for each cluster whose share changes, and for an outcome that does. Empty: nothing changes. */
  readonly differences: readonly string[]
}

/** What would change; the decision now counts as in force, so that only what has to move does. */
export function whatIf(input: PlacementInput, change: FleetChange): WhatIf {
  const { workload, policies, clusters, previous } = input
  const before = decidePlacement(workload, policies, clusters, previous)
  const name = 'without' in change ? change.without : change.cordoned
  const changed =
    'without' in change
      ? clusters.filter((cluster) => cluster.name !== name)
      : clusters.map((cluster) => (cluster.name === name ? { ...cluster, cordoned: true } : cluster))
  const after = decidePlacement(workload, policies, settle(changed, before, previous), inForce(before, previous))
  return { before, after, differences: differencesOf(before, after) }
}

function inForce(decision: PlacementDecision, previous: PreviousPlacement | undefined): PreviousPlacement {
  const replicas: Record<string, number> = {}
  for (const { cluster, selected, replicas: count } of decision.clusters) if (selected) replicas[cluster] = count ?? 0
  return {
    ...(decision.policy === undefined ? {} : { policy: decision.policy }),
    ...(decision.group === undefined ? {} : { group: decision.group }),
    replicas,
    ...(previous?.evicting === undefined ? {} : { evicting: previous.evicting }),
    ...(previous?.bearable === undefined ? {} : { bearable: previous.bearable }),
  }
}

/** What a decision newly places takes the room it needs. */
function settle(
  clusters: readonly ClusterFacts[],
  decision: PlacementDecision,
  previous: PreviousPlacement | undefined,
): ClusterFacts[] {
  const shares = new Map(decision.clusters.map(({ cluster, replicas }) => [cluster, replicas ?? 0]))
  return clusters.map((cluster) => {
    const had = previous?.replicas?.[cluster.name] ?? 0
    const taken = (shares.get(cluster.name) ?? 0) - had
    return cluster.free === undefined || taken === 0 ? cluster : { ...cluster, free: Math.max(0, cluster.free - taken) }
  })
}

function differencesOf(before: PlacementDecision, after: PlacementDecision): string[] {
  const lines: string[] = []
  if (before.outcome !== after.outcome) lines.push(`${before.outcome} becomes ${after.outcome}: ${lastOf(after.reasons)}`)
  if (before.group !== after.group) lines.push(`group ${before.group ?? 'none'} gives way to ${after.group ?? 'none'}`)
  // A decision that fails removes nothing: what runs in clusters that are left goes on.
  const stays = after.outcome === 'not placed' && after.removals.length === 0
  const now = new Map(before.clusters.map((verdict) => [verdict.cluster, verdict]))
  const then = new Map(after.clusters.map((verdict) => [verdict.cluster, verdict]))
  for (const cluster of now.keys()) {
    const old = now.get(cluster)
    const next = then.get(cluster)
    const from = old?.selected === true ? (old.replicas ?? 'the object') : 'nothing'
    if (stays && next !== undefined) continue
    const to = next?.selected === true ? (next.replicas ?? 'the object') : 'nothing'
    if (from !== to) lines.push(`${cluster}: ${from} becomes ${to}; ${next?.why ?? 'the cluster is gone'}`)
  }
  if (stays)
    return before.outcome === after.outcome ? lines : [...lines, 'what runs in the clusters that are left stays as it is']
  const lost = after.replicas.unplaced - before.replicas.unplaced
  if (lost > 0) lines.push(`${lost} replicas find no room`)
  return lines
}

function lastOf(reasons: readonly string[]): string {
  return reasons[reasons.length - 1] ?? ''
}
