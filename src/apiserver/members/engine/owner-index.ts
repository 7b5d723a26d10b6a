import type { KubeObject, OwnerReference } from '../../../kube/object/kube-object.js'
import type { ClusterChange, LogicalCluster } from '../../contract.js'

/**
 * Which objects name an owner, by the owner's uid: an object's id is its resource and key, `pods shop/web-x`. Kept by the
 * feed of changes and, as the feed comes a moment later, by what controllers create themselves. An id may be of something
 * that is gone already: whoever asks looks whether it is there.
 */
export class OwnerIndex {
  readonly #clusters = new Map<string, Map<string, Set<string>>>()

  hear({ cluster, groupResource, type, object, previous }: ClusterChange): void {
    const after = type === 'DELETED' ? undefined : object.metadata.ownerReferences
    const before = type === 'DELETED' ? object.metadata.ownerReferences : previous?.metadata.ownerReferences
    if (after === undefined && before === undefined) return
    const id = idOf(groupResource, object)
    const byOwner = this.#of(cluster)
    for (const { uid } of before ?? []) if (!names(after, uid)) remove(byOwner, uid, id)
    for (const { uid } of after ?? []) if (!names(before, uid)) add(byOwner, uid, id)
  }

  /** For an object that was just created. */
  add(cluster: string, groupResource: string, object: KubeObject): void {
    for (const { uid } of object.metadata.ownerReferences ?? []) add(this.#of(cluster), uid, idOf(groupResource, object))
  }

  ids(cluster: string, uid: string | undefined): Iterable<string> {
    return this.#clusters.get(cluster)?.get(uid ?? '') ?? []
  }

  forget(cluster: string): void {
    this.#clusters.delete(cluster)
  }

  #of(cluster: string): Map<string, Set<string>> {
    let known = this.#clusters.get(cluster)
    if (known === undefined) this.#clusters.set(cluster, (known = new Map()))
    return known
  }
}

export function idOf(groupResource: string, { metadata }: KubeObject): string {
  return metadata.namespace ? `${groupResource} ${metadata.namespace}/${metadata.name}` : `${groupResource} ${metadata.name}`
}

/** The object with this id, if it is there. */
export function resolveId(cluster: LogicalCluster, id: string): KubeObject | undefined {
  const cut = id.indexOf(' ')
  return cluster.peek(id.slice(0, cut), id.slice(cut + 1))
}

function names(owners: readonly OwnerReference[] | undefined, uid: string): boolean {
  return owners?.some((owner) => owner.uid === uid) ?? false
}

function add(byOwner: Map<string, Set<string>>, uid: string, id: string): void {
  const ids = byOwner.get(uid)
  if (ids === undefined) byOwner.set(uid, new Set([id]))
  else ids.add(id)
}

function remove(byOwner: Map<string, Set<string>>, uid: string, id: string): void {
  const ids = byOwner.get(uid)
  if (ids?.delete(id) && ids.size === 0) byOwner.delete(uid)
}
