import { messageOf } from '../../../base/errors.js'
import { type Status, StatusError, statusErrors } from '../../../kube/object/status-error.js'

/** The webhook could not be asked, or its answer is none. What failurePolicy Ignore passes over. */
export class CallFailure extends Error {
  constructor(webhook: string, reason: string) {
    super(`failed calling webhook ${JSON.stringify(webhook)}: ${reason}`)
    this.name = 'CallFailure'
  }
}

export function refusedBecauseOf(failure: CallFailure): StatusError {
  return statusErrors.internal(messageOf(failure))
}

/** Nobody waits for the request any more: that a webhook was not asked to the end is no failure of it that may be passed over. */
export function givenUp(): StatusError {
  return statusErrors.timeout('request did not complete within requested timeout', 0)
}

/** The answer of a webhook that does not allow the request, as the client sees it. */
export function denial(webhook: string, result: Partial<Status> | undefined): StatusError {
  const deniedBy = `admission webhook ${JSON.stringify(webhook)} denied the request`
  const { message, reason, code, details, status } = result ?? {}
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: status === undefined || (status as string) === '' || status === 'Success' ? 'Failure' : status,
    message: message ? `${deniedBy}: ${message}` : reason ? `${deniedBy}: ${reason}` : `${deniedBy} without explanation`,
    ...(reason ? { reason } : {}),
    ...(details ? { details } : {}),
    code: Math.max(code ?? 0, 400),
  })
}

export function dryRunUnsupported(webhook: string): StatusError {
  return statusErrors.badRequest(`admission webhook ${JSON.stringify(webhook)} does not support dry run`)
}
