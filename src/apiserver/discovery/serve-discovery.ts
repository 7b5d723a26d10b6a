import type { ResourceCatalogue } from '../../kube/client/kube-client.js'
import { parseAccept, type ResponseForm, requireRoutable } from '../http/accept.js'
import type { Exchange } from '../http/exchange.js'
import { sendBody, sendValue } from '../http/send.js'
import { type AggregatedVersion, type ApiDocument, ApiDocuments } from './api-documents.js'
import { OpenApiDocuments } from './openapi-documents.js'
import { serveOpenApi } from './serve-openapi.js'

const documents = new WeakMap<ResourceCatalogue, ApiDocuments>()
const openApi = new WeakMap<ResourceCatalogue, OpenApiDocuments>()

/** Serves /api, /apis, /openapi/v2 and /openapi/v3 with everything below them; false for paths that are not theirs. */
export async function serveDiscovery(exchange: Exchange, path: string, form: ResponseForm): Promise<boolean> {
  const parts = path.split('/').slice(1)
  if (parts[0] === 'openapi') return serveOpenApi(exchange, parts.slice(1), openApiOf(exchange))
  return serveApiDocuments(exchange, exchange.cluster.api.catalogue(), path, form)
}

/** What is known of a request for a document of discovery. */
export type DocumentRequest = Pick<Exchange, 'request' | 'response' | 'auditId' | 'warnings'>

/** Serves what /api and /apis say of a catalogue, whosever it is; false for other paths. */
export async function serveApiDocuments(
  exchange: DocumentRequest,
  catalogue: ResourceCatalogue,
  path: string,
  form: ResponseForm,
): Promise<boolean> {
  const parts = path.split('/').slice(1)
  const document = documentAt(exchange, catalogue, parts)
  if (document === undefined) return false
  requireRoutable(exchange.request.headers.accept)
  const aggregated = document.contentType !== 'application/json'
  if (parts.length === 1 && parts[0] === 'api' && !aggregated) return serveVersions(exchange, document, form)
  const more = { ETag: document.etag, ...(aggregated ? { Vary: 'Accept', 'Cache-Control': 'public' } : {}) }
  if (exchange.request.headers['if-none-match'] === document.etag) {
    exchange.response.writeHead(304, { ...more, 'Audit-Id': exchange.auditId })
    exchange.response.end()
    return true
  }
  if (form.pretty) {
    const text = `${JSON.stringify(JSON.parse(document.bytes.toString()), undefined, 2)}\n`
    await sendBody(exchange, 200, document.contentType, text, more)
  } else await sendBody(exchange, 200, document.contentType, document.bytes, more)
  return true
}

/** `/api` for old clients says where the server is: not the same to all who ask. */
async function serveVersions(exchange: DocumentRequest, document: ApiDocument, form: ResponseForm): Promise<boolean> {
  const { localAddress = '127.0.0.1', localPort = 6443 } = exchange.request.socket
  const host = localAddress.includes(':') ? `[${localAddress}]` : localAddress
  const versions = JSON.parse(document.bytes.toString()) as Record<string, unknown>
  const serverAddressByClientCIDRs = [{ clientCIDR: '0.0.0.0/0', serverAddress: `${host}:${localPort}` }]
  await sendValue(exchange, 200, { ...versions, serverAddressByClientCIDRs }, form)
  return true
}

function documentAt(exchange: DocumentRequest, catalogue: ResourceCatalogue, parts: readonly string[]): ApiDocument | undefined {
  const [root, first, second, ...rest] = parts
  if (rest.length > 0) return undefined
  const all = documentsOf(catalogue)
  if (root === 'api') {
    if (second !== undefined) return undefined
    if (first !== undefined) return all.resources('', first)
    const version = aggregatedVersionOf(exchange)
    return version === undefined ? all.legacyVersions() : all.aggregated(true, version)
  }
  if (root !== 'apis') return undefined
  if (second !== undefined) return all.resources(first!, second)
  if (first !== undefined) return all.group(first)
  const version = aggregatedVersionOf(exchange)
  return version === undefined ? all.groupList() : all.aggregated(false, version)
}

function documentsOf(catalogue: ResourceCatalogue): ApiDocuments {
  let made = documents.get(catalogue)
  if (made === undefined) {
    made = new ApiDocuments(catalogue)
    documents.set(catalogue, made)
  }
  return made
}

/** The first form that the client takes; undefined for the legacy documents. */
function aggregatedVersionOf(exchange: DocumentRequest): AggregatedVersion | undefined {
  for (const { type, parameters } of parseAccept(exchange.request.headers.accept ?? '')) {
    const { as, g, v } = parameters
    if (type !== 'application/json') continue
    if (as === undefined) return undefined
    if (as === 'APIGroupDiscoveryList' && g === 'apidiscovery.k8s.io' && (v === 'v2' || v === 'v2beta1')) return v
  }
  return undefined
}

function openApiOf({ cluster }: Exchange): OpenApiDocuments {
  const catalogue = cluster.api.catalogue()
  let made = openApi.get(catalogue)
  if (made === undefined) {
    made = new OpenApiDocuments(documentsOf(catalogue), cluster)
    openApi.set(catalogue, made)
  }
  return made
}
