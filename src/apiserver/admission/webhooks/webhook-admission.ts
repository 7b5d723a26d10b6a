import type { WebhookAdmission } from '../contract.js'
import type { ConditionMatcher } from '../expressions/match-conditions.js'
import { isExempt } from '../matching/exempt.js'
import type { CallPorts } from './call-webhook.js'
import { mutatingConfigurations, validatingConfigurations } from './configuration.js'
import { askMutatingWebhooks } from './mutating-webhooks.js'
import { askValidatingWebhooks } from './validating-webhooks.js'

export interface WebhookAdmissionOptions extends CallPorts {
  /** Without it matchConditions count as met. */
  readonly conditions?: ConditionMatcher
}

/** The admission webhooks that the Mutating- and ValidatingWebhookConfigurations of a cluster name. */
export function createWebhookAdmission(options: WebhookAdmissionOptions): WebhookAdmission {
  const { conditions } = options
  return {
    isConfigured: (storage) => storage.count(mutatingConfigurations, '') > 0 || storage.count(validatingConfigurations, '') > 0,
    mutate: (request, reinvoke) => (isExempt(request) ? undefined : askMutatingWebhooks(options, conditions, request, reinvoke)),
    validate: (request) => (isExempt(request) ? undefined : askValidatingWebhooks(options, conditions, request)),
  }
}
