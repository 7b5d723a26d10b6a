import { groupsOf, nameOfKey } from '../spread/spread-key.js'
import type { ClusterFilter } from './cluster-filter.js'

/** What is spread by a property goes only to clusters that have it. */
export const spreadPropertyFilter: ClusterFilter = {
  name: 'spread',
  asks: ({ placement }) => placement.spread?.some(({ by }) => by !== 'cluster') === true,
  refuses: (cluster, { placement }) => {
    const missing = placement.spread?.find(({ by }) => groupsOf(by, cluster).length === 0)
    return missing && `has no ${nameOfKey(missing.by)}, by which it is spread`
  },
  passed: 'has every property by which it is spread',
}
