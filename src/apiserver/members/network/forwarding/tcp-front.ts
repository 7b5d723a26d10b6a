import { connect, createServer, type Server, type Socket } from 'node:net'
import { type BackendPicker, nameOf } from './backend-picker.js'
import { delayed } from './delayed.js'
import type { Links } from './links.js'
import type { Backend } from './service-plan.js'

/** A bound front. */
export interface OpenFront {
  readonly picker: BackendPicker
  /** The front has changed: connections that its endpoints no longer serve may have to go. */
  refresh(): void
  /** No new connections; those that are open live on, as connections do when kube-proxy forgets a Service. */
  close(): void
}

/**
 * Listens for a front and connects each client with an endpoint of its own. What kube-proxy does in the kernel is a pair of
 * sockets here, so some things show: a client whose endpoint does not answer sees its connection reset instead of refused.
 * No other endpoint is tried, as kube-proxy tries none; but where endpoints of several clusters stand behind a Service, one that
 * refuses or does not answer within `connectMs` is replaced by another, as long as nothing was exchanged.
 *
 * `sockets` holds every open connection, for the end of the process. A connection that leaves its cluster is subject to `links`.
 */
export async function openTcpFront(
  picker: BackendPicker,
  place: { readonly address: string; readonly port: number },
  sockets: Set<Socket>,
  boundPort: (port: number) => number,
  links: Links,
): Promise<OpenFront> {
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const source = client.remoteAddress ?? ''
    if (picker.front.acrossClusters) {
      connectAcross(client, { picker, place, sockets, boundPort, links, source, tried: new Set() })
      return
    }
    const backend = picker.pick(source)
    const way = [source, place.address, backend?.address ?? '']
    const { cut, latencyMs } = links.fault(way)
    if (backend === undefined || cut) {
      client.resetAndDestroy()
      return
    }
    const uncross = links.cross(way, () => client.resetAndDestroy())
    client.once('close', uncross)
    const server = connectTo(backend, sourceFor(picker, source), boundPort)
    join(client, server, sockets, latencyMs)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: place.address, port: place.port, backlog: 1024, exclusive: true }, () => {
      server.off('error', reject)
      // Out of descriptors for a moment: the connection waits in the backlog.
      server.on('error', () => {})
      resolve()
    })
  })
  return { picker, refresh() {}, close: () => void server.close() }
}

interface Across {
  readonly picker: BackendPicker
  readonly place: { readonly address: string }
  readonly sockets: Set<Socket>
  readonly boundPort: (port: number) => number
  readonly links: Links
  readonly source: string
  /** Names of endpoints that could not be reached. */
  readonly tried: Set<string>
}

/** How long an endpoint has to take a connection while there may be others. */
const connectMs = 250

/** Connects a client with the first endpoint that takes the connection; nothing of the client is read before. */
function connectAcross(client: Socket, across: Across): void {
  const { picker, place, sockets, boundPort, links, source, tried } = across
  const backend = picker.pick(source, tried)
  if (backend === undefined) {
    client.resetAndDestroy()
    return
  }
  const way = [source, place.address, backend.address]
  const { cut, latencyMs } = links.fault(way)
  const next = () => {
    picker.shun(backend)
    tried.add(nameOf(backend))
    if (!client.destroyed) connectAcross(client, across)
  }
  if (cut) {
    next()
    return
  }
  const server = connectTo(backend, sourceFor(picker, source), boundPort)
  const leave = () => server.destroy()
  const ignore = () => {}
  client.once('close', leave)
  client.on('error', ignore)
  if (tried.size === 0) {
    sockets.add(client)
    client.once('close', () => sockets.delete(client))
  }
  sockets.add(server)
  server.once('close', () => sockets.delete(server))
  const fail = () => {
    client.off('close', leave)
    client.off('error', ignore)
    sockets.delete(server)
    server.removeAllListeners()
    server.on('error', ignore)
    server.destroy()
    next()
  }
  server.setTimeout(connectMs, fail)
  server.once('error', fail)
  server.once('connect', () => {
    // Cut since it was looked at.
    if (links.fault(way).cut) {
      fail()
      return
    }
    server.setTimeout(0)
    server.removeAllListeners('timeout')
    server.off('error', fail)
    client.off('close', leave)
    client.off('error', ignore)
    if (client.destroyed) {
      server.destroy()
      return
    }
    const uncross = links.cross(way, () => client.resetAndDestroy())
    client.once('close', uncross)
    join(client, server, sockets, latencyMs)
  })
}

function connectTo(backend: Backend, localAddress: string | undefined, boundPort: (port: number) => number): Socket {
  return connect({
    host: backend.address,
    port: backend.address.startsWith('127.') ? boundPort(backend.port) : backend.port,
    allowHalfOpen: true,
    noDelay: true,
    ...(localAddress === undefined ? {} : { localAddress }),
  })
}

function join(client: Socket, server: Socket, sockets: Set<Socket>, latencyMs: number): void {
  // pipe() ends the one side when the other has ended, and reads no faster than the other writes.
  if (latencyMs === 0) {
    client.pipe(server)
    server.pipe(client)
  } else {
    client.pipe(delayed(latencyMs)).pipe(server)
    server.pipe(delayed(latencyMs)).pipe(client)
  }
  for (const [socket, other] of [
    [client, server],
    [server, client],
  ] as const) {
    sockets.add(socket)
    socket.on('error', () => other.resetAndDestroy())
    socket.once('close', () => {
      sockets.delete(socket)
      // Unless both directions have ended the other one would wait for ever.
      if (!other.destroyed && !(socket.readableEnded && socket.writableFinished)) other.destroy()
    })
  }
}

/**
 * The source address that the endpoint is to see. As with kube-proxy, pods see who calls them, but for calls that come in by
 * a node's port with policy Cluster, which look as if that node made them.
 */
export function sourceFor(picker: BackendPicker, client: string): string | undefined {
  const { kind, policy, address } = picker.front
  if (kind === 'node' && policy === 'Cluster') return address
  return client.startsWith('127.') && client !== '127.0.0.1' ? client : undefined
}
