import type { OutgoingHttpHeaders } from 'node:http'
import { parseAccept } from '../http/accept.js'
import type { Exchange } from '../http/exchange.js'
import { commonHeaders, sendBody, sendText } from '../http/send.js'
import type { OpenApiDocuments } from './openapi-documents.js'
import { openApiV2Bytes } from './openapi-v2.js'

const json = 'application/json'
/** Clients ask with an @ before v1.0, which is no valid media type; as upstream, the answer has a dot there. */
const protobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'
const protobufNames = [protobufType, protobufType.replace('.v1.0', '@v1.0')]

/** Serves what is below /openapi; false for paths that are not its own. */
export async function serveOpenApi(exchange: Exchange, parts: readonly string[], documents: OpenApiDocuments): Promise<boolean> {
  const [version, ...rest] = parts
  if (version === undefined || version === '') return false
  const endsWithSlash = exchange.request.url?.split('?')[0]?.endsWith('/') === true
  if (version === 'v2' && rest.length === 0 && !endsWithSlash) await serveV2(exchange, documents)
  else if (version !== 'v3') await sendText(exchange, 404, '404 page not found\n')
  else if (rest.length === 0 && endsWithSlash) sendNothing(exchange, 404, {})
  else if (rest.length === 0) await sendBody(exchange, 200, 'text/plain; charset=utf-8', JSON.stringify(documents.index()))
  else return serveV3(exchange, rest.join('/'), documents)
  return true
}

async function serveV2(exchange: Exchange, documents: OpenApiDocuments): Promise<void> {
  const vary = { Vary: 'Accept-Encoding, Accept' }
  const type = acceptedOf(exchange, [json, ...protobufNames])
  if (type === undefined) return sendNothing(exchange, 406, vary)
  const headers = { ...vary, ETag: `"${documents.hashOfAll()}"` }
  if (isKnown(exchange, headers.ETag)) return sendNothing(exchange, 304, headers)
  const bytes = await openApiV2Bytes(documents, type !== json)
  await sendBody(exchange, 200, type === json ? json : protobufType, bytes, headers)
}

async function serveV3(exchange: Exchange, key: string, documents: OpenApiDocuments): Promise<boolean> {
  const hash = documents.hash(key)
  if (hash === undefined) return false
  const headers: OutgoingHttpHeaders = { Vary: 'Accept' }
  if (acceptedOf(exchange, [json]) === undefined) {
    sendNothing(exchange, 406, headers)
    return true
  }
  headers['ETag'] = `"${hash}"`
  const asked = exchange.query.get('hash') ?? ''
  if (asked !== '' && asked !== hash) {
    sendNothing(exchange, 301, { ...headers, 'Content-Type': json, Location: `/openapi/v3/${key}?hash=${hash}` })
    return true
  }
  // What has a hash in its URL never changes.
  if (asked !== '') headers['Cache-Control'] = 'public, immutable'
  if (isKnown(exchange, `"${hash}"`)) sendNothing(exchange, 304, headers)
  else await sendBody(exchange, 200, json, await documents.document(key), headers)
  return true
}

/** The first of the media types that the client takes, undefined when it takes none of them. */
function acceptedOf({ request }: Exchange, offered: readonly string[]): string | undefined {
  const accept = request.headers.accept ?? ''
  if (accept.trim() === '') return offered[0]
  for (const { type } of parseAccept(accept)) {
    if (type === '*/*' || type === 'application/*') return offered[0]
    if (offered.includes(type)) return type
  }
  return undefined
}

/** RFC 9110, section 13.1.2: any of several tags, weak ones too, or `*`. */
function isKnown({ request }: Exchange, etag: string): boolean {
  const asked = request.headers['if-none-match']
  if (asked === undefined) return false
  return asked.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag)
}

function sendNothing(exchange: Exchange, code: number, headers: OutgoingHttpHeaders): void {
  const { 'Content-Type': _, ...common } = commonHeaders(exchange, json)
  exchange.response.writeHead(code, { ...common, ...headers, ...(code === 304 ? {} : { 'Content-Length': 0 }) })
  exchange.response.end()
}
