import { groupOf, type KubeObject, type OwnerReference } from '../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../kube/object/resource-type.js'
import type { LogicalCluster } from '../contract.js'
import type { MemberController, Work } from './contract.js'

/**
 * Deletes what has lost its owners, and carries out foreground and orphan deletion. It keeps one small index: for each
 * owner's uid the objects that name it.
 */
export function createGarbageCollector(): MemberController {
  const dependents = new Dependents()
  return {
    name: 'garbage-collector',
    manager: 'kube-controller-manager',
    watches: {},
    watchAll({ cluster, groupResource, type, object, previous }, queue) {
      const { metadata } = object
      const id = `${groupResource} ${metadata.namespace ?? ''}/${metadata.name}`
      if (type === 'DELETED') {
        dependents.set(cluster, id, previous?.metadata.ownerReferences ?? metadata.ownerReferences, undefined)
        for (const dependent of dependents.of(cluster, metadata.uid)) queue.add(dependent)
        // A foreground deletion may have waited for this one.
        for (const owner of metadata.ownerReferences ?? []) {
          for (const waiting of dependents.waiting(cluster, owner.uid)) queue.add(waiting)
        }
        dependents.setWaiting(cluster, metadata.uid, id, false)
        return
      }
      const owners = metadata.ownerReferences
      if (owners !== undefined || previous?.metadata.ownerReferences !== undefined) {
        dependents.set(cluster, id, previous?.metadata.ownerReferences, owners)
        for (const { uid } of previous?.metadata.ownerReferences ?? []) {
          if (owners?.some((owner) => owner.uid === uid)) continue
          for (const waiting of dependents.waiting(cluster, uid)) queue.add(waiting)
        }
        // An owner that was named is there, as a rule; a changed list is looked at.
        if (type === 'ADDED' || owners?.length !== previous?.metadata.ownerReferences?.length) queue.add(id)
      }
      if (
        metadata.deletionTimestamp !== undefined &&
        metadata.finalizers?.some((name) => name === foreground || name === orphan)
      ) {
        dependents.setWaiting(cluster, metadata.uid, id, true)
        queue.add(id)
      }
    },
    async reconcile(work) {
      const found = resolve(work.cluster, work.key)
      if (found === undefined) return undefined
      const { object } = found
      const finalizers = object.metadata.finalizers ?? []
      if (object.metadata.deletionTimestamp !== undefined) {
        if (finalizers.includes(orphan)) await orphanDependents(work, object, dependents)
        else if (finalizers.includes(foreground)) await deleteDependents(work, object, dependents)
        return undefined
      }
      await collect(work, object)
      return undefined
    },
    forget: (cluster) => dependents.forget(cluster),
  }
}

const foreground = 'foregroundDeletion'
const orphan = 'orphan'

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

/** `waiting`: the owner waits for its dependents to go. `unknown`: its kind is not served now, so nothing can be said. */
function stateOf(cluster: LogicalCluster, object: KubeObject, owner: OwnerReference): 'solid' | 'gone' | 'waiting' | 'unknown' {
  const type = typeOfOwner(cluster, owner)
  if (type === undefined) return 'unknown'
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

async function orphanDependents(work: Work, owner: KubeObject, dependents: Dependents): Promise<void> {
  const released: Promise<unknown>[] = []
  for (const id of dependents.of(work.cluster.name, owner.metadata.uid)) {
    const found = resolve(work.cluster, id)
    const references = found?.object.metadata.ownerReferences
    if (found === undefined || references === undefined) continue
    const kept = references.filter(({ uid }) => uid !== owner.metadata.uid)
    const { ownerReferences: _, ...metadata } = found.object.metadata
    released.push(
      work.write.update({ ...found.object, metadata: kept.length > 0 ? { ...metadata, ownerReferences: kept } : metadata }),
    )
  }
  await Promise.all(released)
  await withoutFinalizer(work, orphan)
}

async function deleteDependents(work: Work, owner: KubeObject, dependents: Dependents): Promise<void> {
  const deletions: Promise<void>[] = []
  let blocked = false
  for (const id of dependents.of(work.cluster.name, owner.metadata.uid)) {
    const found = resolve(work.cluster, id)
    const reference = found?.object.metadata.ownerReferences?.find(({ uid }) => uid === owner.metadata.uid)
    if (found === undefined || reference === undefined) continue
    if (reference.blockOwnerDeletion === true) blocked = true
    if (found.object.metadata.deletionTimestamp === undefined) deletions.push(collect(work, found.object))
  }
  await Promise.all(deletions)
  // What blocks is heard of when it is gone.
  if (!blocked) await withoutFinalizer(work, foreground)
}

async function withoutFinalizer(work: Work, finalizer: string): Promise<void> {
  const object = resolve(work.cluster, work.key)?.object
  if (!object?.metadata.finalizers?.includes(finalizer)) return
  const finalizers = object.metadata.finalizers.filter((name) => name !== finalizer)
  const { finalizers: _, ...metadata } = object.metadata
  await work.write.update({ ...object, metadata: finalizers.length > 0 ? { ...metadata, finalizers } : metadata })
}

/** `deployments.apps shop/web` */
function resolve(cluster: LogicalCluster, id: string): { object: KubeObject } | undefined {
  const cut = id.indexOf(' ')
  const key = id.slice(cut + 1)
  const object = cluster.peek(id.slice(0, cut), key.startsWith('/') ? key.slice(1) : key)
  return object === undefined ? undefined : { object }
}

/** Which objects name an owner, by the owner's uid; and which objects wait for those that name them. */
class Dependents {
  readonly #clusters = new Map<string, { byOwner: Map<string, Set<string>>; waiting: Map<string, string> }>()

  set(
    cluster: string,
    id: string,
    before: readonly OwnerReference[] | undefined,
    after: readonly OwnerReference[] | undefined,
  ): void {
    const { byOwner } = this.#of(cluster)
    for (const { uid } of before ?? []) {
      if (after?.some((owner) => owner.uid === uid)) continue
      const ids = byOwner.get(uid)
      ids?.delete(id)
      if (ids?.size === 0) byOwner.delete(uid)
    }
    for (const { uid } of after ?? []) {
      const ids = byOwner.get(uid)
      if (ids === undefined) byOwner.set(uid, new Set([id]))
      else ids.add(id)
    }
  }

  of(cluster: string, uid: string | undefined): readonly string[] {
    return [...(this.#of(cluster).byOwner.get(uid ?? '') ?? [])]
  }

  setWaiting(cluster: string, uid: string | undefined, id: string, waits: boolean): void {
    const { waiting } = this.#of(cluster)
    if (waits) waiting.set(uid ?? '', id)
    else waiting.delete(uid ?? '')
  }

  waiting(cluster: string, uid: string): readonly string[] {
    const id = this.#of(cluster).waiting.get(uid)
    return id === undefined ? [] : [id]
  }

  forget(cluster: string): void {
    this.#clusters.delete(cluster)
  }

  #of(cluster: string) {
    let known = this.#clusters.get(cluster)
    if (known === undefined) this.#clusters.set(cluster, (known = { byOwner: new Map(), waiting: new Map() }))
    return known
  }
}
