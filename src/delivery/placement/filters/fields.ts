import type { ClusterFilter } from './cluster-filter.js'

/** Provider, region and zones. */
export const fieldsFilter: ClusterFilter = {
  name: 'fields',
  asks: ({ group }) => (group?.fields?.length ?? 0) > 0,
  refuses: (cluster, { affinity }) => affinity?.fields(cluster),
  passed: 'has the provider, region and zones asked for',
}
