import { UsageError } from '../../../base/errors.js'
import { isObject, type Json } from '../../../base/json.js'

/** Who may come with a JSON Web Token, as in apiserver.config.k8s.io AuthenticationConfiguration. */
export interface AuthenticationConfiguration {
  readonly jwt: readonly JwtIssuer[]
  /** Requests without credentials: everywhere (absent), nowhere, or at these paths only. */
  readonly anonymous?: { readonly enabled: boolean; readonly paths?: readonly string[] }
}

export interface JwtIssuer {
  readonly issuer: {
    readonly url: string
    readonly discoveryURL?: string
    /** PEM; absent: what the system trusts. */
    readonly certificateAuthority?: string
    readonly audiences: readonly string[]
  }
  readonly claimValidationRules: readonly ClaimRule[]
  readonly username: ClaimMapping
  readonly groups?: ClaimMapping
  readonly uid?: ClaimMapping
  readonly extra: readonly { readonly key: string; readonly valueExpression: string }[]
  readonly userValidationRules: readonly { readonly expression: string; readonly message: string }[]
  /** Which signatures are believed. */
  readonly signingAlgorithms: readonly string[]
}

export type ClaimRule =
  | { readonly claim: string; readonly requiredValue: string }
  | { readonly expression: string; readonly message: string }
export type ClaimMapping = { readonly claim: string; readonly prefix: string } | { readonly expression: string }

/** What kube-apiserver's --authentication-config believes; its --oidc-signing-algs has RS256 alone as default. */
export const allAlgorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'] as const

const kind = 'AuthenticationConfiguration'
const versions = ['v1', 'v1beta1', 'v1alpha1'].map((version) => `apiserver.config.k8s.io/${version}`)
const mostIssuers = 64

/**
 * Checks the content of an --authentication-config file. Throws UsageError that names the field. What expressions say is checked
 * where they are compiled.
 */
export function readAuthenticationConfiguration(value: unknown, source: string): AuthenticationConfiguration {
  const root = object(value, source, 'the file')
  if (root['kind'] !== kind || !versions.includes(String(root['apiVersion']))) {
    const found = `${String(root['apiVersion'])} ${String(root['kind'])}`
    throw invalid(source, 'kind', `must be ${kind} of ${versions.slice(0, 2).join(' or ')}; found ${found}`)
  }
  onlyFields(root, ['apiVersion', 'kind', 'jwt', 'anonymous'], source, '')
  const jwt = list(root['jwt'], source, 'jwt').map((each, index) => readIssuer(each, source, `jwt[${index}]`))
  if (jwt.length > mostIssuers) throw invalid(source, 'jwt', `must have at most ${mostIssuers} items`)
  const seen = new Set<string>()
  for (const { issuer } of jwt) {
    for (const url of [issuer.url, ...(issuer.discoveryURL === undefined ? [] : [issuer.discoveryURL])]) {
      if (seen.has(url))
        throw invalid(source, 'jwt', `${JSON.stringify(url)} stands there twice; each issuer has a URL of its own`)
      seen.add(url)
    }
  }
  if (root['anonymous'] === undefined) return { jwt }
  const anonymous = object(root['anonymous'], source, 'anonymous')
  const paths = list(anonymous['conditions'], source, 'anonymous.conditions').map((each, index) =>
    text(object(each, source, `anonymous.conditions[${index}]`), 'path', source, `anonymous.conditions[${index}]`, true),
  )
  return { jwt, anonymous: { enabled: anonymous['enabled'] === true, ...(paths.length ? { paths } : {}) } }
}

/** The kube-apiserver's --oidc-* flags, by name without the prefix. */
export interface OidcFlags {
  readonly issuerUrl?: string
  readonly clientId?: string
  readonly usernameClaim?: string
  readonly usernamePrefix?: string
  readonly groupsClaim?: string
  readonly groupsPrefix?: string
  /** `key=value` pairs. */
  readonly requiredClaim?: readonly string[]
  readonly signingAlgs?: readonly string[]
  /** Content of --oidc-ca-file. */
  readonly caPem?: string
}

/** The configuration that the flags stand for. Undefined when no issuer is named; throws UsageError for flags that do not fit. */
export function authenticationOfFlags(flags: OidcFlags): AuthenticationConfiguration | undefined {
  const wrong = (message: string) =>
    new UsageError({ code: 'oidc-flags', message, fix: 'Set --oidc-issuer-url and --oidc-client-id together.' })
  if (!flags.issuerUrl !== !flags.clientId) throw wrong('oidc-issuer-url and oidc-client-id should be specified together')
  if (!flags.issuerUrl || !flags.clientId) {
    const others = Object.values(flags).some((value) => value !== undefined && value.length > 0)
    if (others) throw wrong('--oidc-* flags without --oidc-issuer-url have no effect')
    return undefined
  }
  const usernameClaim = flags.usernameClaim ?? 'sub'
  const prefix =
    flags.usernamePrefix === '-'
      ? ''
      : (flags.usernamePrefix ?? '') === ''
        ? usernameClaim === 'email'
          ? ''
          : `${flags.issuerUrl}#`
        : (flags.usernamePrefix as string)
  const signingAlgorithms = flags.signingAlgs?.length ? flags.signingAlgs : ['RS256']
  const unknown = signingAlgorithms.find((each) => !allAlgorithms.some((known) => known === each))
  if (unknown !== undefined) throw wrong(`--oidc-signing-algs: ${unknown} is none of ${allAlgorithms.join(', ')}`)
  checkUrl(flags.issuerUrl, '--oidc-issuer-url', '')
  const rules = (flags.requiredClaim ?? []).map((pair) => {
    const mark = pair.indexOf('=')
    if (mark <= 0) throw wrong(`--oidc-required-claim: ${JSON.stringify(pair)} is not of the form key=value`)
    return { claim: pair.slice(0, mark), requiredValue: pair.slice(mark + 1) }
  })
  return {
    jwt: [
      {
        issuer: {
          url: flags.issuerUrl,
          audiences: [flags.clientId],
          ...(flags.caPem === undefined ? {} : { certificateAuthority: flags.caPem }),
        },
        claimValidationRules: rules,
        username: { claim: usernameClaim, prefix },
        ...(flags.groupsClaim ? { groups: { claim: flags.groupsClaim, prefix: flags.groupsPrefix ?? '' } } : {}),
        extra: [],
        userValidationRules: [],
        signingAlgorithms,
      },
    ],
  }
}

function readIssuer(value: unknown, source: string, at: string): JwtIssuer {
  const root = object(value, source, at)
  onlyFields(root, ['issuer', 'claimValidationRules', 'claimMappings', 'userValidationRules'], source, at)
  const issuer = object(root['issuer'], source, `${at}.issuer`)
  const known = ['url', 'discoveryURL', 'certificateAuthority', 'audiences', 'audienceMatchPolicy']
  onlyFields(issuer, known, source, `${at}.issuer`)
  const url = text(issuer, 'url', source, `${at}.issuer`, true)
  checkUrl(url, source, `${at}.issuer.url`)
  const discoveryURL = text(issuer, 'discoveryURL', source, `${at}.issuer`)
  if (discoveryURL !== '') {
    checkUrl(discoveryURL, source, `${at}.issuer.discoveryURL`)
    if (discoveryURL.replace(/\/$/, '') === url.replace(/\/$/, '')) {
      throw invalid(source, `${at}.issuer.discoveryURL`, 'discoveryURL must be different from URL')
    }
  }
  const audiences = list(issuer['audiences'], source, `${at}.issuer.audiences`).map(String)
  if (audiences.length === 0) throw invalid(source, `${at}.issuer.audiences`, `at least one ${at}.issuer.audiences is required`)
  if (audiences.length > 1 && issuer['audienceMatchPolicy'] !== 'MatchAny') {
    throw invalid(source, `${at}.issuer.audienceMatchPolicy`, 'audienceMatchPolicy must be MatchAny for multiple audiences')
  }
  const mappings = object(root['claimMappings'], source, `${at}.claimMappings`)
  onlyFields(mappings, ['username', 'groups', 'uid', 'extra'], source, `${at}.claimMappings`)
  const username = readMapping(mappings['username'], source, `${at}.claimMappings.username`, true)
  if (username === undefined) throw invalid(source, `${at}.claimMappings.username`, 'claim or expression is required')
  const groups = readMapping(mappings['groups'], source, `${at}.claimMappings.groups`, true)
  const uid = readMapping(mappings['uid'], source, `${at}.claimMappings.uid`, false)
  const certificateAuthority = text(issuer, 'certificateAuthority', source, `${at}.issuer`)
  return {
    issuer: {
      url,
      audiences,
      ...(discoveryURL === '' ? {} : { discoveryURL }),
      ...(certificateAuthority === '' ? {} : { certificateAuthority }),
    },
    claimValidationRules: readRules(root['claimValidationRules'], source, `${at}.claimValidationRules`),
    username,
    ...(groups === undefined ? {} : { groups }),
    ...(uid === undefined ? {} : { uid }),
    extra: readExtra(mappings['extra'], source, `${at}.claimMappings.extra`),
    userValidationRules: list(root['userValidationRules'], source, `${at}.userValidationRules`).map((each, index) => {
      const path = `${at}.userValidationRules[${index}]`
      const rule = object(each, source, path)
      return { expression: text(rule, 'expression', source, path, true), message: text(rule, 'message', source, path) }
    }),
    signingAlgorithms: allAlgorithms,
  }
}

function readMapping(value: unknown, source: string, at: string, prefixed: boolean): ClaimMapping | undefined {
  if (value === undefined || value === null) return undefined
  const mapping = object(value, source, at)
  onlyFields(mapping, prefixed ? ['claim', 'prefix', 'expression'] : ['claim', 'expression'], source, at)
  const claim = text(mapping, 'claim', source, at)
  const expression = text(mapping, 'expression', source, at)
  if (claim !== '' && expression !== '') throw invalid(source, at, "claim and expression can't both be set")
  if (expression !== '') {
    if (mapping['prefix'] !== undefined) throw invalid(source, at, "prefix can't be set when expression is set")
    return { expression }
  }
  if (claim === '') return undefined
  if (prefixed && typeof mapping['prefix'] !== 'string') {
    throw invalid(
      source,
      `${at}.prefix`,
      'prefix is required when claim is set. It can be set to an empty string to disable prefixing',
    )
  }
  return { claim, prefix: prefixed ? String(mapping['prefix']) : '' }
}

function readRules(value: unknown, source: string, at: string): ClaimRule[] {
  const seen = new Set<string>()
  return list(value, source, at).map((each, index) => {
    const path = `${at}[${index}]`
    const rule = object(each, source, path)
    onlyFields(rule, ['claim', 'requiredValue', 'expression', 'message'], source, path)
    const claim = text(rule, 'claim', source, path)
    const expression = text(rule, 'expression', source, path)
    if ((claim === '') === (expression === '')) throw invalid(source, path, 'exactly one of claim and expression is required')
    const key = claim === '' ? `e ${expression}` : `c ${claim}`
    if (seen.has(key)) throw invalid(source, path, 'stands there twice')
    seen.add(key)
    if (expression !== '') return { expression, message: text(rule, 'message', source, path) }
    return { claim, requiredValue: text(rule, 'requiredValue', source, path) }
  })
}

function readExtra(value: unknown, source: string, at: string): { key: string; valueExpression: string }[] {
  return list(value, source, at).map((each, index) => {
    const path = `${at}[${index}]`
    const extra = object(each, source, path)
    const key = text(extra, 'key', source, path, true)
    if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[\w.~!$&'()*+,;=:@%-]+$/.test(key) || key !== key.toLowerCase()) {
      throw invalid(
        source,
        `${path}.key`,
        `${JSON.stringify(key)} must be a domain-prefixed path in lower case (example.org/foo)`,
      )
    }
    if (/(^|\.)(kubernetes|k8s)\.io\//.test(key)) throw invalid(source, `${path}.key`, 'this domain is reserved for Kubernetes')
    return { key, valueExpression: text(extra, 'valueExpression', source, path, true) }
  })
}

function checkUrl(url: string, source: string, at: string): void {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw invalid(source, at, `${JSON.stringify(url)} is not a URL`)
  }
  if (parsed.protocol !== 'https:') throw invalid(source, at, 'URL scheme must be https')
  if (parsed.username !== '' || parsed.password !== '') throw invalid(source, at, 'URL must not contain a username or password')
  if (parsed.search !== '') throw invalid(source, at, 'URL must not contain a query')
  if (parsed.hash !== '') throw invalid(source, at, 'URL must not contain a fragment')
}

type Fields = Readonly<Record<string, Json | undefined>>

function object(value: unknown, source: string, at: string): Fields {
  if (!isObject(value)) throw invalid(source, at, 'must be a mapping')
  return value as Fields
}

function list(value: unknown, source: string, at: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw invalid(source, at, 'must be a list')
  return value
}

function text(fields: Fields, field: string, source: string, at: string, required = false): string {
  const value = fields[field] ?? ''
  if (typeof value !== 'string') throw invalid(source, `${at}.${field}`, 'must be a text')
  if (required && value === '') throw invalid(source, `${at}.${field}`, 'is required')
  return value
}

function onlyFields(fields: Fields, known: readonly string[], source: string, at: string): void {
  const unknown = Object.keys(fields).find((field) => !known.includes(field))
  if (unknown !== undefined) {
    throw invalid(source, at === '' ? unknown : `${at}.${unknown}`, `is not known here (known: ${known.join(', ')})`)
  }
}

function invalid(source: string, at: string, what: string): UsageError {
  return new UsageError({
    code: 'authentication-config-invalid',
    message: `${source}: ${at}${at === '' ? '' : ': '}${what}`,
    fix: 'See https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration.',
  })
}
