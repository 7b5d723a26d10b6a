import type { Clock } from '../../base/clock.js'
import { createKubernetesCelEnvironment } from '../../kube/cel/kubernetes-environment.js'
import type { AskConversion } from '../registry/scope.js'
import type { PolicyAdmission, WebhookAdmission } from './contract.js'
import { authorizerVariables } from './expressions/authorizer-variables.js'
import { AdmissionExpressions } from './expressions/expressions.js'
import { createConditionMatcher } from './expressions/match-conditions.js'
import { createPolicyAdmission } from './policies/policy-admission.js'
import { createConversionCaller } from './webhooks/ask-conversion.js'
import type { ResolveService, WebhookCaller } from './webhooks/contract.js'
import { createHttpsCaller } from './webhooks/https-caller.js'
import { resolveServiceAddress } from './webhooks/service-address.js'
import { createWebhookAdmission } from './webhooks/webhook-admission.js'

export interface DynamicAdmissionOptions {
  readonly clock: Clock
  /** Default: HTTPS. */
  readonly caller?: WebhookCaller
  /** Default: the ClusterIP of a Service, or one of its endpoints, where that is an address of this machine. */
  readonly resolveService?: ResolveService
}

/** What the objects of admissionregistration.k8s.io configure: webhooks and policies, for all clusters of a process. */
export interface DynamicAdmission {
  readonly webhooks: WebhookAdmission
  readonly policies: PolicyAdmission
  readonly askConversion: AskConversion
  /** Closes connections to webhooks. */
  close(): void
}

export function createDynamicAdmission(options: DynamicAdmissionOptions): DynamicAdmission {
  const { resolveService = resolveServiceAddress } = options
  const own = options.caller === undefined ? createHttpsCaller(options.clock) : undefined
  const caller = options.caller ?? own!
  const expressions = new AdmissionExpressions(
    () => createKubernetesCelEnvironment({ declaredSizes: false }),
    authorizerVariables,
  )
  return {
    webhooks: createWebhookAdmission({ caller, resolveService, conditions: createConditionMatcher(expressions) }),
    policies: createPolicyAdmission(expressions),
    askConversion: createConversionCaller({ caller, resolveService }),
    close: () => own?.close(),
  }
}
