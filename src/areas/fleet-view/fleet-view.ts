import { setMaxListeners } from 'node:events'
import type { Exchange } from '../../apiserver/http/exchange.js'
import type { RequestView } from '../../apiserver/http/request-view.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { usualPatience } from './ask-member.js'
import { memberNamed } from './find-member.js'
import { forwardRaw } from './forward.js'
import { serveViewList, serveViewWatch } from './serve-collection.js'
import { isRaw, serveViewConnection, serveViewDeleteCollection, serveViewGet, serveViewWrite } from './serve-object.js'
import { serveViewPath } from './serve-paths.js'
import { createContext, type FleetViewPorts } from './view-context.js'
import { readViewRequest, type ViewRequest } from './view-request.js'

/** Questions about the caller: answered by who knows the caller. */
const hubGroups: ReadonlySet<string> = new Set(['authentication.k8s.io', 'authorization.k8s.io'])

/**
 * One API over all members of the fleet. Whoever asks may do here what the hub's rules allow, and on each member what that
 * member's rules allow the same user: the hub's credentials only carry the request.
 */
export function createFleetView(
  ports: Omit<FleetViewPorts, 'patience'> & Partial<Pick<FleetViewPorts, 'patience'>>,
): RequestView {
  const all: FleetViewPorts = { patience: usualPatience, ...ports }
  const requests = new WeakMap<object, ViewRequest>()
  return {
    name: 'fleet',
    read(method, path, query) {
      const request = readViewRequest(method, path, query, (text) => ports.members.keyOf(text))
      requests.set(request, request)
      return request
    },
    async serve(exchange) {
      const request = requests.get(exchange.info)
      // It was read by another view, which stood here until just now.
      if (request === undefined) throw statusErrors.timeout('the request came before its time: repeat it', 1)
      return serve(all, exchange, request)
    },
  }
}

async function serve(ports: FleetViewPorts, exchange: Exchange, info: ViewRequest): Promise<void> {
  // Each member that is asked listens for its end.
  setMaxListeners(0, exchange.signal)
  if (info.contradiction) throw statusErrors.badRequest('the name and the namespace in the path name different clusters')
  if (info.direct) return serveDirectly(ports, exchange, info)
  if (!info.isResource) return serveViewPath(ports, exchange, info, askingOf(ports, exchange))
  if (exchange.request.method === 'HEAD' && info.subresource !== 'proxy') throw statusErrors.routeNotAllowed()
  if (info.verb === 'proxy') throw statusErrors.pathNotFound()
  if (info.key === undefined && hubGroups.has(info.group) && info.verb === 'create') return ports.serveOnHub(exchange)
  if (info.name !== '' && isRaw(info.subresource)) return serveViewConnection(createContext(ports, exchange, info))
  const context = createContext(ports, exchange, info)
  switch (info.verb) {
    case 'list':
      return serveViewList(context)
    case 'watch':
      return serveViewWatch(context)
    case 'get':
      return serveViewGet(context)
    case 'deletecollection':
      return serveViewDeleteCollection(context)
    case 'create':
    case 'update':
    case 'patch':
    case 'delete':
      return serveViewWrite(context)
    default:
      throw statusErrors.routeNotAllowed()
  }
}

/** The API of one member as it is, for whom its own names are enough. */
function serveDirectly(ports: FleetViewPorts, exchange: Exchange, info: ViewRequest): Promise<void> {
  const member = memberNamed(ports.members, info.key ?? '')
  exchange.annotate?.('flotilla.dev/member', member.key)
  const path = (exchange.request.url ?? '').replace(/^\/clusters\/[^/?]+/, '')
  const accept = exchange.request.headers.accept ?? '*/*'
  const to = { path: path.startsWith('/') ? path : `/${path}`, accept }
  return forwardRaw(exchange, member, to, askingOf(ports, exchange))
}

function askingOf({ clock, patience }: FleetViewPorts, exchange: Exchange) {
  const { user, auditId, signal, request } = exchange
  return { user, auditId, signal, clock, patience, userAgent: request.headers['user-agent'] ?? '' }
}
