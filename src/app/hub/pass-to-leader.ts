import { connect, createServer, type Socket } from 'node:net'
import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import { explainListenFailure } from '../fleet/embedded-api.js'

/** Where a replica of a hub listens. */
export interface HubPort {
  readonly host: string
  readonly port: number
}

const dialMs = 5_000
/** At a time, of all ports: two sockets each. What more there is waits at the client, which asks again. */
const mostConnections = 10_000

/**
 * Listens at the ports of a hub that stands by, and passes each connection on, byte by byte, to the same port of the one that leads: TLS
 * is between the client and that one. Without an address of a leader connections are ended, and so is one that came back to where it was
 * passed on from: an address that leads to this replica itself must not go round for ever. `close` ends all of them.
 */
export async function passToLeader(
  places: readonly HubPort[],
  leader: () => string | undefined,
  log: Log,
): Promise<{ readonly ports: readonly number[]; close(): Promise<void> }> {
  const open = new Set<Socket>()
  /** Connections by both ends, the one that dialled first, to know those that were passed on to ourselves. */
  const passed = new Map<string, Socket>()
  const came = new Map<string, Socket>()
  let isTold = false
  const goesRound = (...sockets: readonly Socket[]) => {
    for (const socket of sockets) socket.destroy()
    if (!isTold)
      log.error('the address of the replica that leads is one of this replica; nothing is passed on to it', {
        address: leader() ?? '',
        fix: 'Give each replica of its own --leader-address, or POD_IP: no address of a Service, nor of the loopback.',
      })
    isTold = true
  }
  const keep = (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
  }
  const servers = places.map(({ port }) =>
    createServer((incoming) => {
      keep(incoming)
      const address = leader()
      if (address === undefined || open.size > 2 * mostConnections) {
        incoming.destroy()
        return
      }
      const from = `${endOf(incoming.remoteAddress, incoming.remotePort)} ${endOf(incoming.localAddress, incoming.localPort)}`
      const own = passed.get(from)
      if (own !== undefined) {
        goesRound(incoming, own)
        return
      }
      came.set(from, incoming)
      const onward = connect({ host: address, port, timeout: dialMs })
      keep(onward)
      onward.once('timeout', () => onward.destroy())
      let by = ''
      onward.once('connect', () => {
        onward.setTimeout(0)
        by = `${endOf(onward.localAddress, onward.localPort)} ${endOf(onward.remoteAddress, onward.remotePort)}`
        passed.set(by, onward)
        const own = came.get(by)
        if (own !== undefined) goesRound(own, onward)
      })
      onward.on('close', () => {
        passed.delete(by)
        incoming.destroy()
      })
      incoming.on('close', () => {
        came.delete(from)
        onward.destroy()
      })
      incoming.pipe(onward)
      onward.pipe(incoming)
    }),
  )
  const close = async () => {
    const closed = servers.map((server) => new Promise<void>((done) => server.close(() => done())))
    for (const socket of open) socket.destroy()
    await Promise.all(closed)
  }
  const ports = await Promise.all(
    servers.map(
      (server, index) =>
        new Promise<number>((resolve, reject) => {
          const { host, port } = places[index]!
          server.on('error', (error) => {
            if (server.listening) log.warn('a connection cannot be taken', { port, problem: messageOf(error) })
            else reject(explainListenFailure(error, 'a replica of the hub that stands by', { host, port }))
          })
          server.listen(port, host, () => resolve((server.address() as { port: number }).port))
        }),
    ),
  ).catch(async (error: unknown) => {
    await close()
    throw error
  })
  if (ports.length > 0) log.info('connections are passed on to the replica that leads', { ports: ports.join(', ') })
  return { ports, close }
}

/** An IPv4 address is the same when a socket for both families writes it as IPv6. */
function endOf(address: string | undefined, port: number | undefined): string {
  return `${(address ?? '').replace(/^::ffff:/, '')} ${port}`
}
