import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createFleetCa } from '../../../src/apiserver/auth/fleet-ca.js'
import { systemClock } from '../../../src/app/system/system-ports.js'

export interface Asked {
  readonly path: string
  readonly authorization: string | undefined
  readonly headers: IncomingMessage['headers']
}

export interface ChartServer {
  /** `http://127.0.0.1:PORT`, `https://localhost:PORT`. */
  readonly url: string
  readonly host: string
  readonly caPem: string | undefined
  readonly asked: Asked[]
  close(): Promise<void>
}

export type Answering = (
  path: string,
  request: IncomingMessage,
) => { status?: number; headers?: Record<string, string>; body?: string | Uint8Array } | 'hang'

/** A server of this machine, with TLS when told. */
export async function startChartServer(answer: Answering, options: { tls?: boolean } = {}): Promise<ChartServer> {
  const asked: Asked[] = []
  const listener: RequestListener = (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '/'
    asked.push({ path, authorization: request.headers.authorization, headers: request.headers })
    const reply = answer(path, request)
    if (reply === 'hang') return
    response.writeHead(reply.status ?? 200, reply.headers)
    response.end(reply.body ?? '')
  }
  let caPem: string | undefined
  let server: ReturnType<typeof createServer>
  if (options.tls) {
    const ca = await createFleetCa({ clock: systemClock, name: 'charts' })
    const { certPem, keyPem } = await ca.issueServer({ names: ['localhost', '127.0.0.1'] })
    caPem = ca.certPem
    server = createTlsServer({ cert: certPem, key: keyPem }, listener)
  } else server = createServer(listener)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: options.tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    host: options.tls ? `localhost:${port}` : `127.0.0.1:${port}`,
    caPem,
    asked,
    async close() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json'

export function digestOf(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** A registry with the charts that it is given: tags, manifests, blobs; with tokens when `password` is set. */
export async function startRegistry(options: {
  /** Packed charts by `repository:tag`. */
  charts: Readonly<Record<string, Uint8Array>>
  password?: string
  tls?: boolean
  /** Tags of one page. */
  pageSize?: number
  /** Answers a blob with other bytes. */
  corrupt?: (bytes: Uint8Array) => Uint8Array
  configType?: string
}): Promise<ChartServer> {
  const blobs = new Map<string, Uint8Array>()
  const manifests = new Map<string, string>()
  const tags = new Map<string, string[]>()
  blobs.set(digestOf('{}'), new TextEncoder().encode('{}'))
  for (const [reference, bytes] of Object.entries(options.charts)) {
    const colon = reference.lastIndexOf(':')
    const name = reference.slice(0, colon)
    const tag = reference.slice(colon + 1)
    blobs.set(digestOf(bytes), bytes)
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: {
        mediaType: options.configType ?? 'application/vnd.cncf.helm.config.v1+json',
        digest: `sha256:${digestOf('{}')}`,
        size: 2,
      },
      layers: [
        {
          mediaType: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
          digest: `sha256:${digestOf(bytes)}`,
          size: bytes.length,
        },
      ],
    })
    manifests.set(`${name}/${tag}`, manifest)
    manifests.set(`${name}/sha256:${digestOf(manifest)}`, manifest)
    tags.set(name, [...(tags.get(name) ?? []), tag])
  }
  const basic = `Basic ${Buffer.from(`robot:${options.password}`).toString('base64')}`
  const server = await startChartServer(
    (path, { headers }): ReturnType<Answering> => {
      const url = new URL(path, 'http://registry.test')
      if (url.pathname === '/token') {
        if (headers.authorization !== basic) return { status: 401 }
        return { body: JSON.stringify({ token: `for-${url.searchParams.get('scope')}` }) }
      }
      const [, name = '', rest = ''] = /^\/v2\/(.+?)\/((?:tags|manifests|blobs)\/.+)$/.exec(url.pathname) ?? []
      if (options.password !== undefined && headers.authorization !== `Bearer for-repository:${name}:pull`)
        return {
          status: 401,
          headers: {
            'www-authenticate': `Bearer realm="${server.url}/token",service="registry.test",scope="repository:${name}:pull,push"`,
          },
        }
      if (rest === 'tags/list') {
        const all = tags.get(name)
        if (all === undefined) return { status: 404 }
        const from = Number(url.searchParams.get('from') ?? 0)
        const size = options.pageSize ?? all.length
        const more = from + size < all.length
        return {
          headers: more ? { link: `</v2/${name}/tags/list?from=${from + size}>; rel="next"` } : {},
          body: JSON.stringify({ name, tags: all.slice(from, from + size) }),
        }
      }
      const manifest = manifests.get(`${name}/${rest.slice('manifests/'.length)}`)
      if (rest.startsWith('manifests/') && manifest !== undefined)
        return {
          headers: {
            'docker-content-digest': `sha256:${digestOf(manifest)}`,
            'content-type': manifestType,
            'content-length': String(manifest.length),
          },
          body: manifest,
        }
      const blob = blobs.get(rest.slice('blobs/sha256:'.length))
      if (blob === undefined) return { status: 404 }
      return { body: options.corrupt === undefined || blob.length === 2 ? blob : options.corrupt(blob) }
    },
    options.tls ? { tls: true } : {},
  )
  return server
}
