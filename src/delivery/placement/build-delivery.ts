import { CodedError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { groupOf, type KubeObject } from '../../kube/object/kube-object.js'
import type { ClusterFacts, PlacementPolicies, Workload } from './contract.js'
import { orderOverrides } from './overrides/order-overrides.js'
import { withReplicas } from './replicas-of.js'

/**
 * The object as it goes to clusters: its replicas there, then its overrides in their order, so that an override of replicas wins,
 * as it does upstream. Overrides are ordered once for all clusters. Throws a CodedError where an override cannot be applied, or
 * would make another object of it.
 */
export function deliveryBuilder(
  object: KubeObject,
  overrides: PlacementPolicies['overrides'],
  revise: NonNullable<Workload['revise']> = withReplicas,
  alongside?: Workload['alongside'],
): (cluster: ClusterFacts, replicas: number | undefined, share?: number) => KubeObject {
  const applicable = orderOverrides(object, overrides ?? [])
  return (cluster, replicas, share) => {
    let result = replicas === undefined ? object : revise(object, replicas)
    if (share !== undefined && alongside !== undefined) result = alongside.revise(result, share)
    for (const override of applicable(cluster)) result = override.apply(result)
    if (result !== object) requireSame(object, result)
    return result
  }
}

/**
 * Copies are written with the hub's rights in the cluster. Whoever may override an object of one namespace must not thereby write
 * into another one, or objects of another kind. The version of the API may change: clusters differ in what they serve.
 */
function requireSame(object: KubeObject, result: KubeObject): void {
  const { metadata } = result
  const isSame =
    isObject(metadata) &&
    result.kind === object.kind &&
    typeof result.apiVersion === 'string' &&
    groupOf(result.apiVersion) === groupOf(object.apiVersion) &&
    metadata.name === object.metadata.name &&
    metadata.namespace === object.metadata.namespace
  if (isSame) return
  throw new CodedError({
    code: 'override-changes-identity',
    message: `an override would make another object of ${object.kind} ${object.metadata.name}`,
    fix: 'Remove what it changes of apiVersion (the group), kind, metadata.name or metadata.namespace.',
  })
}
