import type { UserInfo } from '../../contract.js'
import type { ClaimMapping, JwtIssuer } from './authentication-configuration.js'
import type { ClaimExpressions, CompiledExpression } from './claim-expressions.js'

export type Claims = Readonly<Record<string, unknown>>

/** The user for whom verified claims speak. Throws Error with the reason why they speak for nobody. */
export type MapClaims = (claims: Claims) => UserInfo

/** Compiles what a configuration says of one issuer's claims. `at` names the issuer in errors: `jwt[0]`. */
export function createClaimMapping(issuer: JwtIssuer, at: string, expressions: ClaimExpressions): MapClaims {
  const username = textMapping(issuer.username, `${at}.claimMappings.username`, expressions)
  const groups = issuer.groups && listMapping(issuer.groups, `${at}.claimMappings.groups`, expressions)
  const uid = issuer.uid && textMapping(issuer.uid, `${at}.claimMappings.uid`, expressions)
  const extra = issuer.extra.map(({ key, valueExpression }, index) => ({
    key,
    values: expressions.ofClaims(valueExpression, `${at}.claimMappings.extra[${index}].valueExpression`, ['string', 'list']),
  }))
  const rules = issuer.claimValidationRules.map((rule, index) =>
    'claim' in rule
      ? requiredClaim(rule.claim, rule.requiredValue)
      : ruleOf(
          expressions.ofClaims(rule.expression, `${at}.claimValidationRules[${index}].expression`, ['bool']),
          rule.message || `validation expression '${rule.expression}' failed`,
        ),
  )
  const userRules = issuer.userValidationRules.map((rule, index) =>
    ruleOf(
      expressions.ofUser(rule.expression, `${at}.userValidationRules[${index}].expression`),
      rule.message || `validation expression '${rule.expression}' failed`,
    ),
  )
  const byEmail = 'claim' in issuer.username && issuer.username.claim === 'email'
  return (claims) => {
    if (byEmail) requireVerifiedEmail(claims)
    const name = username(claims)
    if (name === undefined || name === '') throw new Error('the user name is empty')
    const groupNames = groups?.(claims) ?? []
    for (const check of rules) check(claims)
    const id = uid?.(claims)
    const more: Record<string, string[]> = {}
    for (const { key, values } of extra) {
      const texts = textsOf(values(claims), key).filter((value) => value !== '')
      if (texts.length > 0) more[key] = texts
    }
    const user: UserInfo = {
      name,
      groups: groupNames,
      ...(id ? { uid: id } : {}),
      ...(Object.keys(more).length === 0 ? {} : { extra: more }),
    }
    if (userRules.length > 0) {
      const shown = { username: user.name, uid: user.uid ?? '', groups: [...groupNames], extra: more }
      for (const check of userRules) check(shown)
    }
    return user
  }
}

function textMapping(mapping: ClaimMapping, at: string, expressions: ClaimExpressions) {
  if ('expression' in mapping) {
    const evaluate = expressions.ofClaims(mapping.expression, `${at}.expression`, ['string'])
    return (claims: Claims): string | undefined => {
      const value = evaluate(claims)
      if (typeof value !== 'string') throw new Error(`${at}: the expression gave no text`)
      return value
    }
  }
  return (claims: Claims): string | undefined => {
    const value = ownClaim(claims, mapping.claim)
    if (value === undefined) throw new Error(`claim ${JSON.stringify(mapping.claim)} is not present`)
    if (typeof value !== 'string') throw new Error(`claim ${JSON.stringify(mapping.claim)} is not a text`)
    return mapping.prefix + value
  }
}

function listMapping(mapping: ClaimMapping, at: string, expressions: ClaimExpressions) {
  if ('expression' in mapping) {
    const evaluate = expressions.ofClaims(mapping.expression, `${at}.expression`, ['string', 'list'])
    return (claims: Claims): string[] => textsOf(evaluate(claims), at).filter((value) => value !== '')
  }
  return (claims: Claims): string[] => {
    const value = ownClaim(claims, mapping.claim)
    if (value === undefined) return []
    return textsOf(value, `claim ${JSON.stringify(mapping.claim)}`).map((each) => mapping.prefix + each)
  }
}

/** One text, a list of texts, or nothing. */
function textsOf(value: unknown, what: string): string[] {
  if (value === undefined || value === null) return []
  const values = Array.isArray(value) ? value : [value]
  if (values.some((each) => typeof each !== 'string')) throw new Error(`${what} is neither a text nor a list of texts`)
  return values as string[]
}

function requiredClaim(claim: string, requiredValue: string): Check {
  return (variable) => {
    const value = ownClaim(variable as Claims, claim)
    if (value === undefined) throw new Error(`required claim ${claim} not present in ID token`)
    if (value !== requiredValue)
      throw new Error(`required claim ${claim} has another value than ${JSON.stringify(requiredValue)}`)
  }
}

type Check = (variable: unknown) => void

function ruleOf(evaluate: CompiledExpression, message: string): Check {
  return (variable) => {
    if (evaluate(variable) !== true) throw new Error(message)
  }
}

/** An address that the issuer has not checked must not become a name. Absent counts as checked, as upstream has it. */
function requireVerifiedEmail(claims: Claims): void {
  const verified = ownClaim(claims, 'email_verified')
  if (verified !== undefined && verified !== true) throw new Error('email not verified')
}

function ownClaim(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined
}
