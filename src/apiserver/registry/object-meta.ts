import { formatTime } from '../../base/clock.js'
import { isObject } from '../../base/json.js'
import { isNumber } from '../../base/json-text.js'
import { nameSuffix, type Random, uuid } from '../../base/random.js'
import type { KubeObject, ObjectMeta } from '../../kube/object/kube-object.js'
import { StatusError, statusErrors } from '../../kube/object/status-error.js'
import { fieldCauses } from '../../kube/schema/field-cause.js'
import type { ServerPorts } from '../contract.js'
import { named, type Resource } from './resource.js'

/** Checks that the body is an object of the resource, and that it is for the namespace and name of the request. */
export function checkIdentity(resource: Resource, object: KubeObject, target: { namespace: string; name: string }): void {
  if (!isObject(object)) throw statusErrors.badRequest('the body of the request is not an object')
  object.apiVersion ??= resource.apiVersion
  object.kind ??= resource.type.kind
  if (resource.custom !== undefined && object.kind !== resource.type.kind) throw wrongKind(resource, object)
  if (object.apiVersion !== resource.apiVersion) {
    throw statusErrors.badRequest(
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${resource.apiVersion})`,
    )
  }
  if (object.kind !== resource.type.kind) {
    throw statusErrors.badRequest(
      `the kind in the data (${object.kind}) does not match the expected kind (${resource.type.kind})`,
    )
  }
  if (!isObject(object.metadata)) object.metadata = {} as ObjectMeta
  const { metadata } = object
  if (resource.type.namespaced) {
    if (!metadata.namespace) metadata.namespace = target.namespace
    else if (metadata.namespace !== target.namespace) {
      throw statusErrors.badRequest('the namespace of the provided object does not match the namespace sent on the request')
    }
  } else delete metadata.namespace
  if (target.name === '') return
  if (!metadata.name) {
    throw statusErrors.badRequest(unnamed(target.name))
  }
  if (metadata.name !== target.name) {
    throw statusErrors.badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${target.name})`)
  }
}

export function unnamed(name: string): string {
  return `the name of the object (${name} based on URL) was undeterminable: name must be provided`
}

/** Custom resources of another kind are not refused before they are validated. */
function wrongKind({ type }: Resource, { kind, metadata }: KubeObject): StatusError {
  const group = type.group
  return statusErrors.invalid({ kind, group, name: metadata?.name ?? '' }, [
    fieldCauses.invalid('kind', kind, `must be ${type.kind}`),
  ])
}

/** Base names longer than this are cut, so that five random characters fit. */
const longestBase = 58

/** A name for an object with generateName that does not exist yet; AlreadyExists after eight attempts. */
export function generateName(resource: Resource, base: string, random: Random, exists: (name: string) => boolean): string {
  let name = ''
  for (let attempt = 0; attempt < 8; attempt++) {
    name = base.slice(0, longestBase) + nameSuffix(random)
    if (!exists(name)) return name
  }
  throw statusErrors.alreadyExists(named(resource, name))
}

/** Takes away what the server alone decides of a new object; admission sees it without. */
export function wipeMeta(object: KubeObject): void {
  const { metadata } = object
  for (const field of ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink'] as const) {
    if (metadata[field] !== undefined) delete metadata[field]
  }
}

/** Sets what the server alone decides of a new object, in the field order of the wire. */
export function initializeMeta(resource: Resource, object: KubeObject, ports: ServerPorts): void {
  const { metadata } = object
  const { generation } = metadata
  const { name, generateName: base, namespace, labels, annotations, ownerReferences, finalizers, managedFields } = metadata
  object.metadata = {
    name: name ?? '',
    ...(base ? { generateName: base } : {}),
    ...(namespace ? { namespace } : {}),
    uid: uuid(ports.random),
    ...(resource.strategy.generation && resource.strategy.generation !== 'later'
      ? { generation: 1 }
      : generation
        ? { generation }
        : {}),
    creationTimestamp: formatTime(ports.clock.now()),
    ...(isFilled(labels) ? { labels } : {}),
    ...(isFilled(annotations) ? { annotations } : {}),
    ...(isFilled(ownerReferences) ? { ownerReferences } : {}),
    ...(isFilled(finalizers) ? { finalizers } : {}),
    ...(managedFields ? { managedFields } : {}),
  }
}

/** Go leaves empty maps and lists out. */
function isFilled(value: object | null | undefined): boolean {
  return value !== undefined && value !== null && Object.keys(value).length > 0
}

/** Takes over what a writer cannot change. Throws Conflict for an old resourceVersion. */
export function preserveMeta(resource: Resource, object: KubeObject, previous: KubeObject): void {
  const { metadata } = object
  const kept = previous.metadata
  if (metadata.resourceVersion && metadata.resourceVersion !== kept.resourceVersion) throw modified(resource, kept.name)
  const { deletionTimestamp } = metadata
  const grace = metadata.deletionGracePeriodSeconds ?? kept.deletionGracePeriodSeconds
  const { name, generateName: base, namespace, labels, annotations, ownerReferences, finalizers, managedFields } = metadata
  object.metadata = {
    name,
    ...(base ? { generateName: base } : {}),
    ...(namespace ? { namespace } : {}),
    // Another one than the stored is for validation to refuse.
    ...(metadata.uid || kept.uid ? { uid: metadata.uid || kept.uid } : {}),
    ...(kept.resourceVersion ? { resourceVersion: kept.resourceVersion } : {}),
    ...(kept.generation === undefined ? {} : { generation: kept.generation }),
    ...(kept.creationTimestamp === undefined ? {} : { creationTimestamp: kept.creationTimestamp }),
    // What is not stored is for validation to refuse.
    ...(kept.deletionTimestamp || deletionTimestamp ? { deletionTimestamp: kept.deletionTimestamp ?? deletionTimestamp } : {}),
    ...(isNumber(grace) ? { deletionGracePeriodSeconds: grace } : {}),
    ...(isFilled(labels) ? { labels } : {}),
    ...(isFilled(annotations) ? { annotations } : {}),
    ...(isFilled(ownerReferences) ? { ownerReferences } : {}),
    ...(isFilled(finalizers) ? { finalizers } : {}),
    ...(managedFields === undefined ? (kept.managedFields ? { managedFields: kept.managedFields } : {}) : { managedFields }),
  }
}

/** What storage, and so no dry run, answers to a new object that says its own revision. */
export function refuseVersioned(): StatusError {
  return new StatusError({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'resourceVersion should not be set on objects to be created',
    code: 500,
  })
}

export function modified(resource: Resource, name: string): StatusError {
  return statusErrors.conflict(
    named(resource, name),
    'the object has been modified; please apply your changes to the latest version and try again',
  )
}
