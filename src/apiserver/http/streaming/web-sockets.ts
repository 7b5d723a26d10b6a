import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Clock } from '../../../base/clock.js'
import type { Exchange } from '../exchange.js'
import { takeSocket } from './upgrade.js'

/** Clients send pieces of 32 KiB; a longer message than this ends its connection. */
const maxMessageBytes = 16 * 1024 * 1024
const pingMs = 30_000
/** Answers to pings that may wait for the client to read them. */
const mostUnread = 256 * 1024

const chosenProtocols = new WeakMap<object, string>()
let opened: WebSocketServer | undefined

/** Opened when first used: a start does without the library. */
function openServer(): WebSocketServer {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maxMessageBytes,
    autoPong: false,
  })
  // The names of some protocols have a slash, which is none of a name's characters and stops the library: it is not shown them.
  server.on('headers', (headers, request) => {
    const chosen = chosenProtocols.get(request)
    if (chosen !== undefined && chosen !== '') headers.push(`Sec-WebSocket-Protocol: ${chosen}`)
  })
  return server
}

/** The subprotocols that the client offers, best first. */
export function offeredProtocols(exchange: Exchange): string[] {
  const header = exchange.request.headers['sec-websocket-protocol'] ?? ''
  return header
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/**
 * Turns the connection into a WebSocket with this subprotocol (empty: none). Undefined: the client's handshake was broken and
 * has been answered, or the client has gone. The socket is pinged, so that a client that is gone is noticed.
 */
export function acceptWebSocket(exchange: Exchange, protocol: string, clock: Clock): Promise<WebSocket | undefined> {
  const server = (opened ??= openServer())
  const { socket, head } = takeSocket(exchange)
  if (socket.destroyed) return Promise.resolve(undefined)
  chosenProtocols.set(exchange.request, protocol)
  delete exchange.request.headers['sec-websocket-protocol']
  return new Promise((resolve) => {
    const onClose = () => resolve(undefined)
    socket.once('close', onClose)
    server.handleUpgrade(exchange.request, socket as Duplex, head, (webSocket) => {
      socket.off('close', onClose)
      webSocket.on('error', () => webSocket.terminate())
      // A client that asks and does not read is not answered until it does.
      webSocket.on('ping', (data) => {
        if (webSocket.bufferedAmount < mostUnread) webSocket.pong(data)
      })
      keepAlive(webSocket, clock)
      resolve(webSocket)
    })
  })
}

function keepAlive(webSocket: WebSocket, clock: Clock): void {
  let cancel: () => void
  const schedule = () => {
    cancel = clock.after(pingMs, () => {
      // No answer is waited for, since a client that is slow to read is slow to answer; a dead connection fails to take it.
      webSocket.ping(() => {})
      schedule()
    })
  }
  schedule()
  webSocket.once('close', () => cancel())
}
