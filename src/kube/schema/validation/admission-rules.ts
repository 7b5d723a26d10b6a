import { GoText, quote } from '../field-cause.js'
import { type Findings, isSet, listOf, type Members, membersOf, textOf } from './findings.js'

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const scopes = ['*', 'Cluster', 'Namespaced']

/** Which requests a webhook or a policy takes. */
export function checkAdmissionRule(rule: Members, at: string, to: Findings): void {
  const listed = listOf(rule['operations'])
  if (listed.length === 0) to.required(`${at}.operations`)
  alone(listed, `${at}.operations`, 'operations', to)
  for (const [index, operation] of listed.entries()) {
    if (!operations.includes(textOf(operation))) to.notSupported(`${at}.operations[${index}]`, operation, operations)
  }
  const groups = listOf(rule['apiGroups'])
  if (groups.length === 0) to.required(`${at}.apiGroups`)
  alone(groups, `${at}.apiGroups`, 'API groups', to)
  const versions = listOf(rule['apiVersions'])
  if (versions.length === 0) to.required(`${at}.apiVersions`)
  alone(versions, `${at}.apiVersions`, 'API versions', to)
  for (const [index, version] of versions.entries()) if (version === '') to.required(`${at}.apiVersions[${index}]`)
  checkResources(listOf(rule['resources']).map(textOf), `${at}.resources`, to)
  to.oneOf(`${at}.scope`, rule['scope'], scopes)
}

function alone(listed: readonly unknown[], at: string, what: string, to: Findings): void {
  if (listed.length < 2 || !listed.includes('*')) return
  const type = what === 'operations' ? 'admissionregistration.OperationType' : 'string'
  to.invalid(at, goList(listed, type), `if '*' is present, must not specify other ${what}`)
}

/** A list as Go prints one of this type. */
export function goList(listed: readonly unknown[], type = 'string'): GoText {
  return new GoText(`[]${type}{${listed.map((item) => quote(String(item))).join(', ')}}`)
}

function checkResources(resources: readonly string[], at: string, to: Findings): void {
  if (resources.length === 0) to.required(at)
  const wholes = new Set<string>()
  const everywhere = new Set<string>()
  let plain = false
  for (const [index, entry] of resources.entries()) {
    if (entry === '') {
      to.required(`${at}[${index}]`)
      continue
    }
    const slash = entry.indexOf('/')
    if (slash < 0) {
      plain = entry !== '*'
      continue
    }
    const resource = entry.slice(0, slash)
    const sub = entry.slice(slash + 1)
    if (wholes.has(resource)) to.invalid(`${at}[${index}]`, entry, `if '${resource}/*' is present, must not specify ${entry}`)
    if (everywhere.has(sub)) to.invalid(`${at}[${index}]`, entry, `if '*/${sub}' is present, must not specify ${entry}`)
    if (sub === '*') wholes.add(resource)
    if (resource === '*') everywhere.add(sub)
  }
  if (resources.length > 1 && resources.includes('*/*')) {
    to.invalid(at, goList(resources), "if '*/*' is present, must not specify other resources")
  }
  if (resources.includes('*') && plain) {
    to.invalid(at, goList(resources), "if '*' is present, must not specify other resources without subresources")
  }
}

/** Names of conditions are qualified and unique; what they say is compiled elsewhere. */
export function checkMatchConditions(value: unknown, at: string, explain: (name: string) => string[], to: Findings): void {
  const conditions = listOf(value).map(membersOf)
  if (conditions.length > 64) to.tooMany(at, conditions.length, 64)
  const names = new Set<string>()
  for (const [index, condition] of conditions.entries()) {
    const name = textOf(condition['name'])
    if (textOf(condition['expression']).trim() === '') to.required(`${at}[${index}].expression`)
    if (!isSet(condition['name']) || name === '') {
      to.required(`${at}[${index}].name`)
      continue
    }
    to.explain(`${at}[${index}].name`, name, explain(name))
    if (names.has(name)) to.duplicate(`${at}[${index}].name`, name)
    names.add(name)
  }
}
