import type { ResourceType } from '../../kube/object/resource-type.js'

const policy = (kind: string, plural: string, namespaced: boolean): ResourceType => ({
  group: 'policy.karmada.io',
  version: 'v1alpha1',
  kind,
  plural,
  namespaced,
})

export const propagationPolicyType = policy('PropagationPolicy', 'propagationpolicies', true)
export const clusterPropagationPolicyType = policy('ClusterPropagationPolicy', 'clusterpropagationpolicies', false)
export const overridePolicyType = policy('OverridePolicy', 'overridepolicies', true)
export const clusterOverridePolicyType = policy('ClusterOverridePolicy', 'clusteroverridepolicies', false)
