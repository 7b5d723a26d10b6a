import type { Socket } from 'node:net'
import type { AnswerMessage } from './answer-message.js'

export interface StreamConnection {
  destroy(): void
}

/** From one answer to the next question being whole: a client that sends it octet by octet has no longer. */
const defaultPatienceMs = 10_000
const lengthSize = 2

/**
 * Messages with their length before them, any number in a connection, answered one after the other. A client that has said all
 * (half-closed) still gets its answers. What is no query ends the connection.
 */
export function serveStream(socket: Socket, answer: AnswerMessage, patienceMs = defaultPatienceMs): StreamConnection {
  const asker = { address: socket.remoteAddress ?? '', stream: true }
  /** Not looked at yet; the first is looked at from `offset` on. */
  const parts: Buffer[] = []
  let offset = 0
  let waiting = 0
  let busy = false
  let ended = false
  const patience = setTimeout(() => socket.destroy(), patienceMs)
  patience.unref()
  /** Takes what has been received; there must be as much. */
  const take = (count: number): Buffer => {
    waiting -= count
    const first = parts[0]!
    if (first.length - offset >= count) {
      const taken = first.subarray(offset, offset + count)
      offset += count
      if (offset === first.length) {
        parts.shift()
        offset = 0
      }
      return taken
    }
    const all = Buffer.concat(parts)
    const taken = all.subarray(offset, offset + count)
    const rest = all.subarray(offset + count)
    parts.length = 0
    if (rest.length > 0) parts.push(rest)
    offset = 0
    return taken
  }
  let expected: number | undefined
  // A client that does not read does not make us keep its answers: the next question waits for the last answer to be gone.
  const next = () => {
    if (busy || socket.destroyed) return
    if (expected === undefined && waiting >= lengthSize) expected = take(lengthSize).readUInt16BE(0)
    if (expected === undefined || waiting < expected) {
      if (ended) socket.end()
      else socket.resume()
      return
    }
    const reply = expected === 0 ? undefined : answer(take(expected), asker)
    expected = undefined
    if (reply === undefined) {
      socket.destroy()
      return
    }
    busy = true
    socket.pause()
    if (reply instanceof Promise) void reply.then(send)
    else send(reply)
  }
  const send = (message: Uint8Array) => {
    const framed = Buffer.allocUnsafe(lengthSize + message.length)
    framed.writeUInt16BE(message.length)
    framed.set(message, lengthSize)
    socket.write(framed, (error) => {
      if (error) return
      busy = false
      patience.refresh()
      next()
    })
  }
  socket.on('error', () => socket.destroy())
  socket.once('close', () => clearTimeout(patience))
  socket.on('end', () => {
    ended = true
    next()
  })
  socket.on('data', (part) => {
    parts.push(part)
    waiting += part.length
    next()
  })
  return { destroy: () => socket.destroy() }
}
