import type { Cluster } from './cluster.js'
import { inCluster, isInCluster } from './in-cluster.js'

export interface MergedClusters {
  /** Sorted by name; the hub itself last, unless a source names it. */
  readonly clusters: readonly Cluster[]
  /** Left out because another cluster has the name already. */
  readonly shadowed: readonly { readonly cluster: Cluster; readonly by: Cluster }[]
}

/**
 * One fleet out of what the sources know. Of several clusters with one name the first counts: in the order of the sources, then
 * the one that was there first, then by where they were derived from, so that the answer does not depend on who was read first.
 * A newcomer never takes the place of a cluster that the fleet already has: it has other labels, and generators that select by
 * labels would drop what they made for it.
 */
export function mergeSources(sources: readonly (readonly Cluster[])[]): MergedClusters {
  const byName = new Map<string, Cluster>()
  const shadowed: { cluster: Cluster; by: Cluster }[] = []
  for (const list of sources) {
    for (const cluster of [...list].sort(byAge)) {
      const by = byName.get(cluster.name)
      if (by === undefined) byName.set(cluster.name, cluster)
      else shadowed.push({ cluster, by })
    }
  }
  const clusters = [...byName.values()].sort((a, b) => compare(a.name, b.name))
  const hubNamed = clusters.some((cluster) => isInCluster(cluster.server)) || byName.has(inCluster.name)
  return { clusters: hubNamed ? clusters : [...clusters, inCluster], shadowed }
}

function byAge(a: Cluster, b: Cluster): number {
  return compare(a.createdAt ?? '', b.createdAt ?? '') || compare(a.source, b.source)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
