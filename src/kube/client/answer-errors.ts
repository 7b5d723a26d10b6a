import { CodedError, messageOf } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { type Status, StatusError } from '../object/status-error.js'

const reasons: Record<number, string> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

/** Nobody answered, or nothing can be said of whether the server did what was asked. */
export function unreachable(cluster: string, what: string, cause?: unknown): CodedError {
  return new CodedError({
    code: 'cluster-unreachable',
    message: `cluster ${cluster}: ${what}`,
    fix: 'Check that the API server runs and can be reached from here (address, network, proxy, certificates).',
    cause,
  })
}

/** The error that an answer without success stands for. */
export function errorOfAnswer(
  cluster: string,
  httpCode: number,
  body: string,
  retryAfterSeconds: number | undefined,
): CodedError {
  const status = parseStatus(body)
  if (status === undefined && [502, 503, 504].includes(httpCode)) {
    // Not the API server's own words: a proxy or load balancer says that there is nobody behind it.
    return unreachable(cluster, `answered ${httpCode} without a Kubernetes Status: ${excerpt(body)}`)
  }
  const answer: Status = status ?? {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason: reasons[httpCode] ?? (httpCode >= 500 ? 'InternalError' : 'Unknown'),
    message: `the server answered ${httpCode} without a Kubernetes Status: ${excerpt(body)}`,
  }
  answer.code ??= httpCode
  if (retryAfterSeconds !== undefined)
    answer.details = { ...answer.details, retryAfterSeconds: answer.details?.retryAfterSeconds ?? retryAfterSeconds }
  return new StatusError(answer)
}

/** The error inside a watch stream's ERROR event. */
export function errorOfEvent(object: unknown): StatusError {
  const status = isObject(object) && object['kind'] === 'Status' ? (object as unknown as Status) : undefined
  return new StatusError(
    status ?? {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      reason: 'InternalError',
      code: 500,
      message: `the watch failed: ${excerpt(JSON.stringify(object) ?? '')}`,
    },
  )
}

/** What went wrong on the network, in words that tell what to look at. */
export function networkProblem(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code
  const words: Record<string, string> = {
    ECONNREFUSED: 'connection refused',
    ECONNRESET: 'connection reset',
    ENOTFOUND: 'no such host name',
    EAI_AGAIN: 'host name lookup failed for now',
    ETIMEDOUT: 'connection timed out',
    EHOSTUNREACH: 'no route to host',
    ENETUNREACH: 'no route to network',
    EPIPE: 'connection broke',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'the server certificate is self-signed and not among the trusted authorities (caData)',
    SELF_SIGNED_CERT_IN_CHAIN: 'the server certificate comes from an authority that is not trusted (caData)',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the server certificate comes from an authority that is not trusted (caData)',
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the server certificate comes from an authority that is not trusted (caData)',
    CERT_HAS_EXPIRED: 'the server certificate has expired',
    ERR_TLS_CERT_ALTNAME_INVALID: 'the server certificate is not made out for this host name (serverName)',
  }
  const known = typeof code === 'string' ? words[code] : undefined
  return known === undefined ? messageOf(error) : `${known} (${String(code)})`
}

function parseStatus(body: string): Status | undefined {
  try {
    const parsed: unknown = JSON.parse(body)
    return isObject(parsed) && parsed['kind'] === 'Status' ? (parsed as unknown as Status) : undefined
  } catch {
    return undefined
  }
}

function excerpt(body: string): string {
  const text = body.replace(/\s+/g, ' ').trim()
  if (text === '') return 'an empty body'
  return text.length > 200 ? `${text.slice(0, 200)}...` : text
}
