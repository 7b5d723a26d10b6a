import type { LabelSelectorSpec } from '../../../kube/object/selector.js'
import type { MatchCondition } from '../expressions/match-conditions.js'
import type { Rule } from '../matching/rules.js'

export const policyResource = 'validatingadmissionpolicies.admissionregistration.k8s.io'
export const bindingResource = 'validatingadmissionpolicybindings.admissionregistration.k8s.io'

export interface MatchResources {
  readonly namespaceSelector?: LabelSelectorSpec
  readonly objectSelector?: LabelSelectorSpec
  readonly resourceRules?: readonly Rule[]
  readonly excludeResourceRules?: readonly Rule[]
  readonly matchPolicy?: 'Exact' | 'Equivalent'
}

export interface Validation {
  readonly expression: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
}

export interface PolicySpec {
  readonly paramKind?: { readonly apiVersion: string; readonly kind: string }
  readonly matchConstraints?: MatchResources
  readonly matchConditions?: readonly MatchCondition[]
  readonly variables?: readonly { readonly name: string; readonly expression: string }[]
  readonly validations?: readonly Validation[]
  readonly auditAnnotations?: readonly { readonly key: string; readonly valueExpression: string }[]
  readonly failurePolicy?: 'Fail' | 'Ignore'
}

export interface ParamRef {
  readonly name?: string
  readonly namespace?: string
  readonly selector?: LabelSelectorSpec
  readonly parameterNotFoundAction?: 'Allow' | 'Deny'
}

export interface BindingSpec {
  readonly policyName: string
  readonly paramRef?: ParamRef
  readonly matchResources?: MatchResources
  readonly validationActions: readonly ('Deny' | 'Warn' | 'Audit')[]
}
