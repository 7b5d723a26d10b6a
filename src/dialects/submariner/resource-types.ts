import type { ResourceType } from '../../kube/object/resource-type.js'

const submariner = (version: string, kind: string, plural: string, namespaced: boolean): ResourceType => ({
  group: 'submariner.io',
  version,
  kind,
  plural,
  singular: kind.toLowerCase(),
  shortNames: [],
  namespaced,
  subresources: ['status'],
})

/** submariner.io: the broker is of the operator's v1alpha1, Globalnet's objects are v1. */
export const brokerType = submariner('v1alpha1', 'Broker', 'brokers', true)
export const globalIngressIpType = submariner('v1', 'GlobalIngressIP', 'globalingressips', true)
export const globalEgressIpType = submariner('v1', 'GlobalEgressIP', 'globalegressips', true)
export const clusterGlobalEgressIpType = submariner('v1', 'ClusterGlobalEgressIP', 'clusterglobalegressips', false)
