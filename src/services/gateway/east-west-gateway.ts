import { X509Certificate } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls'
import type { Clock } from '../../base/clock.js'
import { CodedError } from '../../base/errors.js'
import { mostHelloBytes, parseClientHello } from './client-hello.js'
import { ConnectionTable } from './connection-table.js'
import type { Gateway, GatewayRoutes, GatewayTls } from './contract.js'
import { type DialOptions, dialFirst, type Place } from './dial.js'
import { clusterOfCertificate } from './identity.js'
import { type GatewayTarget, parseSni, taken } from './sni-name.js'
import { splice } from './splice.js'

export interface EastWestGatewayOptions {
  readonly routes: GatewayRoutes
  readonly tls: GatewayTls
  readonly clock: Clock
  /** Connections at a time (default 20,000). */
  readonly maxConnections?: number
  /** For the first message of a client, and for the handshake (default 5 s). */
  readonly helloMs?: number
  readonly dial?: Partial<DialOptions>
}

/** A hello comes in a few packets; one that comes byte by byte would be looked at from its start with each. */
const mostHelloParts = 64

/**
 * The way into a cluster whose pods cannot be reached from elsewhere. One port (Istio's 15443) for all services: the name in
 * the first TLS message says which. `outbound_....` goes through to the endpoint still encrypted; for `tcp_....` both sides
 * prove by a certificate of the fleet which cluster they are, and the endpoint gets plain bytes. Everything else is reset.
 */
export function createEastWestGateway(options: EastWestGatewayOptions): Gateway {
  const { routes, clock, maxConnections = 20_000, helloMs = 5000 } = options
  const dialing: DialOptions = { timeoutMs: 1000, attempts: 3, ...options.dial }
  const table = new ConnectionTable()
  let server: Server | undefined
  let turn = 0

  /** Never listens itself: it is handed connections whose first message has been seen. */
  const terminal = createTlsServer({ ...settingsOf(options.tls), allowHalfOpen: true, handshakeTimeout: helloMs })
  terminal.on('secureConnection', (secure) => {
    secure.on('error', () => secure.destroy())
    const target = parseSni(secure.servername || '')
    const certificate = secure.authorized ? secure.getPeerCertificate() : undefined
    const caller = certificate && clusterOfCertificate(new X509Certificate(certificate.raw))
    if (caller === undefined || target === undefined) refuse(secure, 'identity')
    else void forward(secure, target, caller)
  })
  terminal.on('tlsClientError', (_error, secure) => refuse(secure, 'identity'))

  function accept(socket: Socket): void {
    if (table.size >= maxConnections) {
      table.refuse('busy')
      socket.resetAndDestroy()
      return
    }
    table.enter(socket)
    socket.setNoDelay(true)
    socket.on('error', () => socket.destroy())
    const parts: Buffer[] = []
    let size = 0
    const late = clock.after(helloMs, () => refuse(socket, 'hello'))
    socket.once('close', late)
    const read = () => {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      parts.push(chunk)
      size += chunk.length
      const bytes = parts.length === 1 ? chunk : Buffer.concat(parts)
      const result = parseClientHello(bytes.subarray(0, mostHelloBytes))
      if (result === 'more' && size < mostHelloBytes && parts.length < mostHelloParts) return
      socket.off('readable', read)
      late()
      const target = typeof result === 'object' ? parseSni(result.hello.serverName) : undefined
      if (target === undefined) refuse(socket, 'hello')
      else {
        // As if nothing had been read: the one who takes over sees the connection from its first byte.
        socket.unshift(bytes)
        if (target.mode === 'passthrough') void forward(socket, target, undefined)
        else terminal.emit('connection', socket)
      }
    }
    socket.on('readable', read)
  }

  function refuse(socket: Socket, reason: 'hello' | 'route' | 'identity' | 'endpoints'): void {
    table.refuse(reason)
    // Over TLS there is nothing left to say; otherwise the client learns that nobody took the connection.
    if (socket instanceof TLSSocket) socket.destroy()
    else socket.resetAndDestroy()
  }

  async function forward(client: Socket, target: GatewayTarget, caller: string | undefined): Promise<void> {
    const found = routes.backends(target, caller)
    if (!isPlaces(found)) {
      refuse(client, 'route')
      return
    }
    const dialed = await dialFirst(inTurn(found), dialing)
    if (dialed === undefined) refuse(client, 'endpoints')
    else if (client.destroyed) dialed.socket.destroy()
    else {
      // From here on the caller can try nowhere else.
      if (target.mode === 'terminate') client.write(taken)
      splice(client, dialed.socket, (counts) => table.count(counts))
    }
  }

  /** Each connection begins at the next endpoint. */
  function inTurn(places: readonly Place[]): readonly Place[] {
    const from = places.length === 0 ? 0 : turn++ % places.length
    return [...places.slice(from), ...places.slice(0, from)]
  }

  return {
    listen({ address, port }) {
      const listening = createServer({ allowHalfOpen: true, pauseOnConnect: false }, accept)
      server = listening
      return new Promise((done, failed) => {
        listening.once('error', (error) =>
          failed(
            new CodedError({
              code: 'gateway-not-listening',
              message: `the gateway cannot listen at ${address}:${port}: ${error.message}`,
              fix: 'Free the port, or choose another one.',
              cause: error,
            }),
          ),
        )
        listening.listen({ host: address, port, backlog: 1024 }, () => done((listening.address() as { port: number }).port))
      })
    },
    stats: () => table.stats(),
    renew(tls) {
      terminal.setSecureContext(settingsOf(tls))
    },
    async drain(graceMs) {
      server?.close()
      return table.drain(clock, graceMs)
    },
  }
}

function isPlaces(found: ReturnType<GatewayRoutes['backends']>): found is readonly Place[] {
  return Array.isArray(found)
}

function settingsOf({ ca, cert, key }: GatewayTls): TlsOptions {
  return { ca, cert, key, minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: true }
}
