import { formatTime } from '../../../base/clock.js'
import { cloneJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { type StatusError, statusErrors } from '../../../kube/object/status-error.js'
import { admitLast, admitMutating, admitValidating } from '../admission.js'
import { dropFields } from '../lifecycles/dropped-fields.js'
import { lifecycles } from '../lifecycles/lifecycle.js'
import { objectWarnings } from '../lifecycles/object-warnings.js'
import { validateNew, withDefaults } from '../machinery.js'
import { checkIdentity, generateName, initializeMeta, refuseVersioned, wipeMeta } from '../object-meta.js'
import { groupInRefusals, named, type Resource } from '../resource.js'
import { commit, LostRace } from './commit.js'
import { recordCreation } from './record-creation.js'
import { decodeFor, storedObject, type WriteRequest, warn } from './write-request.js'

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
  wipeMeta(decoded)
  initializeStatus(resource, decoded)
  const defaulted = withDefaults(resource, decoded)
  // Before admission, so that what the server and webhooks add is nobody's.
  const object = owned ? defaulted : recordCreation(request, defaulted, formatTime(scope.ports.clock.now()))
  const status = object['status']
  const mutating = admitMutating(request, 'CREATE', object, undefined)
  if (mutating !== undefined) {
    await mutating
    refuseWhenEnding(request)
    if (resource.strategy.status && !resource.strategy.keepsStatusOnCreate) object['status'] = status
    if (object['status'] === undefined) delete object['status']
  }
  const versioned = object.metadata.resourceVersion
  initializeMeta(resource, object, scope.ports)
  const { metadata } = object
  if (metadata.name === '' && metadata.generateName) {
    metadata.name = generateName(
      resource,
      metadata.generateName,
      scope.ports.random,
      (name) => storedObject(request, name) !== undefined,
    )
  }
  dropFields(resource.stored, object)
  const lifecycle = lifecycles[resource.stored]
  lifecycle?.beforeCreate?.(scope, object, request.context.user, (text) => warn(request, text))
  try {
    const causes = validateNew(resource, object, scope.network, (text) => warn(request, text))
    if (causes.length > 0) {
      throw statusErrors.invalid({ kind: resource.type.kind, group: groupInRefusals(resource), name: metadata.name }, [...causes])
    }
    for (const text of objectWarnings(resource.stored, object)) warn(request, text)
    const validating = admitValidating(request, 'CREATE', object, undefined)
    if (validating !== undefined) await validating
    admitLast(request, 'CREATE', object, undefined)
    if (!options.dryRun && isRevision(versioned)) throw refuseVersioned()
    if (storedObject(request, metadata.name) !== undefined) {
      const error = alreadyExists(request, metadata.name)
      // Who creates what was not there to be changed changes what is there now.
      throw request.name === '' ? error : new LostRace(error.status)
    }
    if (versioned && isRevision(versioned)) object.metadata.resourceVersion = versioned
    if (!options.dryRun) return commit(scope, resource, object, undefined)
  } catch (error) {
    lifecycle?.released?.(scope, object, undefined)
    throw error
  }
  lifecycle?.released?.(scope, object, undefined)
  return object
}

/** What is no number counts as absent. */
function isRevision(text: string | undefined): boolean {
  return text !== undefined && /^\d+$/.test(text) && Number(text) > 0
}

function alreadyExists(request: WriteRequest, name: string): StatusError {
  const error = statusErrors.alreadyExists(named(request.resource, name))
  const ends = storedObject(request, name)?.metadata.deletionTimestamp !== undefined
  if (ends) error.status.message = `object is being deleted: ${error.status.message}`
  return error
}

/** A definition that is being deleted takes no new objects, or it would never be gone. */
function refuseWhenEnding({ scope, resource }: WriteRequest): void {
  if (resource.custom === undefined) return
  const definition = scope.storage.get('customresourcedefinitions.apiextensions.k8s.io', resource.custom.definition)
  if (definition?.metadata.deletionTimestamp === undefined) return
  const error = statusErrors.methodNotAllowed('create', { resource: resource.type.plural, group: resource.type.group })
  error.status.message = 'create not allowed while custom resource definition is terminating'
  throw error
}

/** Clients do not say what the state of a new object is. */
function initializeStatus({ strategy }: Resource, object: KubeObject): void {
  if (!strategy.status || strategy.keepsStatusOnCreate) return
  if (strategy.initialStatus === undefined) delete object['status']
  else object['status'] = cloneJson(strategy.initialStatus)
}
