import type { FederationDialect, HubFacts } from '../../delivery/federation/contract.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { kindKeyOf } from '../../kube/object/resource-type.js'
import { dependenciesOnRecord } from './binding/dependents.js'
import { clusterNotes } from './cluster/cluster-notes.js'
import { hubKinds } from './hub-kinds.js'
import { dependencyKinds } from './interpreter/interpreter.js'
import { readPropagationPolicy } from './policy/read-propagation-policy.js'
import { isQuota, readQuota } from './quota/read-quota.js'
import { reportQuota } from './quota/report-quota.js'
import { type ReadTemplate, readSource } from './read-source.js'
import { isRebalancer, readRebalancer, reportRebalancer } from './rebalance.js'
import { reportSource } from './report-source.js'
import {
  clusterPropagationPolicyType,
  clusterResourceBindingType,
  federatedResourceQuotaType,
  propagationPolicyType,
  resourceBindingType,
  workloadRebalancerType,
} from './resource-types.js'
import { interpreterOf } from './scripts/script-interpreter.js'
import { isTemplateKind } from './template/eligible.js'
import { touchedBy } from './touches.js'

/**
 * Karmada: plain objects on the hub are templates for what its policies send to clusters. Decisions stand in ResourceBindings. Templates
 * have no finalizer, as upstream: when one is deleted its copies go by their marks.
 */
export const karmadaDialect: FederationDialect = {
  name: 'karmada',
  hubKinds,
  sourceKinds,
  touches: touchedBy,
  read(source, hub) {
    if (isQuota(source)) return readQuota(source, hub)
    return isRebalancer(source) ? readRebalancer(source, hub) : readSource(source, hub, interpreterOf(hub))
  },
  report(source, read, outcome, hub) {
    if ('problem' in read) return []
    if (isQuota(source)) return reportQuota(source, outcome)
    if (isRebalancer(source)) return reportRebalancer(source, hub)
    return reportSource(source, read as ReadTemplate, outcome, hub, interpreterOf(hub))
  },
  clusterNotes,
}

/** The kinds that policies select, and those that follow them. */
function sourceKinds(hub: HubFacts): readonly ResourceType[] {
  const kinds = new Map<string, ResourceType>()
  const asked = new Set<string>()
  const add = (apiVersion: string, kind: string) => {
    const key = `${apiVersion}/${kind}`
    if (asked.has(key)) return
    asked.add(key)
    const type = isTemplateKind(apiVersion, kind) ? hub.typeOf(apiVersion, kind) : undefined
    if (type !== undefined) kinds.set(kindKeyOf(type), type)
  }
  for (const policy of [...hub.objects(propagationPolicyType), ...hub.objects(clusterPropagationPolicyType)]) {
    for (const { apiVersion, kind } of readPropagationPolicy(policy).selectors) add(apiVersion, kind)
    if ((policy['spec'] as { propagateDeps?: boolean } | undefined)?.propagateDeps === true)
      for (const kind of dependencyKinds) add('v1', kind)
  }
  // Copies of templates that no policy selects any more are let be, but go when their template does.
  for (const type of [resourceBindingType, clusterResourceBindingType])
    for (const binding of hub.objects(type)) {
      // There are as many of these as templates, and this is asked at every change of a policy or binding.
      const resource = (binding['spec'] as { resource?: { apiVersion?: string; kind?: string } } | undefined)?.resource
      if (resource?.apiVersion !== undefined && resource.kind !== undefined) add(resource.apiVersion, resource.kind)
      for (const { apiVersion, kind } of dependenciesOnRecord(binding)) add(apiVersion, kind)
    }
  for (const type of [federatedResourceQuotaType, workloadRebalancerType])
    if (hub.objects(type).length > 0) kinds.set(kindKeyOf(type), type)
  return [...kinds.values()]
}
