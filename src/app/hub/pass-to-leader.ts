import { connect, createServer, type Socket } from 'node:net'
import type { Log } from '../../base/log.js'
import { explainListenFailure } from '../fleet/embedded-api.js'

/** Where a replica of a hub listens. */
export interface HubPort {
  readonly host: string
  readonly port: number
}

const dialMs = 5_000

/**
 * Listens at the ports of a hub that stands by, and passes each connection on, byte by byte, to the same port of the one that leads: TLS
 * is between the client and that one. Without an address of a leader connections are ended. `close` ends all of them.
 */
export async function passToLeader(
  places: readonly HubPort[],
  leader: () => string | undefined,
  log: Log,
): Promise<{ readonly ports: readonly number[]; close(): Promise<void> }> {
  const open = new Set<Socket>()
  const keep = (socket: Socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
  }
  const servers = places.map(({ port }) =>
    createServer((incoming) => {
      keep(incoming)
      const address = leader()
      if (address === undefined) {
        incoming.destroy()
        return
      }
      const onward = connect({ host: address, port, timeout: dialMs })
      keep(onward)
      onward.once('timeout', () => onward.destroy())
      onward.once('connect', () => onward.setTimeout(0))
      onward.on('close', () => incoming.destroy())
      incoming.on('close', () => onward.destroy())
      incoming.pipe(onward)
      onward.pipe(incoming)
    }),
  )
  const ports = await Promise.all(
    servers.map(
      (server, index) =>
        new Promise<number>((resolve, reject) => {
          const { host, port } = places[index]!
          server.once('error', (error) =>
            reject(explainListenFailure(error, 'a replica of the hub that stands by', { host, port })),
          )
          server.listen(port, host, () => resolve((server.address() as { port: number }).port))
        }),
    ),
  )
  if (ports.length > 0) log.info('connections are passed on to the replica that leads', { ports: ports.join(', ') })
  return {
    ports,
    async close() {
      const closed = servers.map((server) => new Promise<void>((done) => server.close(() => done())))
      for (const socket of open) socket.destroy()
      await Promise.all(closed)
    },
  }
}
