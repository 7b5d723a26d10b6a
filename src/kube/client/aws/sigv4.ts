import { createHash, createHmac } from 'node:crypto'

/** AWS Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  /** Epoch ms. */
  readonly expiresAt?: number
}

export interface SigningScope {
  readonly region: string
  readonly service: string
  readonly nowMs: number
}

/** SHA-256 of the empty body, as presigned requests to STS carry it. */
export const emptyBodyHash = sha256('')

/**
 * The URL with the signature in its query, good for `expiresSeconds`. All `headers` are signed (besides host) and must be sent
 * as they are with the request. `bodyHash`: SHA-256 of the body in hex, or UNSIGNED-PAYLOAD where the service allows it.
 */
export function presignUrl(options: {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly expiresSeconds: number
  readonly bodyHash?: string
  readonly credentials: AwsCredentials
  readonly scope: SigningScope
}): string {
  const { credentials, scope } = options
  const url = new URL(options.url)
  const headers = canonicalHeaders({ ...options.headers, host: url.host })
  const parameters: [string, string][] = [
    ...url.searchParams,
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${credentials.accessKeyId}/${scopeText(scope)}`],
    ['X-Amz-Date', amzDate(scope.nowMs)],
    ['X-Amz-Expires', String(options.expiresSeconds)],
    ['X-Amz-SignedHeaders', headers.names],
  ]
  if (credentials.sessionToken !== undefined) parameters.push(['X-Amz-Security-Token', credentials.sessionToken])
  const query = canonicalQuery(parameters)
  const request = [options.method, url.pathname, query, headers.text, headers.names, options.bodyHash ?? emptyBodyHash].join('\n')
  return `${url.origin}${url.pathname}?${query}&X-Amz-Signature=${sign(request, credentials, scope)}`
}

/** The headers to send: those given, plus x-amz-date, x-amz-security-token and authorization. */
export function signHeaders(options: {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly credentials: AwsCredentials
  readonly scope: SigningScope
}): Record<string, string> {
  const { credentials, scope } = options
  const url = new URL(options.url)
  const sent: Record<string, string> = { ...options.headers, 'x-amz-date': amzDate(scope.nowMs) }
  if (credentials.sessionToken !== undefined) sent['x-amz-security-token'] = credentials.sessionToken
  const headers = canonicalHeaders({ ...sent, host: url.host })
  const request = [
    options.method,
    url.pathname,
    canonicalQuery([...url.searchParams]),
    headers.text,
    headers.names,
    sha256(options.body ?? ''),
  ].join('\n')
  const signature = sign(request, credentials, scope)
  sent['authorization'] =
    `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scopeText(scope)}, SignedHeaders=${headers.names}, Signature=${signature}`
  return sent
}

function sign(canonicalRequest: string, credentials: AwsCredentials, scope: SigningScope): string {
  const text = ['AWS4-HMAC-SHA256', amzDate(scope.nowMs), scopeText(scope), sha256(canonicalRequest)].join('\n')
  let key: string | Buffer = `AWS4${credentials.secretAccessKey}`
  for (const part of scopeText(scope).split('/')) key = createHmac('sha256', key).update(part).digest()
  return createHmac('sha256', key).update(text).digest('hex')
}

function scopeText(scope: SigningScope): string {
  return `${amzDate(scope.nowMs).slice(0, 8)}/${scope.region}/${scope.service}/aws4_request`
}

function amzDate(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/[-:]|\.\d+/g, '')
}

function canonicalHeaders(headers: Readonly<Record<string, string>>): { text: string; names: string } {
  const sorted = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/\s+/g, ' ')] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return { text: sorted.map(([name, value]) => `${name}:${value}\n`).join(''), names: sorted.map(([name]) => name).join(';') }
}

function canonicalQuery(parameters: readonly (readonly [string, string])[]): string {
  return parameters
    .map(([name, value]) => `${escapeUri(name)}=${escapeUri(value)}`)
    .sort()
    .join('&')
}

/** All but RFC 3986's unreserved characters, as AWS wants it. */
function escapeUri(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
