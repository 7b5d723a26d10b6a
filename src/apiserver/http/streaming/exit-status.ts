import { messageOf } from '../../../base/errors.js'
import { type Status, StatusError, statusErrors } from '../../../kube/object/status-error.js'
import { orderedStatus } from '../send.js'

/** What the error channel of a session says at its end. */
export interface ExitStatus {
  readonly metadata: Record<string, unknown>
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: Status['details']
  readonly code?: number
}

export function statusOfExit(code: number): ExitStatus {
  if (code === 0) return { metadata: {}, status: 'Success' }
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  }
}

export function statusOfFailure(error: unknown): ExitStatus {
  const {
    kind: _kind,
    apiVersion: _apiVersion,
    ...rest
  } = orderedStatus((error instanceof StatusError ? error : statusErrors.internal(messageOf(error))).status)
  return rest
}

/** As the protocols before v4 want it: the text of a failure, nothing for success. */
export function exitText(status: ExitStatus): string {
  return status.status === 'Success' ? '' : (status.message ?? '')
}
