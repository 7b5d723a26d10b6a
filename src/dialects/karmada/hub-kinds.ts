import type { HubFacts, ObjectRef } from '../../delivery/federation/contract.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import {
  clusterOverridePolicyType,
  clusterPropagationPolicyType,
  clusterResourceBindingType,
  clusterTaintPolicyType,
  federatedResourceQuotaType,
  interpreterCustomizationType,
  karmadaClusterType,
  overridePolicyType,
  propagationPolicyType,
  resourceBindingType,
  workloadRebalancerType,
} from './resource-types.js'

export const namespaceType: ResourceType = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  namespaced: false,
}

export const autoscalerType: ResourceType = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  namespaced: true,
}

/** What the dialect watches always. */
export const hubKinds: readonly ResourceType[] = [
  propagationPolicyType,
  clusterPropagationPolicyType,
  overridePolicyType,
  clusterOverridePolicyType,
  resourceBindingType,
  clusterResourceBindingType,
  karmadaClusterType,
  clusterTaintPolicyType,
  federatedResourceQuotaType,
  workloadRebalancerType,
  interpreterCustomizationType,
  namespaceType,
  autoscalerType,
]

/** Policies that may rule an object of the namespace ('' for a cluster-scoped one); not those on their way out. */
export function policiesFor(hub: HubFacts, namespace: string): KubeObject[] {
  const own = namespace === '' ? [] : hub.objects(propagationPolicyType, { namespace })
  return [...own, ...hub.objects(clusterPropagationPolicyType)].filter(stays)
}

export function overridesFor(hub: HubFacts, namespace: string): KubeObject[] {
  const own = namespace === '' ? [] : hub.objects(overridePolicyType, { namespace })
  return [...hub.objects(clusterOverridePolicyType), ...own].filter(stays)
}

export function bindingTypeFor(namespace: string): ResourceType {
  return namespace === '' ? clusterResourceBindingType : resourceBindingType
}

export function refOf(object: KubeObject, hub: HubFacts): ObjectRef | undefined {
  const type = hub.typeOf(object.apiVersion, object.kind)
  return type && { type, namespace: object.metadata.namespace ?? '', name: object.metadata.name }
}

function stays({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp === undefined
}
