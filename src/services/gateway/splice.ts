import type { Duplex } from 'node:stream'

/** Bytes that went each way. */
export interface SpliceCounts {
  toServer: number
  toClient: number
}

/**
 * Joins two connections until both have ended: bytes go on with back-pressure, the end of one direction is handed on while
 * the other still flows, and an error of either ends both. `ended` is called once. `slow` makes what each direction goes through.
 */
export function splice(client: Duplex, server: Duplex, ended: (counts: SpliceCounts) => void, slow?: () => Duplex): void {
  const counts: SpliceCounts = { toServer: 0, toClient: 0 }
  let open = 2
  const closed = () => {
    if (--open === 0) ended(counts)
  }
  client.on('data', (chunk: Buffer) => {
    counts.toServer += chunk.length
  })
  server.on('data', (chunk: Buffer) => {
    counts.toClient += chunk.length
  })
  if (slow === undefined) {
    client.pipe(server)
    server.pipe(client)
  } else {
    client.pipe(slow()).pipe(server)
    server.pipe(slow()).pipe(client)
  }
  for (const [one, other] of [
    [client, server],
    [server, client],
  ] as const) {
    one.on('error', () => other.destroy())
    one.once('close', () => {
      // What was cut off on one side, before both directions had ended, is on the other; after an orderly end nothing is left to destroy.
      if (!one.readableEnded || !one.writableFinished) other.destroy()
      closed()
    })
  }
}
