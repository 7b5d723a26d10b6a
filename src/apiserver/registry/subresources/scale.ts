import { formatTime } from '../../../base/clock.js'
import { cloneJson, isObject, setOwn } from '../../../base/json.js'
import { printJson } from '../../../base/json-text.js'
import { withManagedFields } from '../../../kube/apply/managed-fields.js'
import { ownersInParent, ownersInScale } from '../../../kube/apply/scale-owners.js'
import { applyServerSide, recordUpdate } from '../../../kube/apply/server-side-apply.js'
import type { KubeObject, ManagedFieldsEntry } from '../../../kube/object/kube-object.js'
import { formatLabelSelector, fromLabelSelector, type LabelSelectorSpec } from '../../../kube/object/selector.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import { builtInSchemas } from '../../../kube/schema/built-in.js'
import { readFields } from '../../../kube/schema/check-fields.js'
import type { SchemaNode } from '../../../kube/schema/schema-node.js'
import { type ScalePaths, valueAt } from '../lifecycles/strategy.js'
import { modified } from '../object-meta.js'
import { named, type Resource, viewOf } from '../resource.js'
import { patchBody } from '../writes/patch-body.js'
import { patchedInvalid } from '../writes/patched-invalid.js'
import { anotherUid } from '../writes/storage-conflict.js'
import { storeChanged } from '../writes/update-object.js'
import { reportProblems, type WriteRequest } from '../writes/write-request.js'
import { parentOf } from './parent.js'
import type { Subresource } from './subresource.js'

/** autoscaling/v1 Scale of whatever has replicas. */
export const scale: Subresource = {
  get: async (request, parent) => {
    requireReplicas(request, parent)
    return scaleOf(request.resource, parent)
  },
  async update(request, body) {
    const stored = parentOf(request)
    const { object, problems } = readFields(scaleSchema(), body)
    reportProblems(request, new Set([...(request.options.decodeProblems ?? []), ...problems]))
    const { name = '', namespace = '', uid } = object.metadata ?? {}
    if (name === '') throw nameless(request)
    if (name !== request.name) {
      throw statusErrors.badRequest(`the name of the object (${name}) does not match the name on the URL (${request.name})`)
    }
    if (namespace !== '' && namespace !== request.namespace) {
      throw statusErrors.badRequest('the namespace of the provided object does not match the namespace sent on the request')
    }
    if (uid && uid !== stored.metadata.uid) throw anotherUid(request, uid, stored.metadata.uid ?? '')
    return setReplicas(request, object)
  },
  async patch(request, patch) {
    const current = scaleOf(request.resource, viewOf(request.resource, parentOf(request)))
    const schema = scaleSchema()
    if (patch.kind === 'apply') return applyScale(request, patch.object)
    const wanted = patchBody({ schema }, current, patch) as KubeObject
    try {
      const { object, problems } = readFields(schema, wanted)
      reportProblems({ ...request, resource: { ...request.resource, type: scaleType } }, new Set(problems))
      return await setReplicas(request, object)
    } catch (error) {
      throw patchedInvalid(schema, wanted, patch, error)
    }
  },
}

const scaleType = { group: 'autoscaling', version: 'v1', kind: 'Scale', plural: 'scales', namespaced: true }

function scaleSchema(): SchemaNode {
  return builtInSchemas.forKind('autoscaling/v1', 'Scale') as SchemaNode
}

function nameless({ name }: WriteRequest): Error {
  return statusErrors.badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
}

/**
 * Apply on a scale. Who owns the replicas of the object is translated to owners of the scale's and back, so that conflicts and
 * ownership are those of both.
 */
async function applyScale(request: WriteRequest, applied: KubeObject): Promise<KubeObject> {
  const { resource, options, name } = request
  const stored = parentOf(request)
  const parent = viewOf(resource, stored)
  const { specReplicas } = pathsOf(resource)
  const asked = { ...applied, metadata: { ...applied.metadata, name: applied.metadata?.name || name } }
  if (asked.apiVersion !== 'autoscaling/v1' || asked.kind !== 'Scale') {
    throw statusErrors.badRequest('the body of the request is not an autoscaling/v1 Scale')
  }
  const live = withManagedFields(
    scaleOf(resource, parent),
    ownersInScale(parent.metadata.managedFields, resource.apiVersion, specReplicas),
  )
  const result = applyServerSide({
    schema: scaleSchema(),
    live,
    applied: asked,
    manager: options.fieldManager ?? '',
    force: options.force === true,
    subresource: 'scale',
    nowText: formatTime(request.scope.ports.clock.now()),
  })
  const owners = ownersInParent(parent.metadata.managedFields, result.metadata.managedFields, resource.apiVersion, specReplicas)
  return setReplicas(request, result, owners)
}

/** The same for what is no apply. */
function ownersOfUpdate(request: WriteRequest, parent: KubeObject, body: KubeObject): readonly ManagedFieldsEntry[] {
  const { resource, options, scope } = request
  const { managedFields } = parent.metadata
  const { specReplicas } = pathsOf(resource)
  const live = withManagedFields(scaleOf(resource, parent), ownersInScale(managedFields, resource.apiVersion, specReplicas))
  const result = recordUpdate({
    schema: scaleSchema(),
    live,
    updated: body,
    manager: options.fieldManager || 'unknown',
    subresource: 'scale',
    nowText: formatTime(scope.ports.clock.now()),
  })
  return ownersInParent(managedFields, result.metadata.managedFields, resource.apiVersion, specReplicas)
}

/** Without a number of replicas a custom resource has no scale. */
function requireReplicas({ resource }: WriteRequest, parent: KubeObject): void {
  const { specReplicas } = pathsOf(resource)
  if (resource.custom === undefined || valueAt(parent, specReplicas) !== undefined) return
  throw statusErrors.internal(`the spec replicas field ${JSON.stringify(`.${specReplicas}`)} does not exist`)
}

function pathsOf(resource: Resource): ScalePaths {
  const paths = resource.strategy.scale
  if (paths === undefined) throw statusErrors.pathNotFound()
  return paths
}

function scaleOf(resource: Resource, parent: KubeObject): KubeObject {
  const paths = pathsOf(resource)
  const { name, namespace, uid, resourceVersion, creationTimestamp } = parent.metadata
  const selector = selectorText(parent, paths)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      ...(uid ? { uid } : {}),
      ...(resourceVersion ? { resourceVersion } : {}),
      ...(creationTimestamp ? { creationTimestamp } : {}),
    },
    // Go leaves out zero here, and not in the status.
    spec: { ...(numberAt(parent, paths.specReplicas) === 0 ? {} : { replicas: numberAt(parent, paths.specReplicas) }) },
    status: { replicas: numberAt(parent, paths.statusReplicas), ...(selector === '' ? {} : { selector }) },
  }
}

function selectorText(parent: KubeObject, paths: ScalePaths): string {
  const selector = paths.selector === undefined ? undefined : valueAt(parent, paths.selector)
  if (typeof selector === 'string') return selector
  if (!isObject(selector)) return ''
  const spec: LabelSelectorSpec =
    paths.selectorIs === 'map' ? { matchLabels: selector as Record<string, string> } : (selector as LabelSelectorSpec)
  return formatLabelSelector(fromLabelSelector(spec, { validate: false }))
}

function numberAt(object: KubeObject, path: string): number {
  const value = valueAt(object, path)
  return typeof value === 'number' ? value : 0
}

/** `owners`: of the whole object, when they are known already. */
async function setReplicas(request: WriteRequest, body: KubeObject, owners?: readonly ManagedFieldsEntry[]): Promise<KubeObject> {
  const { resource, name } = request
  const paths = pathsOf(resource)
  if (!isObject(body) || body.kind !== 'Scale' || body.apiVersion !== 'autoscaling/v1') {
    throw statusErrors.badRequest('the body of the request is not an autoscaling/v1 Scale')
  }
  const stored = parentOf(request)
  const previous = viewOf(resource, stored)
  const { uid, resourceVersion } = body.metadata ?? {}
  if (resourceVersion && resourceVersion !== stored.metadata.resourceVersion) throw modified(resource, name)
  if (uid && uid !== stored.metadata.uid) {
    throw statusErrors.conflict(
      named(resource, name),
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${stored.metadata.uid}`,
    )
  }
  const replicas = valueAt(body, 'spec.replicas') ?? 0
  // Of custom resources the definition says what is wrong.
  if (resource.custom === undefined && (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0)) {
    throw statusErrors.invalid({ kind: 'Scale', group: 'autoscaling', name }, [
      {
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${printJson(replicas)}: must be greater than or equal to 0`,
        field: 'spec.replicas',
      },
    ])
  }
  const object = cloneJson(previous)
  setAt(object, paths.specReplicas, replicas)
  object.metadata.managedFields = [...(owners ?? ownersOfUpdate(request, previous, body))]
  const view = {
    of: (parent: KubeObject) => scaleOf(resource, parent),
    put: (parent: KubeObject, seen: KubeObject) => setAt(parent, paths.specReplicas, valueAt(seen, 'spec.replicas') ?? 0),
  }
  return scaleOf(resource, await storeChanged({ ...request, view }, object, stored, true))
}

/** A definition names any path: only what is the object's own is followed, or `__proto__` would be every object's. */
function setAt(object: KubeObject, path: string, value: unknown): void {
  const parts = path.split('.')
  const last = parts.pop()!
  let target: Record<string, unknown> = object
  for (const part of parts) {
    const own = Object.hasOwn(target, part) ? target[part] : undefined
    const next = isObject(own) ? own : {}
    if (next !== own) setOwn(target, part, next)
    target = next
  }
  setOwn(target, last, value)
}
