import type { IncomingHttpHeaders } from 'node:http'

/** What the hub may ask of the member's API server through the tunnel; the agent's own rights there are the other bound. */
export interface RequestRules {
  /** `full`: all that the agent itself may do. `read`: what only reads, without exec, port-forward, proxy. `none`: nothing but whether it lives and what kinds it serves. */
  readonly access: 'full' | 'read' | 'none'
  /** Whether requests may be made as somebody else (Impersonate-User ...). */
  readonly impersonation: boolean
}

export interface Refusal {
  readonly code: 400 | 403
  readonly reason: 'BadRequest' | 'Forbidden'
  readonly message: string
}

/** Why a request is not passed on; undefined when it is. */
export function judgeRequest(
  request: { method: string; url: string; headers: IncomingHttpHeaders; isUpgrade: boolean },
  rules: RequestRules,
): Refusal | undefined {
  const problem = problemOfPath(request.url)
  if (problem !== undefined) return { code: 400, reason: 'BadRequest', message: `the agent passes on no such path: ${problem}` }
  if (!/^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(request.method)) {
    return { code: 400, reason: 'BadRequest', message: `the agent passes on no ${request.method}` }
  }
  if (rules.access === 'none' && !(request.method === 'GET' && !request.isUpgrade && tellsNothing(request.url)))
    return forbidden('its admin lets the hub send it no requests (--access none)')
  if (rules.access === 'read' && (request.isUpgrade || !/^(GET|HEAD)$/.test(request.method) || connects(request.url))) {
    return forbidden('its admin lets the hub only read (--access read)')
  }
  if (!rules.impersonation && Object.keys(request.headers).some((name) => name.startsWith('impersonate-'))) {
    return forbidden('its admin allows no impersonation (--allow-impersonation)')
  }
  return undefined
}

function forbidden(why: string): Refusal {
  return { code: 403, reason: 'Forbidden', message: `the agent of this cluster refuses: ${why}` }
}

/**
 * Paths go to the member's API server as they came. What two programs could read differently is refused: dots, doubled and
 * encoded slashes, absolute URLs, control characters.
 */
function problemOfPath(url: string): string | undefined {
  if (!url.startsWith('/') || url.startsWith('//')) return 'it does not begin with one slash'
  if (url.length > 16 * 1024) return 'it is longer than 16 KiB'
  if (/[\u0000-\u0020\u007f-\uffff\\#]/.test(url)) return 'it has characters that belong in no URL'
  const path = url.split('?')[0] as string
  if (/%(2f|5c|00|25)/i.test(path)) return 'it has an encoded slash, backslash, percent sign or zero'
  if (path.includes('//')) return 'it has a doubled slash'
  for (const segment of path.split('/')) {
    let text: string
    try {
      text = decodeURIComponent(segment)
    } catch {
      return 'it is badly encoded'
    }
    if (text === '.' || text === '..') return 'it has dots for folders'
    if (/[\u0000-\u001f\u007f]/.test(text)) return 'it has control characters'
  }
  return undefined
}

/** Health, version, and which kinds are served: without them the hub could not tell whether the cluster is alive. */
function tellsNothing(url: string): boolean {
  const path = url.split('?')[0] as string
  return /^\/(version|readyz|livez|healthz|api|api\/v1|apis|apis\/[^/]+|apis\/[^/]+\/[^/]+)$/.test(path)
}

/** Whether a GET does more than read: exec, attach, port-forward and proxy are GETs, too. */
function connects(url: string): boolean {
  // An API server decodes what is encoded without need (`pr%6fxy`); that it can be decoded has been seen before.
  const segments = (url.split('?')[0] as string).split('/').map(decodeURIComponent)
  return segments.some((segment) => /^(exec|attach|portforward|proxy)$/.test(segment))
}

const notPassed = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'authorization',
  'cookie',
  'expect',
  'forwarded',
  'content-length',
])

/** The headers that go on with a request: nothing of the connection, and nothing by which a server would take it for somebody's. */
export function headersToPass(raw: readonly string[], headers: IncomingHttpHeaders): [string, string][] {
  const named = new Set(
    (headers.connection ?? '')
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  )
  const passed: [string, string][] = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] as string).toLowerCase()
    const isOurs = notPassed.has(name) || named.has(name)
    if (isOurs || name.startsWith('x-forwarded-') || name.startsWith('x-remote-') || name === 'x-real-ip') continue
    passed.push([raw[at] as string, raw[at + 1] as string])
  }
  return passed
}

const notReturned = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'trailer',
  'set-cookie',
])

export function headersToReturn(raw: readonly string[]): string[] {
  const passed: string[] = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    if (!notReturned.has((raw[at] as string).toLowerCase())) passed.push(raw[at] as string, raw[at + 1] as string)
  }
  return passed
}
