import { setOwn } from '../../../base/json.js'
import type { CelInput } from '../../../formats/cel/contract.js'
import { CelFailure } from '../../../formats/cel/values/values.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type AdmissionExpressions, Budget, evaluate, OutOfBudget } from '../expressions/expressions.js'
import { meetAll } from '../expressions/match-conditions.js'
import type { VersionedRequest } from '../webhooks/review.js'
import type { CompiledPolicy, CompiledValidation } from './compile-policy.js'

/** What a policy says against a request. */
export interface Denial {
  readonly message: string
  readonly reason: string | undefined
  /** Which of the validations; for the audit annotation. */
  readonly index: number
}

export interface PolicyResult {
  readonly denials: readonly Denial[]
  readonly annotations: readonly { readonly key: string; readonly value: string }[]
  /** Audit annotations that could not be made; they deny whatever the actions of the binding are. */
  readonly annotationProblems: readonly string[]
}

const policyBudget = 10_000_000
const longestMessage = 5 * 1024
const nothing: PolicyResult = { denials: [], annotations: [], annotationProblems: [] }

/** Evaluates a policy with one parameter object, or none. Problems count as denials unless failurePolicy is Ignore. */
export function evaluatePolicy(
  expressions: AdmissionExpressions,
  policy: CompiledPolicy,
  asked: VersionedRequest,
  params: KubeObject | null,
  namespace: KubeObject | undefined,
): PolicyResult {
  const { failurePolicy, paramKind } = policy.spec
  const problem = (message: string, index = 0): Denial[] =>
    failurePolicy === 'Ignore' ? [] : [{ message, reason: undefined, index }]
  const bindings: Record<string, CelInput> = {
    ...expressions.bindings(asked, namespace && visibleNamespace(namespace)),
    ...(paramKind === undefined ? {} : { params }),
  }
  const budget = new Budget(policyBudget)
  bindings['variables'] = lazyVariables(policy, bindings, budget)
  if (policy.matchConditions.length > 0) {
    const matches = meetAll(policy.matchConditions, bindings, failurePolicy)
    if (matches === false) return nothing
    if (matches !== true) return { ...nothing, denials: problem(matches.problem) }
  }
  try {
    const denials = policy.validations.flatMap((validation, index) => {
      const result = evaluate(validation.expression, bindings, budget)
      if ('problem' in result) return problem(result.problem, index)
      if (result.value === true) return []
      const message = messageOf(validation, bindings, budget)
      return [{ message, reason: validation.spec.reason, index }]
    })
    const annotationBudget = new Budget(policyBudget)
    return { denials, ...annotate(policy, bindings, annotationBudget) }
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error
    return { ...nothing, denials: problem(error.message) }
  }
}

/** Each is evaluated when it is first read, and then kept. */
function lazyVariables(
  policy: CompiledPolicy,
  bindings: Readonly<Record<string, CelInput>>,
  budget: Budget,
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, expression] of policy.variables) {
    let known: { readonly value: unknown } | undefined
    const get = () => {
      if (known === undefined) {
        if (expression.program === undefined) {
          known = { value: new CelFailure(`composited variable ${JSON.stringify(name)} fails to compile: ${expression.problem}`) }
        } else {
          const result = evaluate(expression, bindings, budget)
          const failed =
            'problem' in result ? result.problem.slice(`expression '${expression.source}' resulted in error: `.length) : ''
          known =
            'problem' in result
              ? { value: new CelFailure(`composited variable ${JSON.stringify(name)} fails to evaluate: ${failed}`) }
              : { value: result.value }
        }
      }
      return known.value
    }
    Object.defineProperty(values, name, { get, enumerable: true })
  }
  return values
}

function messageOf({ spec, message }: CompiledValidation, bindings: Readonly<Record<string, CelInput>>, budget: Budget): string {
  const result = message === undefined ? undefined : evaluate(message, bindings, budget)
  if (result !== undefined && 'value' in result && typeof result.value === 'string') {
    const text = result.value.trim()
    if (text !== '' && text.length <= longestMessage && !text.includes('\n')) return text
  }
  return spec.message?.trim() || `failed expression: ${spec.expression.trim()}`
}

function annotate(
  policy: CompiledPolicy,
  bindings: Readonly<Record<string, CelInput>>,
  budget: Budget,
): Pick<PolicyResult, 'annotations' | 'annotationProblems'> {
  const annotations: { key: string; value: string }[] = []
  const annotationProblems: string[] = []
  for (const { key, value } of policy.auditAnnotations) {
    const result = evaluate(value, bindings, budget)
    if ('problem' in result) {
      if (policy.spec.failurePolicy !== 'Ignore') annotationProblems.push(result.problem)
    } else if (typeof result.value === 'string' && result.value.trim() !== '') {
      annotations.push({ key, value: result.value.trim() })
    }
  }
  return { annotations, annotationProblems }
}

const visibleMetadata = [
  'name',
  'generateName',
  'namespace',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'finalizers',
] as const

/** What policies see of a namespace: not its owners and managed fields. */
function visibleNamespace(namespace: KubeObject): Record<string, unknown> {
  const metadata: Record<string, unknown> = {}
  for (const field of visibleMetadata) {
    if (namespace.metadata[field] !== undefined) setOwn(metadata, field, namespace.metadata[field])
  }
  return { metadata, spec: namespace['spec'] ?? {}, status: namespace['status'] ?? {} }
}
