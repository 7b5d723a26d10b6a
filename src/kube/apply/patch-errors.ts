import { StatusError, statusErrors } from '../object/status-error.js'

/** 400: the patch is not written as its format demands. */
export function patchUnreadable(message: string): StatusError {
  return statusErrors.badRequest(message)
}

/** 500, as upstream has it: the patch is well written, but does not fit the object. */
export function patchRefused(message: string): StatusError {
  return new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 })
}

/** 422: what no patch can do. */
export function patchImpossible(message: string): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `the server rejected our request due to an error in our request: ${message}`,
    reason: 'Invalid',
    details: { causes: [{ message }] },
    code: 422,
  })
}
