import { formatTime } from '../../base/clock.js'
import { cloneJson } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { statusErrors } from '../../kube/object/status-error.js'
import { commit } from './commit.js'
import { lifecycles } from './lifecycle.js'
import { validateNew, withDefaults } from './machinery.js'
import { checkIdentity, generateName, initializeMeta } from './object-meta.js'
import { recordCreation } from './record-creation.js'
import { named, type Resource } from './resource.js'
import { admit, decodeFor, storedObject, type WriteRequest } from './write-request.js'

/** POST. The object that is stored, or would be with dryRun. */
export async function createObject(request: WriteRequest, body: KubeObject): Promise<KubeObject> {
  if (request.resource.type.namespaced && request.namespace === '') {
    throw statusErrors.badRequest('an empty namespace may not be set during creation')
  }
  const object = decodeFor(request, body)
  checkIdentity(request.resource, object, request)
  return storeNew(request, object, false)
}

/**
 * The way of every new object, decoded and ours to change, into storage. `owned`: its managedFields are right already
 * (server-side apply), so that what the server adds is nobody's.
 */
export async function storeNew(request: WriteRequest, decoded: KubeObject, owned: boolean): Promise<KubeObject> {
  const { scope, resource, options } = request
  refuseWhenEnding(request)
  initializeMeta(resource, decoded, scope.ports)
  initializeStatus(resource, decoded)
  const object = withDefaults(resource, decoded)
  const { metadata } = object
  if (metadata.name === '' && metadata.generateName) {
    metadata.name = generateName(
      resource,
      metadata.generateName,
      scope.ports.random,
      (name) => storedObject(request, name) !== undefined,
    )
  }
  const lifecycle = lifecycles[resource.stored]
  admit(request, 'mutate', 'CREATE', object, undefined)
  // Before anything is allocated for it.
  if (metadata.name !== '' && storedObject(request, metadata.name) !== undefined) {
    throw statusErrors.alreadyExists(named(resource, metadata.name))
  }
  lifecycle?.beforeCreate?.(scope, object)
  let next = object
  try {
    if (!owned) next = recordCreation(request, object, formatTime(scope.ports.clock.now()))
    const causes = validateNew(resource, next, scope.network)
    if (causes.length > 0) {
      throw statusErrors.invalid({ kind: resource.type.kind, group: resource.type.group, name: metadata.name }, [...causes])
    }
    admit(request, 'validate', 'CREATE', next, undefined)
    if (!options.dryRun) return commit(scope, resource, next, undefined)
  } catch (error) {
    lifecycle?.released?.(scope, object, undefined)
    throw error
  }
  lifecycle?.released?.(scope, object, undefined)
  return next
}

/** A definition that is being deleted takes no new objects, or it would never be gone. */
function refuseWhenEnding({ scope, resource }: WriteRequest): void {
  if (resource.custom === undefined) return
  const definition = scope.storage.get('customresourcedefinitions.apiextensions.k8s.io', resource.custom.definition)
  if (definition?.metadata.deletionTimestamp === undefined) return
  throw statusErrors.methodNotAllowed('create', { resource: resource.type.plural, group: resource.type.group })
}

/** Clients do not say what the state of a new object is. */
function initializeStatus({ strategy }: Resource, object: KubeObject): void {
  if (!strategy.status || strategy.keepsStatusOnCreate) return
  if (strategy.initialStatus === undefined) delete object['status']
  else object['status'] = cloneJson(strategy.initialStatus)
}
