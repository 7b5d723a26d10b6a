import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import type { CelProgram } from '../../../formats/cel/contract.js'
import type { StatusCause } from '../../object/status-error.js'
import { fieldCauses, quote } from '../field-cause.js'
import { type Members, textOf } from '../validation/findings.js'
import type { CompiledRule } from './compile-rules.js'
import { Correlated } from './correlation.js'
import type { RuleTree } from './rule-tree.js'

/** What evaluating the rules of one object may cost, and what one expression may. */
export const runtimeBudget = 10_000_000
const callLimit = 1_000_000
const longestMessage = 5 * 1024

export interface RuleFindings {
  readonly causes: StatusCause[]
  /** Failures of parts that the write does not change. */
  readonly warnings: string[]
  /** Negative: no more rules are run. */
  budget: number
}

interface Place {
  readonly path: string
  readonly value: unknown
  readonly old: unknown
  /** With ratcheting: the part and the nearest part above of which the old value is known. */
  readonly current?: Correlated | undefined
  readonly parent?: Correlated | undefined
}

/**
 * Evaluates the rules of an object. `old` is the object before the write. `correlated`: failures of rules that do not look at
 * oldSelf are warnings where nothing changed.
 *
 * Reference: Validator.Validate of k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel.
 */
export function evaluateRules(
  tree: RuleTree,
  value: unknown,
  options: { path?: string; old?: unknown; correlated?: Correlated; budget?: number } = {},
): RuleFindings {
  const findings: RuleFindings = { causes: [], warnings: [], budget: options.budget ?? runtimeBudget }
  walk(tree, { path: options.path ?? '', value, old: options.old, current: options.correlated }, findings)
  return findings
}

function walk(tree: RuleTree, place: Place, findings: RuleFindings): void {
  const { value, path } = place
  if (value === null || value === undefined || findings.budget < 0) return
  evaluateHere(tree, place, findings)
  if (Array.isArray(value)) {
    if (tree.items === undefined) return
    const elements = new Correlated(tree.schema, value, place.old)
    for (const [index, item] of value.entries()) {
      if (findings.budget < 0) return
      walk(
        tree.items,
        { path: `${path}[${index}]`, value: item, old: elements.oldElement(item), ...below(place, (part) => part.index(index)) },
        findings,
      )
    }
  } else if (isObject(value)) {
    const old = isObject(place.old) ? place.old : {}
    for (const key of Object.keys(value)) {
      const isProperty = tree.properties.has(key)
      const child = tree.properties.get(key) ?? (isSchemaOfMap(tree) ? tree.additional : undefined)
      if (child === undefined) continue
      if (findings.budget < 0) return
      const at = isProperty ? (path === '' ? key : `${path}.${key}`) : `${path}[${key}]`
      const isTypeMeta = place.parent === undefined && (key === 'apiVersion' || key === 'kind')
      const correlation = place.current !== undefined && isTypeMeta ? {} : below(place, (part) => part.key(key))
      walk(child, { path: at, value: value[key], old: Object.hasOwn(old, key) ? old[key] : undefined, ...correlation }, findings)
    }
  }
}

function isSchemaOfMap(tree: RuleTree): boolean {
  return tree.additional !== undefined
}

function below(place: Place, step: (part: Correlated) => Correlated | undefined): Pick<Place, 'current' | 'parent'> {
  if (place.current === undefined) return { parent: place.parent }
  return { current: step(place.current), parent: place.current }
}

function isUnchanged({ current, parent }: Place): boolean {
  return (current ?? parent)?.isUnchanged() === true
}

const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run'

function evaluateHere({ rules, schema }: RuleTree, place: Place, findings: RuleFindings): void {
  if (rules.length === 0) return
  const { path, value, old } = place
  const type = textOf(schema['type'])
  const field = path === '' ? '<nil>' : path
  const fail = (detail: string) => findings.causes.push(fieldCauses.invalid(field, type, detail))
  if (findings.budget <= 0) {
    fail(outOfBudget)
    findings.budget = -1
    return
  }
  const hasOld = old !== null && old !== undefined
  for (const compiled of rules) {
    const { rule, program, usesOldSelf } = compiled
    if (compiled.problem !== undefined) fail(`rule compile error: ${compiled.problem}`)
    if (program === undefined) continue
    if (usesOldSelf && !hasOld && rule['optionalOldSelf'] !== true) continue
    const bindings = { self: value, ...(usesOldSelf ? { oldSelf: old ?? null } : {}) }
    const outcome = run(program, bindings)
    if (outcome.cost > findings.budget) {
      fail(outOfBudget)
      findings.budget = -1
      return
    }
    findings.budget -= outcome.cost
    if (outcome.failure !== undefined) {
      if (outcome.isOverLimit) {
        fail(
          `'${outcome.failure}': no further validation rules will be run due to call cost exceeds limit for rule: ${describe(rule)}`,
        )
        findings.budget = -1
        return
      }
      fail(
        outcome.failure.startsWith('no such overload')
          ? `'${outcome.failure}': call arguments did not match a supported operator, function or macro signature for rule: ${describe(rule)}`
          : `${outcome.failure} evaluating rule: ${describe(rule)}`,
      )
      continue
    }
    if (outcome.value === true) continue
    report(compiled, place, type, bindings, findings)
    if (findings.budget < 0) return
  }
}

function report(
  { rule, usesOldSelf, message, fieldPath }: CompiledRule,
  place: Place,
  type: string,
  bindings: Readonly<Record<string, unknown>>,
  findings: RuleFindings,
): void {
  const field = fieldPath === undefined ? place.path : place.path === '' ? fieldPath : `${place.path}.${fieldPath}`
  const add = (cause: StatusCause) => {
    if (!usesOldSelf && isUnchanged(place)) findings.warnings.push(`${cause.field}: ${cause.message}`)
    else findings.causes.push(cause)
  }
  const at = field === '' ? '<nil>' : field
  let detail = defaultMessage(rule)
  if (message !== undefined) {
    const evaluated = evaluateMessage(message, textOf(rule['messageExpression']), bindings, findings)
    if ('fatal' in evaluated) {
      add(fieldCauses.invalid(at, type, evaluated.fatal))
      findings.budget = -1
      return
    }
    detail = evaluated.text ?? detail
  }
  add(causeOf(textOf(rule['reason']), at, type, detail))
}

function causeOf(reason: string, field: string, type: string, detail: string): StatusCause {
  if (reason === 'FieldValueForbidden') return fieldCauses.forbidden(field, detail)
  if (reason === 'FieldValueRequired') return fieldCauses.required(field, detail)
  return reason === 'FieldValueDuplicate' ? fieldCauses.duplicate(field, type) : fieldCauses.invalid(field, type, detail)
}

/** `text` is absent when the expression gives none that can be used: the rule's own message stands in. */
function evaluateMessage(
  program: CelProgram,
  source: string,
  bindings: Readonly<Record<string, unknown>>,
  findings: RuleFindings,
): { text?: string } | { fatal: string } {
  const outcome = run(program, bindings)
  if (outcome.cost > findings.budget) {
    return {
      fatal: 'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run',
    }
  }
  if (outcome.isOverLimit) {
    return {
      fatal: `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${quote(source)}`,
    }
  }
  findings.budget -= outcome.cost
  if (typeof outcome.value !== 'string') return {}
  const text = outcome.value.trim()
  return text === '' || text.length > longestMessage || text.includes('\n') ? {} : { text }
}

interface RunOutcome {
  readonly value?: unknown
  readonly cost: number
  readonly failure?: string
  readonly isOverLimit?: boolean
}

function run(program: CelProgram, bindings: Readonly<Record<string, unknown>>): RunOutcome {
  try {
    return program.evaluate(bindings, { costLimit: callLimit })
  } catch (error) {
    const isOverLimit = (error as { kind?: unknown }).kind === 'cost'
    const cost = (error as { cost?: unknown }).cost
    return { cost: typeof cost === 'number' ? cost : isOverLimit ? callLimit : 0, failure: messageOf(error), isOverLimit }
  }
}

function describe(rule: Members): string {
  return textOf(rule['message']).trim() || textOf(rule['rule']).trim()
}

function defaultMessage(rule: Members): string {
  return textOf(rule['message']) === '' ? `failed rule: ${describe(rule)}` : textOf(rule['message']).trim()
}
