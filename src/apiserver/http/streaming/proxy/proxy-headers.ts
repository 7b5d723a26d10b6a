import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'

const hopByHop: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What proves who the client is, is for this server only. */
function isCredential(name: string): boolean {
  return name === 'authorization' || name.startsWith('impersonate-')
}

/** A backend does not decide whose scripts may read what this server answers. */
const corsHeaders: ReadonlySet<string> = new Set([
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
])

function isOfConnection(headers: IncomingHttpHeaders): (name: string) => boolean {
  const named = new Set((headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()))
  return (name) => hopByHop.has(name) || named.has(name)
}

/** The headers that a target gets. `uri` is the path by which the client reached it. */
export function requestHeaders(
  headers: NodeJS.Dict<string[]>,
  all: IncomingHttpHeaders,
  about: { uri: string; client: string; upgrade: boolean },
): OutgoingHttpHeaders {
  const dropped = isOfConnection(all)
  const out: OutgoingHttpHeaders = {}
  for (const [name, values] of Object.entries(headers)) {
    if (values !== undefined && !isCredential(name) && !dropped(name)) out[name] = values.length === 1 ? values[0] : values
  }
  const before = headers['x-forwarded-for']
  out['x-forwarded-for'] = [...(before ?? []), about.client].join(', ')
  if (!about.upgrade) out['x-forwarded-uri'] = about.uri
  if (about.upgrade) {
    out['connection'] = 'Upgrade'
    out['upgrade'] = all.upgrade
  }
  return out
}

/** The headers of a target's answer that the client gets. */
export function responseHeaders(headers: NodeJS.Dict<string[]>, all: IncomingHttpHeaders): OutgoingHttpHeaders {
  const dropped = isOfConnection(all)
  const out: OutgoingHttpHeaders = {}
  for (const [name, values] of Object.entries(headers)) {
    if (values !== undefined && !dropped(name) && !corsHeaders.has(name)) out[name] = values.length === 1 ? values[0] : values
  }
  return out
}
