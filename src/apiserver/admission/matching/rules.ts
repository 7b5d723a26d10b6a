import type { AdmissionRequest, EquivalentVersion } from '../contract.js'
import { admissionName, admissionNamespace } from '../forbidden.js'

/** admissionregistration.k8s.io/v1 RuleWithOperations and NamedRuleWithOperations. */
export interface Rule {
  readonly operations?: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly apiVersions?: readonly string[]
  readonly resources?: readonly string[]
  readonly scope?: string
  readonly resourceNames?: readonly string[]
}

/** Under which version a rule has matched; undefined `equivalent`: that of the request. */
export interface RuleMatch {
  readonly equivalent: EquivalentVersion | undefined
}

const asRequested: RuleMatch = { equivalent: undefined }

/**
 * The first rule that takes the request; with matchPolicy Equivalent also by another version of the same objects. Undefined:
 * none does.
 */
export function matchRules(
  rules: readonly Rule[] | undefined,
  matchPolicy: string | undefined,
  request: AdmissionRequest,
): RuleMatch | undefined {
  if (rules === undefined) return undefined
  const { group, version } = request.type
  for (const rule of rules) if (takes(rule, group, version, request)) return asRequested
  if (matchPolicy !== 'Equivalent') return undefined
  const equivalents = request.equivalents()
  if (equivalents.length === 0) return undefined
  for (const rule of rules) {
    for (const equivalent of equivalents) {
      if (takes(rule, equivalent.type.group, equivalent.type.version, request)) return { equivalent }
    }
  }
  return undefined
}

function takes(rule: Rule, group: string, version: string, request: AdmissionRequest): boolean {
  return (
    isListed(rule.operations, request.operation) &&
    isListed(rule.apiGroups, group) &&
    isListed(rule.apiVersions, version) &&
    takesResource(rule.resources, request.type.plural, request.subresource) &&
    takesScope(rule.scope, request) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(request.name || admissionName(request)))
  )
}

function isListed(listed: readonly string[] | undefined, wanted: string): boolean {
  return listed !== undefined && (listed.includes(wanted) || listed.includes('*'))
}

function takesResource(listed: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (listed === undefined) return false
  for (const entry of listed) {
    const slash = entry.indexOf('/')
    const name = slash < 0 ? entry : entry.slice(0, slash)
    const sub = slash < 0 ? '' : entry.slice(slash + 1)
    if ((name === '*' || name === resource) && (sub === '*' || sub === subresource)) return true
  }
  return false
}

function takesScope(scope: string | undefined, request: AdmissionRequest): boolean {
  if (scope === undefined || scope === '*') return true
  const clusterScoped = request.groupResource === 'namespaces' || admissionNamespace(request) === ''
  return scope === 'Cluster' ? clusterScoped : scope === 'Namespaced' && !clusterScoped
}
