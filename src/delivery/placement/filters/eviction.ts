import type { ClusterFilter } from './cluster-filter.js'

export const evictionFilter: ClusterFilter = {
  name: 'eviction',
  asks: ({ evicting }) => evicting.size > 0,
  refuses: (cluster, { evicting }) => (evicting.has(cluster.name) ? 'the workload is being moved away from it' : undefined),
  passed: 'is not being left',
}
