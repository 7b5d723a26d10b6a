import type { ResourceType } from '../../../../kube/object/resource-type.js'
import type { Exchange } from '../../exchange.js'
import type { ConnectPorts } from '../serve-connect.js'
import { serveNode } from './node-endpoints.js'
import { proxyPath } from './proxy-path.js'
import { podTarget, serviceTarget } from './proxy-target.js'
import { reverseProxy } from './reverse-proxy.js'

/** Serves the proxy subresource of pods, services and nodes. */
export async function serveProxy(exchange: Exchange, ports: ConnectPorts, type: ResourceType, namespace: string): Promise<void> {
  const { info, request, response } = exchange
  const { path, prefix } = proxyPath(info.path, info.rest)
  const url = request.url ?? ''
  const mark = url.indexOf('?')
  const search = mark < 0 ? '' : url.slice(mark)
  if (type.plural === 'nodes') return serveNode(exchange, ports, type, path === '' ? '/' : path)
  const target =
    type.plural === 'services'
      ? await serviceTarget(exchange, type, namespace, ports.random)
      : await podTarget(exchange, type, namespace)
  // Relative links of a root page lead astray without the slash.
  if (path === '' && exchange.upgrade === undefined && (request.method === 'GET' || request.method === 'HEAD')) {
    response.writeHead(301, { Location: `${info.path}/${search}`, 'Audit-Id': exchange.auditId, 'Content-Length': 0 })
    response.end()
    return
  }
  await reverseProxy(exchange, {
    scheme: target.scheme,
    host: target.host,
    path: path === '' ? '/' : path,
    prefix,
    search,
    connect: () => ports.pods.connect(exchange.cluster.name, target.pod, target.port),
  })
}
