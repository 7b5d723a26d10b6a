import type { ResourceType } from '../../kube/object/resource-type.js'

const define = (
  group: string,
  version: string,
  kind: string,
  plural: string,
  namespaced: boolean,
  more: Partial<ResourceType> = {},
): ResourceType => ({ group: `${group}.karmada.io`, version, kind, plural, namespaced, ...more })

const ours = { categories: ['karmada-io'] }
const withStatus = { subresources: ['status'] }

const policy = (kind: string, plural: string, namespaced: boolean, shortName: string): ResourceType =>
  define('policy', 'v1alpha1', kind, plural, namespaced, { ...ours, shortNames: [shortName] })

export const propagationPolicyType = policy('PropagationPolicy', 'propagationpolicies', true, 'pp')
export const clusterPropagationPolicyType = policy('ClusterPropagationPolicy', 'clusterpropagationpolicies', false, 'cpp')
export const overridePolicyType = policy('OverridePolicy', 'overridepolicies', true, 'op')
export const clusterOverridePolicyType = policy('ClusterOverridePolicy', 'clusteroverridepolicies', false, 'cop')

export const clusterTaintPolicyType = define('policy', 'v1alpha1', 'ClusterTaintPolicy', 'clustertaintpolicies', false)
export const federatedResourceQuotaType = define(
  'policy',
  'v1alpha1',
  'FederatedResourceQuota',
  'federatedresourcequotas',
  true,
  { ...ours, ...withStatus },
)

export const resourceBindingType = define('work', 'v1alpha2', 'ResourceBinding', 'resourcebindings', true, {
  ...ours,
  ...withStatus,
  shortNames: ['rb'],
})
export const clusterResourceBindingType = define('work', 'v1alpha2', 'ClusterResourceBinding', 'clusterresourcebindings', false, {
  ...ours,
  ...withStatus,
  shortNames: ['crb'],
})

export const karmadaClusterType = define('cluster', 'v1alpha1', 'Cluster', 'clusters', false, { ...ours, ...withStatus })

export const workloadRebalancerType = define('apps', 'v1alpha1', 'WorkloadRebalancer', 'workloadrebalancers', false, withStatus)

export const interpreterCustomizationType = define(
  'config',
  'v1alpha1',
  'ResourceInterpreterCustomization',
  'resourceinterpretercustomizations',
  false,
  { ...ours, shortNames: ['ric'] },
)
