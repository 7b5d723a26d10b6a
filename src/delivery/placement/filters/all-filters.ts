import { apisFilter } from './apis.js'
import { capacityFilter } from './capacity.js'
import type { ClusterFilter } from './cluster-filter.js'
import { evictionFilter } from './eviction.js'
import { fieldsFilter } from './fields.js'
import { labelsFilter } from './labels.js'
import { namesFilter } from './names.js'
import { residencyFilter } from './residency.js'
import { spreadPropertyFilter } from './spread-property.js'
import { stateFilter } from './state.js'
import { taintsFilter } from './taints.js'

/** In the order in which they are asked: a cluster is refused by the first that has a reason. */
export const clusterFilters: readonly ClusterFilter[] = [
  stateFilter,
  residencyFilter,
  namesFilter,
  labelsFilter,
  fieldsFilter,
  taintsFilter,
  apisFilter,
  spreadPropertyFilter,
  evictionFilter,
  capacityFilter,
]
