import {
  type ClientRequest,
  createServer,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { messageOf } from '../../../base/errors.js'
import type { Log } from '../../../base/log.js'
import type { ClientPorts } from '../../../kube/client/client-ports.js'
import type { Connection } from '../../../kube/client/connection.js'
import { type Credential, type CredentialSource, createCredentialSource } from '../../../kube/client/credential-source.js'
import { headersToPass, headersToReturn, judgeRequest, type RequestRules } from './request-rules.js'

export interface ApiProxyOptions {
  /** The member's API server, and as whom the agent comes to it. */
  readonly connection: Connection
  readonly ports: ClientPorts
  readonly rules: RequestRules
  readonly log: Log
}

/**
 * Passes the hub's requests on to the member's API server: every request is read by Node's HTTP parser and written anew, with the
 * agent's own credentials. Streams of the tunnel are given to it as connections.
 */
export function createApiProxy(options: ApiProxyOptions): Server {
  const { connection, ports, rules, log } = options
  const base = new URL(connection.server)
  const credentials: CredentialSource = createCredentialSource(connection, ports)
  const isSecure = base.protocol === 'https:'
  let agent: { certificate: string | undefined; agent: HttpAgent } | undefined

  const agentFor = (credential: Credential): HttpAgent => {
    const certificate = credential.certPem ?? connection.tls.certPem
    if (agent !== undefined && agent.certificate === certificate) return agent.agent
    const { tls } = connection
    const made = isSecure
      ? new HttpsAgent({
          keepAlive: true,
          maxFreeSockets: 8,
          ca: tls.caPem,
          cert: certificate,
          key: credential.keyPem ?? tls.keyPem,
          servername: tls.serverName,
          rejectUnauthorized: !tls.insecure,
          ALPNProtocols: ['http/1.1'],
        })
      : new HttpAgent({ keepAlive: true, maxFreeSockets: 8 })
    agent = { certificate, agent: made }
    return made
  }

  const send = (incoming: IncomingMessage, credential: Credential, upgrade: string | undefined): ClientRequest => {
    const headers = headersToPass(incoming.rawHeaders, incoming.headers)
    const length = incoming.headers['content-length']
    const outgoing = (isSecure ? httpsRequest : httpRequest)({
      agent: agentFor(credential),
      host: base.hostname.replace(/^\[|\]$/g, ''),
      port: base.port === '' ? (isSecure ? 443 : 80) : base.port,
      method: incoming.method ?? 'GET',
      path: base.pathname.replace(/\/$/, '') + (incoming.url ?? '/'),
      setHost: true,
    })
    for (const [name, value] of headers) outgoing.appendHeader(name, value)
    // A body is framed for every method: Node sends one of a DELETE bare otherwise, and a server would take it for the next request.
    if (length !== undefined && upgrade === undefined) outgoing.setHeader('content-length', length)
    else if (hasBody(incoming)) outgoing.setHeader('transfer-encoding', 'chunked')
    if (credential.authorization !== undefined) outgoing.setHeader('authorization', credential.authorization)
    if (upgrade !== undefined) {
      outgoing.setHeader('connection', 'Upgrade')
      outgoing.setHeader('upgrade', upgrade)
    }
    return outgoing
  }

  const refusalOf = (incoming: IncomingMessage, isUpgrade: boolean) =>
    judgeRequest({ method: incoming.method ?? '', url: incoming.url ?? '', headers: incoming.headers, isUpgrade }, rules)

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const refusal = refusalOf(incoming, false)
    if (refusal !== undefined) {
      answer(response, refusal.code, refusal.reason, refusal.message)
      return
    }
    const credential = await credentials.get()
    // Credentials take their time: who has gone by now is not seen going any more.
    if (response.destroyed) return
    const outgoing = send(incoming, credential, undefined)
    // Whoever asked has gone: the server need not go on.
    response.once('close', () => outgoing.destroy())
    outgoing.once('response', (found) => {
      if (found.statusCode === 401) credentials.renew()
      response.writeHead(found.statusCode ?? 502, headersToReturn(found.rawHeaders))
      // What is said of a watch is said at once, not with its first event.
      response.flushHeaders()
      found.pipe(response)
      found.once('error', () => response.destroy())
    })
    outgoing.once('error', (error) => {
      if (response.headersSent) response.destroy()
      else answer(response, 503, 'ServiceUnavailable', `the agent cannot reach its API server: ${error.message}`)
    })
    if (hasBody(incoming)) incoming.pipe(outgoing)
    else outgoing.end()
  }

  async function upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const refusal = refusalOf(incoming, true)
    if (refusal !== undefined) {
      endWith(socket, refusal.code, statusText(refusal.code, refusal.reason, refusal.message))
      return
    }
    socket.on('error', () => socket.destroy())
    const credential = await credentials.get()
    if (socket.destroyed) return
    const outgoing = send(incoming, credential, incoming.headers.upgrade ?? '')
    socket.once('close', () => outgoing.destroy())
    outgoing.once('upgrade', (found, upstream, upstreamHead) => {
      const lines = [`HTTP/1.1 ${found.statusCode} ${found.statusMessage}`]
      const raw = headersToReturn(found.rawHeaders)
      for (let at = 0; at + 1 < raw.length; at += 2) lines.push(`${raw[at]}: ${raw[at + 1]}`)
      lines.push('Connection: Upgrade', `Upgrade: ${found.headers.upgrade ?? ''}`)
      socket.write(`${lines.join('\r\n')}\r\n\r\n`)
      if (upstreamHead.length > 0) socket.write(upstreamHead)
      if (head.length > 0) upstream.write(head)
      upstream.once('error', () => socket.destroy())
      socket.once('error', () => upstream.destroy())
      upstream.once('close', () => socket.end())
      socket.once('close', () => upstream.destroy())
      upstream.pipe(socket)
      socket.pipe(upstream)
    })
    outgoing.once('response', (found) => {
      const chunks: Buffer[] = []
      found.on('data', (chunk: Buffer) => {
        if (chunks.length < 256) chunks.push(chunk)
      })
      found.once('end', () => endWith(socket, found.statusCode ?? 502, Buffer.concat(chunks).toString('utf8')))
      found.once('error', () => socket.destroy())
    })
    outgoing.once('error', (error) => {
      endWith(socket, 503, statusText(503, 'ServiceUnavailable', `the agent cannot reach its API server: ${error.message}`))
    })
    outgoing.end()
  }

  const failed = (error: unknown) => log.debug('a request of the hub failed', { problem: messageOf(error) })
  const server = createServer({ maxHeaderSize: 64 * 1024, requestTimeout: 0 }, (incoming, response) => {
    pass(incoming, response).catch((error: unknown) => {
      failed(error)
      if (response.headersSent) response.destroy()
      else answer(response, 503, 'ServiceUnavailable', `the agent cannot ask its API server: ${messageOf(error)}`)
    })
  })
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    upgrade(incoming, socket, head).catch((error: unknown) => {
      failed(error)
      socket.destroy()
    })
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  server.once('close', () => agent?.agent.destroy())
  return server
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
}

function statusText(code: number, reason: string, message: string): string {
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code })
}

function answer(response: ServerResponse, code: number, reason: string, message: string): void {
  response.writeHead(code, { 'content-type': 'application/json', connection: 'close' }).end(statusText(code, reason, message))
}

function endWith(socket: Duplex, code: number, body: string): void {
  socket.end(
    `HTTP/1.1 ${code} ${code < 400 ? 'OK' : 'Refused'}\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
