import type { PlacementPolicy } from '../../../delivery/placement/contract.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { fieldAt, numberAt, objectsAt, textAt, textsAt } from '../fields.js'
import { readSelectors } from './read-affinity.js'
import { apportionmentOf, readPlacement } from './read-placement.js'

const read = new WeakMap<KubeObject, PlacementPolicy>()

/** A PropagationPolicy or ClusterPropagationPolicy in the engine's words. The same object gives the same policy. */
export function readPropagationPolicy(policy: KubeObject): PlacementPolicy {
  let result = read.get(policy)
  if (result === undefined) read.set(policy, (result = translate(policy)))
  return result
}

function translate(policy: KubeObject): PlacementPolicy {
  const { name, namespace = '' } = policy.metadata
  const spec = policy['spec']
  return {
    name,
    ...(namespace === '' ? {} : { namespace }),
    selectors: readSelectors(objectsAt(spec, 'resourceSelectors'), namespace),
    priority: numberAt(spec, 'priority') ?? 0,
    preempts: textAt(spec, 'preemption') === 'Always',
    placement: readPlacement(fieldAt(spec, 'placement'), apportionmentOf(policy)),
    ...suspendedOf(spec),
  }
}

/** `suspension` of a policy or a binding. */
export function suspendedOf(spec: unknown): { suspended?: true | readonly string[] } {
  if (fieldAt(spec, 'suspension', 'dispatching') === true) return { suspended: true }
  const clusters = textsAt(spec, 'suspension', 'dispatchingOnClusters', 'clusterNames')
  return clusters.length > 0 ? { suspended: clusters } : {}
}
