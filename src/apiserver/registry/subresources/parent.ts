import { formatTime } from '../../../base/clock.js'
import { cloneJson } from '../../../base/json.js'
import { recordUpdate } from '../../../kube/apply/server-side-apply.js'
import type { Patch } from '../../../kube/client/kube-client.js'
import type { KubeObject, ManagedFieldsEntry } from '../../../kube/object/kube-object.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import { resetFieldsOf } from '../lifecycles/reset-fields.js'
import { decodeBody, withDefaults } from '../machinery.js'
import { checkIdentity } from '../object-meta.js'
import { named, viewOf } from '../resource.js'
import { patchBody } from '../writes/patch-body.js'
import { storeChanged } from '../writes/update-object.js'
import { decodeFor, storedObject, type WriteRequest } from '../writes/write-request.js'
import type { Subresource } from './subresource.js'

/** The stored object that a subresource belongs to; NotFound when there is none. */
export function parentOf(request: WriteRequest): KubeObject {
  const stored = storedObject(request)
  if (stored === undefined) throw statusErrors.notFound(named(request.resource, request.name))
  return stored
}

/**
 * A subresource that takes and gives the whole object, but writes a part of it: `take` copies that part from what was sent
 * into a copy of what is stored.
 */
export function partSubresource(
  take: (object: KubeObject, sent: KubeObject) => void,
  {
    metadata = false,
    sentIsOwned = false,
  }: {
    /** What was sent counts there too. */
    metadata?: boolean
    /** Who sends a change owns it, whether or not it is taken. */
    sentIsOwned?: boolean
  } = {},
): Subresource {
  const store = (request: WriteRequest, sent: KubeObject) => {
    const stored = parentOf(request)
    const live = viewOf(request.resource, stored)
    const object = cloneJson(live)
    if (sent.metadata.resourceVersion) object.metadata.resourceVersion = sent.metadata.resourceVersion
    if (sent.metadata.uid) object.metadata.uid = sent.metadata.uid
    if (metadata) object.metadata = { ...sent.metadata, uid: object.metadata.uid ?? '' }
    take(object, sent)
    if (sentIsOwned) object.metadata.managedFields = ownersOfSent(request, live, sent)
    return storeChanged(request, object, stored, sentIsOwned)
  }
  return {
    get: async (_request, parent) => parent,
    async update(request, body) {
      const sent = decodeFor(request, body)
      checkIdentity(request.resource, sent, request)
      return store(request, sent)
    },
    async patch(request, patch: Patch) {
      if (patch.kind === 'apply') {
        throw statusErrors.unsupportedMediaType([
          'application/json-patch+json',
          'application/merge-patch+json',
          'application/strategic-merge-patch+json',
        ])
      }
      const patched = patchBody(request.resource, viewOf(request.resource, parentOf(request)), patch)
      const sent = decodeBody(request.resource, patched as KubeObject).object
      checkIdentity(request.resource, sent, request)
      return store(request, sent)
    },
  }
}

function ownersOfSent(request: WriteRequest, live: KubeObject, sent: KubeObject): ManagedFieldsEntry[] {
  const { resource, scope, options, subresource } = request
  const owned = recordUpdate({
    schema: resource.schema,
    live,
    updated: withDefaults(resource, sent),
    manager: options.fieldManager || 'unknown',
    subresource,
    nowText: formatTime(scope.ports.clock.now()),
    resetFields: resetFieldsOf(request),
  })
  return owned.metadata.managedFields ?? []
}
