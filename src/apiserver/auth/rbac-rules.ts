import type { AccessAttributes } from '../contract.js'

/** rbac.authorization.k8s.io/v1 PolicyRule */
export interface PolicyRule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

/** Does the rule allow the request? Upstream's rules: `*` for all, `*`/`subresource`, `prefix*` for paths. */
export function ruleAllows(rule: PolicyRule, request: AccessAttributes): boolean {
  if (!hasOrAll(rule.verbs, request.verb)) return false
  if (request.path !== undefined) return pathAllowed(rule.nonResourceURLs, request.path)
  return (
    hasOrAll(rule.apiGroups, request.group) &&
    resourceAllowed(rule.resources, request.resource, request.subresource) &&
    nameAllowed(rule.resourceNames, request.name)
  )
}

function hasOrAll(values: readonly string[] | undefined, wanted: string): boolean {
  return values?.some((value) => value === '*' || value === wanted) === true
}

function resourceAllowed(resources: readonly string[] | undefined, resource: string, subresource: string): boolean {
  const combined = subresource === '' ? resource : `${resource}/${subresource}`
  return (
    resources?.some(
      (candidate) => candidate === '*' || candidate === combined || (subresource !== '' && candidate === `*/${subresource}`),
    ) === true
  )
}

function nameAllowed(names: readonly string[] | undefined, name: string): boolean {
  return names === undefined || names === null || names.length === 0 || names.includes(name)
}

function pathAllowed(urls: readonly string[] | undefined, path: string): boolean {
  return urls?.some((url) => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1)))) === true
}

/**
 * The parts of `wanted` that nothing in `owned` covers, broken down to single verbs, groups and resources, as upstream compares
 * them. Empty: somebody who has `owned` gives nothing away that he has not himself.
 */
export function uncoveredRules(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap(breakDown).filter((part) => !owned.some((rule) => covers(rule, part)))
}

function breakDown(rule: PolicyRule): PolicyRule[] {
  const parts: PolicyRule[] = []
  for (const apiGroup of rule.apiGroups ?? []) {
    for (const resource of rule.resources ?? []) {
      for (const verb of rule.verbs) {
        const part = { verbs: [verb], apiGroups: [apiGroup], resources: [resource] }
        if (rule.resourceNames?.length) for (const name of rule.resourceNames) parts.push({ ...part, resourceNames: [name] })
        else parts.push(part)
      }
    }
  }
  for (const url of rule.nonResourceURLs ?? []) {
    for (const verb of rule.verbs) parts.push({ verbs: [verb], nonResourceURLs: [url] })
  }
  return parts
}

/** `part` is one of breakDown's: it has one value in each member. */
function covers(owner: PolicyRule, part: PolicyRule): boolean {
  if (!hasOrAll(owner.verbs, part.verbs[0]!)) return false
  if (part.nonResourceURLs) {
    const url = part.nonResourceURLs[0]!
    return owner.nonResourceURLs?.some((own) => own === url || (own.endsWith('*') && url.startsWith(own.slice(0, -1)))) === true
  }
  const [resource = '', subresource] = part.resources![0]!.split('/') as [string, string | undefined]
  return (
    hasOrAll(owner.apiGroups, part.apiGroups![0]!) &&
    resourceAllowed(owner.resources, resource, subresource ?? '') &&
    (!owner.resourceNames?.length || (part.resourceNames !== undefined && owner.resourceNames.includes(part.resourceNames[0]!)))
  )
}

/** `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get" "list"]}`, as upstream prints a rule. */
export function formatRule(rule: PolicyRule): string {
  const list = (values: readonly string[]) => `[${values.map((value) => JSON.stringify(value)).join(' ')}]`
  const parts: string[] = []
  if (rule.apiGroups?.length) parts.push(`APIGroups:${list(rule.apiGroups)}`)
  if (rule.resources?.length) parts.push(`Resources:${list(rule.resources)}`)
  if (rule.resourceNames?.length) parts.push(`ResourceNames:${list(rule.resourceNames)}`)
  if (rule.nonResourceURLs?.length) parts.push(`NonResourceURLs:${list(rule.nonResourceURLs)}`)
  parts.push(`Verbs:${list(rule.verbs)}`)
  return `{${parts.join(', ')}}`
}

/** Joins parts that differ in their verbs only: messages list `Verbs:["get" "list"]` once. */
export function compactRules(rules: readonly PolicyRule[]): PolicyRule[] {
  const byTarget = new Map<string, { rule: PolicyRule; verbs: string[] }>()
  for (const rule of rules) {
    const { verbs, ...target } = rule
    const key = JSON.stringify(target)
    const known = byTarget.get(key)
    if (known) known.verbs.push(...verbs.filter((verb) => !known.verbs.includes(verb)))
    else byTarget.set(key, { rule, verbs: [...verbs] })
  }
  return [...byTarget.values()].map(({ rule, verbs }) => ({ ...rule, verbs }))
}
