import { formatTime } from '../../../base/clock.js'
import { equalJson } from '../../../base/json.js'
import { nextInteger } from '../../../base/json-text.js'
import { recordUpdate } from '../../../kube/apply/server-side-apply.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { StatusError, statusErrors } from '../../../kube/object/status-error.js'
import { admitLast, admitMutating, admitValidating } from '../admission.js'
import { dropFields } from '../lifecycles/dropped-fields.js'
import { lifecycles } from '../lifecycles/lifecycle.js'
import { objectWarnings } from '../lifecycles/object-warnings.js'
import { resetFieldsOf } from '../lifecycles/reset-fields.js'
import { validateChanged, withDefaults } from '../machinery.js'
import { checkIdentity, preserveMeta } from '../object-meta.js'
import { groupInRefusals, named, viewOf } from '../resource.js'
import { commit } from './commit.js'
import { storeNew } from './create-object.js'
import { anotherUid } from './storage-conflict.js'
import { decodeFor, storedObject, type WriteRequest, warn } from './write-request.js'

/** PUT of the resource itself or of its status. */
export async function updateObject(request: WriteRequest, body: KubeObject): Promise<{ object: KubeObject; created: boolean }> {
  const { resource } = request
  const object = decodeFor(request, body)
  checkIdentity(resource, object, request)
  const stored = storedObject(request)
  const { uid, resourceVersion } = object.metadata
  if (uid && uid !== stored?.metadata.uid) throw anotherUid(request, uid, stored?.metadata.uid ?? '')
  if (resourceVersion && !/^\d+$/.test(resourceVersion) && stored !== undefined) throw unreadable(resourceVersion)
  if (stored === undefined) {
    const creates = resource.strategy.createOnUpdate && request.subresource === ''
    if (!creates) throw statusErrors.notFound(named(resource, request.name))
    if (object.metadata.resourceVersion) {
      throw statusErrors.notFound(named(resource, request.name))
    }
    return { object: await storeNew(request, object, false), created: true }
  }
  if ((resource.strategy.versionedUpdate || resource.custom !== undefined) && !object.metadata.resourceVersion) {
    // Upstream names the resource where a kind belongs.
    throw statusErrors.invalid({ kind: resource.type.plural, group: resource.type.group, name: request.name }, [
      {
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0x0: must be specified for an update',
        field: 'metadata.resourceVersion',
      },
    ])
  }
  return { object: await storeChanged(request, object, stored, false), created: false }
}

/** Upstream answers this with a plain 500. */
function unreadable(resourceVersion: string): StatusError {
  const message = `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`
  return new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 })
}

/**
 * The way of every changed object, decoded and ours to change, into storage. What the endpoint does not write is taken from
 * what is stored. Nothing is written (and no revision used) when nothing changes. `owned` as for storeNew.
 */
export async function storeChanged(
  request: WriteRequest,
  decoded: KubeObject,
  stored: KubeObject,
  owned: boolean,
): Promise<KubeObject> {
  const { scope, resource, options, subresource } = request
  const previous = viewOf(resource, stored)
  preserveMeta(resource, decoded, previous)
  // Defaults see what was sent, not what is kept instead.
  const own = subresource === 'status' && resource.custom === undefined ? withDefaults(resource, decoded) : decoded
  keepOtherParts(request, own, previous)
  // What is stored went all the way below before; going again changes nothing, unless admission has more to say now.
  const seen = scope.admission.seesUnchanged(scope.storage)
  if (!seen && equalJson(own, previous)) return previous
  const defaulted = withDefaults(resource, own)
  // Before admission, so that what the server and webhooks add is nobody's.
  const object = owned
    ? withoutEmptyOwners(defaulted)
    : recordUpdate({
        schema: resource.schema,
        live: previous,
        updated: defaulted,
        manager: options.fieldManager ?? 'unknown',
        subresource,
        nowText: formatTime(scope.ports.clock.now()),
        resetFields: resetFieldsOf(request),
      })
  const mutating = admitMutating(request, 'UPDATE', object, previous)
  if (mutating !== undefined) {
    await mutating
    preserveMeta(resource, object, previous)
    keepOtherParts(request, object, previous)
  }
  dropFields(resource.stored, object, previous)
  const lifecycle = lifecycles[resource.stored]
  lifecycle?.beforeUpdate?.(scope, object, previous, subresource)
  try {
    const next = withGeneration(request, object, previous)
    const done = isDone(request, next)
    const unchanged = !done && equalJson(withTimesOf(previous, next), previous)
    if (unchanged && !seen) {
      lifecycle?.released?.(scope, object, previous)
      return previous
    }
    const causes = validateChanged(resource, next, previous, subresource, scope.network, (text) => warn(request, text))
    if (causes.length > 0) {
      throw statusErrors.invalid({ kind: resource.type.kind, group: groupInRefusals(resource), name: request.name }, [...causes])
    }
    if (subresource === '') for (const text of objectWarnings(resource.stored, next)) warn(request, text)
    const validating = admitValidating(request, 'UPDATE', next, previous)
    if (validating !== undefined) await validating
    admitLast(request, 'UPDATE', next, previous)
    if (unchanged) {
      lifecycle?.released?.(scope, object, previous)
      return previous
    }
    if (!options.dryRun) {
      if (!done) return commit(scope, resource, next, stored)
      await commit(scope, resource, undefined, stored)
      return next
    }
    lifecycle?.released?.(scope, object, previous)
    return next
  } catch (error) {
    lifecycle?.released?.(scope, object, previous)
    throw error
  }
}

function withoutEmptyOwners(object: KubeObject): KubeObject {
  if (object.metadata.managedFields?.length !== 0) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

/**
 * Times in managedFields do not count as a change: an apply of values that defaults complete again (in atomic parts) gives
 * new times and nothing else. Upstream: IgnoreManagedFieldsTimestampsTransformer.
 */
function withTimesOf(previous: KubeObject, next: KubeObject): KubeObject {
  const before = previous.metadata.managedFields
  const after = next.metadata.managedFields
  if (before === undefined || after === undefined || before.length !== after.length) return next
  const same = after.every((entry, index) => equalJson({ ...entry, time: undefined }, { ...before[index], time: undefined }))
  return same ? { ...next, metadata: { ...next.metadata, managedFields: before } } : next
}

/** Writes to the resource keep the status; writes to the status keep all but the status (and, of built-in kinds, metadata). */
function keepOtherParts(request: WriteRequest, object: KubeObject, previous: KubeObject): void {
  const { strategy, custom } = request.resource
  if (request.subresource === 'status') {
    for (const field of new Set([...Object.keys(object), ...Object.keys(previous)])) {
      if (field === 'status' || field === 'metadata') continue
      if (previous[field] === undefined) delete object[field]
      else object[field] = previous[field]
    }
    const { managedFields } = object.metadata
    const keeps = strategy.statusKeeps
    if (custom !== undefined || keeps === 'metadata')
      object.metadata = { ...previous.metadata, ...(managedFields ? { managedFields } : {}) }
    else {
      const { ownerReferences: _, ...metadata } = object.metadata
      const { ownerReferences } = previous.metadata
      object.metadata = { ...metadata, ...(ownerReferences ? { ownerReferences } : {}) }
      if (keeps === 'labels') {
        const { labels } = previous.metadata
        if (labels === undefined) delete object.metadata.labels
        else object.metadata.labels = labels
      }
    }
    return
  }
  // Other subresources bring the stored object with their part of it changed.
  if (!strategy.status || request.subresource !== '') return
  if (previous['status'] === undefined) delete object['status']
  else object['status'] = previous['status']
}

function withGeneration(request: WriteRequest, object: KubeObject, previous: KubeObject): KubeObject {
  const { strategy, custom } = request.resource
  if (!strategy.generation || strategy.generation === 'first' || request.subresource === 'status') return object
  const changed =
    (strategy.generationCountsLabels && !equalJson(object.metadata.labels, previous.metadata.labels)) ||
    (strategy.generationCountsAnnotations && !equalJson(object.metadata.annotations, previous.metadata.annotations)) ||
    differs(object, previous, custom !== undefined && !strategy.status)
  if (!changed) return object
  return { ...object, metadata: { ...object.metadata, generation: nextInteger(previous.metadata.generation ?? 0) } }
}

function differs(object: KubeObject, previous: KubeObject, withStatus: boolean): boolean {
  for (const field of new Set([...Object.keys(object), ...Object.keys(previous)])) {
    if (field === 'metadata' || field === 'apiVersion' || field === 'kind' || (field === 'status' && !withStatus)) continue
    if (!equalJson(object[field], previous[field])) return true
  }
  return false
}

/** True when the object is being deleted and this write took away the last thing that kept it. */
function isDone(request: WriteRequest, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata
  if (!deletionTimestamp || (finalizers?.length ?? 0) > 0) return false
  if ((deletionGracePeriodSeconds ?? 0) > 0) return false
  return lifecycles[request.resource.stored]?.isHeld?.(object) !== true
}
