import type { Place } from './dial.js'
import type { GatewayTarget } from './sni-name.js'

/** Certificates in PEM, all of the fleet's authority. */
export interface GatewayTls {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** Where a gateway leads to. Asked for each connection: what it answers may change at any time. */
export interface GatewayRoutes {
  /**
   * Endpoints in the order in which they are tried, or why there are none. `caller`: the cluster that the client's certificate
   * names; undefined where TLS goes through and nobody has been identified.
   */
  backends(target: GatewayTarget, caller: string | undefined): readonly Place[] | { readonly refused: string }
}

/** Counted since the start. */
export interface GatewayStats {
  readonly open: number
  readonly accepted: number
  /** Connections that were ended before an endpoint had taken them, by reason. */
  readonly refused: Readonly<Record<RefusalReason, number>>
  readonly bytesToEndpoints: number
  readonly bytesToClients: number
}

/** `busy`: too many connections. `hello`: no TLS, too slow, or no name. `route`: no such service, or not for this caller. `identity`: no certificate of the fleet. `endpoints`: none takes the connection. */
export type RefusalReason = 'busy' | 'hello' | 'route' | 'identity' | 'endpoints'

export interface Gateway {
  /** Resolves to the port. */
  listen(place: Place): Promise<number>
  stats(): GatewayStats
  /** Certificates for connections from now on. */
  renew(tls: GatewayTls): void
  /** Takes no more connections and lets the open ones end; those that are left after `graceMs` are reset. Gives how many. */
  drain(graceMs: number): Promise<number>
}
