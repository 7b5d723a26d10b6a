import { STATUS_CODES } from 'node:http'
import { CodedError, messageOf } from '../../../base/errors.js'
import { HelmError } from '../../render/helm/helm-error.js'
import { shownUrl } from './chart-failure.js'
import type { ChartCredentials, HttpGet } from './contract.js'
import { authorizationOf, getFollowing } from './request.js'

const maxBytes = 64 * 1024 * 1024

/** An address below another one, as Helm joins them: what is absolute stays, a query of the base is kept. */
export function urlFrom(base: string, reference: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference)) return reference
  if (!URL.canParse(base)) throw new HelmError(`could not find protocol handler for: `)
  const url = new URL(base)
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  const joined = new URL(reference, url)
  if (url.search !== '' && joined.search === '') joined.search = url.search
  return joined.href
}

/** A file over HTTP; what goes wrong is worded as Helm words it, without user, password and query of the address. */
export async function fetchForHelm(address: string, credentials: ChartCredentials, get: HttpGet): Promise<Uint8Array> {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address)?.[1]?.toLowerCase() ?? ''
  if (scheme !== 'http' && scheme !== 'https') throw new HelmError(`scheme ${JSON.stringify(scheme)} not supported`)
  if (!URL.canParse(address)) throw new HelmError(`invalid chart URL format: ${shownUrl(address)}`)
  const url = new URL(address)
  const inUrl =
    url.username === '' ? {} : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
  url.username = ''
  url.password = ''
  const used = { ...inUrl, ...credentials }
  let reply: Awaited<ReturnType<typeof getFollowing>>
  try {
    reply = await getFollowing(
      get,
      {
        url,
        headers: { accept: 'application/gzip,application/octet-stream,*/*' },
        authorization: authorizationOf(used),
        credentials: used,
        maxBytes,
        timeoutMs: 120_000,
        what: shownUrl(url),
      },
      { authentication: () => 'Give --username and --password.', certificate: 'Give --ca-file.' },
    )
  } catch (error) {
    throw new HelmError(`Get ${JSON.stringify(shownUrl(url))}: ${networkFailure(url, error)}`, {
      cause: error,
      ...(error instanceof CodedError && error.fix !== undefined ? { fix: error.fix } : {}),
    })
  }
  if (reply.status !== 200)
    throw new HelmError(`failed to fetch ${shownUrl(url)} : ${reply.status} ${STATUS_CODES[reply.status] ?? ''}`.trimEnd(), {
      ...(reply.status === 401 || reply.status === 403
        ? { code: 'chart-repository-authentication', fix: 'Give --username and --password (or --password-stdin).' }
        : {}),
    })
  return reply.body
}

/** The usual failures in the words of Go's client. */
export function networkFailure(url: URL, error: unknown): string {
  for (let current: unknown = error; current instanceof Error; current = current.cause) {
    const { code, address, port } = current as { code?: unknown; address?: unknown; port?: unknown }
    if (code === 'ECONNREFUSED')
      return `dial tcp ${String(address ?? url.hostname)}:${String(port ?? url.port)}: connect: connection refused`
    if (code === 'ENOTFOUND') return `dial tcp: lookup ${url.hostname}: no such host`
    if (typeof code === 'string' && /SELF_SIGNED|UNABLE_TO_/.test(code))
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
    if (code === 'CERT_HAS_EXPIRED') return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid'
    if (code === 'EPROTO') return 'http: server gave HTTP response to HTTPS client'
  }
  return messageOf(error)
}
