import type { AskConversion } from '../../registry/scope.js'
import { type CallPorts, readAnswer, targetOf } from './call-webhook.js'
import type { WebhookSpec } from './configuration.js'

/** As upstream: no definition says how long its webhook may take. */
const seconds = 30

/** Posts ConversionReviews to the webhooks that definitions name. */
export function createConversionCaller({ caller, resolveService }: CallPorts): AskConversion {
  return async (storage, clientConfig, review) => {
    const target = targetOf(clientConfig as WebhookSpec['clientConfig'], storage, resolveService, seconds)
    return readAnswer(await caller.post(target, review, { timeoutMs: seconds * 1000, signal: undefined }))
  }
}
