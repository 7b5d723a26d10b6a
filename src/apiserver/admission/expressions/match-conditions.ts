import type { CelEnvironment, CelInput } from '../../../formats/cel/contract.js'
import type { VersionedRequest } from '../webhooks/review.js'
import { type AdmissionExpressions, Budget, compileExpression, type Expression, evaluate, OutOfBudget } from './expressions.js'

export interface MatchCondition {
  readonly name: string
  readonly expression: string
}

/** Evaluates the matchConditions of webhooks. */
export interface ConditionMatcher {
  /**
   * False as soon as one condition is false. A problem says what could not be evaluated while no condition was false; with
   * failurePolicy Ignore that is false too.
   */
  matches(
    conditions: readonly MatchCondition[],
    failurePolicy: 'Fail' | 'Ignore' | undefined,
    asked: VersionedRequest,
  ): ConditionResult
}

export type ConditionResult = boolean | { readonly problem: string }

const matchBudget = 2_500_000

export function createConditionMatcher(expressions: AdmissionExpressions): ConditionMatcher {
  let environment: CelEnvironment | undefined
  // Conditions are parts of stored objects, which never change in place.
  const compiled = new WeakMap<readonly MatchCondition[], readonly Expression[]>()
  return {
    matches(conditions, failurePolicy, asked) {
      let known = compiled.get(conditions)
      if (known === undefined) {
        const made = (environment ??= expressions.environment({ params: false, authorizer: true }))
        known = conditions.map(({ expression }) => compileExpression(made, expression.trim(), ['bool']))
        compiled.set(conditions, known)
      }
      return meetAll(known, expressions.bindings(asked), failurePolicy)
    },
  }
}

export function meetAll(
  conditions: readonly Expression[],
  bindings: Readonly<Record<string, CelInput>>,
  failurePolicy: 'Fail' | 'Ignore' | undefined,
): ConditionResult {
  const fail = (problem: string): ConditionResult => (failurePolicy === 'Ignore' ? false : { problem })
  const budget = new Budget(matchBudget)
  const problems: string[] = []
  try {
    for (const condition of conditions) {
      const result = evaluate(condition, bindings, budget)
      if ('problem' in result) problems.push(result.problem)
      else if (result.value === false) return false
    }
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error
    return fail(error.message)
  }
  const distinct = [...new Set(problems)]
  if (distinct.length === 0) return true
  return fail(distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]`)
}
