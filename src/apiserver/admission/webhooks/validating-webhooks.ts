import type { AdmissionRequest } from '../contract.js'
import type { ConditionMatcher } from '../expressions/match-conditions.js'
import { CallFailure, givenUp, refusedBecauseOf } from './call-failure.js'
import { type CallPorts, callWebhook } from './call-webhook.js'
import { validatingConfigurations, webhooksOf } from './configuration.js'
import { findInvocation, type Invocation } from './find-invocation.js'

/** Asks all validating webhooks that are concerned, at once. Undefined: none is. */
export function askValidatingWebhooks(
  ports: CallPorts,
  conditions: ConditionMatcher | undefined,
  request: AdmissionRequest,
): Promise<void> | undefined {
  const hooks = webhooksOf(request.storage, validatingConfigurations)
  if (hooks.length === 0) return undefined
  const concerned = hooks.map((hook) => findInvocation(hook, request, conditions)).filter((found) => found !== undefined)
  return concerned.length === 0 ? undefined : askAll(ports, request, concerned)
}

async function askAll(ports: CallPorts, request: AdmissionRequest, invocations: readonly Invocation[]): Promise<void> {
  const asking = invocations.map(async ({ hook, asked }, index) => {
    try {
      await callWebhook(ports, hook, asked, false)
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error
      if (hook.spec.failurePolicy !== 'Ignore') throw refusedBecauseOf(error)
      if (request.signal?.aborted) throw givenUp()
      request.annotate(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`, hook.spec.name)
      request.ports.log.warn('webhook failed and is passed over', { webhook: hook.spec.name, error: error.message })
    }
  })
  const answers = await Promise.allSettled(asking)
  const refusal = answers.find((answer) => answer.status === 'rejected')
  if (refusal !== undefined) throw refusal.reason
}
