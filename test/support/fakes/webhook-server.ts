import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createFleetCa } from '../../../src/apiserver/auth/fleet-ca.js'
import { systemClock } from '../../../src/app/system/system-ports.js'

export interface Review {
  readonly uid: string
  readonly name?: string
  readonly namespace?: string
  readonly operation: string
  readonly subResource?: string
  readonly object: Record<string, unknown> | null
  readonly oldObject: Record<string, unknown> | null
  readonly options: unknown
  readonly dryRun: boolean
  readonly kind: { group: string; version: string; kind: string }
  readonly requestKind: { group: string; version: string; kind: string }
  readonly resource: { group: string; version: string; resource: string }
  readonly userInfo: { username: string; groups: string[] }
}

export type Answer = Record<string, unknown> | { raw: { code: number; body: string } } | 'hang'

export interface WebhookServer {
  readonly port: number
  readonly url: string
  /** base64 of the authority's certificate, as clientConfig.caBundle wants it. */
  readonly caBundle: string
  /** Every review that came, with the path it came to. */
  readonly reviews: { path: string; host: string | undefined; review: Review }[]
  /** Connections that were made. */
  connections(): number
  close(): Promise<void>
}

/** An HTTPS server that answers AdmissionReviews: `answer` gives the fields of the response besides the uid. */
export async function startWebhookServer(
  answer: (path: string, review: Review) => Answer | Promise<Answer>,
  { names = [], host = '127.0.0.1' }: { names?: readonly string[]; host?: string } = {},
): Promise<WebhookServer> {
  const ca = await createFleetCa({ clock: systemClock, name: 'webhooks' })
  const { certPem, keyPem } = await ca.issueServer({ names: ['localhost', host, ...names] })
  const reviews: WebhookServer['reviews'] = []
  let connections = 0
  const server: Server = createServer({ cert: certPem, key: keyPem }, (incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', async () => {
      const path = (incoming.url ?? '').replace(/\?.*$/, '')
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { apiVersion: string; request: Review }
      reviews.push({ path, host: incoming.headers.host, review: body.request })
      const given = await answer(path, body.request)
      if (given === 'hang') return
      if ('raw' in given) {
        const { code, body: text } = given['raw'] as { code: number; body: string }
        outgoing.writeHead(code, { 'content-type': 'text/plain' }).end(text)
        return
      }
      const review = { kind: 'AdmissionReview', apiVersion: body.apiVersion, response: { uid: body.request.uid, ...given } }
      outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(review))
    })
  })
  server.on('secureConnection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `https://${host}:${port}`,
    caBundle: Buffer.from(ca.certPem).toString('base64'),
    reviews,
    connections: () => connections,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The fields of a response that changes the object. */
export function patching(operations: readonly object[]): Record<string, unknown> {
  return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') }
}
