import type { KubeObject } from '../../../kube/object/kube-object.js'
import { StatusError, statusErrors } from '../../../kube/object/status-error.js'
import { Superseded } from '../../storage/superseded.js'
import { lifecycles } from '../lifecycles/lifecycle.js'
import { modified } from '../object-meta.js'
import { named, type Resource, storageKey } from '../resource.js'
import type { ClusterScope } from '../scope.js'

/** Another write came between the reading of an object and its commit; whoever gave no version to hold to may try again. */
export class LostRace extends StatusError {}

const mostAttempts = 50

/** Tries again, from what is stored now, as long as other writes come between. */
export async function untilStored<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = mostAttempts; ; left--) {
    try {
      return await attempt()
    } catch (error) {
      if (left === 0 || !(error instanceof LostRace)) throw error
    }
  }
}

/**
 * Stores the next state of an object (absent: deletes it) in the version of the resource, and lets its lifecycle know at
 * once. Resolves when it is durable. Throws AlreadyExists or Conflict when another write came between.
 */
export function commit(
  scope: ClusterScope,
  resource: Resource,
  next: KubeObject | undefined,
  previous: KubeObject | undefined,
): Promise<KubeObject> {
  const webhook = resource.custom?.webhook
  if (webhook === undefined || next === undefined) {
    const object = next === undefined ? undefined : (resource.conversion?.toStored(next) ?? next)
    return store(scope, resource, object, previous)
  }
  // Without a conversion what is stored is written as it is, with other metadata.
  if (resource.conversion === undefined && previous !== undefined) {
    return store(scope, resource, next, previous, (stored) => webhook.carry(stored, previous))
  }
  return webhook
    .convert(scope, next)
    .then((converted) => store(scope, resource, converted.stored, previous, (stored) => webhook.keep(stored, converted)))
}

/** `committed`: before anybody else hears of what is stored now. */
function store(
  scope: ClusterScope,
  resource: Resource,
  object: KubeObject | undefined,
  previous: KubeObject | undefined,
  committed?: (stored: KubeObject) => void,
): Promise<KubeObject> {
  const { metadata } = (object ?? previous)!
  const key = storageKey(resource, metadata.namespace ?? '', metadata.name)
  let stored: Promise<KubeObject>
  try {
    stored = scope.storage.commit({
      resource: resource.stored,
      key,
      expected: previous?.metadata.resourceVersion ?? '',
      object,
    })
  } catch (error) {
    if (!(error instanceof Superseded)) throw error
    if (previous === undefined) throw statusErrors.alreadyExists(named(resource, metadata.name))
    if (error.current === undefined) throw new LostRace(statusErrors.notFound(named(resource, metadata.name)).status)
    throw new LostRace(modified(resource, metadata.name).status)
  }
  const now = scope.storage.get(resource.stored, key)
  if (now !== undefined) committed?.(now)
  lifecycles[resource.stored]?.committed?.(scope, now, previous)
  if (object === undefined && resource.custom !== undefined) scope.served.cleanup.proceed(scope, resource.custom.definition)
  return resource.conversion === undefined ? stored : stored.then((result) => resource.conversion!.fromStored(result))
}
