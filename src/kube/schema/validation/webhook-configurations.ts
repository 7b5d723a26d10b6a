import { explainDns1035Label, explainDns1123Subdomain, explainQualifiedName } from '../../object/names.js'
import { checkAdmissionRule, checkMatchConditions, goList } from './admission-rules.js'
import { type Findings, isSet, listOf, type Members, membersOf, structsOf, textOf } from './findings.js'
import { checkSelector } from './labels.js'

const reviewVersions = ['v1', 'v1beta1']
const harmless = ['None', 'NoneOnDryRun']
const sideEffects = ['None', 'NoneOnDryRun', 'Some', 'Unknown']

/** Mutating- and ValidatingWebhookConfigurations of admissionregistration.k8s.io. */
export function checkWebhookConfiguration(configuration: Members, to: Findings): void {
  checkHooks(configuration, { effects: harmless, known: true, unique: true }, to)
}

/** What older servers have let pass may stay. */
export function checkWebhookConfigurationUpdate(configuration: Members, old: Members, to: Findings): void {
  const before = structsOf(old['webhooks'])
  const effects = before.every((hook) => harmless.includes(textOf(hook['sideEffects']))) ? harmless : sideEffects
  const known = before.every((hook) => listOf(hook['admissionReviewVersions']).some(isKnown))
  const unique = new Set(before.map((hook) => hook['name'])).size === before.length
  checkHooks(configuration, { effects, known, unique }, to)
}

function isKnown(version: unknown): boolean {
  return reviewVersions.includes(textOf(version))
}

function checkHooks(
  configuration: Members,
  { effects, known, unique }: { effects: readonly string[]; known: boolean; unique: boolean },
  to: Findings,
): void {
  const names = new Set<string>()
  for (const [index, hook] of structsOf(configuration['webhooks']).entries()) {
    const at = `webhooks[${index}]`
    const name = textOf(hook['name'])
    checkFullName(name, `${at}.name`, to)
    checkHook(hook, at, effects, to)
    checkReviewVersions(hook['admissionReviewVersions'], `${at}.admissionReviewVersions`, known, to)
    if (!unique || name === '') continue
    if (names.has(name)) to.duplicate(`${at}.name`, name)
    names.add(name)
  }
}

function checkFullName(name: string, at: string, to: Findings): void {
  if (name === '') {
    to.required(at)
    return
  }
  const problems = explainDns1123Subdomain(name)
  if (problems.length > 0) to.invalid(at, name, problems.join(','))
  else if (name.split('.').length < 3) {
    to.invalid(at, name, 'should be a domain with at least three segments separated by dots')
  }
}

function checkHook(hook: Members, at: string, effects: readonly string[], to: Findings): void {
  for (const [index, rule] of structsOf(hook['rules']).entries()) checkAdmissionRule(rule, `${at}.rules[${index}]`, to)
  to.oneOf(`${at}.failurePolicy`, hook['failurePolicy'], ['Fail', 'Ignore'])
  to.oneOf(`${at}.matchPolicy`, hook['matchPolicy'], ['Equivalent', 'Exact'])
  if (!isSet(hook['sideEffects'])) to.required(`${at}.sideEffects`, `must specify one of ${effects.join(', ')}`)
  else to.oneOf(`${at}.sideEffects`, hook['sideEffects'], effects)
  const seconds = hook['timeoutSeconds']
  if (typeof seconds === 'number' && (seconds > 30 || seconds < 1)) {
    to.invalid(`${at}.timeoutSeconds`, seconds, 'the timeout value must be between 1 and 30 seconds')
  }
  if (isSet(hook['namespaceSelector'])) checkSelector(hook['namespaceSelector'], `${at}.namespaceSelector`, to)
  if (isSet(hook['objectSelector'])) checkSelector(hook['objectSelector'], `${at}.objectSelector`, to)
  to.oneOf(`${at}.reinvocationPolicy`, hook['reinvocationPolicy'], ['IfNeeded', 'Never'])
  checkClientConfig(membersOf(hook['clientConfig']), `${at}.clientConfig`, to)
  checkMatchConditions(hook['matchConditions'], `${at}.matchConditions`, explainQualifiedName, to)
}

function checkClientConfig(config: Members, at: string, to: Findings): void {
  const { url, service } = config
  if (isSet(url) === isSet(service)) to.required(at, 'exactly one of url or service is required')
  else if (isSet(url)) checkUrl(textOf(url), `${at}.url`, to)
  else checkService(membersOf(service), `${at}.service`, to)
}

const form = '; desired format: https://host[/path]'

function checkUrl(url: string, at: string, to: Findings): void {
  const parts = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?[^?#]*(\?[^#]*)?(#.*)?$/.exec(url)
  const scheme = (parts?.[1] ?? '').toLowerCase()
  const [user, host] = splitUser(parts?.[2] ?? '')
  if (scheme !== 'https') to.invalid(at, scheme, `'https' is the only allowed URL scheme${form}`)
  if (host === '') to.invalid(at, host, `host must be specified${form}`)
  if (user !== undefined) to.invalid(at, user, 'user information is not permitted in the URL')
  const fragment = (parts?.[4] ?? '').slice(1)
  if (fragment !== '') to.invalid(at, fragment, 'fragments are not permitted in the URL')
  const query = (parts?.[3] ?? '').slice(1)
  if (query !== '') to.invalid(at, query, 'query parameters are not permitted in the URL')
}

function splitUser(authority: string): [string | undefined, string] {
  const mark = authority.lastIndexOf('@')
  return mark < 0 ? [undefined, authority] : [authority.slice(0, mark), authority.slice(mark + 1)]
}

function checkService(service: Members, at: string, to: Findings): void {
  // Upstream passes name and namespace in the wrong order, and so says the one of the other.
  if (textOf(service['namespace']) === '') to.required(`${at}.name`, 'service name is required')
  if (textOf(service['name']) === '') to.required(`${at}.namespace`, 'service namespace is required')
  const port = service['port']
  if (typeof port === 'number' && (port < 1 || port > 65_535)) {
    to.invalid(`${at}.port`, port, 'port is not valid: must be between 1 and 65535, inclusive')
  }
  const path = textOf(service['path'])
  if (path === '' || path === '/') return
  if (path === '//') {
    to.invalid(`${at}.path`, path, 'segment[0] may not be empty')
    return
  }
  if (!path.startsWith('/')) to.invalid(`${at}.path`, path, "must start with a '/'")
  for (const [index, step] of path.slice(1).replace(/\/$/, '').split('/').entries()) {
    if (step === '') to.invalid(`${at}.path`, path, `segment[${index}] may not be empty`)
    else for (const problem of explainDns1123Subdomain(step)) to.invalid(`${at}.path`, path, `segment[${index}]: ${problem}`)
  }
}

function checkReviewVersions(value: unknown, at: string, known: boolean, to: Findings): void {
  const versions = listOf(value).map(textOf)
  if (versions.length === 0) {
    to.required(at, `must specify one of ${reviewVersions.join(', ')}`)
    return
  }
  for (const [index, version] of versions.entries()) {
    if (versions.indexOf(version) < index) to.invalid(`${at}[${index}]`, version, 'duplicate version')
    else to.explain(`${at}[${index}]`, version, explainDns1035Label(version))
  }
  if (known && !versions.some(isKnown))
    to.invalid(at, goList(versions), `must include at least one of ${reviewVersions.join(', ')}`)
}
