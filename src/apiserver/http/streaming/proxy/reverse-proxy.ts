import { type ClientRequest, request as httpRequest, type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { finished } from 'node:stream/promises'
import { connect as connectTls } from 'node:tls'
import { messageOf } from '../../../../base/errors.js'
import { StatusError, statusErrors } from '../../../../kube/object/status-error.js'
import type { Exchange } from '../../exchange.js'
import { joinDuplexes } from '../forward-target.js'
import { takeSocket } from '../upgrade.js'
import { requestHeaders, responseHeaders } from './proxy-headers.js'
import { rewrittenBody } from './rewrite-body.js'
import { rewriteLink } from './rewrite-links.js'

export interface ProxiedRequest {
  readonly scheme: 'http' | 'https'
  /** `10.0.0.1:80` */
  readonly host: string
  /** The path at the target, escaped, and the client's path before it. */
  readonly path: string
  readonly prefix: string
  /** With its question mark, as the client sent it; or empty. */
  readonly search: string
  connect(): Promise<Duplex>
}

/** Passes the request to the target and its answer back; bodies stream both ways. */
export async function reverseProxy(exchange: Exchange, proxied: ProxiedRequest): Promise<void> {
  const { request, response, upgrade } = exchange
  const connection = await connectTarget(proxied)
  connection.on('error', () => {})
  if (response.destroyed) {
    connection.destroy()
    return
  }
  const out = httpRequest({
    createConnection: () => connection as Socket,
    method: request.method,
    path: proxied.path + proxied.search,
    headers: requestHeaders(request.headersDistinct, request.headers, {
      uri: proxied.prefix + proxied.path,
      client: request.socket.remoteAddress ?? '',
      upgrade: upgrade !== undefined,
    }),
    setHost: false,
  })
  response.once('close', () => {
    if (!response.writableFinished) out.destroy()
  })
  try {
    const answer = await answerOf(out, exchange)
    if (answer instanceof SwitchedProtocol) await passThrough(exchange, answer)
    else await sendAnswer(exchange, proxied, answer)
  } finally {
    out.destroy()
    connection.destroy()
  }
}

async function connectTarget(proxied: ProxiedRequest): Promise<Duplex> {
  try {
    const plain = await proxied.connect()
    // As upstream: the proxy does not know the target's authority.
    return proxied.scheme === 'https' ? connectTls({ socket: plain, rejectUnauthorized: false }) : plain
  } catch (error) {
    throw unreachable(dialText(proxied.host, error))
  }
}

function dialText(host: string, error: unknown): string {
  const code = (error as { code?: unknown }).code
  if (code === 'ECONNREFUSED') return `dial tcp ${host}: connect: connection refused`
  if (code === 'ETIMEDOUT') return `dial tcp ${host}: i/o timeout`
  if (code === 'EHOSTUNREACH') return `dial tcp ${host}: connect: no route to host`
  return error instanceof StatusError ? error.message : `dial tcp ${host}: ${messageOf(error)}`
}

function unreachable(why: string): StatusError {
  return statusErrors.serviceUnavailable(`error trying to reach service: ${why}`)
}

class SwitchedProtocol {
  readonly head: IncomingMessage
  readonly socket: Duplex
  readonly rest: Buffer

  constructor(head: IncomingMessage, socket: Duplex, rest: Buffer) {
    this.head = head
    this.socket = socket
    this.rest = rest
  }
}

function answerOf(out: ClientRequest, exchange: Exchange): Promise<IncomingMessage | SwitchedProtocol> {
  return new Promise((resolve, reject) => {
    out.once('response', resolve)
    out.once('upgrade', (head, socket, rest) => {
      if (exchange.upgrade !== undefined) resolve(new SwitchedProtocol(head, socket, rest))
      else {
        socket.destroy()
        reject(unreachable('the backend changed the protocol without being asked to'))
      }
    })
    out.on('error', (error: Error & { code?: string }) => {
      reject(unreachable(error.code === 'ECONNRESET' ? 'EOF' : messageOf(error)))
    })
    out.once('close', () => reject(unreachable('EOF')))
    if (exchange.upgrade !== undefined) out.end()
    else {
      exchange.request.on('error', () => out.destroy())
      exchange.request.pipe(out)
    }
  })
}

async function sendAnswer(exchange: Exchange, proxied: ProxiedRequest, answer: IncomingMessage): Promise<void> {
  const { request, response } = exchange
  const code = answer.statusCode ?? 502
  if (exchange.upgrade !== undefined && code < 400) {
    throw statusErrors.internal(`invalid upgrade response: status code ${code}`)
  }
  const headers = responseHeaders(answer.headersDistinct, answer.headers)
  headers['Audit-Id'] = exchange.auditId
  headers['cache-control'] ??= 'no-cache, private'
  const links = { prefix: proxied.prefix, hosts: [proxied.host, request.headers.host ?? ''] }
  if (answer.headers.location !== undefined) headers['location'] = rewriteLink(answer.headers.location, links)
  const page = answer.headers.location === undefined && /^text\/html\s*(;|$)/i.test(answer.headers['content-type'] ?? '')
  answer.on('error', () => response.destroy())
  if (page && request.method !== 'HEAD' && code !== 204 && code !== 304) {
    const body = await rewrittenBody(answer, links)
    if (Buffer.isBuffer(body)) {
      headers['content-length'] = body.length
      response.writeHead(code, headers)
      response.end(body)
      await delivered(exchange)
      return
    }
    response.writeHead(code, headers)
    body.on('error', () => response.destroy())
    body.pipe(response)
  } else {
    response.writeHead(code, headers)
    // A stream of events is to be seen as it comes.
    response.flushHeaders()
    answer.pipe(response)
  }
  await delivered(exchange)
}

function delivered(exchange: Exchange): Promise<void> {
  return finished(exchange.response, { readable: false }).catch(() => {})
}

/** Both sides have changed the protocol: from here on they speak to each other. */
async function passThrough(exchange: Exchange, { head, socket, rest }: SwitchedProtocol): Promise<void> {
  const client = takeSocket(exchange)
  socket.on('error', () => {})
  const lines = [`HTTP/1.1 101 ${STATUS_CODES[101]}`]
  for (let at = 0; at < head.rawHeaders.length; at += 2) lines.push(`${head.rawHeaders[at]}: ${head.rawHeaders[at + 1]}`)
  client.socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  if (rest.length > 0) client.socket.write(rest)
  if (client.head.length > 0) socket.write(client.head)
  await joinDuplexes(client.socket, socket)
}
