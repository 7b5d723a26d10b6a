import { createSocket } from 'node:dgram'
import { createServer, type Socket } from 'node:net'

export interface NameServer {
  close(): void
}

/** The answer to a message; undefined: none is due. */
export type AnswerMessage = (message: Uint8Array, stream: boolean) => Uint8Array | undefined | Promise<Uint8Array>

const mostConnections = 256
const idleMs = 10_000

/** Answers DNS messages at one address, over UDP and TCP. Rejects when either cannot be bound, and then has neither. */
export async function openNameServer(place: { address: string; port: number }, answer: AnswerMessage): Promise<NameServer> {
  const sockets = new Set<Socket>()
  const datagrams = createSocket('udp4')
  let closed = false
  datagrams.on('message', (message, client) => {
    const send = (reply: Uint8Array | undefined) => {
      if (reply !== undefined && !closed) datagrams.send(reply, client.port, client.address, () => {})
    }
    const reply = answer(message, false)
    if (reply instanceof Promise) void reply.then(send)
    else send(reply)
  })
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    serveStream(socket, answer)
  })
  server.maxConnections = mostConnections
  const close = () => {
    closed = true
    datagrams.close()
    server.close()
    for (const socket of sockets) socket.destroy()
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

/** Messages with their length before them, any number in a connection, answered one after the other. */
function serveStream(socket: Socket, answer: AnswerMessage): void {
  let received = Buffer.alloc(0)
  let busy = false
  // A client that does not read does not make us keep its answers: the next question waits for the last answer to be gone.
  const next = () => {
    if (busy || received.length < 2 || received.length < 2 + received.readUInt16BE(0)) {
      if (!busy) socket.resume()
      return
    }
    const end = 2 + received.readUInt16BE(0)
    const reply = answer(received.subarray(2, end), true)
    received = received.subarray(end)
    if (reply === undefined) {
      socket.destroy()
      return
    }
    busy = true
    socket.pause()
    void Promise.resolve(reply).then((message) => {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(message.length)
      socket.write(Buffer.concat([length, message]), () => {
        busy = false
        next()
      })
    })
  }
  socket.setTimeout(idleMs, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  socket.on('data', (part) => {
    received = Buffer.concat([received, part])
    next()
  })
}
