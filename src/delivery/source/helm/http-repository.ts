import { messageOf, Stalled, Waiting } from '../../../base/errors.js'
import type { ChartCache } from './chart-cache.js'
import { sha256Of } from './chart-cache.js'
import { type ChartAdvice, explainStatus, shownUrl } from './chart-failure.js'
import type { ChartCredentials, ChartLimits, HttpGet } from './contract.js'
import { findChartEntries, type IndexEntry } from './repository-index.js'
import { authorizationOf, getFollowing } from './request.js'

export interface ChartPorts {
  readonly get: HttpGet
  readonly cache: ChartCache
  readonly advice: ChartAdvice
  readonly limits: ChartLimits
}

/** The index of a repository as it was answered; charts' entries are parsed when somebody asks for them. */
export interface FetchedIndex {
  readonly text: string
  readonly etag: string | undefined
  readonly modified: string | undefined
  readonly entries: Map<string, IndexEntry[] | undefined>
}

/** The address of an HTTP repository. Throws Stalled; user and password in it are credentials, not part of it. */
export function parseRepositoryUrl(text: string): { url: URL; credentials: ChartCredentials | undefined } {
  const refuse = (why: string) =>
    new Stalled({
      code: 'chart-repository-url',
      message: `chart repository ${JSON.stringify(shownUrl(text))} ${why}`,
      fix: 'Write https://host/path, or oci://host/path',
    })
  if (/[\u0000-\u0020\u007f]/.test(text)) throw refuse('has blanks or control characters')
  if (!URL.canParse(text)) throw refuse('is no address')
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse('is not read over https, http or oci')
  const credentials =
    url.username === '' ? undefined : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
  url.username = ''
  url.password = ''
  url.hash = ''
  return { url, credentials }
}

/** Reads index.yaml of a repository; `known` is the one read before, which is kept when the server says it is still so. */
export async function fetchIndex(
  ports: ChartPorts,
  repository: URL,
  credentials: ChartCredentials | undefined,
  known: FetchedIndex | undefined,
  signal?: AbortSignal,
): Promise<FetchedIndex> {
  const url = below(repository, 'index.yaml')
  const what = `chart repository ${shownUrl(repository)}`
  const reply = await getFollowing(
    ports.get,
    {
      url,
      headers: {
        accept: '*/*',
        ...(known?.etag ? { 'if-none-match': known.etag } : {}),
        ...(known?.modified ? { 'if-modified-since': known.modified } : {}),
      },
      authorization: authorizationOf(credentials),
      credentials,
      maxBytes: ports.limits.maxIndexBytes ?? 64 * 1024 * 1024,
      timeoutMs: ports.limits.timeoutMs ?? 60_000,
      what,
      ...(signal ? { signal } : {}),
    },
    ports.advice,
  )
  if (reply.status === 304 && known !== undefined) return known
  if (reply.status !== 200) throw explainStatus(what, reply.url, reply, ports.advice)
  return {
    text: new TextDecoder().decode(reply.body),
    etag: reply.headers['etag'],
    modified: reply.headers['last-modified'],
    entries: new Map(),
  }
}

/** A chart's entries in an index. Throws Stalled when the index has no such chart or is none. */
export function entriesOf(index: FetchedIndex, repository: URL, chart: string): readonly IndexEntry[] {
  if (!index.entries.has(chart)) {
    try {
      index.entries.set(chart, findChartEntries(index.text, chart))
    } catch (error) {
      throw new Stalled({
        code: 'chart-index-invalid',
        message: `chart repository ${shownUrl(repository)}: index.yaml cannot be read: ${messageOf(error)}`,
        fix: 'Correct the address: it must be that of a Helm repository',
        cause: error,
      })
    }
  }
  const found = index.entries.get(chart)
  if (found === undefined || found.length === 0)
    throw new Stalled({
      code: 'chart-not-found',
      message: `chart ${JSON.stringify(chart)} not found in ${shownUrl(repository)} repository`,
      fix: 'Correct spec.source.chart or spec.source.repoURL',
    })
  return found
}

/** The packed chart of an index entry, checked against its digest. The first address that answers counts. */
export async function fetchArchive(
  ports: ChartPorts,
  repository: URL,
  chart: string,
  entry: IndexEntry,
  options: { credentials: ChartCredentials | undefined; passCredentials: boolean; signal?: AbortSignal },
): Promise<Uint8Array> {
  const what = `chart ${chart} ${entry.version} of ${shownUrl(repository)}`
  const cached = await ports.cache.read(entry.digest)
  if (cached !== undefined) return cached
  const [first] = entry.urls
  if (first === undefined)
    throw new Stalled({ code: 'chart-not-found', message: `${what}: the index has no downloadable URLs for it` })
  const url = resolveReference(repository, first)
  if (url === undefined)
    throw new Stalled({
      code: 'chart-index-invalid',
      message: `${what}: the index has ${JSON.stringify(shownUrl(first))} as its address`,
    })
  // Credentials are the repository's: other hosts get them only when a person has said so.
  const isOwn = url.origin === repository.origin
  const shares = isOwn || options.passCredentials
  const inUrl =
    url.username === '' ? undefined : { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) }
  url.username = ''
  url.password = ''
  const reply = await getFollowing(
    ports.get,
    {
      url,
      headers: { accept: '*/*' },
      authorization: authorizationOf(inUrl ?? (shares ? options.credentials : undefined)),
      credentials: shares ? options.credentials : undefined,
      maxBytes: ports.limits.maxArchiveBytes ?? 20 * 1024 * 1024,
      timeoutMs: ports.limits.timeoutMs ?? 60_000,
      what,
      ...(options.signal ? { signal: options.signal } : {}),
    },
    ports.advice,
  )
  if (reply.status !== 200) throw explainStatus(what, reply.url, reply, ports.advice)
  checkDigest(what, reply.body, entry.digest)
  await ports.cache.write(reply.body)
  return reply.body
}

/** What is published may be replaced between two requests, so a wrong digest is worth another try. */
export function checkDigest(what: string, bytes: Uint8Array, wanted: string): void {
  if (wanted === '') return
  const found = sha256Of(bytes)
  if (found !== wanted)
    throw new Waiting({
      code: 'chart-digest',
      message: `${what}: what was downloaded has sha256 ${found}, it should have ${wanted.slice(0, 100)}`,
      retryAfterMs: 60_000,
    })
}

/** `path` below a repository's address; its query stays (some servers take tokens there). */
function below(repository: URL, path: string): URL {
  const url = new URL(repository)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`
  return url
}

/** Addresses of charts are absolute, or relative to the repository's directory. */
function resolveReference(repository: URL, reference: string): URL | undefined {
  const base = new URL(repository)
  base.pathname = `${base.pathname.replace(/\/+$/, '')}/`
  if (!URL.canParse(reference, base.href)) return undefined
  const url = new URL(reference, base)
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference)) return url
  if (url.search === '') url.search = repository.search
  return url
}
