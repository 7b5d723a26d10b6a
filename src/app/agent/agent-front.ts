import { createPublicKey, type X509Certificate } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { TLSSocket } from 'node:tls'
import { WebSocketServer } from 'ws'
import type { KeyedCertificate } from '../../apiserver/auth/fleet-ca.js'
import { keyFingerprint } from '../../areas/agent/join/agent-key.js'
import type { JoinAnswer, JoinRequest } from '../../areas/agent/join/join-desk.js'
import { mostMessageBytes } from '../../areas/agent/tunnel/frames.js'
import type { Link } from '../../areas/agent/tunnel/link.js'
import type { Clock } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import type { Log } from '../../base/log.js'
import { createWebSocketLink } from './web-socket-link.js'

export interface AgentFrontOptions {
  readonly host: string
  readonly port: number
  /** What the front shows. Asked again each day: certificates end. */
  readonly certificate: () => Promise<KeyedCertificate>
  /** The authority of agents. */
  readonly caPem: string
  readonly join: (token: string, request: JoinRequest, address: string | undefined) => Promise<JoinAnswer>
  /** The key by which an approved cluster comes. */
  readonly keyOf: (cluster: string) => string | undefined
  readonly accept: (cluster: string, link: Link) => void
  readonly clock: Clock
  readonly log: Log
}

export interface AgentFront {
  readonly port: number
  close(): void
}

const mostJoinBytes = 8 * 1024
/** Requests to join of one address in a minute: tokens cannot be searched anyway, but each costs a look at the hub's API. */
const joinsPerMinute = 600
const dayMs = 86_400_000
const mostConnections = 20_000

/** Where agents connect: asks to join over HTTPS, tunnels over WebSocket with a client certificate. Nothing else is served. */
export async function listenForAgents(options: AgentFrontOptions): Promise<AgentFront> {
  const { caPem, keyOf, accept, clock, log } = options
  const caKey = createPublicKey(caPem)
  const first = await options.certificate()
  const server = createServer(
    {
      cert: first.certPem,
      key: first.keyPem,
      ca: [caPem],
      requestCert: true,
      // Who asks to join has no certificate yet; tunnels are looked at below.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      maxHeaderSize: 16 * 1024,
      headersTimeout: 10_000,
      requestTimeout: 30_000,
    },
    (request, response) => {
      answer(request, response).catch((error: unknown) => {
        log.warn('a request to join could not be answered', { problem: messageOf(error) })
        if (!response.headersSent) send(response, 503, { reason: 'Unavailable', message: 'the hub cannot decide that now' })
      })
    },
  )
  // Each agent has one; the rest is for those who join, and a bound for those who only knock.
  server.maxConnections = mostConnections
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: mostMessageBytes,
    perMessageDeflate: false,
    clientTracking: false,
  })
  let joins = new Map<string, number>()
  let closed = false
  const renew = () => {
    if (closed) return
    joins = new Map()
    clock.after(60_000, renew)
  }
  clock.after(60_000, renew)
  const newCertificate = () => {
    if (closed) return
    options.certificate().then(
      ({ certPem, keyPem }) => server.setSecureContext({ cert: certPem, key: keyPem, ca: [caPem], minVersion: 'TLSv1.2' }),
      (error: unknown) => log.warn('the front for agents has no new certificate', { problem: messageOf(error) }),
    )
    clock.after(dayMs, newCertificate)
  }
  clock.after(dayMs, newCertificate)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('connection', 'close')
    if (request.method === 'GET' && request.url === '/agent/v1/ca') {
      response.writeHead(200, { 'content-type': 'application/x-pem-file' }).end(caPem)
      return
    }
    if (request.method !== 'POST' || request.url !== '/agent/v1/join') {
      send(response, 404, { reason: 'NotFound', message: 'agents join and connect here; there is nothing else' })
      return
    }
    const address = request.socket.remoteAddress
    const count = (joins.get(address ?? '') ?? 0) + 1
    if (joins.size < 100_000) joins.set(address ?? '', count)
    if (count > joinsPerMinute) {
      send(response, 429, { reason: 'TooManyRequests', message: 'too many requests to join from this address' })
      return
    }
    const token = /^Bearer (\S{1,256})$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const body = await readBody(request)
    if (body === undefined) {
      send(response, 400, { reason: 'BadRequest', message: 'expected JSON with name, publicKey and proof' })
      return
    }
    const { code, ...rest } = await options.join(token, body, address)
    send(response, code, rest)
  }

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const found = whoIs(socket, request)
    if (typeof found !== 'string') {
      log.info('a tunnel was refused', { reason: found.reason, why: found.message })
      refuse(socket, found.code, found.reason, found.message)
      return
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => accept(found, createWebSocketLink(webSocket)))
  })

  function whoIs(
    socket: Duplex,
    request: IncomingMessage,
  ): string | { readonly code: 401 | 403 | 404; readonly reason: string; readonly message: string } {
    if (request.url !== '/agent/v1/tunnel') return { code: 404, reason: 'NotFound', message: 'there is no tunnel at this path' }
    const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
    if (certificate === undefined) {
      return { code: 401, reason: 'NoCertificate', message: 'a tunnel needs the client certificate that joining gives' }
    }
    const cluster = clusterOf(certificate, caKey)
    if (cluster === undefined) {
      return { code: 401, reason: 'CertificateUnknown', message: "the certificate is not of this hub's authority for agents" }
    }
    const now = clock.now()
    if (Date.parse(certificate.validTo) <= now || Date.parse(certificate.validFrom) > now) {
      return {
        code: 401,
        reason: 'CertificateExpired',
        message: `the certificate holds from ${certificate.validFrom} to ${certificate.validTo}; join again with a new token`,
      }
    }
    const key = keyOf(cluster)
    if (key === undefined)
      return { code: 403, reason: 'Denied', message: `the hub does not (or no longer) know ${cluster} as approved` }
    if (key !== keyFingerprint(certificate.publicKey)) {
      return { code: 403, reason: 'KeyReplaced', message: `${cluster} has joined with another key since` }
    }
    return cluster
  }

  await new Promise<void>((done, failed) => {
    server.once('error', failed)
    server.listen(options.port, options.host, () => {
      server.off('error', failed)
      done()
    })
  })
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      closed = true
      server.close()
      server.closeAllConnections()
    },
  }
}

/** The cluster that a certificate of the authority is for. */
function clusterOf(certificate: X509Certificate, caKey: ReturnType<typeof createPublicKey>): string | undefined {
  if (!certificate.verify(caKey)) return undefined
  const lines = certificate.subject.split('\n')
  if (!lines.includes('O=flotilla:agents')) return undefined
  return lines.map((line) => /^CN=flotilla:agent:([a-z0-9-]+)$/.exec(line)?.[1]).find((name) => name !== undefined)
}

async function readBody(request: IncomingMessage): Promise<JoinRequest | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request) {
    length += (chunk as Buffer).length
    if (length > mostJoinBytes) return undefined
    chunks.push(chunk as Buffer)
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    if (!isObject(body)) return undefined
    const { name, publicKey, proof, agentVersion } = body
    if (typeof name !== 'string' || typeof publicKey !== 'string' || typeof proof !== 'string') return undefined
    return { name, publicKey, proof, ...(typeof agentVersion === 'string' ? { agentVersion } : {}) }
  } catch {
    return undefined
  }
}

function send(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function refuse(socket: Duplex, code: number, reason: string, message: string): void {
  const body = JSON.stringify({ reason, message })
  socket.end(
    `HTTP/1.1 ${code} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `connection: close\r\n\r\n${body}`,
  )
}
