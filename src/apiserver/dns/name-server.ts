import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import type { AnswerMessage } from './answer-message.js'
import { type StreamConnection, serveStream } from './serve-stream.js'

export interface NameServer {
  close(): void
}

const mostConnections = 256
/** Room for questions that come while this process is at something else; the system may give less. */
const receiveBufferBytes = 1 << 20

/** Answers DNS messages at one address, over UDP and TCP. Rejects when either cannot be bound, and then has neither. */
export async function openNameServer(place: { address: string; port: number }, answer: AnswerMessage): Promise<NameServer> {
  const connections = new Set<StreamConnection>()
  const datagrams = createSocket({
    type: 'udp4',
    recvBufferSize: receiveBufferBytes,
    // Answers go to addresses, in which there is nothing to look up: by default each would wait for a turn of the event loop.
    lookup: (address, _options, found) => found(null, address, 4),
  })
  let closed = false
  datagrams.on('message', (message, { port, address }) => {
    // A forged datagram: nobody can be answered at port 0, and trying to throws.
    if (port === 0) return
    const reply = answer(message, { address, stream: false })
    if (reply === undefined) return
    // Without a callback nothing is allocated for it, and what cannot be delivered is nobody's concern.
    if (!(reply instanceof Promise)) datagrams.send(reply, port, address)
    else void reply.then((later) => closed || datagrams.send(later, port, address))
  })
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const connection = serveStream(socket, answer)
    connections.add(connection)
    socket.once('close', () => connections.delete(connection))
  })
  server.maxConnections = mostConnections
  const close = () => {
    closed = true
    datagrams.close()
    server.close()
    for (const connection of connections) connection.destroy()
  }
  await new Promise<void>((resolve, reject) => {
    datagrams.once('error', reject)
    datagrams.bind({ ...place, exclusive: true }, resolve)
  }).catch((error: unknown) => {
    datagrams.close()
    throw error
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: place.address, port: place.port, exclusive: true }, resolve)
  }).catch((error: unknown) => {
    close()
    throw error
  })
  for (const each of [datagrams, server]) {
    each.removeAllListeners('error')
    // A client that cannot be reached any more is no concern of the others.
    each.on('error', () => {})
  }
  return { close }
}
