import { formatTime } from '../../../base/clock.js'
import { cloneJson, equalJson, isObject } from '../../../base/json.js'
import { printJson } from '../../../base/json-text.js'
import { applyServerSide } from '../../../kube/apply/server-side-apply.js'
import type { Patch } from '../../../kube/client/kube-client.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type StatusCause, type StatusError, statusErrors, unknownKind } from '../../../kube/object/status-error.js'
import { validateCustom } from '../../../kube/schema/custom-validation/validate-custom.js'
import { resetFieldsOf } from '../lifecycles/reset-fields.js'
import { decodeBody } from '../machinery.js'
import { checkIdentity, modified, unnamed } from '../object-meta.js'
import { type CustomResource, named, viewOf } from '../resource.js'
import { digestOf, isAppliedAlready, rememberApplied } from './apply-memory.js'
import { storeNew } from './create-object.js'
import { patchBody } from './patch-body.js'
import { patchedInvalid } from './patched-invalid.js'
import { storeChanged } from './update-object.js'
import { decodeFor, reportProblems, storedObject, type WriteRequest } from './write-request.js'

/** PATCH of the resource itself or of its status. Apply creates what is not there; the other kinds answer NotFound. */
export async function patchObject(request: WriteRequest, patch: Patch): Promise<{ object: KubeObject; created: boolean }> {
  const { resource } = request
  const stored = storedObject(request)
  if (patch.kind === 'apply') return applyObject(request, patch.object, stored)
  if (stored === undefined) throw statusErrors.notFound(named(resource, request.name))
  const live = viewOf(resource, stored)
  const patched = patchBody(resource, live, patch)
  // Controllers patch what is there already more often than not.
  if (!seesUnchanged(request) && equalJson(patched, live)) return { object: live, created: false }
  const object = decodePatched(request, patched as KubeObject, patch)
  checkIdentity(resource, object, request)
  return { object: await storeChanged(request, object, stored, false), created: false }
}

function seesUnchanged({ scope }: WriteRequest): boolean {
  return scope.admission.seesUnchanged(scope.storage)
}

function decodePatched(request: WriteRequest, result: KubeObject, patch: Patch): KubeObject {
  const { apiVersion, type, custom } = request.resource
  // A strategic patch changes a value whose type is known, whatever it says of itself.
  const typed = patch.kind === 'strategic' && custom === undefined
  const nameless = custom === undefined && (typed ? !isObject(result.metadata) : patch.kind === 'merge' && !result.apiVersion)
  if (nameless) throw statusErrors.badRequest(unnamed(request.name))
  const patched = typed
    ? { ...result, apiVersion, kind: type.kind }
    : patch.kind === 'merge' && custom === undefined && result.kind === undefined
      ? { ...result, kind: type.kind }
      : result
  try {
    const missing = !patched.kind ? 'Kind' : !patched.apiVersion ? 'apiVersion' : undefined
    if (missing !== undefined) {
      const why = `Object '${missing}' is missing in '${printJson(patched)}'`
      throw statusErrors.badRequest(`the patched object cannot be handled as a ${type.kind}: ${why}`)
    }
    if (patched.kind !== type.kind || patched.apiVersion !== apiVersion) throw unknownKind(patched, type)
    return decodeFor(request, patched)
  } catch (error) {
    throw patchedInvalid(custom === undefined ? request.resource.schema : undefined, patched, patch, error)
  }
}

async function applyObject(
  request: WriteRequest,
  body: KubeObject,
  stored: KubeObject | undefined,
): Promise<{ object: KubeObject; created: boolean }> {
  const { resource, options } = request
  if (!options.fieldManager) throw managerRequired()
  if (!isObject(body)) throw statusErrors.badRequest('the body of an apply patch is not an object')
  // Not decoded as the kind: what the writer did not say must not become theirs. Apply itself judges the fields.
  reportProblems(request, new Set(options.decodeProblems))
  const applied = cloneJson(body)
  if (!isObject(applied.metadata)) applied.metadata = { name: request.name }
  else applied.metadata.name ||= request.name
  const { apiVersion = '', kind = '' } = applied
  if (apiVersion !== resource.apiVersion || (resource.custom === undefined && kind !== resource.type.kind)) {
    const version = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`
    throw statusErrors.badRequest(`invalid object type: ${version}, Kind=${kind}`)
  }
  // The namespace of the request is no part of what was applied.
  checkIdentity(resource, { ...applied, metadata: { ...applied.metadata } }, request)
  if (stored === undefined && request.subresource !== '') throw statusErrors.notFound(named(resource, request.name))
  if (stored === undefined && applied.metadata.uid) {
    throw statusErrors.conflict(
      named(resource, request.name),
      `uid mismatch: the provided object specified uid ${applied.metadata.uid}, and no existing object was found`,
    )
  }
  const live = stored === undefined ? undefined : viewOf(resource, stored)
  const digest = digestOf(applied)
  const seen = seesUnchanged(request)
  if (live !== undefined && !seen && isAppliedAlready(request, live, digest)) return { object: live, created: false }
  const result = applyServerSide({
    schema: resource.schema,
    live,
    applied,
    manager: options.fieldManager,
    force: options.force === true,
    subresource: request.subresource,
    nowText: formatTime(request.scope.ports.clock.now()),
    resetFields: resetFieldsOf(request),
  })
  if (result === live && stored !== undefined) {
    const wanted = applied.metadata.resourceVersion
    if (wanted && wanted !== stored.metadata.resourceVersion) throw modified(resource, request.name)
    rememberApplied(request, live, digest)
    if (!seen) return { object: live, created: false }
  }
  if (resource.custom !== undefined) refuseEmptied(resource.custom, request, result, live)
  // A copy: the result shares with what was applied and with what is stored.
  const object = decodeBody(resource, result).object
  // Nobody owns anything any more: that is not the same as saying nothing of owners.
  if (stored !== undefined) object.metadata.managedFields ??= []
  if (resource.type.namespaced) object.metadata.namespace ||= request.namespace
  if (stored !== undefined && applied.metadata.resourceVersion) {
    object.metadata.resourceVersion = applied.metadata.resourceVersion
  }
  const state = await (stored === undefined ? storeNew(request, object, true) : storeChanged(request, object, stored, true))
  if (!options.dryRun || state === live) rememberApplied(request, state, digest)
  return { object: state, created: stored === undefined }
}

/** Apply leaves null where it took away all that was in a list or map; without a default nothing makes that right again. */
function refuseEmptied(custom: CustomResource, request: WriteRequest, object: KubeObject, previous?: KubeObject): void {
  if (!holdsNull(object)) return
  const { kind, group } = request.resource.type
  const { causes } = validateCustom({ schema: custom.rules.schema }, { object, previous })
  const isNull = ({ reason, message = '' }: StatusCause) => reason === 'FieldValueTypeInvalid' && message.endsWith(': "null"')
  if (causes.some(isNull)) throw statusErrors.invalid({ kind, group, name: request.name }, [...causes])
}

function holdsNull(value: unknown): boolean {
  if (value === null) return true
  if (typeof value !== 'object') return false
  for (const key in value) if (holdsNull((value as Record<string, unknown>)[key])) return true
  return false
}

function managerRequired(): StatusError {
  return statusErrors.invalid({ kind: 'PatchOptions', group: 'meta.k8s.io', name: '' }, [
    { reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field: 'fieldManager' },
  ])
}
