import type { FederationDialect, HubFacts } from '../../delivery/federation/contract.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { kindKeyOf } from '../../kube/object/resource-type.js'
import { clusterNotes } from './cluster/cluster-notes.js'
import { fieldAt, textAt } from './fields.js'
import { hubKinds } from './hub-kinds.js'
import { interpreterOf } from './lua/script-interpreter.js'
import { readPropagationPolicy } from './policy/read-propagation-policy.js'
import { type ReadTemplate, readSource } from './read-source.js'
import { reportSource } from './report-source.js'
import {
  clusterPropagationPolicyType,
  clusterResourceBindingType,
  propagationPolicyType,
  resourceBindingType,
} from './resource-types.js'
import { isTemplateKind } from './template/eligible.js'
import { touchedBy } from './touches.js'

const dependencyKinds = ['ConfigMap', 'Secret', 'PersistentVolumeClaim', 'ServiceAccount']

/**
 * Karmada: plain objects on the hub are templates for what its policies send to clusters. Decisions stand in ResourceBindings. Templates
 * have no finalizer, as upstream: when one is deleted its copies go by their marks.
 */
export const karmadaDialect: FederationDialect = {
  name: 'karmada',
  hubKinds,
  sourceKinds,
  touches: touchedBy,
  read: (source, hub) => readSource(source, hub, interpreterOf(hub)),
  report: (source, read, outcome, hub) =>
    'problem' in read ? [] : reportSource(source, read as ReadTemplate, outcome, hub, interpreterOf(hub)),
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
      const resource = fieldAt(binding, 'spec', 'resource')
      add(textAt(resource, 'apiVersion'), textAt(resource, 'kind'))
    }
  return [...kinds.values()]
}
