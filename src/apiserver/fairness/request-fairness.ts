import type { ServerResponse } from 'node:http'
import type { AccessAttributes, LogicalCluster, LogicalClusters, UserInfo } from '../contract.js'
import { FairQueue } from './fair-queue.js'
import { FlowSchemas } from './flow-schemas.js'

/** Decides when requests begin, for all clusters of the process. */
export interface RequestFairness {
  /** Undefined: at once. False: not at all, too many of the same flow wait. Sets the headers that name the decision. */
  begin(
    cluster: LogicalCluster,
    attributes: AccessAttributes,
    user: UserInfo,
    response: ServerResponse,
  ): Promise<boolean> | undefined
}

/**
 * API priority and fairness by the cluster's FlowSchemas and PriorityLevelConfigurations. One process serves all clusters, so
 * the levels of different clusters stand side by side in one queue, each with its own shares.
 */
export function createRequestFairness(clusters: LogicalClusters): RequestFairness {
  const queue = new FairQueue()
  const rules = new Map<string, { readonly cluster: LogicalCluster; readonly schemas: FlowSchemas }>()
  clusters.onChange(({ cluster, groupResource }) => {
    if (FlowSchemas.concerns(groupResource)) rules.get(cluster)?.schemas.changed()
  })
  clusters.onDelete((cluster) => rules.delete(cluster))
  return {
    begin(cluster, attributes, user, response) {
      let known = rules.get(cluster.name)
      // By identity: a cluster that was removed and made again has other rules.
      if (known?.cluster !== cluster) rules.set(cluster.name, (known = { cluster, schemas: new FlowSchemas(cluster) }))
      const { schemaUid, levelUid, ...place } = known.schemas.classify(attributes, user)
      response.setHeader('X-Kubernetes-Pf-Flowschema-Uid', schemaUid)
      response.setHeader('X-Kubernetes-Pf-Prioritylevel-Uid', levelUid)
      return queue.enter({ ...place, level: `${cluster.name} ${place.level}` })
    },
  }
}
