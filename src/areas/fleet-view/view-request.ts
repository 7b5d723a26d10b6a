import { parseRequestInfo, type RequestInfo } from '../../apiserver/http/request-info.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { splitName } from './cluster-key.js'
import type { Naming } from './present-object.js'

/** What a request is, with the cluster taken out of its names. */
export interface ViewRequest extends RequestInfo {
  /** The key of the cluster that the path names. */
  readonly key: string | undefined
  /** Below /clusters/NAME: all of the cluster's own API as it is. */
  readonly direct: boolean
  /** Below /complete: a list without one of its clusters is none. */
  readonly complete: boolean
  /** How objects of the answer are named. */
  readonly naming: Naming
  /** The path names two clusters. */
  readonly contradiction: boolean
}

/** A server of this path is for programs that conclude from what is not in a list. */
export const completePath = '/complete'
const direct = /^\/clusters\/([^/]+)(\/.*)?$/

/** Reads `/clusters/NAME/...`, `/complete/...`, and names and namespaces with a mark (`/namespaces/shop@us-east/pods/web`). */
export function readViewRequest(
  method: string,
  path: string,
  query: URLSearchParams,
  keyOf: (text: string) => string | undefined,
): ViewRequest {
  const match = direct.exec(path)
  if (match !== null) {
    const named = decodeURIComponent(match[1]!)
    const info = parseRequestInfo(method, match[2] ?? '/', query)
    return {
      ...info,
      key: keyOf(named) ?? named,
      direct: true,
      complete: false,
      naming: { name: 'plain', namespace: 'plain' },
      contradiction: false,
    }
  }
  const complete = path.startsWith(`${completePath}/`)
  const info = parseRequestInfo(method, complete ? path.slice(completePath.length) : path, query)
  const keys = new Set<string>()
  const strip = (text: string): string => {
    const { name, key } = splitName(text, (each) => keyOf(each) === each)
    if (key !== undefined) keys.add(key)
    return name
  }
  const namespace = strip(info.namespace)
  const name = strip(info.name)
  // Selectors are read again where they are used: a name in them narrows what is asked, and is no other than that of the path.
  const selectedName = splitName(info.selectedName, (each) => keyOf(each) === each).name
  const [key] = keys
  const within = namespace !== info.namespace && info.resource !== 'namespaces'
  const marked = info.name === '' ? !within : name !== info.name
  const naming: Naming = { name: marked ? 'marked' : 'plain', namespace: within ? 'marked' : 'plain' }
  return { ...info, namespace, name, selectedName, key, direct: false, complete, naming, contradiction: keys.size > 1 }
}

/** The path on a member: of the collection, or of the object when it has a name. */
export function memberPath(info: ViewRequest, name: string = info.name): string {
  const parts = [info.prefix, ...(info.prefix === 'apis' ? [info.group] : []), info.version]
  if (info.namespace !== '' && info.resource !== 'namespaces') parts.push('namespaces', info.namespace)
  parts.push(info.resource)
  if (name !== '') parts.push(name)
  if (info.subresource !== '') parts.push(info.subresource)
  const path = `/${parts.map(segment).join('/')}`
  if (info.rest === '' && !info.path.endsWith('/')) return path
  return `${path}/${info.rest.split('/').map(encodeURIComponent).join('/')}`
}

/** A part of a path must stay one. */
function segment(text: string): string {
  if (text === '.' || text === '..' || text.includes('/')) throw statusErrors.pathNotFound()
  return encodeURIComponent(text)
}
