import { constants } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createNetServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SecureContextOptions, TLSSocket } from 'node:tls'
import { UsageError } from '../../base/errors.js'
import type { Authenticator, LogicalClusters, ServerPorts } from '../contract.js'
import { createAuditIds } from './audit-ids.js'
import { describeConnection, presetConnection, type Served } from './connection.js'
import { type HandlerOptions, handleRequest } from './handle-request.js'
import type { PathOptions } from './paths.js'
import { createRequestCounts } from './request-counts.js'
import type { RequestView } from './request-view.js'
import type { ResourcePorts } from './resource-request.js'
import { answerUpgrade } from './streaming/upgrade.js'

export interface ApiFrontOptions
  extends Pick<PathOptions, 'issuerDocuments' | 'moreMetrics'>,
    Pick<HandlerOptions, 'audit' | 'fairness' | 'anonymous'> {
  readonly clusters: Pick<LogicalClusters, 'get'>
  /** Asked in this order. */
  readonly authenticators: readonly Authenticator[]
  readonly authorizer: HandlerOptions['authorizer']
  readonly tls: {
    readonly certPem: string
    readonly keyPem: string
    /** Whose client certificates are believed. */
    readonly clientCaPem: string
  }
  readonly ports: ServerPorts & ResourcePorts
  readonly patience?: Partial<Patience>
  /** Milliseconds that requests to a cluster wait before they are looked at (default: none). */
  delayOf?(cluster: string): number
}

/** How long slow clients are waited for, in milliseconds: who sends nothing useful must not hold a connection for ever. */
export interface Patience {
  readonly handshakeMs: number
  readonly headersMs: number
  /** Head and body. Requests have deadlines of their own; this is for what comes before and after. */
  readonly requestMs: number
  /** How often is looked. */
  readonly everyMs: number
}

const usualPatience: Patience = { handshakeMs: 20_000, headersMs: 20_000, requestMs: 120_000, everyMs: 5_000 }

export interface ApiFront {
  /** Serves the cluster at an address of its own; port 0 takes a free one. */
  listen(clusterName: string, address: { host: string; port: number }): Promise<{ port: number }>
  /** Serves something else at an address of its own, to the cluster's users by the cluster's rules. `close` ends it. */
  listenFor(view: RequestView, clusterName: string, address: { host: string; port: number }): Promise<{ port: number }>
  /** Serves HTTP over a stream whose other end is in this process: without TLS. The caller ends it. */
  accept(clusterName: string, stream: Duplex): void
  /** Stops serving the cluster and ends its connections. */
  unlisten(clusterName: string): Promise<void>
  /** From now on new connections are shown this certificate. */
  setCertificate(pair: { readonly certPem: string; readonly keyPem: string }): void
  close(): Promise<void>
}

/** As Go's server has it. */
const mostHeaderBytes = 1024 * 1024

/** The answer to what is no request, in the words of Go's server. */
function refusal(status: string): string {
  const headers = ['Content-Type: text/plain; charset=utf-8', 'Connection: close', `Content-Length: ${status.length}`]
  return [`HTTP/1.1 ${status}`, ...headers, '', status].join('\r\n')
}

const readingByStream = new WeakSet<Socket>()

/**
 * Node's parser reads a TLS connection past its stream, and does not stop doing so while it is paused because answers are not
 * taken; what comes then is an error (HPE_PAUSED). A listener for data makes it read from the stream, which can be paused.
 */
function readByStream(socket: Socket): void {
  if (readingByStream.has(socket)) return
  readingByStream.add(socket)
  socket.on('data', () => undefined)
  // Paused already, while an answer waits for its reader: what was to start the reading again has gone with the parser's own way.
  // A stream to which nothing is pushed asks for more by itself.
  if (socket.isPaused()) socket.push('')
}

const anyAddress: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

interface Listener {
  readonly server: Server
  readonly port: number
  /** How its connections are told: `127.0.0.1:7443`. */
  readonly key: string
  readonly sockets: Set<Socket>
}

/**
 * The HTTPS front of all logical clusters. One TLS server does the work for every cluster; a cluster costs a listening socket,
 * and its requests are told from others' by the local address and port of their connection.
 */
export function createApiFront(options: ApiFrontOptions): ApiFront {
  const { tls } = options
  const listeners = new Map<string, Listener>()
  const servedAtAddress = new Map<string, Served>()
  const handlerOptions = {
    ...options,
    counts: createRequestCounts(),
    auditIds: createAuditIds(options.ports.random),
    servedAt: (address: string, port: number) => servedAtAddress.get(`${address}:${port}`) ?? servedAtAddress.get(`*:${port}`),
  }
  const context: SecureContextOptions = {
    ca: tls.clientCaPem,
    minVersion: 'TLSv1.2',
    // A resumed session would not show its certificate again.
    secureOptions: constants.SSL_OP_NO_TICKET,
  }
  const inItsTime = (request: IncomingMessage, handle: () => void) => {
    const delayMs = options.delayOf?.(describeConnection(request.socket as TLSSocket, handlerOptions.servedAt).cluster) ?? 0
    if (delayMs > 0) options.ports.clock.after(delayMs, handle)
    else handle()
  }
  const patience = { ...usualPatience, ...options.patience }
  const https = createHttpsServer(
    {
      ...context,
      handshakeTimeout: patience.handshakeMs,
      connectionsCheckingInterval: patience.everyMs,
      cert: tls.certPem,
      key: tls.keyPem,
      requestCert: true,
      // A client without a certificate may have a token; one with a bad certificate gets a 401 that it can read.
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      keepAlive: true,
      noDelay: true,
      maxHeaderSize: mostHeaderBytes,
    },
    (request, response) => {
      // It waits for the answer to another: what comes over this connection is pipelined.
      if (response.socket === null) readByStream(request.socket)
      inItsTime(request, () => void handleRequest(request, response, handlerOptions))
    },
  )
  https.on('upgrade', (request, duplex, head) => {
    const upgrade = { socket: duplex as Socket, head }
    const response = answerUpgrade(request, upgrade)
    inItsTime(request, () => void handleRequest(request, response, handlerOptions, upgrade))
  })
  // Watches live long; the deadlines of other requests are kept per request.
  https.requestTimeout = patience.requestMs
  https.headersTimeout = patience.headersMs
  https.keepAliveTimeout = 120_000
  https.timeout = 0
  // The server itself never listens; this starts its watch over connections that are slow to send their heads.
  https.emit('listening')
  https.on('tlsClientError', (error, socket) => {
    options.ports.log.debug('a TLS handshake failed', { error: error.message, peer: socket.remoteAddress })
    socket.destroy()
  })
  https.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // A connection without a request (Go's clients open spare ones) closes silently: to an idle client any answer is unsolicited.
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' || !socket.writable) socket.destroy()
    else socket.end(refusal(error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'))
  })

  async function unlisten(clusterName: string): Promise<void> {
    const listener = listeners.get(clusterName)
    if (listener === undefined) return
    listeners.delete(clusterName)
    servedAtAddress.delete(listener.key)
    const closed = new Promise<void>((resolve) => listener.server.close(() => resolve()))
    for (const socket of listener.sockets) socket.destroy()
    await closed
  }

  async function listen(name: string, served: Served, address: { host: string; port: number }): Promise<{ port: number }> {
    if (listeners.has(name)) {
      throw new UsageError({
        code: 'already-listening',
        message: `${name} is already served on port ${listeners.get(name)!.port}`,
        fix: 'Call unlisten first to move it.',
      })
    }
    const sockets = new Set<Socket>()
    const server = createNetServer({ noDelay: true }, (socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      https.emit('connection', socket)
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: address.host, port: address.port, backlog: 1024 }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    const { port } = server.address() as AddressInfo
    const key = `${anyAddress.has(address.host) ? '*' : address.host}:${port}`
    listeners.set(name, { server, port, key, sockets })
    servedAtAddress.set(key, served)
    return { port }
  }

  return {
    listen: (clusterName, address) => listen(clusterName, { cluster: clusterName }, address),
    // No cluster has a slash in its name.
    listenFor: (view, clusterName, address) => listen(`${clusterName}/${view.name}`, { cluster: clusterName, view }, address),
    accept(clusterName, stream) {
      presetConnection(stream, clusterName)
      https.emit('secureConnection', stream)
    },
    unlisten,
    setCertificate({ certPem, keyPem }) {
      https.setSecureContext({ ...context, cert: certPem, key: keyPem })
    },
    async close() {
      await Promise.all([...listeners.keys()].map(unlisten))
      https.closeAllConnections()
      https.close()
    },
  }
}
