import type { JsonObject } from '../../base/json.js'
import { encodeOpenApiV2 } from '../../kube/schema/openapi/gnostic.js'
import { openApiV2Document } from '../../kube/schema/openapi/openapi-v2.js'
import type { OpenApiDocuments } from './openapi-documents.js'

/** By form and hash of everything served, so that clusters which serve the same share them. The oldest goes first. */
const made = new Map<string, Buffer>()
const mostDocuments = 8

/** All paths and definitions in one document, as JSON or (definitions alone) in gnostic's Protobuf. */
export async function openApiV2Bytes(documents: OpenApiDocuments, asProtobuf: boolean): Promise<Buffer> {
  const name = `${asProtobuf ? 'protobuf' : 'json'} ${documents.hashOfAll()}`
  let bytes = made.get(name)
  if (bytes === undefined) {
    const parts: JsonObject[] = []
    for (const key of documents.keys()) parts.push(JSON.parse((await documents.document(key)).toString()))
    const document = openApiV2Document(parts)
    bytes = Buffer.from(asProtobuf ? encodeOpenApiV2(document) : JSON.stringify(document))
    if (made.size >= mostDocuments) made.delete(made.keys().next().value!)
    made.set(name, bytes)
  }
  return bytes
}
