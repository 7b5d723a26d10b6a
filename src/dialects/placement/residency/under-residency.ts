import type { FederationDialect, HubFacts } from '../../../delivery/federation/contract.js'
import type { ResidencyRule } from '../../../delivery/placement/contract.js'
import { groupOf, type KubeObject } from '../../../kube/object/kube-object.js'
import { readSelection } from '../read-selection.js'
import { type ResidencyRuleObject, type ResidencyRuleSpec, residencyRuleType } from './residency-rule.js'

/** A dialect whose every decision keeps the ResidencyRules of the fleet. */
export function underResidency(dialect: FederationDialect): FederationDialect {
  return {
    ...dialect,
    hubKinds: [...dialect.hubKinds, residencyRuleType],
    touches: (object, hub) => (isRule(object) ? 'all' : dialect.touches(object, hub)),
    read(source, hub) {
      const read = dialect.read(source, hub)
      if (read === undefined || 'problem' in read) return read
      const residency = rulesFor(read.workload.object, hub)
      return residency.length === 0 ? read : { ...read, policies: { ...read.policies, residency } }
    },
  }
}

function rulesFor(object: KubeObject, hub: HubFacts): ResidencyRule[] {
  const rules = hub.objects(residencyRuleType) as readonly ResidencyRuleObject[]
  return rules.flatMap(({ metadata, spec }) =>
    spec !== undefined && metadata.deletionTimestamp === undefined && concerns(spec, object)
      ? [{ name: metadata.name, allowed: readSelection(spec.clusters) }]
      : [],
  )
}

function concerns({ namespaces = [], objects = [] }: ResidencyRuleSpec, { apiVersion, kind, metadata }: KubeObject): boolean {
  const within = kind === 'Namespace' && apiVersion === 'v1' ? metadata.name : (metadata.namespace ?? '')
  if (namespaces.length > 0 && !namespaces.includes(within)) return false
  if (objects.length === 0) return true
  return objects.some(
    (each) =>
      // Whoever sends it chooses the version: it opens nothing.
      groupOf(each.apiVersion ?? apiVersion) === groupOf(apiVersion) &&
      (each.kind ?? kind) === kind &&
      (each.name ?? metadata.name) === metadata.name &&
      Object.entries(each.labels ?? {}).every(([key, value]) => metadata.labels?.[key] === value),
  )
}

function isRule({ apiVersion, kind }: KubeObject): boolean {
  return kind === residencyRuleType.kind && apiVersion.startsWith(`${residencyRuleType.group}/`)
}
