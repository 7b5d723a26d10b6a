import { Stalled } from '../../../base/errors.js'
import { type ChartAdvice, explainNoAnswer, shownUrl } from './chart-failure.js'
import type { ChartCredentials, HttpGet, HttpReply } from './contract.js'

export interface FollowedRequest {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** The Authorization header; it goes no further than the origin of `url`. */
  readonly authorization: string | undefined
  /** CA, client certificate and the like count for the host of `url` only. */
  readonly credentials: ChartCredentials | undefined
  readonly maxBytes: number
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** For errors: `chart redis 1.2 of https://charts.example.test`. */
  readonly what: string
}

const maxRedirects = 10

/**
 * A GET that follows redirects. Authorization, client certificates and switched-off verification are for the first
 * address only: they are left out as soon as a redirect leads to another origin (http to https of one host excepted), and
 * stay out. From https nothing leads back to http.
 */
export async function getFollowing(
  get: HttpGet,
  request: FollowedRequest,
  advice: ChartAdvice,
): Promise<HttpReply & { url: URL }> {
  let { url } = request
  let trusted = true
  for (let count = 0; ; count++) {
    checkScheme(url, request.what)
    let reply: HttpReply
    try {
      reply = await get({
        url,
        headers:
          trusted && request.authorization ? { ...request.headers, authorization: request.authorization } : request.headers,
        credentials: trusted ? request.credentials : undefined,
        maxBytes: request.maxBytes,
        timeoutMs: request.timeoutMs,
        ...(request.signal ? { signal: request.signal } : {}),
      })
    } catch (error) {
      if (request.signal?.aborted) throw request.signal.reason
      throw explainNoAnswer(request.what, url, error, advice)
    }
    const { location } = reply.headers
    if (![301, 302, 303, 307, 308].includes(reply.status) || location === undefined) return { ...reply, url }
    const refuse = (why: string) =>
      new Stalled({ code: 'chart-repository-redirect', message: `${request.what}: ${shownUrl(url)} ${why}` })
    if (count >= maxRedirects) throw refuse(`redirects more than ${maxRedirects} times`)
    if (!URL.canParse(location, url.href)) throw refuse('redirects to what is no address')
    const next = new URL(location, url)
    if (url.protocol === 'https:' && next.protocol !== 'https:')
      throw refuse(`redirects from https to ${next.protocol}//${next.host}`)
    const upgraded = url.protocol === 'http:' && next.protocol === 'https:' && url.hostname === next.hostname && next.port === ''
    if (next.origin !== url.origin && !upgraded) trusted = false
    next.username = ''
    next.password = ''
    url = next
  }
}

function checkScheme(url: URL, what: string): void {
  if (url.protocol === 'https:' || url.protocol === 'http:') return
  throw new Stalled({
    code: 'chart-repository-url',
    message: `${what}: ${shownUrl(url)}: charts are read over https and http, not ${url.protocol.slice(0, -1)}`,
    fix: 'Write an https, http or oci address',
  })
}

/** The Authorization header for user and password, or a token. Helm sends none when one of the two is empty. */
export function authorizationOf(credentials: ChartCredentials | undefined): string | undefined {
  if (credentials?.bearerToken) return `Bearer ${credentials.bearerToken}`
  if (!credentials?.username || !credentials.password) return undefined
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
}
