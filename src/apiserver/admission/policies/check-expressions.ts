import { type StatusCause, statusErrors } from '../../../kube/object/status-error.js'
import { fieldCauses } from '../../../kube/schema/field-cause.js'
import type { AdmissionRequest } from '../contract.js'
import { type AdmissionExpressions, compileExpression, type Expression } from '../expressions/expressions.js'
import type { WebhookSpec } from '../webhooks/configuration.js'
import { compilePolicy } from './compile-policy.js'
import type { PolicySpec } from './policy-spec.js'

/** Refuses policies and webhook configurations with expressions that do not compile. What was stored before is left alone. */
export function checkExpressions(expressions: AdmissionExpressions, request: AdmissionRequest): void {
  const { object, previous, operation, subresource } = request
  if (object === undefined || subresource !== '' || (operation !== 'CREATE' && operation !== 'UPDATE')) return
  const causes: StatusCause[] = []
  if (object.kind === 'ValidatingAdmissionPolicy') ofPolicy(expressions, object['spec'] as PolicySpec, causes)
  else if (object.kind.endsWith('WebhookConfiguration')) {
    const hooks = (object['webhooks'] ?? []) as WebhookSpec[]
    const before = new Set(((previous?.['webhooks'] ?? []) as WebhookSpec[]).flatMap(conditionsOf))
    const environment = expressions.environment({ params: false, authorizer: true })
    for (const [index, hook] of hooks.entries()) {
      for (const [at, { expression }] of (hook.matchConditions ?? []).entries()) {
        if (before.has(expression)) continue
        const compiled = compileExpression(environment, expression.trim(), ['bool'])
        note(causes, `webhooks[${index}].matchConditions[${at}].expression`, compiled)
      }
    }
  }
  if (causes.length === 0) return
  throw statusErrors.invalid({ kind: object.kind, group: request.type.group, name: object.metadata.name }, causes)
}

function conditionsOf({ matchConditions }: WebhookSpec): string[] {
  return (matchConditions ?? []).map(({ expression }) => expression)
}

function ofPolicy(expressions: AdmissionExpressions, spec: PolicySpec, causes: StatusCause[]): void {
  const compiled = compilePolicy(expressions, spec)
  for (const [index, condition] of compiled.matchConditions.entries()) {
    note(causes, `spec.matchConditions[${index}].expression`, condition)
  }
  for (const [index, { name }] of (spec.variables ?? []).entries()) {
    note(causes, `spec.variables[${index}].expression`, compiled.variables.get(name))
  }
  for (const [index, { expression, message }] of compiled.validations.entries()) {
    note(causes, `spec.validations[${index}].expression`, expression)
    note(causes, `spec.validations[${index}].messageExpression`, message)
  }
  for (const [index, { value }] of compiled.auditAnnotations.entries()) {
    note(causes, `spec.auditAnnotations[${index}].valueExpression`, value)
  }
}

function note(causes: StatusCause[], field: string, expression: Expression | undefined): void {
  if (expression === undefined || expression.program !== undefined) return
  causes.push(fieldCauses.invalid(field, expression.source, expression.problem))
}
