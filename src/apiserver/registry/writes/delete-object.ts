import { formatTime } from '../../../base/clock.js'
import { nextInteger } from '../../../base/json-text.js'
import type { DeleteOptions } from '../../../kube/client/kube-client.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { statusErrors } from '../../../kube/object/status-error.js'
import { admitMutating, admitValidating } from '../admission.js'
import { lifecycles } from '../lifecycles/lifecycle.js'
import { groupInRefusals, named, type Resource, viewOf } from '../resource.js'
import { commit } from './commit.js'
import { storedObject, type WriteRequest, warn } from './write-request.js'

export type DeletionOptions = DeleteOptions & { orphanDependents?: boolean }

/**
 * DELETE of one object: at once, or in steps while finalizers, a grace period or its lifecycle keep it. `object` is its
 * present state while it exists, else its last.
 */
export async function deleteObject(
  request: WriteRequest,
  options: DeletionOptions,
): Promise<{ object: KubeObject; gone: boolean }> {
  const { scope, resource } = request
  const stored = storedObject(request)
  if (resource.stored === 'jobs.batch' && options.propagationPolicy === undefined && options.orphanDependents === undefined) {
    warn(request, preserved)
  }
  if (stored === undefined) throw statusErrors.notFound(named(resource, request.name))
  checkPreconditions(resource, stored, options.preconditions)
  const admitted = { ...request, deletion: { ...options } }
  const previous = viewOf(resource, stored)
  const mutating = admitMutating(admitted, 'DELETE', undefined, previous)
  if (mutating !== undefined) await mutating
  const validating = admitValidating(admitted, 'DELETE', undefined, previous)
  if (validating !== undefined) await validating
  // Decided on what is there now: webhooks may have been asked of an older state.
  if ((mutating ?? validating) !== undefined && storedObject(request) !== stored) return deleteObject(request, options)
  const next = terminated(request, stored, options)
  if (options.dryRun) return { object: viewOf(resource, next ?? last(request, stored)), gone: next === undefined }
  if (next === stored) return { object: viewOf(resource, stored), gone: false }
  // Lifecycles and finalizers are the same in every version, so the stored one is written as it is.
  const plain: Resource = { ...resource, conversion: undefined }
  const result = await commit(scope, plain, next, stored)
  return { object: viewOf(resource, next === undefined ? last(request, result) : result), gone: next === undefined }
}

const preserved =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set ' +
  'propagationPolicy=Orphan to suppress this warning'

/** What goes at once shows that nothing was waited for, where there is a time to wait. */
function last({ scope, resource }: WriteRequest, object: KubeObject): KubeObject {
  if (lifecycles[resource.stored]?.gracePeriod === undefined) return object
  const { generation, deletionTimestamp } = object.metadata
  return {
    ...object,
    metadata: {
      ...object.metadata,
      ...(generation === undefined || deletionTimestamp ? {} : { generation: nextInteger(generation) }),
      deletionTimestamp: formatTime(scope.ports.clock.now()),
      deletionGracePeriodSeconds: 0,
    },
  }
}

/** The state after the request: undefined when the object goes now, `stored` itself when the request changes nothing. */
function terminated(request: WriteRequest, stored: KubeObject, options: DeletionOptions): KubeObject | undefined {
  const { scope, resource } = request
  const lifecycle = lifecycles[resource.stored]
  const { metadata } = stored
  const present = metadata.finalizers ?? []
  const { uncollected, orphansByDefault } = resource.strategy
  const finalizers = uncollected ? present : finalizersFor(present, options, orphansByDefault === true)
  const grace = lifecycle?.gracePeriod?.(stored, options.gracePeriodSeconds) ?? 0
  const held = finalizers.length > 0 || lifecycle?.isHeld?.(stored) === true
  if (grace === 0 && !held) return undefined
  const begun = metadata.deletionTimestamp !== undefined
  const sooner = !begun || grace < (metadata.deletionGracePeriodSeconds ?? 0)
  const sameFinalizers = finalizers.join() === (metadata.finalizers ?? []).join()
  if (!sooner && sameFinalizers) return stored
  const next: KubeObject = { ...stored, metadata: { ...metadata } }
  if (sooner) {
    const now = scope.ports.clock.now()
    next.metadata.deletionTimestamp = formatTime(now + grace * 1000)
    next.metadata.deletionGracePeriodSeconds = grace
    if (!begun && metadata.generation !== undefined) next.metadata.generation = nextInteger(metadata.generation)
  }
  if (finalizers.length > 0) next.metadata.finalizers = finalizers
  else delete next.metadata.finalizers
  return begun ? next : (lifecycle?.terminating?.(scope, next) ?? next)
}

/** The garbage collector's finalizers as the request wants them; without a wish the present ones stay. */
function finalizersFor(present: readonly string[], options: DeletionOptions, orphans: boolean): string[] {
  const policy =
    options.orphanDependents === undefined ? options.propagationPolicy : options.orphanDependents ? 'Orphan' : 'Background'
  if (policy === undefined) {
    const decided = present.includes('orphan') || present.includes('foregroundDeletion')
    return orphans && !decided ? [...present, 'orphan'] : [...present]
  }
  const others = present.filter((name) => name !== 'orphan' && name !== 'foregroundDeletion')
  const wanted = policy === 'Background' ? others : [...others, policy === 'Orphan' ? 'orphan' : 'foregroundDeletion']
  // The same ones in another order are no change.
  const same = wanted.length === present.length && wanted.every((name) => present.includes(name))
  return same ? [...present] : wanted
}

function checkPreconditions(resource: Resource, stored: KubeObject, preconditions: DeleteOptions['preconditions']): void {
  const { uid, resourceVersion, name } = stored.metadata
  if (preconditions?.uid !== undefined && preconditions.uid !== uid) {
    throw statusErrors.conflict(
      { resource: resource.type.kind, group: groupInRefusals(resource), name },
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). ` +
        'The object might have been deleted and then recreated',
    )
  }
  if (preconditions?.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    throw statusErrors.conflict(
      { resource: resource.type.kind, group: groupInRefusals(resource), name },
      `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in ` +
        `record (${resourceVersion}). The object might have been modified`,
    )
  }
}
