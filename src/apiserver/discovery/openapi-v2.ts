import type { JsonObject } from '../../base/json.js'
import { encodeOpenApiV2 } from '../../kube/schema/openapi/gnostic.js'
import { openApiV2Document } from '../../kube/schema/openapi/openapi-v2.js'
import type { Exchange } from '../http/exchange.js'
import { sendBody } from '../http/send.js'
import type { OpenApiDocuments } from './openapi-documents.js'

/** Clients ask with an @ before v1.0, which is no valid media type; as upstream, the answer has a dot there. */
const protobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

/** By form and hash of everything served, so that clusters which serve the same share them. The oldest goes first. */
const made = new Map<string, Buffer>()
const mostDocuments = 8

/** All definitions in one document, as JSON or in gnostic's Protobuf. */
export async function serveOpenApiV2(exchange: Exchange, documents: OpenApiDocuments): Promise<void> {
  const { request, response, auditId } = exchange
  const wantsProtobuf = request.headers.accept?.includes('com.github.proto-openapi.spec.v2') === true
  const hash = documents.hashOfAll()
  const etag = `"${hash}"`
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, { ETag: etag, 'Audit-Id': auditId })
    response.end()
    return
  }
  const name = `${wantsProtobuf ? 'protobuf' : 'json'} ${hash}`
  let bytes = made.get(name)
  if (bytes === undefined) {
    const parts: JsonObject[] = []
    for (const key of documents.keys()) parts.push(JSON.parse((await documents.document(key)).toString()))
    const document = openApiV2Document(parts)
    bytes = Buffer.from(wantsProtobuf ? encodeOpenApiV2(document) : JSON.stringify(document))
    if (made.size >= mostDocuments) made.delete(made.keys().next().value!)
    made.set(name, bytes)
  }
  await sendBody(exchange, 200, wantsProtobuf ? protobufType : 'application/json', bytes, { ETag: etag, Vary: 'Accept' })
}
