import type { ClusterFilter } from './cluster-filter.js'

export const labelsFilter: ClusterFilter = {
  name: 'labels',
  asks: ({ group }) => group?.labels !== undefined,
  refuses: (cluster, { affinity }) => affinity?.labels(cluster),
  passed: 'has the labels asked for',
}
