import type { ClusterFilter } from './cluster-filter.js'

/** Where data may lie: asked of clusters that have the workload too, since no policy and no history overrides it. */
export const residencyFilter: ClusterFilter = {
  name: 'residency',
  asks: ({ residency }) => residency.length > 0,
  refuses: (cluster, { residency }) => {
    for (const { rule, allowed } of residency) {
      const why = allowed.names(cluster) ?? allowed.labels(cluster) ?? allowed.fields(cluster)
      if (why !== undefined) return `the residency rule ${rule.name} forbids it: ${why}`
    }
    return undefined
  },
  passed: 'every residency rule allows it',
}
