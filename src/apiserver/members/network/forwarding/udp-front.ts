import { createSocket, type Socket } from 'node:dgram'
import type { Clock } from '../../../../base/clock.js'
import type { BackendPicker } from './backend-picker.js'
import type { Links } from './links.js'
import { type OpenFront, sourceFor } from './tcp-front.js'

/** How long an exchange may pause before it is forgotten, as conntrack forgets a datagram without an answer. */
const idleMs = 30_000
/** Exchanges of one front at the same time; the oldest goes when there are more. */
const mostSessions = 4096

interface Session {
  readonly socket: Socket
  readonly backend: string
  /** The addresses that its datagrams pass. */
  readonly way: readonly string[]
  usedMs: number
}

/** Forwards datagrams: those of one client address and port go to one endpoint, whose answers go back to it. */
export async function openUdpFront(
  picker: BackendPicker,
  place: { readonly address: string; readonly port: number },
  clock: Clock,
  boundPort: (port: number) => number,
  links: Links,
): Promise<OpenFront> {
  const front = createSocket({ type: 'udp4' })
  /** In the order they began. */
  const sessions = new Map<string, Session>()
  let closed = false
  let cancelSweep: (() => void) | undefined
  const end = (key: string, session: Session) => {
    if (sessions.get(key) === session) sessions.delete(key)
    try {
      session.socket.close()
    } catch {
      // Closed by its error already.
    }
  }
  const sweep = () => {
    cancelSweep = undefined
    const before = clock.now() - idleMs
    for (const [key, session] of sessions) if (session.usedMs < before) end(key, session)
    if (sessions.size > 0 && !closed) cancelSweep = clock.after(idleMs, sweep)
  }
  /** A datagram on a way that is cut is lost. */
  const pass = (way: readonly string[], deliver: () => void) => {
    const { cut, latencyMs } = links.fault(way)
    if (cut) return
    if (latencyMs > 0) clock.after(latencyMs, deliver)
    else deliver()
  }
  const begin = (key: string, client: { address: string; port: number }): Session | undefined => {
    const backend = picker.pick(client.address)
    if (backend === undefined) return undefined
    const socket = createSocket({ type: 'udp4' })
    const way = [client.address, place.address, backend.address]
    const session: Session = { socket, backend: `${backend.address}:${backend.port}`, way, usedMs: clock.now() }
    socket.on('error', () => end(key, session))
    socket.on('message', (answer) => {
      session.usedMs = clock.now()
      pass(way, () => {
        if (!closed) front.send(answer, client.port, client.address, () => {})
      })
    })
    const port = backend.address.startsWith('127.') ? boundPort(backend.port) : backend.port
    const source = sourceFor(picker, client.address)
    if (source !== undefined) socket.bind({ address: source, exclusive: true })
    socket.connect(port, backend.address)
    sessions.set(key, session)
    for (const [oldest, other] of sessions) {
      if (sessions.size <= mostSessions) break
      end(oldest, other)
    }
    cancelSweep ??= clock.after(idleMs, sweep)
    return session
  }
  front.on('message', (message, client) => {
    // A forged datagram: nobody can be answered at port 0, and trying to throws.
    if (client.port === 0) return
    const key = `${client.address}:${client.port}`
    const session = sessions.get(key) ?? begin(key, client)
    if (session === undefined) return
    session.usedMs = clock.now()
    const send = () => {
      if (sessions.get(key) === session) session.socket.send(message, () => {})
    }
    pass(session.way, () => {
      if (isConnected(session.socket)) send()
      else session.socket.once('connect', send)
    })
  })
  await new Promise<void>((resolve, reject) => {
    front.once('error', reject)
    front.bind({ address: place.address, port: place.port, exclusive: true }, () => {
      front.off('error', reject)
      front.on('error', () => {})
      resolve()
    })
  })
  return {
    picker,
    // Datagrams for an endpoint that has gone would go nowhere for as long as the client sends.
    refresh() {
      const present = new Set(picker.front.backends.map(({ address, port }) => `${address}:${port}`))
      for (const [key, session] of sessions) if (!present.has(session.backend)) end(key, session)
    },
    close() {
      closed = true
      cancelSweep?.()
      for (const [key, session] of sessions) end(key, session)
      front.close()
    },
  }
}

function isConnected(socket: Socket): boolean {
  try {
    socket.remoteAddress()
    return true
  } catch {
    return false
  }
}
