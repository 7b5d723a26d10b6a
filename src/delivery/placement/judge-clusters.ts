import type { ClusterFacts, FilterVerdict } from './contract.js'
import { clusterFilters } from './filters/all-filters.js'
import type { ClusterFilter, FilterContext } from './filters/cluster-filter.js'

export interface JudgedCluster {
  readonly facts: ClusterFacts
  readonly verdicts: readonly FilterVerdict[]
  readonly passes: boolean
}

/** The verdict of every filter that has a question, on every cluster; the first refusal ends a cluster's row. */
export function judgeClusters(clusters: readonly ClusterFacts[], context: FilterContext): JudgedCluster[] {
  const asking = clusterFilters.filter((filter) => filter.asks(context))
  // Rows that begin alike share their verdicts: a fleet has a thousand clusters and few distinct rows.
  const passedUpTo: FilterVerdict[][] = [[]]
  for (const [index, filter] of asking.entries()) passedUpTo.push([...(passedUpTo[index] ?? []), passedBy(filter)])
  const passedAll = passedUpTo[asking.length] ?? []
  return clusters.map((facts) => {
    for (const [index, filter] of asking.entries()) {
      const why = filter.refuses(facts, context)
      if (why === undefined) continue
      return { facts, verdicts: [...(passedUpTo[index] ?? []), { filter: filter.name, passes: false, why }], passes: false }
    }
    return { facts, verdicts: passedAll, passes: true }
  })
}

function passedBy(filter: ClusterFilter): FilterVerdict {
  return { filter: filter.name, passes: true, why: filter.passed }
}
