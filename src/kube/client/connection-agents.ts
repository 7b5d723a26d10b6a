import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Duplex } from 'node:stream'
import { CodedError } from '../../base/errors.js'
import type { Connection } from './connection.js'
import type { Credential } from './credential-source.js'
import { createDialAgent, createTunnelAgent } from './proxy-tunnel.js'

/** The sockets to one API server: by its proxy, its certificates, and those of the credential of the moment. */
export class ConnectionAgents {
  /** Of the server, with the path that requests begin with. */
  readonly base: URL
  readonly #connection: Connection
  readonly #idleMs: number | undefined
  readonly #dial: (() => Duplex) | undefined
  #agent: HttpAgent | undefined
  /** The client certificate that #agent was made with; exec plugins may hand out new ones. */
  #certificate: string | undefined

  /**
   * `dial` takes the place of sockets, for servers that only a tunnel leads to. Sockets that nothing goes through for `idleMs`
   * are closed. Throws `bad-server-url`.
   */
  constructor(cluster: string, connection: Connection, options: { idleMs?: number; dial?: (() => Duplex) | undefined } = {}) {
    this.base = parseServer(cluster, connection.server)
    this.#connection = connection
    this.#idleMs = options.idleMs
    this.#dial = options.dial
  }

  /** Keeps sockets for the next request. */
  pooled(credential: Credential): HttpAgent {
    const certificate = credential.certPem ?? this.#connection.tls.certPem
    if (this.#agent !== undefined && this.#certificate === certificate) return this.#agent
    // Requests under way on the old agent's sockets end in peace; idle sockets are closed by their own timeout.
    this.#certificate = certificate
    this.#agent = this.#create(credential, {
      keepAlive: true,
      keepAliveMsecs: 30_000,
      maxFreeSockets: 8,
      ...(this.#idleMs === undefined ? {} : { timeout: this.#idleMs }),
    })
    return this.#agent
  }

  /** For one exchange, whose socket is not used again. */
  single(credential: Credential): HttpAgent {
    return this.#create(credential, { keepAlive: false })
  }

  close(): void {
    this.#agent?.destroy()
    this.#agent = undefined
  }

  #create(
    credential: Credential,
    pool: { keepAlive: boolean; keepAliveMsecs?: number; maxFreeSockets?: number; timeout?: number },
  ) {
    if (this.#dial !== undefined) return createDialAgent(this.#dial)
    if (this.base.protocol === 'http:') return new HttpAgent(pool)
    const { tls, proxyUrl } = this.#connection
    const options = {
      ...pool,
      ca: tls.caPem,
      cert: credential.certPem ?? tls.certPem,
      key: credential.keyPem ?? tls.keyPem,
      servername: tls.serverName,
      rejectUnauthorized: !tls.insecure,
      ALPNProtocols: ['http/1.1'],
    }
    return proxyUrl ? createTunnelAgent(proxyUrl, options) : new HttpsAgent(options)
  }
}

function parseServer(cluster: string, server: string): URL {
  let url: URL | undefined
  try {
    url = new URL(server)
  } catch {}
  if (url !== undefined && (url.protocol === 'https:' || url.protocol === 'http:')) return url
  throw new CodedError({
    code: 'bad-server-url',
    message: `cluster ${cluster}: server "${server}" is not an http(s) URL`,
    fix: 'Write it as https://HOST:PORT.',
  })
}
