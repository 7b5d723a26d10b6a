import type { ResourceType } from '../../kube/object/resource-type.js'

const istio = (kind: string, plural: string, singular: string, shortNames: string[]): ResourceType => ({
  group: 'networking.istio.io',
  version: 'v1',
  kind,
  plural,
  singular,
  shortNames,
  namespaced: true,
  subresources: ['status'],
})

/** networking.istio.io: v1alpha3, v1beta1 and v1 have one schema; v1 is the stored one. */
export const serviceEntryType = istio('ServiceEntry', 'serviceentries', 'serviceentry', ['se'])
export const destinationRuleType = istio('DestinationRule', 'destinationrules', 'destinationrule', ['dr'])
export const workloadEntryType = istio('WorkloadEntry', 'workloadentries', 'workloadentry', ['we'])
