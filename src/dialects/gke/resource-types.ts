import type { ResourceType } from '../../kube/object/resource-type.js'

/** networking.gke.io/v1 MultiClusterService: applied to one cluster (the config cluster), meant for many. */
export const multiClusterServiceType: ResourceType = {
  group: 'networking.gke.io',
  version: 'v1',
  kind: 'MultiClusterService',
  plural: 'multiclusterservices',
  singular: 'multiclusterservice',
  shortNames: ['mcs'],
  namespaced: true,
  subresources: ['status'],
}

/** Only its definition is there: what it says is not carried out. */
export const multiClusterIngressType: ResourceType = {
  group: 'networking.gke.io',
  version: 'v1',
  kind: 'MultiClusterIngress',
  plural: 'multiclusteringresses',
  singular: 'multiclusteringress',
  shortNames: ['mci'],
  namespaced: true,
  subresources: ['status'],
}
