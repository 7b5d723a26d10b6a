import type { ClusterFilter } from './cluster-filter.js'

/** Clusters that are going away or cordoned take nothing new; cordoned ones keep what they have. */
export const stateFilter: ClusterFilter = {
  name: 'state',
  asks: () => true,
  refuses: (cluster, { placement, has }) => {
    if (cluster.deleting === true) return 'is being deleted'
    if (placement.onlyReady === true && cluster.ready !== true) return 'is not ready, and only ready clusters take part'
    if (cluster.cordoned === true && !has(cluster.name)) return 'is cordoned: it takes nothing new'
    return undefined
  },
  passed: 'takes part',
}
