import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ClusterFacts, PlacementPolicies, Workload } from './contract.js'
import { orderOverrides } from './overrides/order-overrides.js'
import { withReplicas } from './replicas-of.js'

/**
 * The object as it goes to clusters: its replicas there, then its overrides in their order, so that an override of replicas wins,
 * as it does upstream. Overrides are ordered once for all clusters. Throws a CodedError where an override cannot be applied.
 */
export function deliveryBuilder(
  object: KubeObject,
  overrides: PlacementPolicies['overrides'],
  revise: NonNullable<Workload['revise']> = withReplicas,
): (cluster: ClusterFacts, replicas: number | undefined) => KubeObject {
  const applicable = orderOverrides(object, overrides ?? [])
  return (cluster, replicas) => {
    let result = replicas === undefined ? object : revise(object, replicas)
    for (const override of applicable(cluster)) result = override.apply(result)
    return result
  }
}
