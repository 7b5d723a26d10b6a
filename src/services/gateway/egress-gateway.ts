import { X509Certificate } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect, createSecureContext, type TLSSocket } from 'node:tls'
import type { Clock } from '../../base/clock.js'
import { CodedError } from '../../base/errors.js'
import { ConnectionTable } from './connection-table.js'
import type { GatewayStats, GatewayTls } from './contract.js'
import type { Place } from './dial.js'
import { clusterOfCertificate } from './identity.js'
import { formatSni, taken } from './sni-name.js'
import { type SpliceCounts, splice } from './splice.js'

/** A gateway of another cluster. */
export interface RemoteGateway extends Place {
  readonly cluster: string
}

/** A service of other clusters as it is offered here. */
export interface EgressRoute {
  readonly host: string
  readonly port: number
  /** In the order in which they are tried. Asked for each connection. */
  gateways(): readonly RemoteGateway[]
}

export interface EgressGateway {
  /** Offers a service at a place of this cluster. Resolves to the port. */
  open(place: Place, route: EgressRoute): Promise<number>
  /** Takes no more connections for a place; those that are open go on. */
  close(place: Place): void
  stats(): GatewayStats
  renew(tls: GatewayTls): void
  drain(graceMs: number): Promise<number>
}

/** A connection on its way to another network. */
export interface Crossing {
  /** It has ended. */
  left(): void
  /** Makes what each direction has to go through, where the way is slow. */
  readonly slow?: () => Duplex
}

export interface EgressGatewayOptions {
  readonly tls: GatewayTls
  readonly clock: Clock
  readonly maxConnections?: number
  /** For connection and handshake with one gateway (default 1 s). */
  readonly dialMs?: number
  /** Gateways that are tried for a connection (default 3). */
  readonly attempts?: number
  /** Told of each connection through a gateway: `end` ends it when the way there is cut. */
  readonly cross?: (gateway: RemoteGateway, end: () => void) => Crossing
}

/** How long a gateway that failed is left alone while there are others. */
const avoidMs = 2000
const mostFailing = 10_000

/**
 * The way out of a cluster to services behind other clusters' gateways: plain TCP comes in at an address of this cluster and
 * goes on in mutual TLS. The far side must be the gateway of the cluster that is meant. A gateway that does not answer is
 * passed over before anything has been sent.
 */
export function createEgressGateway(options: EgressGatewayOptions): EgressGateway {
  const { clock, maxConnections = 20_000, dialMs = 1000, attempts = 3 } = options
  const table = new ConnectionTable()
  const servers = new Map<string, Server>()
  let context = contextOf(options.tls)
  /** Gateways that did not take a connection for a service lately, by when they are tried first again. */
  const failing = new Map<string, number>()

  /** Those that have failed lately come last. Once their time is over, one connection tries, and the others wait for what it finds. */
  function inOrder(route: EgressRoute): RemoteGateway[] {
    const good: RemoteGateway[] = []
    const bad: RemoteGateway[] = []
    for (const gateway of route.gateways()) {
      const key = keyOf(gateway, route)
      const until = failing.get(key)
      if (until === undefined) good.push(gateway)
      else if (until > clock.now()) bad.push(gateway)
      else {
        failing.set(key, clock.now() + avoidMs)
        good.push(gateway)
      }
    }
    return [...good, ...bad]
  }

  function note(gateway: RemoteGateway, route: EgressRoute, works: boolean): void {
    const key = keyOf(gateway, route)
    if (works) failing.delete(key)
    else {
      if (failing.size >= mostFailing) failing.clear()
      failing.set(key, clock.now() + avoidMs)
    }
  }

  async function forward(socket: Socket, route: EgressRoute): Promise<void> {
    for (const gateway of inOrder(route).slice(0, attempts)) {
      const secure = await dialGateway(gateway, route)
      note(gateway, route, secure !== undefined)
      if (socket.destroyed) {
        secure?.destroy()
        return
      }
      if (secure === undefined) continue
      const crossing = options.cross?.(gateway, () => {
        socket.resetAndDestroy()
        secure.destroy()
      })
      const ended = (counts: SpliceCounts) => {
        crossing?.left()
        table.count(counts)
      }
      splice(socket, secure, ended, crossing?.slow)
      return
    }
    table.refuse('endpoints')
    socket.resetAndDestroy()
  }

  function dialGateway(gateway: RemoteGateway, { host, port }: EgressRoute): Promise<TLSSocket | undefined> {
    return new Promise((done) => {
      const options: ConnectionOptions & { allowHalfOpen: boolean } = {
        host: gateway.address,
        port: gateway.port,
        servername: formatSni({ mode: 'terminate', port, host }),
        secureContext: context,
        minVersion: 'TLSv1.3',
        allowHalfOpen: true,
        // Which cluster answers is what counts, not the service's name, which is in no certificate.
        checkServerIdentity(_name, certificate) {
          const cluster = clusterOfCertificate(new X509Certificate(certificate.raw))
          return cluster === gateway.cluster
            ? undefined
            : new Error(`the gateway of ${gateway.cluster} is that of ${cluster ?? 'nobody'}`)
        },
      }
      const secure = connect(options)
      const give = (socket: TLSSocket | undefined) => {
        late()
        if (socket === undefined) secure.destroy()
        else secure.off('error', fail).off('close', fail)
        done(socket)
      }
      const fail = () => give(undefined)
      const late = clock.after(dialMs, fail)
      secure.setNoDelay(true)
      secure.once('error', fail)
      secure.once('close', fail)
      secure.once('readable', () => {
        const first = secure.authorized ? (secure.read(taken.length) as Buffer | null) : null
        // Not before this turn is over: to end TLS while its records are being read loses those that have not been yet.
        setImmediate(() => give(first?.equals(taken) === true ? secure : undefined))
      })
    })
  }

  return {
    open(place, route) {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        socket.on('error', () => socket.destroy())
        if (table.size >= maxConnections) {
          table.refuse('busy')
          socket.resetAndDestroy()
          return
        }
        table.enter(socket)
        void forward(socket, route)
      })
      return new Promise((done, failed) => {
        server.once('error', (error) => {
          const message = `${route.host}:${route.port} cannot be offered at ${place.address}:${place.port}: ${error.message}`
          failed(
            new CodedError({
              code: 'gateway-not-listening',
              message,
              fix: 'Free the port, or choose another one.',
              cause: error,
            }),
          )
        })
        server.listen({ host: place.address, port: place.port, backlog: 1024 }, () => {
          const { port } = server.address() as { port: number }
          servers.set(`${place.address}:${port}`, server)
          done(port)
        })
      })
    },
    close({ address, port }) {
      servers.get(`${address}:${port}`)?.close()
      servers.delete(`${address}:${port}`)
    },
    stats: () => table.stats(),
    renew(tls) {
      context = contextOf(tls)
    },
    async drain(graceMs) {
      for (const server of servers.values()) server.close()
      servers.clear()
      return table.drain(clock, graceMs)
    },
  }
}

function keyOf({ address, port }: RemoteGateway, route: EgressRoute): string {
  return `${address}:${port} ${route.host}:${route.port}`
}

function contextOf({ ca, cert, key }: GatewayTls) {
  return createSecureContext({ ca, cert, key, minVersion: 'TLSv1.3' })
}
