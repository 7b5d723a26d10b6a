import type { ResourceType } from '../../kube/object/resource-type.js'

const core = (kind: string, plural: string, shortName?: string): ResourceType => ({
  group: 'core.kubefed.io',
  version: 'v1beta1',
  kind,
  plural,
  namespaced: true,
  ...(shortName === undefined ? {} : { shortNames: [shortName] }),
})

/** Kinds of KubeFed that are there before any kind is federated. */
export const kubeFedClusterType = core('KubeFedCluster', 'kubefedclusters', 'kfc')
export const federatedTypeConfigType = core('FederatedTypeConfig', 'federatedtypeconfigs', 'ftc')
export const kubeFedConfigType = core('KubeFedConfig', 'kubefedconfigs')
export const replicaSchedulingPreferenceType: ResourceType = {
  group: 'scheduling.kubefed.io',
  version: 'v1alpha1',
  kind: 'ReplicaSchedulingPreference',
  plural: 'replicaschedulingpreferences',
  namespaced: true,
  shortNames: ['rsp'],
}
export const propagatedVersionType: ResourceType = {
  group: 'core.kubefed.io',
  version: 'v1alpha1',
  kind: 'PropagatedVersion',
  plural: 'propagatedversions',
  namespaced: true,
}
export const clusterPropagatedVersionType: ResourceType = {
  ...propagatedVersionType,
  kind: 'ClusterPropagatedVersion',
  plural: 'clusterpropagatedversions',
  namespaced: false,
}

/** Where KubeFed lives unless told: its configuration, clusters and type configurations. */
export const kubeFedNamespace = 'kube-federation-system'

/** On federated objects while there may be copies. */
export const kubeFedFinalizer = 'kubefed.io/sync-controller'
