import { UsageError } from '../../../base/errors.js'
import type { CelEnvironment, CelProgram, CelType } from '../../../formats/cel/contract.js'

/** Expressions over a token's claims and over the user that came of it; compiled once, when the configuration is read. */
export interface ClaimExpressions {
  /** Throws UsageError when the expression is wrong or cannot give one of these kinds. */
  ofClaims(source: string, at: string, kinds: readonly ResultKind[]): CompiledExpression
  ofUser(source: string, at: string): CompiledExpression
}

export type ResultKind = 'bool' | 'string' | 'list'
export type CompiledExpression = (variable: unknown) => unknown

/** What one expression may cost at run time; upstream's per-call limit. */
const costLimit = 1_000_000

const text: CelType = { kind: 'string' }
const user: CelType = {
  kind: 'object',
  name: 'kubernetes.UserInfo',
  fields: new Map<string, { type: CelType; property: string }>([
    ['username', { type: text, property: 'username' }],
    ['uid', { type: text, property: 'uid' }],
    ['groups', { type: { kind: 'list', items: text }, property: 'groups' }],
    ['extra', { type: { kind: 'map', key: text, value: { kind: 'list', items: text } }, property: 'extra' }],
  ]),
}

export function createClaimExpressions(environment: CelEnvironment): ClaimExpressions {
  const overClaims = environment.extend({ claims: { kind: 'map', key: text, value: { kind: 'dyn' } } })
  const overUser = environment.extend({ user })
  return {
    ofClaims: (source, at, kinds) => compile(overClaims, 'claims', source, at, kinds),
    ofUser: (source, at) => compile(overUser, 'user', source, at, ['bool']),
  }
}

function compile(
  environment: CelEnvironment,
  variable: string,
  source: string,
  at: string,
  kinds: readonly ResultKind[],
): CompiledExpression {
  const compiled = environment.compile(source)
  if ('issues' in compiled) throw refused(at, `compilation failed: ${compiled.issues}`)
  const { program } = compiled
  const { kind } = program.outputType
  if (kind !== 'dyn' && !kinds.some((allowed) => allowed === kind)) {
    throw refused(at, `must evaluate to ${kinds.join(' or ')}, not ${kind}`)
  }
  return (value) => run(program, variable, value)
}

function run(program: CelProgram, variable: string, value: unknown): unknown {
  return program.evaluate({ [variable]: value }, { costLimit }).value
}

function refused(at: string, message: string): UsageError {
  return new UsageError({
    code: 'authentication-config-invalid',
    message: `${at}: ${message}`,
    fix: 'Correct the expression; claims are read as claims.NAME, the user as user.username, user.groups, user.uid and user.extra.',
  })
}
