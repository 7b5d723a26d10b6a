import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { printJson } from '../../base/json-text.js'
import { formatYaml } from '../../formats/yaml/format-yaml.js'
import type { Status, StatusError } from '../../kube/object/status-error.js'
import type { ResponseForm } from './accept.js'

/** Bodies longer than this are compressed for clients that take gzip; upstream's threshold. */
export const gzipThresholdBytes = 128 * 1024

const compress = promisify(gzip)
const mediaTypes = { json: 'application/json', yaml: 'application/yaml' } as const

/** What an answer needs to know of its request; an Exchange is one, and so is the little that is known when all else fails. */
export interface Answerable {
  readonly response: ServerResponse
  readonly auditId: string
  readonly warnings: readonly string[]
  readonly request: {
    readonly url?: string | undefined
    readonly headers: { readonly 'accept-encoding'?: string | string[] | undefined; readonly accept?: string | undefined }
  }
}

export function contentTypeOf(form: ResponseForm): string {
  return mediaTypes[form.media]
}

/** The headers that every answer of the API has. */
export function commonHeaders(to: Answerable, contentType: string): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    'Audit-Id': to.auditId,
    'Cache-Control': 'no-cache, private',
    ...(contentType === '' ? {} : { 'Content-Type': contentType }),
  }
  if (to.warnings.length > 0) headers['Warning'] = warningHeaders(to.warnings)
  return headers
}

export function acceptsGzip(to: Answerable): boolean {
  return String(to.request.headers['accept-encoding'] ?? '').includes('gzip')
}

/** Sends a body that is already encoded. Long ones are compressed, off this thread, when the client takes gzip. */
export async function sendBody(
  to: Answerable,
  code: number,
  contentType: string,
  body: string | Uint8Array,
  more?: OutgoingHttpHeaders,
): Promise<void> {
  const { response } = to
  if (response.headersSent || response.destroyed) return
  const headers = commonHeaders(to, contentType)
  if (more) Object.assign(headers, more)
  let out = body
  if (body.length > gzipThresholdBytes && acceptsGzip(to)) {
    out = await compress(body, { level: 1 })
    headers['Content-Encoding'] = 'gzip'
    headers['Vary'] = headers['Vary'] === undefined ? 'Accept-Encoding' : `${headers['Vary']}, Accept-Encoding`
    if (response.destroyed) return
  }
  // A text goes out in one write together with the head of the answer.
  headers['Content-Length'] = typeof out === 'string' ? Buffer.byteLength(out) : out.length
  response.writeHead(code, headers)
  response.end(out)
}

/** Sends any value as JSON or YAML. For stored objects use the encode cache instead. */
export function sendValue(
  to: Answerable,
  code: number,
  value: unknown,
  form: ResponseForm,
  more?: OutgoingHttpHeaders,
): Promise<void> {
  return sendBody(to, code, contentTypeOf(form), formatValue(value, form), more)
}

export function formatValue(value: unknown, form: ResponseForm): string {
  if (form.media === 'yaml') return formatYaml(value)
  return form.pretty ? `${printJson(value, 2)}\n` : printJson(value)
}

export function sendText(to: Answerable, code: number, text: string, more?: OutgoingHttpHeaders): Promise<void> {
  return sendBody(to, code, 'text/plain; charset=utf-8', text, { 'X-Content-Type-Options': 'nosniff', ...more })
}

/** Sends the Status of a failure, with the headers that clients act upon. */
export function sendFailure(to: Answerable, error: StatusError, form: ResponseForm): Promise<void> {
  const more: OutgoingHttpHeaders = {}
  const after = error.status.details?.retryAfterSeconds
  if (after !== undefined && after > 0) more['Retry-After'] = String(after)
  if (error.httpCode === 403 && /(^| is )forbidden: User /.test(error.status.message ?? ''))
    more['X-Content-Type-Options'] = 'nosniff'
  // The rest of a body that was too long is not read: the connection cannot be used again.
  if (error.httpCode === 413) more['Connection'] = 'close'
  return sendValue(to, error.httpCode, orderedStatus(error.status), form, more)
}

/** The Status with its members in upstream's order: people read them. */
export function orderedStatus(status: Status): Status {
  const { kind, apiVersion, metadata, status: outcome, ...rest } = status
  return { kind, apiVersion, metadata, status: outcome, ...rest }
}

const maxWarningBytes = 4096

// RFC 7234: `299 - "text"`. Control characters and anything outside Latin-1 cannot stand in a header.
function warningHeaders(texts: readonly string[]): string[] {
  const headers: string[] = []
  const seen = new Set<string>()
  let size = 0
  for (const text of texts) {
    if (seen.has(text)) continue
    seen.add(text)
    const clean = text.replace(/[^\x20-\x7e\xa0-\xff]/g, ' ').replace(/[\\"]/g, '\\$&')
    size += clean.length
    if (size > maxWarningBytes) break
    headers.push(`299 - "${clean}"`)
  }
  return headers
}
