import type { KubeObject } from '../../../kube/object/kube-object.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import { strictDecodingError } from '../../../kube/schema/check-fields.js'
import type { ApiWriteOptions, RequestContext } from '../../contract.js'
import { decodeBody } from '../machinery.js'
import { type Resource, storageKey } from '../resource.js'
import type { ClusterScope } from '../scope.js'

/** A write on its way through the registry. */
export interface WriteRequest {
  readonly scope: ClusterScope
  readonly context: RequestContext
  readonly resource: Resource
  readonly namespace: string
  /** '' on create. */
  readonly name: string
  readonly subresource: string
  readonly options: ApiWriteOptions
  /** DELETE: what the client wants of it. */
  readonly deletion?: Readonly<Record<string, unknown>>
  /** For subresources with a kind of their own, which admission is to see instead of what is stored. */
  readonly view?: SubresourceView
}

export interface SubresourceView {
  of(object: KubeObject): KubeObject
  /** Takes over what admission has changed in the view. */
  put(object: KubeObject, view: KubeObject): void
}

export function storedObject(request: WriteRequest, name = request.name): KubeObject | undefined {
  return request.scope.storage.get(request.resource.stored, storageKey(request.resource, request.namespace, name))
}

/** The body as an object of ours. Unknown and duplicate fields refuse, warn or are dropped in silence, as the client wants. */
export function decodeFor(request: WriteRequest, body: KubeObject): KubeObject {
  const { object, problems } = decodeBody(request.resource, body)
  const { decodeProblems = [], decodePlaces } = request.options
  const all = [...decodeProblems, ...problems]
  if (decodePlaces !== undefined) all.sort((a, b) => (decodePlaces.get(a) ?? Infinity) - (decodePlaces.get(b) ?? Infinity))
  reportProblems(request, new Set(all))
  return object
}

/** Refuses, warns of or passes over the problems, as the client wants. */
export function reportProblems(request: WriteRequest, problems: ReadonlySet<string>): void {
  if (problems.size === 0) return
  const mode = request.options.fieldValidation ?? 'Warn'
  if (mode === 'Strict') {
    const { kind, version } = request.resource.type
    const why = strictDecodingError([...problems])
    throw statusErrors.badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${why}`)
  }
  if (mode === 'Warn') for (const problem of problems) warn(request, problem)
}

export function warn(request: WriteRequest, text: string): void {
  request.context.warn(text)
  request.options.onWarning?.(text)
}
