import type { KubeObject } from '../../kube/object/kube-object.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { strictDecodingError } from '../../kube/schema/check-fields.js'
import type { AdmissionRequest } from '../admission/contract.js'
import type { ApiWriteOptions, RequestContext } from '../contract.js'
import { decodeBody } from './machinery.js'
import { type Resource, storageKey } from './resource.js'
import type { ClusterScope } from './scope.js'

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
}

export function storedObject(request: WriteRequest, name = request.name): KubeObject | undefined {
  return request.scope.storage.get(request.resource.stored, storageKey(request.resource, request.namespace, name))
}

/** The body as an object of ours. Unknown and duplicate fields refuse, warn or are dropped in silence, as the client wants. */
export function decodeFor(request: WriteRequest, body: KubeObject): KubeObject {
  const { object, problems } = decodeBody(request.resource, body)
  reportProblems(request, new Set([...(request.options.decodeProblems ?? []), ...problems]))
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

/** Runs the plugins that change, or those that judge. */
export function admit(
  request: WriteRequest,
  phase: 'mutate' | 'validate',
  operation: AdmissionRequest['operation'],
  object: KubeObject | undefined,
  previous: KubeObject | undefined,
): void {
  const { scope, resource } = request
  const admission: AdmissionRequest = {
    operation,
    type: resource.type,
    groupResource: resource.stored,
    subresource: request.subresource,
    namespace: request.namespace,
    name: object?.metadata.name ?? request.name,
    object,
    previous,
    user: request.context.user,
    dryRun: request.options.dryRun === true,
    storage: scope.storage,
    ports: scope.ports,
    warn: (text) => warn(request, text),
  }
  for (const plugin of scope.admission) {
    if (plugin[phase] !== undefined && plugin.handles(admission)) plugin[phase](admission)
  }
}
