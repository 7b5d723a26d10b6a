/**
 * What a path and a method mean, as every other step sees it. Mirrors the rules of upstream's RequestInfo: special verbs in
 * the path (`/api/v1/watch/...`, `/proxy/`), lists and watches by query, `fieldSelector=metadata.name=x` naming the object.
 */
export interface RequestInfo {
  /** False for paths such as /healthz and for discovery, which name no resource. */
  readonly isResource: boolean
  readonly path: string
  /** get, list, watch, create, update, patch, delete, deletecollection, proxy; for other paths the lower-case method. */
  readonly verb: string
  readonly prefix: '' | 'api' | 'apis'
  readonly group: string
  readonly version: string
  readonly namespace: string
  readonly resource: string
  readonly subresource: string
  readonly name: string
  /** What follows the subresource (`proxy/a/b` has `a/b`). */
  readonly rest: string
  /** The selectors name this one object although the path does not: for authorization of lists and watches. */
  readonly selectedName: string
}

const verbOfMethod: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Subresources of the Namespace object itself; anything else below /namespaces/x/ is a resource inside it. */
const namespaceSubresources: ReadonlySet<string> = new Set(['status', 'finalize'])

/** `path` is the URL's path, still percent-encoded. Throws a URIError for a broken escape. */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const parts: string[] = []
  for (const part of path.split('/')) if (part !== '') parts.push(decodeURIComponent(part))
  const nonResource = (): RequestInfo => ({
    isResource: false,
    path,
    verb: method.toLowerCase(),
    prefix: '',
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    rest: '',
    selectedName: '',
  })
  const prefix = parts[0]
  if (prefix !== 'api' && prefix !== 'apis') return nonResource()
  const head = prefix === 'api' ? 2 : 3
  if (parts.length <= head) return nonResource()
  const group = prefix === 'api' ? '' : parts[1]!
  const version = parts[head - 1]!
  let at = head
  let verb = verbOfMethod[method] ?? method.toLowerCase()
  const special = parts[at]
  if ((special === 'watch' || special === 'proxy') && (method === 'GET' || special === 'proxy' || method === 'HEAD')) {
    if (parts.length < at + 2) return nonResource()
    verb = special
    at++
  }
  let namespace = ''
  if (parts[at] === 'namespaces') {
    const inside = parts[at + 2]
    namespace = parts[at + 1] ?? ''
    if (inside !== undefined && !namespaceSubresources.has(inside)) at += 2
  }
  const resource = parts[at] ?? ''
  const name = parts[at + 1] ?? ''
  const subresource = parts[at + 2] ?? ''
  const rest = parts.slice(at + 3).join('/')
  if (name === '' && verb === 'get') verb = isTrue(query.get('watch')) ? 'watch' : 'list'
  else if (name === '' && verb === 'delete') verb = 'deletecollection'
  let selectedName = ''
  if (name === '' && (verb === 'list' || verb === 'watch' || verb === 'deletecollection')) {
    selectedName = nameInFieldSelector(query.get('fieldSelector') ?? '')
  }
  return { isResource: true, path, verb, prefix, group, version, namespace, resource, subresource, name, rest, selectedName }
}

/** Upstream's reading of boolean parameters: absent, `0` and `false` are false, everything else (also empty) is true. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false'
}

function nameInFieldSelector(selector: string): string {
  if (!selector.includes('metadata.name')) return ''
  for (const term of selector.split(',')) {
    const match = /^\s*metadata\.name\s*==?\s*([^\s!=]+)\s*$/.exec(term)
    if (match) return match[1]!
  }
  return ''
}
