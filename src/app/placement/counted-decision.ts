import type { Federated } from '../../delivery/federation/contract.js'
import { deliveryBuilder } from '../../delivery/placement/build-delivery.js'
import type { ClusterFacts, PlacementDecision } from '../../delivery/placement/contract.js'
import { replicasField, replicasOf } from '../../delivery/placement/replicas-of.js'

/**
 * The decision with the replicas that clusters get, also where overrides say them and no division (KubeFed): read from the objects as
 * they would go out. For people; nothing is decided by it.
 */
export function countedDecision(
  decision: PlacementDecision,
  { workload, policies }: Federated,
  clusters: readonly ClusterFacts[],
): PlacementDecision {
  if (workload.replicas !== undefined || replicasField(workload.object) === undefined) return decision
  const facts = new Map(clusters.map((cluster) => [cluster.name, cluster]))
  const counts = new Map<string, number>()
  try {
    const build = deliveryBuilder(workload.object, policies.overrides, workload.revise)
    for (const { cluster, held } of decision.deliveries) {
      const target = facts.get(cluster)
      const count = target === undefined || held !== undefined ? undefined : replicasOf(build(target, undefined))
      if (count !== undefined) counts.set(cluster, count)
    }
  } catch {
    // What is wrong with the overrides stands with each cluster.
    return decision
  }
  if (counts.size === 0) return decision
  let placed = 0
  for (const count of counts.values()) placed += count
  return {
    ...decision,
    clusters: decision.clusters.map((verdict) => {
      const replicas = counts.get(verdict.cluster)
      return replicas === undefined ? verdict : { ...verdict, replicas }
    }),
    replicas: { ...decision.replicas, placed },
  }
}
