import { UsageError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import type { AccessAttributes, UserInfo } from '../contract.js'

/** How much of a request is written down; each level has what the ones before it have. */
export type AuditLevel = 'None' | 'Metadata' | 'Request' | 'RequestResponse'
export type AuditStage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic'

/** What is to be written of one request. */
export interface AuditDecision {
  readonly level: AuditLevel
  readonly omitStages: ReadonlySet<AuditStage>
  readonly omitManagedFields: boolean
}

export type AuditPolicy = (attributes: AccessAttributes, user: UserInfo) => AuditDecision

interface Rule {
  readonly level: AuditLevel
  readonly users: readonly string[]
  readonly userGroups: readonly string[]
  readonly verbs: readonly string[]
  readonly resources: readonly {
    readonly group: string
    readonly resources: readonly string[]
    readonly resourceNames: readonly string[]
  }[]
  readonly namespaces: readonly string[]
  readonly nonResourceURLs: readonly string[]
  readonly decision: AuditDecision
}

const levels: readonly AuditLevel[] = ['None', 'Metadata', 'Request', 'RequestResponse']
const stages: readonly AuditStage[] = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic']
const nothing: AuditDecision = { level: 'None', omitStages: new Set(), omitManagedFields: false }

/** Metadata of every request, once it is answered. */
export const defaultAuditPolicy: AuditPolicy = () => everyRequest
const everyRequest: AuditDecision = { level: 'Metadata', omitStages: new Set(['RequestReceived']), omitManagedFields: false }

/** Reads a Policy of audit.k8s.io/v1: the first rule that matches decides; none: nothing is written. Throws UsageError that names the field. */
export function readAuditPolicy(value: unknown, source: string): AuditPolicy {
  const root = object(value, source, 'the file')
  if (root['kind'] !== 'Policy' || root['apiVersion'] !== 'audit.k8s.io/v1') {
    const found = `${String(root['apiVersion'])} ${String(root['kind'])}`
    throw invalid(source, 'kind', `must be Policy of audit.k8s.io/v1; found ${found}`)
  }
  const omitStages = stagesOf(root['omitStages'], source, 'omitStages')
  const omitManagedFields = root['omitManagedFields'] === true
  const rules = list(root['rules'], source, 'rules').map((each, index) =>
    readRule(each, source, `rules[${index}]`, { omitStages, omitManagedFields }),
  )
  if (rules.length === 0) throw invalid(source, 'rules', 'there are none: nothing would be written')
  return (attributes, user) => rules.find((rule) => matches(rule, attributes, user))?.decision ?? nothing
}

function readRule(
  value: unknown,
  source: string,
  at: string,
  base: { omitStages: readonly AuditStage[]; omitManagedFields: boolean },
): Rule {
  const rule = object(value, source, at)
  const level = levels.find((each) => each === rule['level'])
  if (level === undefined) throw invalid(source, `${at}.level`, `must be one of ${levels.join(', ')}`)
  const resources = list(rule['resources'], source, `${at}.resources`).map((each, index) => {
    const path = `${at}.resources[${index}]`
    const group = object(each, source, path)
    const names = texts(group['resourceNames'], source, `${path}.resourceNames`)
    const plurals = texts(group['resources'], source, `${path}.resources`)
    if (names.length > 0 && plurals.length === 0) throw invalid(source, `${path}.resourceNames`, 'needs resources beside it')
    return { group: String(group['group'] ?? ''), resources: plurals, resourceNames: names }
  })
  const nonResourceURLs = texts(rule['nonResourceURLs'], source, `${at}.nonResourceURLs`)
  const namespaces = texts(rule['namespaces'], source, `${at}.namespaces`)
  if (nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0)) {
    throw invalid(source, `${at}.nonResourceURLs`, 'a rule is of resources or of other URLs, not of both')
  }
  for (const url of nonResourceURLs) {
    if (url !== '*' && (!url.startsWith('/') || url.slice(0, -1).includes('*'))) {
      throw invalid(source, `${at}.nonResourceURLs`, `${JSON.stringify(url)}: * stands at the end, behind a path, or alone`)
    }
  }
  const omitted = [...base.omitStages, ...stagesOf(rule['omitStages'], source, `${at}.omitStages`)]
  return {
    level,
    users: texts(rule['users'], source, `${at}.users`),
    userGroups: texts(rule['userGroups'], source, `${at}.userGroups`),
    verbs: texts(rule['verbs'], source, `${at}.verbs`),
    resources,
    namespaces,
    nonResourceURLs,
    decision: {
      level,
      omitStages: new Set(omitted),
      omitManagedFields: typeof rule['omitManagedFields'] === 'boolean' ? rule['omitManagedFields'] : base.omitManagedFields,
    },
  }
}

function matches(rule: Rule, attributes: AccessAttributes, user: UserInfo): boolean {
  if (rule.users.length > 0 && !rule.users.includes(user.name)) return false
  if (rule.userGroups.length > 0 && !rule.userGroups.some((group) => user.groups.includes(group))) return false
  if (rule.verbs.length > 0 && !rule.verbs.includes(attributes.verb)) return false
  if (rule.namespaces.length > 0 || rule.resources.length > 0) {
    return attributes.path === undefined && matchesResource(rule, attributes)
  }
  if (rule.nonResourceURLs.length > 0) {
    const { path } = attributes
    return path !== undefined && rule.nonResourceURLs.some((url) => matchesUrl(url, path))
  }
  return true
}

function matchesResource(rule: Rule, attributes: AccessAttributes): boolean {
  if (rule.namespaces.length > 0 && !rule.namespaces.includes(attributes.namespace)) return false
  if (rule.resources.length === 0) return true
  const { resource, subresource } = attributes
  const full = subresource === '' ? resource : `${resource}/${subresource}`
  return rule.resources.some(({ group, resources, resourceNames }) => {
    if (group !== attributes.group) return false
    if (resources.length === 0) return true
    if (resourceNames.length > 0 && !resourceNames.includes(attributes.name)) return false
    // `pods/*` is of the resource itself as well, as upstream reads it.
    return resources.some(
      (each) => each === '*' || each === full || each === `${resource}/*` || (subresource !== '' && each === `*/${subresource}`),
    )
  })
}

function matchesUrl(url: string, path: string): boolean {
  if (url === '*' || url === path) return true
  return url.endsWith('*') && path.startsWith(url.slice(0, -1))
}

function stagesOf(value: unknown, source: string, at: string): AuditStage[] {
  return texts(value, source, at).map((text) => {
    const stage = stages.find((each) => each === text)
    if (stage === undefined) throw invalid(source, at, `${JSON.stringify(text)} is none of ${stages.join(', ')}`)
    return stage
  })
}

function object(value: unknown, source: string, at: string): Record<string, unknown> {
  if (!isObject(value)) throw invalid(source, at, 'must be a mapping')
  return value
}

function list(value: unknown, source: string, at: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw invalid(source, at, 'must be a list')
  return value
}

function texts(value: unknown, source: string, at: string): readonly string[] {
  const values = list(value, source, at)
  if (values.some((each) => typeof each !== 'string')) throw invalid(source, at, 'must be a list of texts')
  return values as string[]
}

function invalid(source: string, at: string, what: string): UsageError {
  return new UsageError({
    code: 'audit-policy-invalid',
    message: `${source}: ${at}: ${what}`,
    fix: 'See https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#audit-policy.',
  })
}
