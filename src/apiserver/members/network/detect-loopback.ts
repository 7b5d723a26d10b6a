import { createServer } from 'node:net'
import type { LoopbackAbilities } from './bound-port.js'

/** In the part of the first block that the address plan leaves alone, so that nothing of a fleet is in the way. */
const probeAddress = '127.0.31.253'
/** Reserved for the "Compressnet" of old and used by nothing: a low port that is free. */
const probePort = 3

/** Tries what can be bound. Linux takes every address of 127.0.0.0/8 as its own, macOS only 127.0.0.1. */
export async function detectLoopback(): Promise<LoopbackAbilities> {
  const addresses = (await tryBind(probeAddress, 0)) === 'bound'
  if (!addresses) return { addresses, lowPorts: false }
  // Another process that probes at this moment has the port, which shows that it can be had.
  return { addresses, lowPorts: (await tryBind(probeAddress, probePort)) !== 'EACCES' }
}

function tryBind(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'failed'))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve('bound')))
  })
}
