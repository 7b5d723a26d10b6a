import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { ContainerWorld } from '../shell/shell-context.js'

/** A server that runs until it is stopped. */
export interface RunningServer {
  stop(): Promise<void>
  /** The code with which it ends by itself. */
  readonly ended?: Promise<number>
  /** The code with which it ends when it is stopped (default 0). */
  readonly exitCode?: number
}

export type AnswerRequest = (request: IncomingMessage, response: ServerResponse, url: URL) => void | Promise<void>

const mostBody = 8 * 1024 * 1024

/** A certificate and its key, as PEM. */
export interface ServerIdentity {
  readonly cert: string | Buffer
  readonly key: string | Buffer
}

/** Listens at a port of the pod's address (or what stands for it), with TLS where an identity is given. */
export async function listenHttp(
  world: ContainerWorld,
  port: number,
  answer: AnswerRequest,
  identity?: ServerIdentity,
): Promise<RunningServer> {
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    const url = parseUrl(request.url)
    if (url === undefined) {
      response.writeHead(400).end()
      return
    }
    Promise.resolve()
      .then(() => answer(request, response, url))
      .catch(() => {
        if (!response.headersSent) response.writeHead(500)
        response.end()
      })
  }
  const server = identity === undefined ? createServer(listener) : createSecureServer({ ...identity }, listener)
  server.keepAliveTimeout = 65_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: world.address, port: world.boundPort(port) }, resolve)
  })
  return { stop: () => stopHttp(server) }
}

/** Requests at work are answered; idle connections are closed. */
function stopHttp(server: Pick<Server, 'close' | 'closeIdleConnections'>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeIdleConnections()
  })
}

function parseUrl(text: string | undefined): URL | undefined {
  try {
    return new URL(text ?? '/', 'http://pod')
  } catch {
    return undefined
  }
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBody) throw new Error('the body is longer than 8 MiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export function sendText(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) }).end(text)
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  sendText(response, status, `${JSON.stringify(value, undefined, 2)}\n`, 'application/json')
}

/** Headers as the client wrote them, by name; what came twice is joined. */
export function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] as string
    const value = request.rawHeaders[index + 1] as string
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return headers
}
