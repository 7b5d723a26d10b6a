import type { ResponseForm } from '../http/accept.js'
import type { Exchange } from '../http/exchange.js'
import { sendBody, sendValue } from '../http/send.js'

/** Clients ask with an @ before v1.0, which is no valid media type; as upstream, the answer has a dot there. */
const protobufType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

/**
 * OpenAPI v2 without any definition. Clients look here for kinds that they do not find in v3; an empty document tells them
 * "not known" where a 404 would look like a broken server (kubectl: "failed to download openapi").
 */
export async function serveOpenApiV2(exchange: Exchange, form: ResponseForm): Promise<void> {
  const version = exchange.cluster.api.version.gitVersion
  if (exchange.request.headers.accept?.includes('com.github.proto-openapi.spec.v2')) {
    await sendBody(exchange, 200, protobufType, emptyDocument(version))
    return
  }
  await sendValue(exchange, 200, { swagger: '2.0', info: { title: 'Kubernetes', version }, paths: {}, definitions: {} }, form)
}

/** openapi.v2.Document of gnostic: field 1 is `swagger`, field 2 is `info` with `title` (1) and `version` (2). */
function emptyDocument(version: string): Uint8Array {
  const info = [...textField(1, 'Kubernetes'), ...textField(2, version)]
  return Uint8Array.from([...textField(1, '2.0'), 0x12, info.length, ...info])
}

/** A protobuf text field; short texts only (a length of one byte). */
function textField(number: number, text: string): number[] {
  const bytes = new TextEncoder().encode(text.slice(0, 100))
  return [(number << 3) | 2, bytes.length, ...bytes]
}
