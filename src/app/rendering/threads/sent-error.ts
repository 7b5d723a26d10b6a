import { CodedError, messageOf, Stalled, Waiting } from '../../../base/errors.js'
import { HelmError } from '../../../delivery/render/helm/helm-error.js'

/** An error as it goes from one thread to another: what people read of it, and the class, which says what happens next. */
export interface SentError {
  readonly kind: 'helm' | 'stalled' | 'waiting' | 'coded' | 'other'
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly fix?: string | undefined
  readonly retryAfterMs?: number | undefined
  readonly stack?: string | undefined
}

export function packError(error: unknown): SentError {
  if (!(error instanceof CodedError)) {
    const { name, stack } = error instanceof Error ? error : new Error()
    return { kind: 'other', name, message: messageOf(error), stack }
  }
  const { name, message, code, fix } = error
  const kind = error instanceof HelmError ? 'helm' : error instanceof Stalled ? 'stalled' : 'coded'
  if (error instanceof Waiting) return { kind: 'waiting', name, message, code, fix, retryAfterMs: error.retryAfterMs }
  return { kind, name, message, code, fix }
}

export function unpackError({ kind, name, message, code = '', fix, retryAfterMs, stack }: SentError): Error {
  const details = { code, message, ...(fix === undefined ? {} : { fix }) }
  let error: Error
  if (kind === 'helm') error = new HelmError(message, details)
  else if (kind === 'stalled') error = new Stalled(details)
  else if (kind === 'waiting') error = new Waiting({ ...details, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
  else if (kind === 'coded') error = new CodedError(details)
  else {
    error = new Error(message)
    if (stack !== undefined) error.stack = stack
  }
  error.name = name
  return error
}
