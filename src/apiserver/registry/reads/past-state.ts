import { type KubeObject, keyOf } from '../../../kube/object/kube-object.js'
import type { ClusterStorage } from '../../storage/contract.js'

/**
 * The objects of a resource as they were at `revision`, sorted by key: what is there now, with the later changes undone.
 * Undefined when the history no longer reaches back so far.
 */
export function scanAt(
  storage: ClusterStorage,
  revision: number,
  resource: string,
  prefix: string,
  after = '',
): Iterable<KubeObject> | undefined {
  if (revision === storage.revision()) return storage.scan(resource, prefix, after)
  const changes = storage.since(revision, { pending: true })
  if (changes === undefined) return undefined
  // The first change of each object knows what was there before.
  const before = new Map<string, KubeObject | undefined>()
  for (const change of changes) {
    if (change.resource !== resource || !change.key.startsWith(prefix) || change.key <= after) continue
    if (!before.has(change.key)) before.set(change.key, change.previous)
  }
  const now = storage.scan(resource, prefix, after)
  return before.size === 0 ? now : merged(now, before)
}

function* merged(now: Iterable<KubeObject>, before: ReadonlyMap<string, KubeObject | undefined>): Generator<KubeObject> {
  const past = [...before].sort((a, b) => (a[0] < b[0] ? -1 : 1))
  let next = 0
  for (const object of now) {
    const key = keyOf(object)
    for (; next < past.length && past[next]![0] < key; next++) {
      const earlier = past[next]![1]
      if (earlier !== undefined) yield earlier
    }
    if (!before.has(key)) yield object
  }
  for (; next < past.length; next++) {
    const earlier = past[next]![1]
    if (earlier !== undefined) yield earlier
  }
}
