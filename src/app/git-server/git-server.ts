import { createHash, timingSafeEqual } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import { createRepositoryStore } from './repository-store.js'
import { refuse, serveSmartHttp } from './smart-http.js'

export interface GitServerOptions {
  /** The directory of the bare repositories; made when it is not there. */
  readonly root: string
  readonly tls: { readonly certPem: string; readonly keyPem: string }
  /** The password of user `flotilla`. */
  readonly token: string
  readonly clock: Clock
  readonly log: Log
  /** Called with the repository's name after a push has been stored. */
  readonly onPush?: (repository: string) => void
  /** Answers POST /api/webhook, which has an authentication of its own. */
  readonly webhook?: (request: IncomingMessage, response: ServerResponse) => void
  /** 256 MiB unless told. */
  readonly maxPushBytes?: number
}

export interface GitServer {
  listen(address: { host: string; port: number }): Promise<{ port: number }>
  /** See RepositoryStore.ensure. */
  ensureRepository(name: string, files?: Readonly<Record<string, string>>, message?: string): Promise<{ created: boolean }>
  close(): Promise<void>
}

const webhookMs = 30_000

export const gitUserName = 'flotilla'

/** A Git server over HTTPS: `git clone https://flotilla:TOKEN@HOST:PORT/NAME.git`. The work is done by the system's git. */
export function createGitServer(options: GitServerOptions): GitServer {
  const { log } = options
  const repositories = createRepositoryStore({ root: options.root, clock: options.clock })
  const expected = digestOf(`${gitUserName}:${options.token}`)
  const serving = {
    repositories,
    log,
    ...(options.onPush === undefined ? {} : { onPush: options.onPush }),
    maxPushBytes: options.maxPushBytes ?? 256 * 1024 * 1024,
  }
  const server = createServer(
    { cert: options.tls.certPem, key: options.tls.keyPem, ALPNProtocols: ['http/1.1'], minVersion: 'TLSv1.2' },
    (request, response) => {
      if (options.webhook && request.url === '/api/webhook') {
        // It comes from anybody, so it has not for ever to come.
        const cancel = options.clock.after(webhookMs, () => request.destroy())
        response.once('close', cancel)
        options.webhook(request, response)
        return
      }
      if (!isAuthorized(request.headers.authorization, expected)) {
        request.resume()
        refuse(response, 401, `log in as user ${gitUserName} with the fleet's token as the password`, {
          'WWW-Authenticate': 'Basic realm="flotilla", charset="UTF-8"',
        })
        return
      }
      serveSmartHttp(request, response, serving).catch((error: unknown) => {
        log.error('a git request failed', { error: messageOf(error) })
        refuse(response, 500, messageOf(error))
      })
    },
  )
  // A push may be long; what hangs before its head is cut off.
  server.requestTimeout = 0
  server.headersTimeout = 20_000
  server.on('tlsClientError', (error) => log.debug('a TLS handshake with the Git server failed', { error: error.message }))

  return {
    async listen({ host, port }) {
      await mkdir(options.root, { recursive: true })
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host, port }, () => {
          server.off('error', reject)
          resolve()
        })
      })
      return { port: (server.address() as AddressInfo).port }
    },
    async ensureRepository(name, files, message) {
      await mkdir(options.root, { recursive: true })
      return repositories.ensure(name, files, message)
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}

/** Digests are compared in constant time: how long a refusal takes says nothing about the token. */
function isAuthorized(header: string | undefined, expected: Buffer): boolean {
  const match = /^Basic +([A-Za-z0-9+/]+=*)\s*$/i.exec(header ?? '')
  const given = Buffer.from(match?.[1] ?? '', 'base64')
  return timingSafeEqual(digestOf(given), expected) && match !== null
}

function digestOf(value: string | Buffer): Buffer {
  return createHash('sha256').update(value).digest()
}
