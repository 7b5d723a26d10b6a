import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { RequestView } from './request-view.js'

/** What the server knows of a connection: its cluster, and who the client's certificate says it is. */
export interface Connection {
  readonly cluster: string
  /** What answers in place of the cluster's own API. */
  readonly view?: RequestView | undefined
  readonly certificate: PeerCertificate | undefined
  /** The client showed a certificate that its fleet's authority has not issued, or that is out of date. */
  readonly badCertificate: string | undefined
}

/** What is served at a local address and port. */
export interface Served {
  readonly cluster: string
  readonly view?: RequestView | undefined
}

export interface PeerCertificate {
  readonly commonName: string
  readonly organizations: readonly string[]
  readonly organizationalUnits: readonly string[]
}

const connections = new WeakMap<Duplex, Connection>()

/** Reads the peer's certificate once for each connection: parsing it for every request would cost more than the request. */
export function describeConnection(
  socket: TLSSocket,
  servedAt: (address: string, port: number) => Served | undefined,
): Connection {
  const known = connections.get(socket)
  if (known) return known
  const served = servedAt(socket.localAddress ?? '', socket.localPort ?? -1) ?? { cluster: '' }
  const peer = socket.getPeerCertificate()
  const shown = peer !== null && Object.keys(peer).length > 0
  let certificate: PeerCertificate | undefined
  let badCertificate: string | undefined
  if (shown && socket.authorized) {
    const subject = peer.subject as { CN?: string | string[]; O?: string | string[]; OU?: string | string[] }
    const commonName = [subject.CN ?? ''].flat()[0] ?? ''
    const [organizations, organizationalUnits] = [subject.O ?? [], subject.OU ?? []].map((each) => [each].flat()) as [
      string[],
      string[],
    ]
    if (commonName !== '') certificate = { commonName, organizations, organizationalUnits }
  } else if (shown) badCertificate = String(socket.authorizationError ?? 'not issued by the authority of this fleet')
  const connection = { ...served, certificate, badCertificate }
  connections.set(socket, connection)
  return connection
}

/** A connection within the process: without TLS, so without a certificate. */
export function presetConnection(stream: Duplex, cluster: string): void {
  connections.set(stream, { cluster, certificate: undefined, badCertificate: undefined })
}

/** The token of `Authorization: Bearer ...`; undefined when the header is absent or of another scheme. */
export function bearerTokenOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined
  const match = /^Bearer +(\S+)\s*$/i.exec(header)
  return match?.[1]
}
