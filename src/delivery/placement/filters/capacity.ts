import type { ClusterFilter } from './cluster-filter.js'

/** A cluster without room for a single replica takes none; what it has it keeps. */
export const capacityFilter: ClusterFilter = {
  name: 'capacity',
  asks: ({ placement, divides }) => divides && placement.needsRoom === true,
  refuses: (cluster, { has }) =>
    cluster.free === undefined || cluster.free > 0 || has(cluster.name) ? undefined : 'has no room for a single replica',
  passed: 'has room, or it is not known',
}
