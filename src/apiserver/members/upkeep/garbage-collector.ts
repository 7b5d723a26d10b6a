import { groupOf, type KubeObject, type OwnerReference } from '../../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../../kube/object/resource-type.js'
import type { LogicalCluster } from '../../contract.js'
import type { MemberController, Work } from '../contract.js'
import { idOf, resolveId } from '../engine/owner-index.js'

/** Deletes what has lost its owners, and carries out foreground and orphan deletion. */
export function createGarbageCollector(): MemberController {
  /** Owners that wait for their dependents, by cluster and uid. */
  const waiting = new Map<string, string>()
  return {
    name: 'garbage-collector',
    manager: 'kube-controller-manager',
    watches: {},
    watchAll({ cluster, groupResource, type, object, previous }, queue) {
      const { metadata } = object
      const owners = metadata.ownerReferences
      if (type === 'DELETED') {
        if (metadata.uid !== undefined) queue.add(`gone ${metadata.uid}`)
        waiting.delete(`${cluster} ${metadata.uid}`)
      }
      // A foreground deletion may have waited for what is gone, or no longer owned.
      const released = type === 'DELETED' ? owners : previous?.metadata.ownerReferences
      for (const { uid } of released ?? []) {
        const owner = waiting.get(`${cluster} ${uid}`)
        if (owner !== undefined && (type === 'DELETED' || !owners?.some((still) => still.uid === uid))) queue.add(owner)
      }
      if (type === 'DELETED') return
      // Owners that are named are there, as a rule; a new or changed list is looked at.
      const changed = type === 'ADDED' ? owners !== undefined : owners?.length !== previous?.metadata.ownerReferences?.length
      if (changed) queue.add(idOf(groupResource, object))
      if (
        metadata.deletionTimestamp !== undefined &&
        metadata.finalizers?.some((name) => name === foreground || name === orphan)
      ) {
        const id = idOf(groupResource, object)
        waiting.set(`${cluster} ${metadata.uid}`, id)
        queue.add(id)
      }
    },
    async reconcile(work) {
      if (work.key.startsWith('gone ')) {
        await collectAll(work, work.dependents(work.key.slice('gone '.length)))
        return undefined
      }
      const object = resolveId(work.cluster, work.key)
      if (object === undefined) return undefined
      if (object.metadata.deletionTimestamp === undefined) await collect(work, object)
      else if (object.metadata.finalizers?.includes(orphan)) await orphanDependents(work, object)
      else if (object.metadata.finalizers?.includes(foreground)) await deleteDependents(work, object)
      return undefined
    },
    forget(cluster) {
      for (const key of waiting.keys()) if (key.startsWith(`${cluster} `)) waiting.delete(key)
    },
  }
}

const foreground = 'foregroundDeletion'
const orphan = 'orphan'

async function collectAll(work: Work, ids: readonly string[]): Promise<void> {
  await Promise.all(
    ids.map(async (id) => {
      const object = resolveId(work.cluster, id)
      if (object !== undefined && object.metadata.deletionTimestamp === undefined) await collect(work, object)
    }),
  )
}

/** Deletes the object when none of its owners is left; drops the owners that are gone when one is. */
async function collect(work: Work, object: KubeObject): Promise<void> {
  const owners = object.metadata.ownerReferences ?? []
  if (owners.length === 0) return
  const states = owners.map((owner) => ({ owner, state: stateOf(work.cluster, object, owner) }))
  if (states.some(({ state }) => state === 'unknown')) return
  const solid = states.filter(({ state }) => state === 'solid')
  if (solid.length === owners.length) return
  if (solid.length > 0) {
    const kept = solid.map(({ owner }) => owner)
    await work.write.update({ ...object, metadata: { ...object.metadata, ownerReferences: kept } })
    return
  }
  const finalizers = object.metadata.finalizers ?? []
  const waited = states.some(({ state }) => state === 'waiting')
  const policy = finalizers.includes(orphan) ? 'Orphan' : finalizers.includes(foreground) || waited ? 'Foreground' : 'Background'
  await work.write.delete(object, { propagationPolicy: waited && !hasBlockingDependents(work, object) ? 'Background' : policy })
}

function hasBlockingDependents(work: Work, object: KubeObject): boolean {
  // Kinds that own nothing need no foreground deletion of their own.
  return work.cluster.api.catalogue().forKind(object.apiVersion, object.kind) !== undefined && object.kind !== 'Pod'
}

/**
 * `waiting`: the owner waits for its dependents to go. `unknown`: nothing can be said, since its kind is not served now, or
 * is one of namespaces while the object has none.
 */
function stateOf(cluster: LogicalCluster, object: KubeObject, owner: OwnerReference): 'solid' | 'gone' | 'waiting' | 'unknown' {
  const type = typeOfOwner(cluster, owner)
  if (type === undefined || (type.namespaced && !object.metadata.namespace)) return 'unknown'
  const key = type.namespaced ? `${object.metadata.namespace ?? ''}/${owner.name}` : owner.name
  const found = cluster.peek(groupResourceOf(type), key)
  if (found === undefined || found.metadata.uid !== owner.uid) return 'gone'
  const waits = found.metadata.deletionTimestamp !== undefined && found.metadata.finalizers?.includes(foreground) === true
  return waits ? 'waiting' : 'solid'
}

function typeOfOwner(cluster: LogicalCluster, owner: OwnerReference): ResourceType | undefined {
  const catalogue = cluster.api.catalogue()
  const exact = catalogue.forKind(owner.apiVersion, owner.kind)
  if (exact !== undefined) return exact
  const group = groupOf(owner.apiVersion)
  return catalogue.all.find((type) => type.group === group && type.kind === owner.kind)
}

async function orphanDependents(work: Work, owner: KubeObject): Promise<void> {
  const released: Promise<unknown>[] = []
  for (const id of work.dependents(owner.metadata.uid)) {
    const object = resolveId(work.cluster, id)
    const references = object?.metadata.ownerReferences
    if (object === undefined || references === undefined) continue
    const kept = references.filter(({ uid }) => uid !== owner.metadata.uid)
    const { ownerReferences: _, ...metadata } = object.metadata
    released.push(work.write.update({ ...object, metadata: kept.length > 0 ? { ...metadata, ownerReferences: kept } : metadata }))
  }
  await Promise.all(released)
  await withoutFinalizer(work, orphan)
}

async function deleteDependents(work: Work, owner: KubeObject): Promise<void> {
  const deletions: Promise<void>[] = []
  let blocked = false
  for (const id of work.dependents(owner.metadata.uid)) {
    const object = resolveId(work.cluster, id)
    const reference = object?.metadata.ownerReferences?.find(({ uid }) => uid === owner.metadata.uid)
    if (object === undefined || reference === undefined) continue
    if (reference.blockOwnerDeletion === true) blocked = true
    if (object.metadata.deletionTimestamp === undefined) deletions.push(collect(work, object))
  }
  await Promise.all(deletions)
  // What blocks is heard of when it is gone.
  if (!blocked) await withoutFinalizer(work, foreground)
}

async function withoutFinalizer(work: Work, finalizer: string): Promise<void> {
  const object = resolveId(work.cluster, work.key)
  if (!object?.metadata.finalizers?.includes(finalizer)) return
  const finalizers = object.metadata.finalizers.filter((name) => name !== finalizer)
  const { finalizers: _, ...metadata } = object.metadata
  await work.write.update({ ...object, metadata: finalizers.length > 0 ? { ...metadata, finalizers } : metadata })
}
