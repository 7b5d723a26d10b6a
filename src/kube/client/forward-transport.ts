import { type ClientRequest, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Duplex } from 'node:stream'
import { CodedError } from '../../base/errors.js'
import { networkProblem, unreachable } from './answer-errors.js'
import type { ClientPorts } from './client-ports.js'
import type { Connection } from './connection.js'
import { ConnectionAgents } from './connection-agents.js'
import { type Credential, type CredentialSource, createCredentialSource } from './credential-source.js'

/** A request of somebody else that goes through us, with our credentials. */
export interface ForwardedHttpRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  /** All but the credentials; an `authorization` in them is never sent. */
  readonly headers: OutgoingHttpHeaders
  readonly body?: Buffer | string
  /** Ends the exchange, the answer's body too. */
  readonly signal: AbortSignal
  /** Until the head of the answer is here. */
  readonly patienceMs: number
}

const idleMs = 60_000

/**
 * HTTP to one API server for requests that are not our own: every answer is handed out as it comes, whatever it says, and what
 * follows its head has no deadline. For our own requests there is HttpTransport.
 */
export class ForwardTransport {
  readonly #cluster: string
  readonly #ports: ClientPorts
  readonly #agents: ConnectionAgents
  readonly #credentials: CredentialSource
  #closed = false

  /** `dial` takes the place of sockets, for servers that only a tunnel leads to. */
  constructor(cluster: string, connection: Connection, ports: ClientPorts, dial?: () => Duplex) {
    this.#cluster = cluster
    this.#ports = ports
    this.#agents = new ConnectionAgents(cluster, connection, { idleMs, dial })
    this.#credentials = createCredentialSource(connection, ports)
  }

  /** Rejects with `cluster-unreachable` when no answer has begun in time. */
  async send(request: ForwardedHttpRequest): Promise<IncomingMessage> {
    for (let attempt = 0; ; attempt++) {
      const credential = await this.#credential(request)
      try {
        const response = await this.#exchange<IncomingMessage>(request, credential, (outgoing, done) =>
          outgoing.once('response', done),
        )
        const again = response.statusCode === 401 && attempt === 0 && this.#credentials.renew()
        if (!again) return response
        response.resume()
      } catch (error) {
        // The server closed a kept-alive socket just as we used it: what only reads may be sent again.
        if (error instanceof StaleSocket && request.method === 'GET' && attempt < 4) continue
        throw this.#unreachable(error)
      }
    }
  }

  /** For a request that changes the protocol: `socket` when the server has agreed to. */
  async upgrade(
    request: ForwardedHttpRequest,
  ): Promise<{ readonly response: IncomingMessage; readonly socket?: Duplex; readonly head?: Buffer }> {
    const credential = await this.#credential(request)
    try {
      return await this.#exchange<{ response: IncomingMessage; socket?: Duplex; head?: Buffer }>(
        request,
        credential,
        (outgoing, done) => {
          outgoing.once('response', (response) => done({ response }))
          outgoing.once('upgrade', (response, socket, head) => done({ response, socket, head }))
        },
        false,
      )
    } catch (error) {
      throw this.#unreachable(error)
    }
  }

  close(): void {
    this.#closed = true
    this.#agents.close()
  }

  #credential({ signal, patienceMs }: ForwardedHttpRequest): Promise<Credential> {
    return new Promise((resolve, reject) => {
      const cancel = this.#ports.clock.after(patienceMs, () =>
        reject(unreachable(this.#cluster, 'its credentials are not there in time')),
      )
      this.#credentials.get(signal).then(resolve, reject).finally(cancel)
    })
  }

  #exchange<R>(
    request: ForwardedHttpRequest,
    credential: Credential,
    listen: (outgoing: ClientRequest, done: (result: R) => void) => void,
    pooled = true,
  ): Promise<R> {
    if (this.#closed) return Promise.reject(unreachable(this.#cluster, 'it is not in the fleet any more'))
    const secure = this.#agents.base.protocol === 'https:'
    const { signal } = request
    const { authorization: _, host: __, ...headers } = request.headers
    return new Promise((resolve, reject) => {
      const outgoing = (secure ? httpsRequest : httpRequest)({
        agent: pooled ? this.#agents.pooled(credential) : this.#agents.single(credential),
        // An IPv6 literal stands in brackets in a URL and without them in an address.
        host: this.#agents.base.hostname.replace(/^\[|\]$/g, ''),
        port: this.#agents.base.port || (secure ? 443 : 80),
        method: request.method,
        path: this.#agents.base.pathname.replace(/\/$/, '') + request.path,
        headers: {
          ...headers,
          ...(credential.authorization ? { authorization: credential.authorization } : {}),
          ...(request.body === undefined ? {} : { 'content-length': Buffer.byteLength(request.body) }),
        },
      })
      const abort = () => outgoing.destroy(new Error('aborted'))
      const late = this.#ports.clock.after(request.patienceMs, () =>
        outgoing.destroy(new Error(`no answer within ${request.patienceMs / 1000} s`)),
      )
      if (signal.aborted) abort()
      else signal.addEventListener('abort', abort, { once: true })
      outgoing.once('close', () => {
        late()
        signal.removeEventListener('abort', abort)
      })
      listen(outgoing, (result) => {
        late()
        resolve(result)
      })
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        const stale = outgoing.reusedSocket && error.code === 'ECONNRESET'
        reject(stale ? new StaleSocket(error.message) : error)
      })
      outgoing.end(request.body)
    })
  }

  #unreachable(error: unknown): unknown {
    if (error instanceof CodedError) return error
    return unreachable(this.#cluster, `${networkProblem(error)} at ${this.#agents.base.host}`, error)
  }
}

class StaleSocket extends Error {}
