import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { sleep } from '../../base/clock.js'
import { CodedError } from '../../base/errors.js'
import { StatusError } from '../object/status-error.js'
import { errorOfAnswer, networkProblem, unreachable } from './answer-errors.js'
import type { ClientPorts } from './client-ports.js'
import type { Connection } from './connection.js'
import { ConnectionAgents } from './connection-agents.js'
import { type Credential, type CredentialSource, createCredentialSource } from './credential-source.js'
import { Semaphore } from './semaphore.js'

export interface HttpRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly accept: string
  readonly contentType?: string
  readonly body?: string
  readonly signal?: AbortSignal
  /** Until the headers of the answer are here, and then again until its body is (default 60 s). */
  readonly timeoutMs?: number
  readonly onWarning?: (text: string) => void
  /** Ask for the answer as it is: compression would hold back the lines of a stream. */
  readonly uncompressed?: boolean
}

export interface TransportLimits {
  /** Requests under way at a time, streams apart (default 64). */
  readonly concurrency?: number
  /** Bytes of an answer after decompression (default 256 MiB). */
  readonly bodyBytes?: number
}

const defaultTimeoutMs = 60_000
const mostRetries = 5
const longestRetryMs = 30_000

/** HTTP to one API server: sockets kept alive, credentials, limits, retries where the server asks for them, errors in our terms. */
export class HttpTransport {
  readonly #cluster: string
  readonly #connection: Connection
  readonly #ports: ClientPorts
  readonly #agents: ConnectionAgents
  readonly #credentials: CredentialSource
  readonly #gate: Semaphore
  readonly #bodyBytes: number
  #closed = false

  constructor(cluster: string, connection: Connection, ports: ClientPorts, limits: TransportLimits = {}, dial?: () => Duplex) {
    this.#cluster = cluster
    this.#connection = connection
    this.#ports = ports
    this.#agents = new ConnectionAgents(cluster, connection, { dial })
    this.#credentials = createCredentialSource(connection, ports)
    this.#gate = new Semaphore(limits.concurrency ?? 64)
    this.#bodyBytes = limits.bodyBytes ?? 256 * 1024 * 1024
  }

  /** The body of a successful answer as text. */
  async text(request: HttpRequest): Promise<string> {
    const release = await this.#gate.acquire(request.signal)
    try {
      return await this.#exchange(request, (response, deadline) => this.#body(response, request, deadline))
    } finally {
      release()
    }
  }

  /** The answer as a stream of bytes, without a deadline once it has begun. Ends with the signal. */
  async stream(request: HttpRequest): Promise<AsyncIterable<Uint8Array>> {
    return this.#exchange({ ...request, uncompressed: true }, async (response, deadline) => {
      deadline.cancel()
      return this.#chunks(response, request)
    })
  }

  close(): void {
    this.#closed = true
    this.#agents.close()
  }

  async #exchange<R>(request: HttpRequest, read: (response: IncomingMessage, deadline: Deadline) => Promise<R>): Promise<R> {
    let refreshed = false
    for (let attempt = 0; ; attempt++) {
      const credential = await this.#credentials.get(request.signal)
      const deadline = new Deadline(this.#ports, request)
      try {
        const response = await this.#send(request, credential, deadline)
        const code = response.statusCode ?? 0
        if (code >= 200 && code < 300) {
          for (const text of warningsOf(response)) request.onWarning?.(text)
          return await read(response, deadline)
        }
        const retryAfter = retryAfterSeconds(response)
        const body = await this.#body(response, request, deadline)
        if (code >= 300 && code < 400) throw redirected(this.#cluster, code, response.headers.location)
        if (code === 401 && !refreshed && this.#credentials.renew()) {
          refreshed = true
          continue
        }
        if ((code === 429 || code >= 500) && retryAfter !== undefined && attempt < mostRetries) {
          const delayMs = Math.max(100, retryAfter * 1000)
          if (delayMs <= longestRetryMs) {
            await sleep(this.#ports.clock, delayMs, request.signal)
            continue
          }
        }
        throw errorOfAnswer(this.#cluster, code, body, retryAfter)
      } catch (error) {
        request.signal?.throwIfAborted()
        if (error instanceof StaleSocket && attempt < mostRetries) continue
        if (error instanceof StatusError || error instanceof CodedError) throw error
        throw this.#unreachable(error)
      } finally {
        deadline.cancel()
      }
    }
  }

  #unreachable(error: unknown): CodedError {
    return unreachable(this.#cluster, `${networkProblem(error)} at ${this.#agents.base.host}`, error)
  }

  #send(request: HttpRequest, credential: Credential, deadline: Deadline): Promise<IncomingMessage> {
    if (this.#closed) return Promise.reject(unreachable(this.#cluster, 'this client has been closed'))
    const secure = this.#agents.base.protocol === 'https:'
    const gzip = this.#connection.disableCompression !== true && request.method === 'GET' && request.uncompressed !== true
    return new Promise((resolve, reject) => {
      const outgoing = (secure ? httpsRequest : httpRequest)({
        agent: this.#agents.pooled(credential),
        // An IPv6 literal stands in brackets in a URL and without them in an address.
        host: this.#agents.base.hostname.replace(/^\[|\]$/g, ''),
        port: this.#agents.base.port || (secure ? 443 : 80),
        method: request.method,
        path: this.#agents.base.pathname.replace(/\/$/, '') + request.path,
        headers: {
          accept: request.accept,
          'user-agent': 'flotilla',
          ...(gzip ? { 'accept-encoding': 'gzip' } : {}),
          ...(credential.authorization ? { authorization: credential.authorization } : {}),
          ...(request.body === undefined
            ? {}
            : {
                'content-type': request.contentType ?? 'application/json',
                'content-length': String(Buffer.byteLength(request.body)),
              }),
        },
      })
      deadline.watch((reason) => outgoing.destroy(reason))
      outgoing.once('response', resolve)
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // The server closed a kept-alive socket just as we used it: what only reads may be sent again.
        const stale = outgoing.reusedSocket && error.code === 'ECONNRESET' && request.method === 'GET'
        reject(stale ? new StaleSocket(error.message) : error)
      })
      outgoing.end(request.body)
    })
  }

  async *#chunks(response: IncomingMessage, request: HttpRequest): AsyncIterable<Uint8Array> {
    const abort = () => response.destroy()
    if (request.signal?.aborted) abort()
    else request.signal?.addEventListener('abort', abort, { once: true })
    try {
      for await (const chunk of response) yield chunk as Uint8Array
    } catch (error) {
      if (!request.signal?.aborted) throw this.#unreachable(error)
    } finally {
      request.signal?.removeEventListener('abort', abort)
      response.destroy()
    }
  }

  async #body(response: IncomingMessage, request: HttpRequest, deadline: Deadline): Promise<string> {
    deadline.watch((reason) => response.destroy(reason))
    const chunks: Buffer[] = []
    let length = 0
    const gunzip = response.headers['content-encoding'] === 'gzip' ? createGunzip() : undefined
    if (gunzip !== undefined) {
      response.once('error', (error) => gunzip.destroy(error))
      response.pipe(gunzip)
    }
    for await (const chunk of gunzip ?? response) {
      length += (chunk as Buffer).length
      if (length > this.#bodyBytes) {
        response.destroy()
        throw new CodedError({
          code: 'answer-too-large',
          message: `cluster ${this.#cluster}: the answer to ${request.method} ${pathOnly(request.path)} is larger than ${this.#bodyBytes} bytes`,
          fix: 'List in pages (limit), or narrow the request by namespace or selector.',
        })
      }
      chunks.push(chunk as Buffer)
    }
    return Buffer.concat(chunks).toString('utf8')
  }
}

class StaleSocket extends Error {}

/** Destroys what it watches when the request's signal aborts or its time is over. */
class Deadline {
  readonly #ports: ClientPorts
  readonly #timeoutMs: number
  readonly #signal: AbortSignal | undefined
  #stop: () => void = () => {}

  constructor(ports: ClientPorts, request: HttpRequest) {
    this.#ports = ports
    this.#timeoutMs = request.timeoutMs ?? defaultTimeoutMs
    this.#signal = request.signal
  }

  /** Replaces what was watched before and starts the time anew. */
  watch(destroy: (reason: Error) => void): void {
    this.cancel()
    const abort = () => destroy(new Error('aborted'))
    const cancelTimer = this.#ports.clock.after(this.#timeoutMs, () =>
      destroy(new Error(`no answer within ${this.#timeoutMs / 1000} s`)),
    )
    const signal = this.#signal
    if (signal?.aborted) abort()
    else signal?.addEventListener('abort', abort, { once: true })
    this.#stop = () => {
      cancelTimer()
      signal?.removeEventListener('abort', abort)
    }
  }

  cancel(): void {
    this.#stop()
    this.#stop = () => {}
  }
}

function redirected(cluster: string, code: number, location: string | undefined): CodedError {
  return unreachable(cluster, `answered ${code} and points to ${location ?? 'nowhere'}: that is not a Kubernetes API server`)
}

function retryAfterSeconds(response: IncomingMessage): number | undefined {
  const text = response.headers['retry-after']
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined
}

/** The texts of `Warning: 299 - "text"` headers (RFC 7234). */
function warningsOf(response: IncomingMessage): string[] {
  const found: string[] = []
  for (const header of response.headersDistinct['warning'] ?? []) {
    for (const match of header.matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)) found.push((match[1] ?? '').replace(/\\(.)/g, '$1'))
  }
  return found
}

function pathOnly(path: string): string {
  return path.replace(/\?.*$/, '')
}
