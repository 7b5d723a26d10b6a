import type { ServerPorts } from '../../apiserver/contract.js'
import type { Exchange } from '../../apiserver/http/exchange.js'
import type { RequestView } from '../../apiserver/http/request-view.js'
import { serveResource } from '../../apiserver/http/resource-request.js'
import { createFleetMembers } from '../../areas/fleet-view/fleet-members.js'
import { createFleetView } from '../../areas/fleet-view/fleet-view.js'
import type { MemberApi } from '../../areas/fleet-view/member-api.js'
import { Stalled } from '../../base/errors.js'
import type { Cluster, Inventory } from '../../inventory/cluster.js'
import { ForwardTransport } from '../../kube/client/forward-transport.js'
import { createSystemClientPorts } from '../system-client-ports.js'

/** Opens the way to a member that is reached in another way than by its URL; undefined for the others. */
export type FleetViewOpening = (cluster: Cluster) => MemberApi | undefined

/** The API over all members of an inventory, as a front can serve it. */
export function openFleetView(options: {
  readonly inventory: Inventory
  readonly env: Readonly<Record<string, string | undefined>>
  readonly ports: ServerPorts
  readonly open?: FleetViewOpening
  /** Answers reviews (default: the cluster at whose front the view stands). */
  readonly serveOnHub?: (exchange: Exchange) => Promise<void>
}): RequestView {
  const { inventory, ports } = options
  const clientPorts = createSystemClientPorts(options.env, ports.log)
  const members = createFleetMembers({
    inventory,
    open(cluster) {
      const special = options.open?.(cluster)
      if (special !== undefined) return special
      if (cluster.connection !== undefined) return new ForwardTransport(cluster.name, cluster.connection, clientPorts)
      throw new Stalled({
        code: 'cluster-broken',
        message: `cluster ${cluster.name} (${cluster.source}): it is not said how to reach it`,
        fix: `Correct ${cluster.source}.`,
      })
    },
  })
  return createFleetView({ members, ...ports, serveOnHub: options.serveOnHub ?? ((exchange) => serveResource(exchange, ports)) })
}
