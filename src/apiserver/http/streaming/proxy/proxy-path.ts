/** Where a proxied request goes, in terms of paths. */
export interface ProxyPath {
  /** The path at the target, escaped; empty when the client named none, not even `/`. */
  readonly path: string
  /** What stands before it in the client's path. */
  readonly prefix: string
}

/** `clientPath` is the path as the client sent it; `rest` what follows `/proxy/` in it, unescaped. */
export function proxyPath(clientPath: string, rest: string): ProxyPath {
  const slash = clientPath.endsWith('/')
  if (rest === '') return { path: slash ? '/' : '', prefix: slash ? clientPath.replace(/\/+$/, '') : clientPath }
  const cleaned = cleanPath(rest)
  const path = `/${cleaned}${slash && cleaned !== '' ? '/' : ''}`
  const escaped = path.split('/').map(escapeSegment).join('/')
  const plain = clientPath.replace(/\/+$/, '')
  // The number of segments is the same on both sides, however they are escaped.
  const before = plain.split('/').filter((part) => part !== '')
  const kept = before.slice(0, before.length - rest.split('/').length)
  return { path: escaped, prefix: `/${kept.join('/')}` }
}

/** Removes `.` and `..` and empty segments; nothing leads above the target's root. */
function cleanPath(path: string): string {
  const out: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') out.pop()
    else out.push(part)
  }
  return out.join('/')
}

function escapeSegment(segment: string): string {
  return encodeURIComponent(segment)
    .replace(/%(?:24|26|2B|2C|3A|3B|3D|40)/g, (escaped) => decodeURIComponent(escaped))
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
