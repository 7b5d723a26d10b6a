import { isObject } from '../../../base/json.js'
import type { HubFacts } from '../../../delivery/federation/contract.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { placementDecisionType } from '../resource-types.js'

/** Labels of PlacementDecision (KEP-5313). */
export const decisionKeyLabel = 'multicluster.x-k8s.io/decision-key'
export const decisionIndexLabel = 'multicluster.x-k8s.io/decision-index'
export const placementKeyLabel = 'multicluster.x-k8s.io/placement-key'

export const clusterProfileType: ResourceType = {
  group: 'multicluster.x-k8s.io',
  version: 'v1alpha1',
  kind: 'ClusterProfile',
  plural: 'clusterprofiles',
  namespaced: true,
}

/** Whether a slice belongs to the decision that goes by this name: by its key, or by its own name. */
export function isSliceOf(slice: KubeObject, name: string): boolean {
  const key = slice.metadata.labels?.[decisionKeyLabel]
  return key === undefined ? slice.metadata.name === name : key === name
}

/**
 * The clusters that a decision names, all of its slices together; undefined where there is none, which is no empty decision. A
 * profile stands for the cluster that it calls by `displayName`; one that is not there stands for a cluster of its own name.
 * `counts`: slices that it is false for say nothing.
 */
export function followDecision(
  hub: HubFacts,
  namespace: string,
  name: string,
  counts: (slice: KubeObject) => boolean = () => true,
): readonly string[] | undefined {
  const slices = hub.objects(placementDecisionType, { namespace }).filter((slice) => isSliceOf(slice, name) && counts(slice))
  if (slices.length === 0) return undefined
  const clusters = new Set<string>()
  for (const slice of slices) {
    const decisions = Array.isArray(slice['decisions']) ? slice['decisions'] : []
    for (const decision of decisions) {
      const ref = isObject(decision) ? decision['clusterProfileRef'] : undefined
      if (!isObject(ref) || typeof ref['name'] !== 'string') continue
      const where = typeof ref['namespace'] === 'string' && ref['namespace'] !== '' ? ref['namespace'] : namespace
      const spec = hub.objects(clusterProfileType, { namespace: where, name: ref['name'] })[0]?.['spec']
      const shown = isObject(spec) ? spec['displayName'] : undefined
      clusters.add(typeof shown === 'string' && shown !== '' ? shown : ref['name'])
    }
  }
  return [...clusters].sort()
}
