import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { ResponseForm } from '../../apiserver/http/accept.js'
import type { Exchange } from '../../apiserver/http/exchange.js'
import { readBody } from '../../apiserver/http/read-body.js'
import { commonHeaders, sendBody, sendValue } from '../../apiserver/http/send.js'
import { switchProtocols, takeSocket } from '../../apiserver/http/streaming/upgrade.js'
import { CodedError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { parseJson } from '../../base/json-text.js'
import { StatusError, statusErrors } from '../../kube/object/status-error.js'
import { type Asking, identityHeaders, patienceFor, readText, warningsIn } from './ask-member.js'
import { type FleetMember, whyNot } from './fleet-members.js'
import { TableMerger } from './merge-tables.js'
import { type Naming, presentObject } from './present-object.js'

export interface ForwardedRequest {
  /** Path and query on the member. */
  readonly path: string
  /** Absent: the body of the request as it comes. */
  readonly body?: Buffer | string
  readonly contentType?: string
  readonly accept: string
  /** A warning for those who asked, if the member does not have the object. */
  readonly whenNotFound?: string
}

/** What of a request goes on: who asks is told by other headers, and connections are our own. */
const passedOn = [
  'content-type',
  'content-encoding',
  'if-none-match',
  'if-match',
  'range',
  'origin',
  'x-stream-protocol-version',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
] as const

const passedBack = [
  'content-type',
  'content-encoding',
  'etag',
  'location',
  'retry-after',
  'vary',
  'x-content-type-options',
] as const

/** Sends a request on to a member and its answer back as it is: logs, proxies, and everything below /clusters/NAME. */
export async function forwardRaw(exchange: Exchange, member: FleetMember, to: ForwardedRequest, asking: Asking): Promise<void> {
  if (exchange.upgrade !== undefined) return forwardUpgrade(exchange, member, to, asking)
  const response = await send(exchange, member, to, asking, { 'accept-encoding': 'gzip' })
  refuseRedirect(member, response)
  for (const text of warningsIn(response)) exchange.warn(text)
  const headers: OutgoingHttpHeaders = commonHeaders(exchange, '')
  for (const name of passedBack) copyHeader(response.headers, headers, name)
  const { request } = exchange
  if (response.headers['content-encoding'] === 'gzip' && !String(request.headers['accept-encoding'] ?? '').includes('gzip')) {
    // The one who asked the member to compress was not the client.
    delete headers['content-encoding']
    await sendBody(exchange, response.statusCode ?? 502, String(headers['content-type'] ?? ''), await readText(response), headers)
    return
  }
  if (response.headers['content-length'] !== undefined) headers['content-length'] = response.headers['content-length']
  exchange.response.writeHead(response.statusCode ?? 502, headers)
  // What is followed (logs, watches) has a head before it has anything else.
  exchange.response.flushHeaders()
  await pipeline(response, exchange.response).catch(() => {
    response.destroy()
    exchange.response.destroy()
  })
}

/** Sends a request on to a member; the object in the answer is presented as one of the view. */
export async function forwardObject(
  exchange: Exchange,
  member: FleetMember,
  to: ForwardedRequest,
  asking: Asking,
  form: ResponseForm,
  naming: Naming,
): Promise<void> {
  const response = await send(exchange, member, to, asking, { 'accept-encoding': 'gzip' })
  const code = response.statusCode ?? 502
  const text = await readText(response).catch((error: unknown) => {
    throw unanswered(member, error)
  })
  for (const warning of warningsIn(response)) exchange.warn(warning)
  const retry = response.headers['retry-after']
  const more = retry === undefined ? {} : { 'Retry-After': retry }
  let body: unknown
  try {
    body = parseJson(text)
  } catch {
    const type = String(response.headers['content-type'] ?? 'text/plain; charset=utf-8')
    return sendBody(exchange, code, type, text, { 'X-Content-Type-Options': 'nosniff', ...more })
  }
  if (code === 404 && to.whenNotFound !== undefined) exchange.warn(to.whenNotFound)
  if (code < 300) {
    present(body, member, naming)
    exchange.audit?.noteResponse(body)
  }
  return sendValue(exchange, code, body, form, more)
}

/** Presents an object, or the rows of a table with one. */
export function present(body: unknown, member: FleetMember, naming: Naming): void {
  if (!isObject(body) || body['kind'] === 'Status') return
  if (body['kind'] === 'Table') {
    const tables = new TableMerger()
    body['rows'] = tables.rows(body, member, naming)
    body['columnDefinitions'] = tables.columns
  } else presentObject(body, member, naming)
}

async function send(exchange: Exchange, member: FleetMember, to: ForwardedRequest, asking: Asking, more: OutgoingHttpHeaders) {
  const { request, signal } = exchange
  const bodied = to.body !== undefined || request.headers['content-length'] !== undefined || request.headers['transfer-encoding']
  try {
    return await member.api().send({
      method: request.method ?? 'GET',
      path: to.path,
      headers: { ...headersOf(exchange, to, asking), ...more },
      ...(to.body !== undefined ? { body: to.body } : bodied ? { body: await readBody(request) } : {}),
      signal,
      patienceMs: patienceFor(member, asking.patience),
    })
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof StatusError) throw error
    throw unanswered(member, error)
  }
}

function headersOf({ request }: Exchange, to: ForwardedRequest, asking: Asking): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { accept: to.accept }
  for (const name of passedOn) copyHeader(request.headers, headers, name)
  const protocols = withoutTokens(request.headers['sec-websocket-protocol'])
  if (protocols === '') delete headers['sec-websocket-protocol']
  else headers['sec-websocket-protocol'] = protocols
  if (to.contentType !== undefined) headers['content-type'] = to.contentType
  return { ...headers, ...identityHeaders(asking) }
}

function copyHeader(from: IncomingHttpHeaders, to: OutgoingHttpHeaders, name: string): void {
  const value = from[name]
  if (value !== undefined) to[name] = value
}

/** Browsers put a bearer token among the protocols of a WebSocket; it is meant for the hub, and no member may learn it. */
export function withoutTokens(protocols = ''): string {
  const kept = protocols.split(',').map((each) => each.trim())
  return kept.filter((each) => each !== '' && !each.startsWith('base64url.bearer.authorization.')).join(', ')
}

/**
 * A member must not send clients elsewhere: they would go there with their credentials for the hub (as kube-apiserver refuses it of
 * aggregated API servers, CVE-2022-3172). Redirects within the same server are those of applications behind a proxy.
 */
export function leadsElsewhere(location: string | undefined): boolean {
  return location !== undefined && !/^(\/(?![/\\])|\?|\.{1,2}\/)/.test(location)
}

function refuseRedirect(member: FleetMember, response: IncomingMessage): void {
  const code = response.statusCode ?? 502
  if (code < 300 || code >= 400 || !leadsElsewhere(response.headers.location)) return
  response.resume()
  const text = `cluster ${member.name} sends the client to another server, which is not permitted`
  throw new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: text, code: 502 })
}

/** exec, attach, port-forward: once the member has changed the protocol, bytes go through both ways. */
async function forwardUpgrade(exchange: Exchange, member: FleetMember, to: ForwardedRequest, asking: Asking): Promise<void> {
  const { request } = exchange
  const headers = { ...headersOf(exchange, to, asking), connection: 'Upgrade', upgrade: request.headers.upgrade }
  const { signal } = exchange
  const patienceMs = patienceFor(member, asking.patience)
  const answer = await member
    .api()
    .upgrade({ method: request.method ?? 'GET', path: to.path, headers, signal, patienceMs })
    .catch((error: unknown) => {
      throw unanswered(member, error)
    })
  const { response, socket: theirs } = answer
  if (theirs === undefined) {
    const type = String(response.headers['content-type'] ?? '')
    return sendBody(exchange, response.statusCode ?? 502, type, await readText(response))
  }
  const back: Record<string, string | readonly string[]> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined && /^(connection|upgrade|x-stream-protocol-version|sec-websocket-[a-z-]+)$/.test(name))
      back[name] = value
  }
  const ours = response.statusCode === 101 ? switchProtocols(exchange, back) : takeSocket(exchange).socket
  if (answer.head !== undefined && answer.head.length > 0) ours.write(answer.head)
  const end = () => {
    ours.destroy()
    theirs.destroy()
  }
  for (const socket of [ours, theirs]) socket.once('error', end).once('close', end)
  ours.pipe(theirs)
  theirs.pipe(ours)
  await new Promise<void>((closed) => ours.once('close', () => closed()))
}

function unanswered(member: FleetMember, error: unknown): unknown {
  if (error instanceof StatusError) return error
  if (error instanceof CodedError) member.suspect()
  return statusErrors.serviceUnavailable(`cluster ${member.name} does not answer: ${whyNot(error)}`)
}
