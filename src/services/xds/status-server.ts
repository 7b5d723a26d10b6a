import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../../base/clock.js'
import { CodedError } from '../../base/errors.js'
import type { AdsServer, AdsTls } from './ads-server.js'
import { renderClientPage, renderStatusPage } from './status-page.js'

export interface XdsStatusServerOptions {
  readonly clients: Pick<AdsServer, 'status' | 'details'>
  readonly place: { readonly address: string; readonly port: number }
  /** Readers need a certificate of the authority. Undefined: clear text, which is for loopback alone. */
  readonly tls: AdsTls | undefined
  readonly clock: Clock
}

export interface XdsStatusServer {
  readonly port: number
  close(): void
}

const headers = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
}

/** The status page of the discovery service, and the same as JSON: `/`, `/client/ID`, `/status.json`. It can only be read. */
export async function serveXdsStatus(options: XdsStatusServerOptions): Promise<XdsStatusServer> {
  const { clients, place, tls, clock } = options
  const answer: RequestListener = (request, response) => {
    const send = (code: number, type: string, text: string) => {
      response.writeHead(code, { ...headers, 'Content-Type': `${type}; charset=utf-8` })
      response.end(request.method === 'HEAD' ? undefined : text)
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'text/plain', 'this can only be read\n')
    // A page of some site must not read this by way of a name that it has pointed at loopback.
    if (tls === undefined && !isLoopbackHost(request.headers.host)) return send(421, 'text/plain', 'ask for localhost\n')
    const path = (request.url ?? '/').split('?')[0]!
    if (path === '/') return send(200, 'text/html', renderStatusPage(clients.status(), clock.now()))
    if (path === '/status.json') return send(200, 'application/json', `${JSON.stringify(clients.status())}\n`)
    const id = /^\/client\/(\d{1,15})(\.json)?$/.exec(path)
    const details = id === null ? undefined : clients.details(Number(id[1]))
    if (details === undefined) return send(404, 'text/plain', 'there is no such page, or that client has gone\n')
    if (id?.[2] !== undefined) return send(200, 'application/json', `${JSON.stringify(details)}\n`)
    return send(200, 'text/html', renderClientPage(details))
  }
  const limits = { requestTimeout: 10_000, headersTimeout: 5_000, maxHeaderSize: 16_384 }
  const server: Server =
    tls === undefined
      ? createServer(limits, answer)
      : createTlsServer({ ...limits, ...tls, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' }, answer)
  server.maxConnections = 64
  await new Promise<void>((done, failed) => {
    server.once('error', (error) => {
      const message = `the status page of xDS cannot be served at ${place.address}:${place.port}: ${error.message}`
      failed(new CodedError({ code: 'xds-not-listening', message, fix: 'Free the port, or choose another one.' }))
    })
    server.listen(place.port, place.address, done)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function isLoopbackHost(host = ''): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host)
}
