import { Waiting } from '../../base/errors.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isConflict, isNotFound, StatusError } from '../../kube/object/status-error.js'
import type { Delivery, Tracking } from '../delivery.js'
import type { ClusterView } from './cluster-view.js'
import { isSelfMarked } from './live-kind.js'
import { type LiveObject, liveObjectOf } from './live-object.js'
import { typeForHint } from './prepare.js'

/** Resources whose objects no delivery ever owns and that can be very many. */
const neverOwned: ReadonlySet<string> = new Set([
  'events',
  'leases',
  'endpointslices',
  'endpoints',
  'componentstatuses',
  'bindings',
])

interface Owned {
  readonly live: LiveObject
  readonly type: ResourceType
}

/**
 * Deletes what is marked as the owner's, the highest wave first; true when nothing of it is left. Objects whose directives
 * say that they stay do. Reads the cluster itself, for what was seen some time ago is no ground to delete.
 */
export async function withdrawFrom(
  view: ClusterView,
  target: { tracking: Tracking; owner: string; kinds?: Delivery['kinds'] },
  known: readonly ResourceType[],
  propagation: 'foreground' | 'background',
): Promise<boolean> {
  const types = await typesToSearch(view, target.kinds, known)
  const found = (await Promise.all(types.map((type) => findOwned(view, type, target)))).flat()
  const doomed = found.filter(({ live }) => live.delete === 'yes' && !live.owned)
  const unapproved = found.filter(({ live }) => live.delete === 'confirm')
  if (unapproved.length > 0 && doomed.length === 0) {
    throw new Waiting({
      code: 'deletion-not-approved',
      message: `${unapproved.length} objects wait for an approval of their deletion, the first is ${unapproved[0]!.live.kind}/${unapproved[0]!.live.name}`,
      fix: view.directives.howToApprove.several,
      retryAfterMs: 30_000,
    })
  }
  if (doomed.length === 0) return true
  const wave = Math.max(...doomed.map(({ live }) => live.wave))
  await Promise.all(
    doomed
      .filter(({ live }) => live.wave === wave && !live.deleting)
      .map(({ live, type }) =>
        view
          .request((signal) =>
            view.client.delete(
              { type, name: live.name, ...(live.namespace === '' ? {} : { namespace: live.namespace }) },
              {
                propagationPolicy: propagation === 'foreground' ? 'Foreground' : 'Background',
                // Exactly what was judged: whoever has changed it since may have said that it stays. Then it is looked at anew.
                preconditions: { uid: live.uid, ...(live.resourceVersion ? { resourceVersion: live.resourceVersion } : {}) },
                signal,
              },
            ),
          )
          .catch((error: unknown) => {
            if (!isNotFound(error) && !isConflict(error)) throw error
          }),
      ),
  )
  return false
}

async function typesToSearch(
  view: ClusterView,
  hints: Delivery['kinds'],
  known: readonly ResourceType[],
): Promise<readonly ResourceType[]> {
  const catalogue = await view.catalogue()
  if (hints === undefined && known.length === 0) {
    const byGroup = new Map<string, ResourceType>()
    for (const type of catalogue.all) {
      const listable = type.verbs === undefined || (type.verbs.includes('list') && type.verbs.includes('delete'))
      const key = `${type.group}/${type.kind}`
      if (listable && !neverOwned.has(type.plural) && !byGroup.has(key)) byGroup.set(key, type)
    }
    return [...byGroup.values()]
  }
  const types = new Map<string, ResourceType>()
  for (const type of known) types.set(`${type.group}/${type.kind}`, type)
  for (const hint of hints ?? []) {
    const type = typeForHint(catalogue, hint)
    if (type) types.set(`${type.group}/${type.kind}`, type)
  }
  return [...types.values()]
}

async function findOwned(view: ClusterView, type: ResourceType, target: { tracking: Tracking; owner: string }): Promise<Owned[]> {
  const { namespaces, clusterResources } = view.cluster
  if (namespaces.length > 0 && !type.namespaced && !clusterResources) return []
  const watched = view.watched(type.group, type.kind)
  // A complete and current watch saves the listing; what is deleted is named by uid and resourceVersion.
  if (watched?.synced && watched.problem === undefined) {
    return watched.ofOwner(target.tracking, target.owner).map((live) => ({ live, type }))
  }
  const scopes = namespaces.length > 0 && type.namespaced ? namespaces : [undefined]
  const owned: Owned[] = []
  for (const namespace of scopes) {
    let next: string | undefined
    do {
      const page = await view
        .request((signal) =>
          view.client.list(type, {
            limit: 500,
            ...(namespace ? { namespace } : {}),
            ...(next ? { continue: next } : {}),
            signal,
          }),
        )
        .catch((error: unknown) => {
          // A kind that is not there (any more) has no objects; anything else leaves us in doubt, and nothing is concluded from it.
          if (isNotFound(error) || (error instanceof StatusError && error.httpCode === 405)) return undefined
          throw error
        })
      for (const item of page?.items ?? []) {
        const object = {
          ...item,
          apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`,
          kind: type.kind,
        }
        const live = liveObjectOf(object, view.directives, [target.tracking.annotation])
        if (
          target.tracking.owner(live.marks[target.tracking.annotation] ?? '') === target.owner &&
          isSelfMarked(live, target.tracking)
        )
          owned.push({ live, type })
      }
      next = page?.metadata.continue || undefined
    } while (next)
  }
  return owned
}
