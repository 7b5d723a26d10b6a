import type { ClusterFilter } from './cluster-filter.js'

/** A cluster whose API has not the kind takes nothing new of it; an API that went away by accident removes nothing. */
export const apisFilter: ClusterFilter = {
  name: 'apis',
  asks: () => true,
  refuses: (cluster, { object, has }) =>
    cluster.apis === undefined || has(cluster.name) || cluster.apis.has(`${object.apiVersion}/${object.kind}`)
      ? undefined
      : `does not serve ${object.kind} of ${object.apiVersion}`,
  passed: 'serves the kind, or may',
}
