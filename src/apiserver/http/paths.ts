import { statusErrors } from '../../kube/object/status-error.js'
import type { Authorizer, LogicalCluster, RemoteAuthorizer } from '../contract.js'
import { serveDiscovery } from '../discovery/serve-discovery.js'
import { wantsPretty } from './accept.js'
import { type Exchange, plainForm } from './exchange.js'
import type { RequestCounts } from './request-counts.js'
import { sendBody, sendText, sendValue } from './send.js'
import { backupPath, serveBackup } from './serve-backup.js'

/** The paths that name no resource, as GET / lists them (with those of discovery). */
const ownPaths = ['/healthz', '/livez', '/metrics', '/openapi/v3', '/readyz', '/version']
const issuerPaths = { configuration: '/.well-known/openid-configuration', keys: '/openid/v1/jwks' }

export interface PathOptions {
  readonly counts: RequestCounts
  readonly authorizer: Authorizer | RemoteAuthorizer
  /** More of /metrics, in the text format of Prometheus. */
  readonly moreMetrics?: () => string
  /** The documents by which others verify the tokens of the cluster's service accounts. */
  readonly issuerDocuments?: (cluster: LogicalCluster) => { readonly configuration: object; readonly keys: object }
}

/** Serves health, version, metrics, discovery and OpenAPI. */
export async function servePath(exchange: Exchange, options: PathOptions): Promise<void> {
  const { info, request, query } = exchange
  const path = info.path.length > 1 && info.path.endsWith('/') ? info.path.slice(0, -1) : info.path
  if (path === backupPath) return serveBackup(exchange, options.authorizer)
  const reads = request.method === 'GET' || request.method === 'HEAD'
  const form = { ...plainForm, pretty: wantsPretty(query, request.headers['user-agent']) }
  const health = /^\/(healthz|livez|readyz)(\/(ping|log|etcd|storage|informer-sync|poststarthook\/[\w.-]+))?$/.exec(path)
  if (health) {
    if (!query.has('verbose')) return sendText(exchange, 200, 'ok')
    return sendText(exchange, 200, `[+]ping ok\n[+]log ok\n[+]storage ok\n${health[1]} check passed\n`)
  }
  if (request.method !== 'GET' && /^\/(version|apis?)(\/|$)/.test(path)) throw statusErrors.routeNotAllowed()
  if (path === '/version') {
    // People read this one: upstream always indents it.
    return sendValue(exchange, 200, versionAnswer(exchange), { ...form, pretty: true })
  }
  if (path === '/metrics')
    return sendBody(exchange, 200, 'text/plain; charset=utf-8', options.counts.format() + (options.moreMetrics?.() ?? ''))
  if (options.issuerDocuments !== undefined && (path === issuerPaths.configuration || path === issuerPaths.keys)) {
    const documents = options.issuerDocuments(exchange.cluster)
    const cached = { 'Cache-Control': 'public, max-age=3600' }
    if (path === issuerPaths.configuration) return sendValue(exchange, 200, documents.configuration, form, cached)
    return sendBody(exchange, 200, 'application/jwk-set+json', JSON.stringify(documents.keys), cached)
  }
  if (path === '/') {
    const groups = new Set<string>()
    for (const type of exchange.cluster.api.catalogue().all) {
      if (type.group === '') groups.add('/api/v1')
      else groups.add(`/apis/${type.group}`).add(`/apis/${type.group}/${type.version}`)
    }
    const issuer = options.issuerDocuments === undefined ? [] : Object.values(issuerPaths)
    return sendValue(exchange, 200, { paths: ['/api', '/apis', ...groups, ...ownPaths, ...issuer].sort() }, form)
  }
  if ((reads || path.startsWith('/openapi/')) && (await serveDiscovery(exchange, path, form))) return
  if (path.startsWith('/openapi/')) return sendBody(exchange, 404, '', '')
  // Below these paths routers stand that answer in their own way.
  if (isRouted(exchange, path)) throw statusErrors.pathNotFound()
  return sendText(exchange, 404, '404 page not found\n')
}

/** Servers of 1.33 say as well which versions they can stand for. */
function versionAnswer({ cluster }: Exchange): object {
  const { major, minor, ...build } = cluster.api.version
  const emulation = { emulationMajor: major, emulationMinor: minor }
  const compatibility = { minCompatibilityMajor: major, minCompatibilityMinor: String(Number.parseInt(minor, 10) - 1) }
  return { major, minor, ...emulation, ...compatibility, ...build }
}

function isRouted({ cluster }: Exchange, path: string): boolean {
  const [, root, group] = path.split('/')
  if (root === 'api' || root === 'version') return true
  return root === 'apis' && cluster.api.catalogue().all.some((type) => type.group === group)
}
