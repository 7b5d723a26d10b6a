import { equalJson } from '../../../base/json.js'
import { explainDns1123Subdomain } from '../../object/names.js'
import { GoText, quote } from '../field-cause.js'
import { type Findings, isSet, listOf, type Members, membersOf, structsOf, textOf } from './findings.js'
import { checkSelector, goStrings } from './labels.js'

const group = 'rbac.authorization.k8s.io'

export function checkRole(role: Members, to: Findings): void {
  const namespaced = role['kind'] === 'Role'
  for (const [index, rule] of structsOf(role['rules']).entries()) checkRule(rule, `rules[${index}]`, namespaced, to)
  if (!isSet(role['aggregationRule'])) return
  const selectors = listOf(membersOf(role['aggregationRule'])['clusterRoleSelectors'])
  const field = 'aggregationRule.clusterRoleSelectors'
  if (selectors.length === 0) to.required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil')
  for (const [index, selector] of selectors.entries()) {
    const before = to.causes.length
    checkSelector(selector, `${field}[${index}]`, to)
    if (to.causes.length > before) to.invalid(`${field}[${index}]`, 'null', 'invalid label selector.')
  }
}

function checkRule(rule: Members, at: string, namespaced: boolean, to: Findings): void {
  if (listOf(rule['verbs']).length === 0) to.required(`${at}.verbs`, 'verbs must contain at least one value')
  const urls = listOf(rule['nonResourceURLs'])
  if (urls.length > 0) {
    const printed = new GoText(goStrings(urls))
    if (namespaced) to.invalid(`${at}.nonResourceURLs`, printed, 'namespaced rules cannot apply to non-resource URLs')
    const mixed = ['apiGroups', 'resources', 'resourceNames'].some((key) => listOf(rule[key]).length > 0)
    if (mixed) to.invalid(`${at}.nonResourceURLs`, printed, 'rules cannot apply to both regular resources and non-resource URLs')
    return
  }
  if (listOf(rule['apiGroups']).length === 0) to.required(`${at}.apiGroups`, 'resource rules must supply at least one api group')
  if (listOf(rule['resources']).length === 0) to.required(`${at}.resources`, 'resource rules must supply at least one resource')
}

export function checkRoleBinding(binding: Members, to: Findings): void {
  const namespaced = binding['kind'] === 'RoleBinding'
  const roleRef = membersOf(binding['roleRef'])
  to.oneOf('roleRef.apiGroup', roleRef['apiGroup'] ?? '', [group])
  to.oneOf('roleRef.kind', roleRef['kind'] ?? '', namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'])
  const name = textOf(roleRef['name'])
  if (name === '') to.required('roleRef.name')
  else if (name === '.' || name === '..') to.invalid('roleRef.name', name, `may not be '${name}'`)
  else for (const part of ['/', '%']) if (name.includes(part)) to.invalid('roleRef.name', name, `may not contain '${part}'`)
  for (const [index, subject] of structsOf(binding['subjects']).entries())
    checkSubject(subject, `subjects[${index}]`, namespaced, to)
}

function checkSubject(subject: Members, at: string, namespaced: boolean, to: Findings): void {
  const name = textOf(subject['name'])
  if (name === '') to.required(`${at}.name`)
  const kind = textOf(subject['kind'])
  const apiGroup = textOf(subject['apiGroup'])
  if (kind === 'ServiceAccount') {
    if (name !== '') to.explain(`${at}.name`, name, explainDns1123Subdomain(name))
    if (apiGroup !== '') to.notSupported(`${at}.apiGroup`, apiGroup, [''])
    if (!namespaced && textOf(subject['namespace']) === '') to.required(`${at}.namespace`)
  } else if (kind === 'User' || kind === 'Group') {
    if (apiGroup !== group) to.notSupported(`${at}.apiGroup`, apiGroup, [group])
  } else to.notSupported(`${at}.kind`, kind, ['ServiceAccount', 'User', 'Group'])
}

export function checkRoleBindingUpdate(binding: Members, old: Members, to: Findings): void {
  if (equalJson(binding['roleRef'], old['roleRef'])) return
  const { apiGroup, kind, name } = membersOf(binding['roleRef'])
  const printed = `rbac.RoleRef{APIGroup:${quote(textOf(apiGroup))}, Kind:${quote(textOf(kind))}, Name:${quote(textOf(name))}}`
  to.invalid('roleRef', new GoText(printed), 'cannot change roleRef')
}
