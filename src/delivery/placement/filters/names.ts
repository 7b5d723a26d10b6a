import type { ClusterFilter } from './cluster-filter.js'

export const namesFilter: ClusterFilter = {
  name: 'names',
  asks: ({ group }) => group !== undefined && ((group.names?.length ?? 0) > 0 || (group.exclude?.length ?? 0) > 0),
  refuses: (cluster, { affinity }) => affinity?.names(cluster),
  passed: 'is asked for by name, or not excluded',
}
