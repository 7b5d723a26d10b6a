import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { messageOf } from '../../base/errors.js'
import { StatusError, statusErrors } from '../../kube/object/status-error.js'
import { type AuditOptions, AuditTrail } from '../audit/audit-trail.js'
import { anonymousUser, authenticate } from '../auth/authenticate.js'
import { forbidden } from '../auth/forbidden.js'
import { impersonate, NobodyImpersonated } from '../auth/impersonate.js'
import type {
  AccessAttributes,
  Authenticator,
  Authorizer,
  LogicalCluster,
  LogicalClusters,
  RemoteAuthorizer,
  ServerPorts,
  UserInfo,
} from '../contract.js'
import type { RequestFairness } from '../fairness/request-fairness.js'
import { mediaOfFailure } from './accept.js'
import { bearerTokenOf, describeConnection, type Served } from './connection.js'
import { type Exchange, plainForm } from './exchange.js'
import { type PathOptions, servePath } from './paths.js'
import { durationSeconds } from './query-options.js'
import type { RequestCounts } from './request-counts.js'
import { parseRequestInfo, type RequestInfo } from './request-info.js'
import { type ResourcePorts, serveResource } from './resource-request.js'
import { type Answerable, sendFailure, sendText } from './send.js'
import type { Upgrade } from './streaming/upgrade.js'

export interface HandlerOptions extends Pick<PathOptions, 'issuerDocuments'> {
  readonly clusters: Pick<LogicalClusters, 'get'>
  readonly authenticators: readonly Authenticator[]
  readonly authorizer: Authorizer | RemoteAuthorizer
  readonly ports: ServerPorts & ResourcePorts
  /** What is served at a local address and port. */
  readonly servedAt: (address: string, port: number) => Served | undefined
  readonly counts: RequestCounts
  /** Writes down who did what. */
  readonly audit?: AuditOptions
  /** Whether a request to this path may come without credentials (absent: everywhere; RBAC decides what it may do). */
  readonly anonymous?: (path: string) => boolean
  /** In which order requests begin when there are too many. */
  readonly fairness?: RequestFairness
  /** A new identifier for each request. */
  readonly auditIds: () => string
}

/** Their requests last as long as what runs there wants. */
const longSubresources: ReadonlySet<string> = new Set(['log', 'exec', 'attach', 'portforward', 'proxy'])

/** Other requests, but for watches, are answered within this time, or with a Timeout. */
const deadlineSeconds = 60

/** Paths that anybody may read, as upstream's --authorization-always-allow-paths has it. */
const openPaths: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz'])

/** Serves one request from its first to its last byte. Never rejects. */
export async function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  options: HandlerOptions,
  upgrade?: Upgrade,
): Promise<void> {
  const { ports } = options
  const warnings: string[] = []
  const auditId = auditIdOf(request) ?? options.auditIds()
  const answerable: Answerable = { request, response, auditId, warnings }
  const abort = new LazyAbort()
  let finish: (() => void) | undefined
  response.on('error', () => abort.abort(new Error('the client has gone')))
  response.once('close', () => {
    finish?.()
    if (!response.writableFinished) abort.abort(new Error('the client has gone'))
  })
  let verb = 'unknown'
  let trail: AuditTrail | undefined
  const writeDown = (cluster: LogicalCluster, path: string, attributes: AccessAttributes, user: UserInfo, as?: UserInfo) => {
    if (options.audit === undefined) return
    const audited = {
      auditId,
      cluster: cluster.name,
      requestUri: request.url ?? path,
      sourceIp: request.socket.remoteAddress ?? '',
      userAgent: request.headers['user-agent'] ?? '',
      user,
      impersonated: as === user ? undefined : as,
      attributes,
      receivedMs: ports.clock.now(),
    }
    trail = AuditTrail.begin(options.audit, audited, () => ports.clock.now())
    if (trail !== undefined) response.once('close', () => trail?.write('ResponseComplete', { code: response.statusCode }))
  }
  try {
    const connection = describeConnection(request.socket as TLSSocket, options.servedAt)
    const cluster = options.clusters.get(connection.cluster)
    if (cluster === undefined) throw statusErrors.serviceUnavailable('no cluster is served here: it was removed')
    const url = request.url ?? '/'
    const mark = url.indexOf('?')
    const path = mark < 0 ? url : url.slice(0, mark)
    const query = mark < 0 ? noQuery : new URLSearchParams(url.slice(mark + 1))
    const { view } = connection
    const info = requestInfoOf(view?.read ?? parseRequestInfo, request.method ?? 'GET', path, query)
    if (info === undefined) return refuseEscape(response)
    verb = info.verb
    const attributes = attributesOf(info)
    let known = nobody
    let user: UserInfo
    try {
      known = await authenticateRequest(request, path, connection, cluster, options)
      user = known
      if (impersonates(request)) user = await impersonate(options.authorizer, cluster, known, request.headersDistinct)
    } catch (error) {
      // Who was refused to be somebody else is known.
      writeDown(cluster, path, attributes, known)
      throw error
    }
    writeDown(cluster, path, attributes, known, user)
    if (attributes.path === undefined || !isOpen(attributes.path)) {
      const decision = options.authorizer.authorize(cluster, user, attributes)
      const { allowed, reason } = decision instanceof Promise ? await decision : decision
      trail?.annotate('authorization.k8s.io/decision', allowed ? 'allow' : 'forbid')
      trail?.annotate('authorization.k8s.io/reason', reason)
      if (!allowed) throw forbidden(user, attributes, reason)
    }
    const begun = options.fairness?.begin(cluster, attributes, user, response)
    if (begun !== undefined && !(await begun)) {
      await sendText(answerable, 429, 'Too many requests, please try again later.\n', { 'Retry-After': '1' })
      return
    }
    if (response.destroyed) return
    const long = info.verb === 'watch' || longSubresources.has(info.subresource)
    const timeout = query.get('timeout')
    const wanted = durationSeconds(timeout)
    if (timeout && wanted === undefined) throw badTimeout(timeout)
    const seconds = Math.min(wanted ?? deadlineSeconds, deadlineSeconds)
    if (!long && seconds > 0) {
      finish = ports.clock.after(seconds * 1000, () => {
        abort.abort(deadlinePassed())
        if (!request.complete && !response.headersSent) {
          // What has come of its body is kept for as long as it may go on.
          response.setHeader('Connection', 'close')
          response.once('finish', () => request.destroy())
        }
        void sendFailure(answerable, deadlinePassed(), plainForm)
      })
    }
    const exchange: Exchange = {
      request,
      response,
      upgrade,
      cluster,
      query,
      info,
      auditId,
      audit: trail,
      user,
      get signal() {
        return abort.signal
      },
      warnings,
      warn: (text) => void warnings.push(text),
      annotate: (key, text) => trail?.annotate(key, text),
    }
    if (view !== undefined) await view.serve(exchange)
    else if (info.isResource) await serveResource(exchange, ports)
    else await servePath(exchange, options)
  } catch (error) {
    await fail(error, answerable, options)
  } finally {
    finish?.()
    options.counts.add(verb, response.statusCode)
    // A body that nobody wanted must not stop the next request of the connection.
    if (!request.readableEnded) request.resume()
  }
}

/** An AbortController that is made when somebody first wants its signal: most requests never do. */
class LazyAbort {
  #controller: AbortController | undefined
  #reason: Error | undefined

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  abort(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(reason)
  }
}

function impersonates(request: IncomingMessage): boolean {
  for (const name in request.headers) if (name.startsWith('impersonate-')) return true
  return false
}

const noQuery = new URLSearchParams()

/** Whose credentials were refused. */
const nobody: UserInfo = { name: '', groups: [] }

/** Undefined for a path that cannot be read. */
function requestInfoOf(
  read: typeof parseRequestInfo,
  method: string,
  path: string,
  query: URLSearchParams,
): RequestInfo | undefined {
  try {
    return read(method, path, query)
  } catch {
    return undefined
  }
}

/** Go's HTTP server refuses such a path before anybody sees it, and trusts nothing that follows. */
function refuseEscape(response: ServerResponse): void {
  response.writeHead(400, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' })
  response.end('400 Bad Request')
}

async function authenticateRequest(
  request: IncomingMessage,
  path: string,
  connection: ReturnType<typeof describeConnection>,
  cluster: Parameters<typeof authenticate>[1],
  options: HandlerOptions,
) {
  const bearerToken = bearerTokenOf(request.headers.authorization)
  if (connection.badCertificate !== undefined && bearerToken === undefined) throw statusErrors.unauthorized()
  if (bearerToken === undefined && connection.certificate === undefined) {
    if (options.anonymous?.(path) === false) throw statusErrors.unauthorized()
    return anonymousUser
  }
  return authenticate(options.authenticators, cluster, {
    ...(bearerToken === undefined ? {} : { bearerToken }),
    ...(connection.certificate === undefined ? {} : { peerCertificate: connection.certificate }),
  })
}

/** What the authorizer is asked. */
export function attributesOf(info: RequestInfo): AccessAttributes {
  if (!info.isResource) {
    return { verb: info.verb, group: '', version: '', resource: '', subresource: '', namespace: '', name: '', path: info.path }
  }
  return {
    verb: info.verb,
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name === '' ? info.selectedName : info.name,
  }
}

function isOpen(path: string): boolean {
  return openPaths.has(path)
}

async function fail(error: unknown, answerable: Answerable, options: HandlerOptions): Promise<void> {
  const { response } = answerable
  if (response.destroyed) return
  if (error instanceof NobodyImpersonated) {
    const text = `Internal Server Error: ${JSON.stringify(answerable.request.url)}: ${error.message}\n`
    return sendText(answerable, 500, text).catch(() => void response.destroy())
  }
  let failure: StatusError
  if (error instanceof StatusError) failure = error
  else if (isTooDeep(error)) failure = statusErrors.badRequest('the request is nested too deeply: exceeded max depth')
  else {
    options.ports.log.error('a request failed unexpectedly', {
      auditId: answerable.auditId,
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
    failure = statusErrors.internal(messageOf(error))
  }
  if (response.headersSent) {
    response.destroy()
    return
  }
  const form = { ...plainForm, media: mediaOfFailure(answerable.request.headers.accept) }
  await sendFailure(answerable, failure, form).catch(() => response.destroy())
}

/** Values are walked by recursion everywhere: what is nested deeper than the stack reaches is the client's mistake. */
function isTooDeep(error: unknown): boolean {
  return error instanceof RangeError && error.message === 'Maximum call stack size exceeded'
}

function badTimeout(text: string): StatusError {
  return statusErrors.badRequest(`invalid timeout specified in the request URL - time: invalid duration ${JSON.stringify(text)}`)
}

function deadlinePassed(): StatusError {
  return statusErrors.timeout('request did not complete within the allotted timeout', 0)
}

/** A caller may give a request its own identifier, to find it again. */
function auditIdOf(request: IncomingMessage): string | undefined {
  const given = request.headers['audit-id']
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : undefined
}
