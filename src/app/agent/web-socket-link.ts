import type { WebSocket } from 'ws'
import type { Link, LinkEvents } from '../../areas/agent/tunnel/link.js'

/** A WebSocket as the link of a tunnel: one binary message a frame, nothing else. */
export function createWebSocketLink(socket: WebSocket): Link {
  let events: LinkEvents | undefined
  const early: Uint8Array[] = []
  let ended: string | undefined
  let local: string | undefined
  const end = (reason: string) => {
    if (ended !== undefined) return
    ended = local ?? reason
    events?.closed(ended)
  }
  socket.on('message', (data, isBinary) => {
    if (!isBinary || !Buffer.isBuffer(data)) socket.close(1003, 'only binary messages')
    else if (events === undefined) early.push(data)
    else events.message(data)
  })
  socket.on('error', (error) => end(error.message))
  socket.on('close', (code, reason) => end(reason.length > 0 ? reason.toString('utf8') : `the connection ended (${code})`))
  return {
    send(message) {
      if (socket.readyState === socket.OPEN) socket.send(message, { binary: true, compress: false }, () => events?.drained())
    },
    get waitingBytes() {
      return socket.bufferedAmount
    },
    close(reason) {
      local ??= reason
      // A reason of a close frame has at most 123 bytes.
      socket.close(
        1000,
        Buffer.from(reason)
          .subarray(0, 100)
          .toString('latin1')
          .replace(/[^\x20-\x7e]/g, ' '),
      )
      // Whoever does not answer is not waited for.
      setTimeout(() => socket.terminate(), 1000).unref()
    },
    listen(given) {
      events = given
      for (const message of early.splice(0)) given.message(message)
      if (ended !== undefined) given.closed(ended)
    },
  }
}
