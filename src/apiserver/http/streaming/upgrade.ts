import { type IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Exchange } from '../exchange.js'

/** A request that asked to change the protocol of its connection. Until somebody takes the socket, it can be answered as any other. */
export interface Upgrade {
  readonly socket: Socket
  /** What the client has sent after the head of its request. */
  readonly head: Buffer
}

/** An answer for a request that came as an upgrade: Node gives such a request a bare socket. The connection ends with the answer. */
export function answerUpgrade(request: IncomingMessage, { socket }: Upgrade): ServerResponse {
  // Nobody else listens to this socket now, and an error that nobody hears of ends the process.
  socket.on('error', () => {})
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.once('finish', () => {
    response.detachSocket(socket)
    socket.end()
    socket.resume()
    process.nextTick(() => response.emit('close'))
  })
  return response
}

export function isWebSocketRequest(exchange: Exchange): boolean {
  return exchange.upgrade !== undefined && exchange.request.headers.upgrade?.toLowerCase() === 'websocket'
}

export function isSpdyRequest(exchange: Exchange): boolean {
  return exchange.upgrade !== undefined && (exchange.request.headers.upgrade?.toLowerCase().includes('spdy/3.1') ?? false)
}

/** Takes the connection away from HTTP; who takes it must see it closed. The response closes when the connection does. */
export function takeSocket(exchange: Exchange): Upgrade {
  const { upgrade, response } = exchange
  if (upgrade === undefined) throw new Error('the request was no upgrade')
  response.statusCode = 101
  response.detachSocket(upgrade.socket)
  upgrade.socket.once('close', () => response.emit('close'))
  return upgrade
}

/** Takes the connection and tells the client that it speaks another protocol from here on. */
export function switchProtocols(exchange: Exchange, headers: Readonly<Record<string, string | readonly string[]>>): Socket {
  const { socket, head } = takeSocket(exchange)
  if (head.length > 0) socket.unshift(head)
  const lines = [`HTTP/1.1 101 ${STATUS_CODES[101]}`]
  for (const [name, value] of Object.entries(headers)) for (const each of [value].flat()) lines.push(`${name}: ${each}`)
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return socket
}
