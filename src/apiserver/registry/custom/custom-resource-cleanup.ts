import { messageOf } from '../../../base/errors.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { Resource } from '../resource.js'
import type { ClusterScope } from '../scope.js'
import { commit } from '../writes/commit.js'
import { deleteObject } from '../writes/delete-object.js'
import { customResourceCleanup, renamed, terminatingBecause } from './custom-resource-lifecycle.js'

const definitions = { group: 'apiextensions.k8s.io', version: 'v1', plural: 'customresourcedefinitions' }
const controller = { name: 'system:apiserver', groups: ['system:masters'] }

/** The deletion of a definition has begun: deletes its objects, and the definition with the last of them. */
export function cleanUpDefinition(scope: ClusterScope, name: string): void {
  const [resource] = scope.served.versionsOf(name)
  const stored = resource?.stored ?? name
  if (scope.storage.count(stored, '') > 0) beginDeletions(scope, name)
  for (const { metadata } of [...scope.storage.scan(stored, '')]) {
    if (resource === undefined) break
    const request = {
      scope,
      context: { user: controller, warn() {} },
      resource,
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      subresource: '',
      options: {},
    }
    deleteObject(request, {}).catch((error: unknown) => {
      scope.ports.log.warn('an object of a deleted definition stays', { definition: name, error: messageOf(error) })
    })
  }
  finishDefinition(scope, name)
}

function beginDeletions(scope: ClusterScope, name: string): void {
  const resource = scope.served.find(definitions) as Resource
  const definition = scope.storage.get(resource.stored, name)
  if (definition === undefined) return
  const next = terminatingBecause(scope, definition, 'InstanceDeletionInProgress', 'CustomResource deletion is in progress')
  commit(scope, resource, next, definition).catch(() => undefined)
}

/** Gives a definition the names that another one has left. After the write that freed them, since each such write may free more. */
export function renameDefinition(scope: ClusterScope, name: string): void {
  queueMicrotask(() => {
    const resource = scope.served.find(definitions) as Resource
    const definition = scope.storage.get(resource.stored, name)
    if (definition === undefined || definition.metadata.deletionTimestamp !== undefined) return
    const next = renamed(scope, definition)
    if (next !== undefined) commit(scope, resource, next, definition).catch(() => undefined)
  })
}

/** Lets the definition go when it is being deleted and none of its objects is left. */
export function finishDefinition(scope: ClusterScope, name: string): void {
  const resource = scope.served.find(definitions) as Resource
  const definition = scope.storage.get(resource.stored, name)
  if (definition?.metadata.deletionTimestamp === undefined || scope.storage.count(name, '') > 0) return
  const finalizers = (definition.metadata.finalizers ?? []).filter((finalizer) => finalizer !== customResourceCleanup)
  const next: KubeObject = { ...definition, metadata: { ...definition.metadata, finalizers } }
  commit(scope, resource, finalizers.length === 0 ? undefined : next, definition).catch(() => undefined)
}
