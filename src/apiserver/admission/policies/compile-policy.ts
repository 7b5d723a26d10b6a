import type { CelEnvironment, CelField, CelType } from '../../../formats/cel/contract.js'
import { type AdmissionExpressions, compileExpression, type Expression } from '../expressions/expressions.js'
import type { PolicySpec, Validation } from './policy-spec.js'

export interface CompiledPolicy {
  readonly spec: PolicySpec
  readonly matchConditions: readonly Expression[]
  readonly variables: ReadonlyMap<string, Expression>
  readonly validations: readonly CompiledValidation[]
  readonly auditAnnotations: readonly { readonly key: string; readonly value: Expression }[]
}

export interface CompiledValidation {
  readonly spec: Validation
  readonly expression: Expression
  /** Knows no authorizer: what it tells must not depend on what the writer may do. */
  readonly message: Expression | undefined
}

/** Variables know those before them; everything else knows all variables. Nothing is thrown: expressions tell what is wrong with them. */
export function compilePolicy(expressions: AdmissionExpressions, spec: PolicySpec): CompiledPolicy {
  const params = spec.paramKind !== undefined
  const fields = new Map<string, CelField>()
  const full = withVariables(expressions.environment({ params, authorizer: true }), fields)
  const withoutAuthorizer = withVariables(expressions.environment({ params, authorizer: false }), fields)
  const variables = new Map<string, Expression>()
  for (const { name, expression } of spec.variables ?? []) {
    const compiled = compileExpression(full(), expression, [])
    variables.set(name, compiled)
    fields.set(name, { type: compiled.program?.outputType ?? { kind: 'dyn' }, property: name })
  }
  const environment = full()
  const plain = withoutAuthorizer()
  return {
    spec,
    variables,
    matchConditions: (spec.matchConditions ?? []).map(({ expression }) =>
      compileExpression(environment, expression.trim(), ['bool']),
    ),
    validations: (spec.validations ?? []).map((validation) => ({
      spec: validation,
      expression: compileExpression(environment, validation.expression, ['bool']),
      message: validation.messageExpression ? compileExpression(plain, validation.messageExpression, ['string']) : undefined,
    })),
    auditAnnotations: (spec.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
      key,
      value: compileExpression(environment, valueExpression.trim(), ['string', 'null_type']),
    })),
  }
}

/** Fields that are added later are part of later environments only. */
function withVariables(environment: CelEnvironment, fields: Map<string, CelField>): () => CelEnvironment {
  return () => {
    const variables: CelType = { kind: 'object', name: 'kubernetes.variables', fields: new Map(fields) }
    return environment.extend({ variables })
  }
}
