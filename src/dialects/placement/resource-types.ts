import type { ResourceType } from '../../kube/object/resource-type.js'

/** Our own kind: where the objects go that name it by a label. */
export const placementType: ResourceType = {
  group: 'flotilla.dev',
  version: 'v1alpha1',
  kind: 'Placement',
  plural: 'placements',
  namespaced: true,
}
export const placementDecisionType: ResourceType = {
  group: 'multicluster.x-k8s.io',
  version: 'v1alpha1',
  kind: 'PlacementDecision',
  plural: 'placementdecisions',
  namespaced: true,
}
