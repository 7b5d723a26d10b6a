import { CodedError } from '../../base/errors.js'

/** metav1.Status of kind Status. */
export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: Record<string, never> | { continue?: string }
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: StatusDetails
  code?: number
}

export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}

export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}

/** An answer of a Kubernetes API that is not success. `code` is the reason in kebab-case, `httpCode` the HTTP status. */
export class StatusError extends CodedError {
  readonly status: Status
  constructor(status: Status) {
    super({ code: kebab(status.reason ?? 'unknown'), message: status.message ?? status.reason ?? 'unknown error' })
    this.status = status
  }
  get httpCode(): number {
    return this.status.code ?? 500
  }
  get reason(): string {
    return this.status.reason ?? ''
  }
}

function kebab(reason: string): string {
  return reason.replace(/(?<=[a-z])[A-Z]/g, '-$&').toLowerCase()
}

export function hasReason(error: unknown, reason: string): error is StatusError {
  return error instanceof StatusError && error.reason === reason
}
export const isNotFound = (error: unknown): error is StatusError => hasReason(error, 'NotFound')
export const isConflict = (error: unknown): error is StatusError => hasReason(error, 'Conflict')
export const isAlreadyExists = (error: unknown): error is StatusError => hasReason(error, 'AlreadyExists')
/** 410: the resource version or continue token is older than the server's history. */
export const isExpired = (error: unknown): error is StatusError => hasReason(error, 'Expired') || hasReason(error, 'Gone')

interface Named {
  /** Resource (plural), group and name of the object that the error speaks of. */
  resource: string
  group: string
  name: string
}

/** The BadRequest for a body whose kind the path does not take. */
export function unknownKind(object: { apiVersion: string; kind: string }, type: { kind: string }): StatusError {
  const { apiVersion, kind } = object
  const version = apiVersion.slice(apiVersion.indexOf('/') + 1)
  return failure(
    400,
    'BadRequest',
    `${kind} in version "${version}" cannot be handled as a ${type.kind}: no kind "${kind}" is registered for version ` +
      `"${apiVersion}" in scheme "pkg/runtime/scheme.go:110"`,
  )
}

function failure(code: number, reason: string, message: string, details?: StatusDetails): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details ? { details } : {}),
    code,
  })
}

function qualified(of: { resource: string; group: string }): string {
  return of.group === '' ? of.resource : `${of.resource}.${of.group}`
}

function detailsOf(of: Named, more: StatusDetails = {}): StatusDetails {
  return {
    ...(of.name === '' ? {} : { name: of.name }),
    ...(of.group === '' ? {} : { group: of.group }),
    ...(of.resource === '' ? {} : { kind: of.resource }),
    ...more,
  }
}

/** Causes may repeat, the message does not. */
function causesText(causes: readonly StatusCause[]): string {
  const texts = [...new Set(causes.map(({ field, message }) => `${field}: ${message}`))]
  return texts.length === 1 ? `${texts[0]}` : `[${texts.join(', ')}]`
}

// Texts and codes are those of k8s.io/apimachinery/pkg/api/errors.
export const statusErrors = {
  notFound: (of: Named) => failure(404, 'NotFound', `${qualified(of)} "${of.name}" not found`, detailsOf(of)),
  /** The path itself is not served. */
  pathNotFound: () => failure(404, 'NotFound', 'the server could not find the requested resource', {}),
  alreadyExists: (of: Named) => failure(409, 'AlreadyExists', `${qualified(of)} "${of.name}" already exists`, detailsOf(of)),
  conflict: (of: Named, why: string, causes?: StatusCause[]) =>
    failure(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${qualified(of)} "${of.name}": ${why}`,
      detailsOf(of, causes ? { causes } : {}),
    ),
  applyConflict: (message: string, causes: StatusCause[]) => failure(409, 'Conflict', message, { causes }),
  /** `kind` is the Kind here, as upstream has it for Invalid. */
  invalid: (of: { kind: string; group: string; name: string }, causes: StatusCause[]) =>
    failure(
      422,
      'Invalid',
      `${of.group === '' ? of.kind : `${of.kind}.${of.group}`} "${of.name}" is invalid: ${causesText(causes)}`,
      {
        ...(of.name === '' ? {} : { name: of.name }),
        ...(of.group === '' ? {} : { group: of.group }),
        ...(of.kind === '' ? {} : { kind: of.kind }),
        causes,
      },
    ),
  badRequest: (message: string) => failure(400, 'BadRequest', message),
  unauthorized: (message = 'Unauthorized') => failure(401, 'Unauthorized', message),
  forbidden: (of: Named, why: string, causes?: StatusCause[]) =>
    failure(
      403,
      'Forbidden',
      of.resource === '' ? `forbidden: ${why}` : `${qualified(of)}${of.name === '' ? '' : ` "${of.name}"`} is forbidden: ${why}`,
      detailsOf(of, causes ? { causes } : {}),
    ),
  methodNotAllowed: (action: string, of: { resource: string; group: string }) =>
    failure(
      405,
      'MethodNotAllowed',
      `${action} is not supported on resources of kind "${qualified(of)}"`,
      detailsOf({ ...of, name: '' }),
    ),
  /** The path is served, but not with this method. */
  routeNotAllowed: () => failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {}),
  notAcceptable: (supported: readonly string[]) =>
    failure(406, 'NotAcceptable', `only the following media types are accepted: ${supported.join(', ')}`),
  unsupportedMediaType: (supported: readonly string[]) =>
    failure(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${supported.join(', ')}`,
    ),
  expired: (message: string, continueToken?: string) => {
    const error = failure(410, 'Expired', message)
    if (continueToken !== undefined) error.status.metadata = { continue: continueToken }
    return error
  },
  tooManyRequests: (message: string, retryAfterSeconds: number, causes?: StatusCause[]) =>
    failure(429, 'TooManyRequests', message, { ...(causes ? { causes } : {}), retryAfterSeconds }),
  requestEntityTooLarge: (message: string) => failure(413, 'RequestEntityTooLarge', message),
  internal: (message: string) => failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }),
  timeout: (message: string, retryAfterSeconds: number, causes?: StatusCause[]) =>
    failure(504, 'Timeout', `Timeout: ${message}`, { ...(causes ? { causes } : {}), retryAfterSeconds }),
  serviceUnavailable: (message: string) => failure(503, 'ServiceUnavailable', message),
}
