import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { createGunzip } from 'node:zlib'
import type { UserInfo } from '../../apiserver/contract.js'
import type { Clock } from '../../base/clock.js'
import { CodedError } from '../../base/errors.js'
import { parseJson } from '../../base/json-text.js'
import { errorOfAnswer, unreachable } from '../../kube/client/answer-errors.js'
import { StatusError, statusErrors } from '../../kube/object/status-error.js'
import type { FleetMember } from './fleet-members.js'

/** How long a member is waited for. */
export interface Patience {
  /** Until the head of an answer is here, and then between any two parts of it (default 5 s). */
  readonly answerMs: number
  /** The same for one that has not answered its last probe (default 0.5 s). */
  readonly silentMs: number
  /** From the head of an answer to its end (default 30 s). */
  readonly bodyMs: number
}

export const usualPatience: Patience = { answerMs: 5_000, silentMs: 500, bodyMs: 30_000 }

/** What all requests of one exchange have in common. */
export interface Asking {
  readonly user: UserInfo
  readonly signal: AbortSignal
  readonly clock: Clock
  readonly patience: Patience
  /** Sent along so that the member's audit log can be read together with the hub's. */
  readonly auditId: string
  readonly userAgent: string
}

/** An answer of a member with its body as JSON. */
export interface MemberAnswer {
  readonly body: unknown
  readonly warnings: readonly string[]
}

/** Bytes of one answer. */
const mostBytes = 256 * 1024 * 1024

/**
 * Asks a member on behalf of the user, by a GET that answers in JSON. Throws the member's own Status, or a CodedError
 * `cluster-unreachable` when it does not answer in time; then it is looked at soon.
 */
export async function askMember(member: FleetMember, path: string, accept: string, asking: Asking): Promise<MemberAnswer> {
  const abort = new AbortController()
  const stop = () => abort.abort(asking.signal.reason)
  if (asking.signal.aborted) stop()
  else asking.signal.addEventListener('abort', stop, { once: true })
  try {
    const headers = { accept, 'accept-encoding': 'gzip', ...identityHeaders(asking) }
    const request = { method: 'GET', path, headers, signal: abort.signal, patienceMs: patienceFor(member, asking.patience) }
    const response = await member.api().send(request)
    const { clock, patience } = asking
    const late = clock.after(patience.bodyMs, () => response.destroy(new Error('the answer did not end in time')))
    const stalls = () => response.destroy(new Error(`the answer stopped for ${patience.answerMs / 1000} s`))
    let stalled = clock.after(patience.answerMs, stalls)
    let text: string
    try {
      text = await readText(response, () => {
        stalled()
        stalled = clock.after(patience.answerMs, stalls)
      })
    } catch (error) {
      throw unreachable(member.name, (error as Error).message, error)
    } finally {
      late()
      stalled()
    }
    const code = response.statusCode ?? 0
    if (code !== 200) throw errorOfAnswer(member.name, code, text, undefined)
    return { body: parsed(member, text), warnings: warningsIn(response) }
  } catch (error) {
    if (error instanceof CodedError && !(error instanceof StatusError)) member.suspect()
    throw error
  } finally {
    asking.signal.removeEventListener('abort', stop)
    abort.abort()
  }
}

export function patienceFor(member: FleetMember, patience: Patience): number {
  return member.state().health === 'Unknown' ? patience.silentMs : patience.answerMs
}

/** The member decides by its own rules what the user may: the hub's credentials carry the request, and no more. */
export function identityHeaders({
  user,
  auditId,
  userAgent,
}: Pick<Asking, 'user' | 'auditId' | 'userAgent'>): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    'impersonate-user': headerText(user.name),
    'user-agent': userAgent === '' ? 'flotilla' : userAgent,
    'audit-id': auditId,
  }
  // Everybody whom the member knows is in that group anyway.
  const groups = user.groups.filter((group) => group !== 'system:authenticated')
  if (groups.length > 0) headers['impersonate-group'] = groups.map(headerText)
  if (user.uid) headers['impersonate-uid'] = headerText(user.uid)
  for (const [key, values] of Object.entries(user.extra ?? {})) {
    if (values.length > 0) headers[`impersonate-extra-${extraKey(key)}`] = values.map(headerText)
  }
  return headers
}

/** Escaped as kube-apiserver reads it; parentheses cannot stand in the name of a header either. */
function extraKey(key: string): string {
  return encodeURIComponent(key.toLowerCase()).replace(/[()]/g, (each) => `%${each.charCodeAt(0).toString(16)}`)
}

/** Headers carry bytes; Go reads them as UTF-8. */
function headerText(text: string): string {
  if (/[\u0000-\u001f\u007f]/.test(text)) throw statusErrors.badRequest('the name of the user cannot be passed on to members')
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** The texts of `Warning: 299 - "text"` headers (RFC 7234). */
export function warningsIn(response: IncomingMessage): string[] {
  const found: string[] = []
  for (const header of response.headersDistinct['warning'] ?? []) {
    for (const match of header.matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)) found.push((match[1] ?? '').replace(/\\(.)/g, '$1'))
  }
  return found
}

/** The body as text, whether it comes compressed or not. */
export async function readText(response: IncomingMessage, onPart?: () => void): Promise<string> {
  const gunzip = response.headers['content-encoding'] === 'gzip' ? createGunzip() : undefined
  if (gunzip !== undefined) {
    response.once('error', (error) => gunzip.destroy(error))
    response.pipe(gunzip)
  }
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of gunzip ?? response) {
    onPart?.()
    size += (chunk as Buffer).length
    if (size > mostBytes) {
      response.destroy()
      throw new Error(`the answer is larger than ${mostBytes} bytes`)
    }
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parsed(member: FleetMember, text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    throw unreachable(member.name, 'the answer is no JSON: is this a Kubernetes API server?', error)
  }
}
