import type { ServerPorts } from '../../apiserver/contract.js'
import type { Exchange } from '../../apiserver/http/exchange.js'
import type { RequestView } from '../../apiserver/http/request-view.js'
import { serveResource } from '../../apiserver/http/resource-request.js'
import { createFleetMembers } from '../../areas/fleet-view/fleet-members.js'
import { createFleetView } from '../../areas/fleet-view/fleet-view.js'
import type { MemberApi } from '../../areas/fleet-view/member-api.js'
import { Stalled } from '../../base/errors.js'
import type { Cluster, Inventory } from '../../inventory/cluster.js'
import { unreachable } from '../../kube/client/answer-errors.js'
import { ForwardTransport } from '../../kube/client/forward-transport.js'
import { createSystemClientPorts } from '../system/system-client-ports.js'

/** Opens the way to a member that is reached in another way than by its URL; undefined for the others. */
export type FleetViewOpening = (cluster: Cluster) => MemberApi | undefined

/** What has begun when the way is cut ends when the hub finds the member silent. */
function whileWhole(way: MemberApi, cluster: Cluster, isCut: (cluster: Cluster) => boolean): MemberApi {
  const pass = <T>(go: () => Promise<T>): Promise<T> =>
    isCut(cluster) ? Promise.reject(unreachable(cluster.name, 'the way to it is cut')) : go()
  return {
    send: (request) => pass(() => way.send(request)),
    upgrade: (request) => pass(() => way.upgrade(request)),
    close: () => way.close(),
  }
}

/** The API over all members of an inventory, as a front can serve it. */
export function openFleetView(options: {
  readonly inventory: Inventory
  readonly env: Readonly<Record<string, string | undefined>>
  readonly ports: ServerPorts
  readonly open?: FleetViewOpening
  /** Whether nothing gets from here to the member (chaos). */
  readonly isCut?: (cluster: Cluster) => boolean
  /** Answers reviews (default: the cluster at whose front the view stands). */
  readonly serveOnHub?: (exchange: Exchange) => Promise<void>
}): RequestView {
  const { inventory, ports } = options
  const clientPorts = createSystemClientPorts(options.env, ports.log)
  const members = createFleetMembers({
    inventory,
    open(cluster) {
      const special = options.open?.(cluster)
      const way = special ?? (cluster.connection && new ForwardTransport(cluster.name, cluster.connection, clientPorts))
      if (way !== undefined) return options.isCut === undefined ? way : whileWhole(way, cluster, options.isCut)
      throw new Stalled({
        code: 'cluster-broken',
        message: `cluster ${cluster.name} (${cluster.source}): it is not said how to reach it`,
        fix: `Correct ${cluster.source}.`,
      })
    },
  })
  return createFleetView({ members, ...ports, serveOnHub: options.serveOnHub ?? ((exchange) => serveResource(exchange, ports)) })
}
