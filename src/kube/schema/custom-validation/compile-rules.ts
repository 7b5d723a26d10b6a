import type { CelCompiled, CelEnvironment, CelProgram, CelType } from '../../../formats/cel/contract.js'
import { resolveFieldPath } from '../definitions/field-path.js'
import { type Members, structsOf, textOf } from '../validation/findings.js'
import type { DeclaredType } from './cel-type.js'

/** One rule of `x-kubernetes-validations`, compiled. */
export interface CompiledRule {
  readonly rule: Members
  readonly program?: CelProgram
  /** Why the rule cannot be used. */
  readonly problem?: string
  readonly usesOldSelf: boolean
  readonly maxCost: bigint
  readonly message?: CelProgram
  readonly messageProblem?: string
  readonly messageMaxCost: bigint
  /** `fieldPath` as errors print it. */
  readonly fieldPath?: string
}

const mostBytes = 3 * 1024 * 1024

/** How many values of a type fit into one request. */
export function mostValues(type: DeclaredType): bigint {
  return BigInt(Math.trunc(mostBytes / (type.least + 1)))
}

/**
 * Compiles the rules of one node of a schema. Problems have upstream's texts.
 *
 * Reference: Compile of k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel.
 */
export function compileRules(schema: Members, type: DeclaredType, environment: CelEnvironment): CompiledRule[] {
  const self = type.named('selfType')
  const plain = once(() => environment.extend({ self, oldSelf: self }))
  const optional = once(() => environment.extend({ self, oldSelf: { kind: 'optional', of: self } satisfies CelType }))
  return structsOf(schema['x-kubernetes-validations']).map((rule) =>
    compileRule(schema, rule, rule['optionalOldSelf'] === true ? optional() : plain()),
  )
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

const stageText = { check: 'compilation failed', plan: 'program instantiation failed' }
const messageStageText = { check: 'compilation failed', plan: 'instantiation failed' }

function compileRule(schema: Members, rule: Members, environment: CelEnvironment): CompiledRule {
  const nothing = { rule, usesOldSelf: false, maxCost: 0n, messageMaxCost: 0n }
  const source = textOf(rule['rule'])
  if (source.trim() === '') return nothing
  const compiled = environment.compile(source)
  if ('issues' in compiled) return { ...nothing, problem: `${stageText[compiled.stage]}: ${compiled.issues}` }
  const { program } = compiled
  if (program.outputType.kind !== 'bool') return { ...nothing, problem: 'cel expression must evaluate to a bool' }
  const made = {
    ...nothing,
    program,
    usesOldSelf: program.variables.has('oldSelf'),
    maxCost: program.estimateCost().max,
    ...pathOf(schema, rule),
  }
  const text = textOf(rule['messageExpression'])
  return text === '' ? made : { ...made, ...compileMessage(environment.compile(text)) }
}

function compileMessage(compiled: CelCompiled): Partial<CompiledRule> {
  if ('issues' in compiled) return { messageProblem: `messageExpression ${messageStageText[compiled.stage]}: ${compiled.issues}` }
  const { program } = compiled
  if (program.outputType.kind !== 'string') return { messageProblem: 'messageExpression must evaluate to a string' }
  return { message: program, messageMaxCost: program.estimateCost().max }
}

function pathOf(schema: Members, rule: Members): { fieldPath?: string } {
  const path = textOf(rule['fieldPath'])
  if (path === '') return {}
  const resolved = resolveFieldPath(path, schema, { brackets: true })
  return typeof resolved === 'string' ? {} : { fieldPath: resolved.text }
}
