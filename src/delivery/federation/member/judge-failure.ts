import { messageOf } from '../../../base/errors.js'
import { isConflict, isNotFound, StatusError } from '../../../kube/object/status-error.js'
import type { MemberState } from '../contract.js'

export interface Failure {
  readonly state: MemberState
  readonly message: string
  /**
   * What helps: `cluster`: it does not answer at all; `namespace`: it must be there first; `kind`: what the cluster serves must be read
   * again; `again`: a race, at once; `soon`: with backoff; `person`: trying seldom is enough.
   */
  readonly remedy: 'cluster' | 'namespace' | 'kind' | 'again' | 'soon' | 'person'
  readonly retryAfterMs?: number
}

/** What a failed request says: only what the API itself has refused counts as refused. */
export function judgeFailure(error: unknown): Failure {
  const message = messageOf(error)
  if (!(error instanceof StatusError)) return { state: 'Unknown', message, remedy: 'cluster' }
  const { httpCode, status } = error
  const after = status.details?.retryAfterSeconds
  const waiting = (remedy: Failure['remedy']): Failure => ({
    state: 'Waiting',
    message,
    remedy,
    ...(after === undefined ? {} : { retryAfterMs: after * 1000 }),
  })
  if (isConflict(error)) return waiting('again')
  if (isNotFound(error)) {
    if (status.details?.kind === 'namespaces') return waiting('namespace')
    return waiting(status.details?.name === undefined ? 'kind' : 'soon')
  }
  // The namespace is on its way out; a new one of the name may come.
  if (httpCode === 403 && status.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true)
    return waiting('soon')
  if (httpCode === 408 || httpCode === 429 || httpCode >= 500) return waiting('soon')
  return { state: 'Refused', message, remedy: 'person' }
}
