import type { Clock } from '../../base/clock.js'
import type { GatewayRoutes, GatewayStats, GatewayTls } from '../../services/gateway/contract.js'
import { createEastWestGateway } from '../../services/gateway/east-west-gateway.js'
import {
  type Crossing,
  createEgressGateway,
  type EgressRoute,
  type RemoteGateway,
} from '../../services/gateway/egress-gateway.js'

export const gatewayPort = 15_443

export interface ClusterGatewayOptions {
  readonly address: string
  readonly tls: GatewayTls
  readonly routes: GatewayRoutes
  readonly clock: Clock
  readonly cross: (gateway: RemoteGateway, end: () => void) => Crossing
}

/** Both gateways of one embedded cluster: the way in at port 15443, and the way out at a port for each route. */
export interface ClusterGateway {
  offer(port: number, route: EgressRoute): Promise<void>
  withdraw(port: number): void
  renew(tls: GatewayTls): void
  stats(): { readonly ingress: GatewayStats; readonly egress: GatewayStats }
  stop(graceMs: number): Promise<void>
}

/** A gateway that does not answer is passed over after this long: traffic is to move on within a second. */
const dialMs = 400

export async function startClusterGateway(options: ClusterGatewayOptions): Promise<ClusterGateway> {
  const { address, tls, routes, clock, cross } = options
  const way = createEastWestGateway({ routes, tls, clock, dial: { timeoutMs: dialMs } })
  const out = createEgressGateway({ tls, clock, dialMs, cross })
  await way.listen({ address, port: gatewayPort })
  return {
    async offer(port, route) {
      await out.open({ address, port }, route)
    },
    withdraw: (port) => out.close({ address, port }),
    renew(next) {
      way.renew(next)
      out.renew(next)
    },
    stats: () => ({ ingress: way.stats(), egress: out.stats() }),
    async stop(graceMs) {
      await Promise.all([way.drain(graceMs), out.drain(graceMs)])
    },
  }
}
