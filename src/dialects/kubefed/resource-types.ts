import type { ResourceType } from '../../kube/object/resource-type.js'

const core = (kind: string, plural: string): ResourceType => ({
  group: 'core.kubefed.io',
  version: 'v1beta1',
  kind,
  plural,
  namespaced: true,
})

/** Kinds of KubeFed that are there before any kind is federated. */
export const kubeFedClusterType = core('KubeFedCluster', 'kubefedclusters')
export const federatedTypeConfigType = core('FederatedTypeConfig', 'federatedtypeconfigs')
export const kubeFedConfigType = core('KubeFedConfig', 'kubefedconfigs')
export const replicaSchedulingPreferenceType: ResourceType = {
  group: 'scheduling.kubefed.io',
  version: 'v1alpha1',
  kind: 'ReplicaSchedulingPreference',
  plural: 'replicaschedulingpreferences',
  namespaced: true,
}
