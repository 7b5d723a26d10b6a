import { statusErrors } from '../../kube/object/status-error.js'
import { serveDiscovery } from '../discovery/serve-discovery.js'
import { wantsPretty } from './accept.js'
import { type Exchange, plainForm } from './exchange.js'
import type { RequestCounts } from './request-counts.js'
import { sendText, sendValue } from './send.js'

/** The paths that name no resource, as GET / lists them (with those of discovery). */
const ownPaths = ['/healthz', '/livez', '/metrics', '/openapi/v3', '/readyz', '/version']

/** Serves health, version, metrics, discovery and OpenAPI. */
export async function servePath(exchange: Exchange, options: { readonly counts: RequestCounts }): Promise<void> {
  const { info, request, query } = exchange
  const path = info.path.length > 1 && info.path.endsWith('/') ? info.path.slice(0, -1) : info.path
  if (request.method !== 'GET' && request.method !== 'HEAD') throw statusErrors.pathNotFound()
  const form = { ...plainForm, pretty: wantsPretty(query, request.headers['user-agent']) }
  const health = /^\/(healthz|livez|readyz)(\/[\w.-]+)*$/.exec(path)
  if (health) {
    if (!query.has('verbose')) return sendText(exchange, 200, 'ok')
    return sendText(exchange, 200, `[+]ping ok\n[+]log ok\n[+]storage ok\n${health[1]} check passed\n`)
  }
  if (path === '/version') {
    // People read this one: upstream always indents it.
    return sendValue(exchange, 200, exchange.cluster.api.version, { ...form, pretty: true })
  }
  if (path === '/metrics') return sendText(exchange, 200, options.counts.format())
  if (path === '/') {
    const groups = new Set<string>()
    for (const type of exchange.cluster.api.catalogue().all) {
      if (type.group === '') groups.add('/api/v1')
      else groups.add(`/apis/${type.group}`).add(`/apis/${type.group}/${type.version}`)
    }
    return sendValue(exchange, 200, { paths: ['/api', '/apis', ...groups, ...ownPaths].sort() }, form)
  }
  if (await serveDiscovery(exchange, path, form)) return
  throw statusErrors.pathNotFound()
}
