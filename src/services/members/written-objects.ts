import type { CacheChange } from '../../kube/informer/cache.js'
import { type KubeObject, keyOf } from '../../kube/object/kube-object.js'

interface Written {
  /** Undefined: deleted. */
  readonly object: KubeObject | undefined
  /** Of the deleted object. */
  readonly uid: string | undefined
}

/**
 * What was written to one cluster and its caches do not show yet: between a write and its watch event the written object
 * stands for the cached one, and the event is no news.
 */
export class WrittenObjects {
  readonly #written = new Map<string, Written>()
  readonly #asked = new Map<string, { body: string; generation: number | undefined }>()

  note(object: KubeObject): void {
    this.#written.set(placeOf(object), { object, uid: undefined })
  }

  /** What a patch asked for, and the object that came of it. */
  notePatch(result: KubeObject, body: string): void {
    this.#asked.set(placeOf(result), { body, generation: result.metadata.generation })
  }

  /** True when the same patch has been made already and nobody has changed the object since: the server does not take all of it. */
  isInVain(seen: KubeObject, body: string): boolean {
    const asked = this.#asked.get(placeOf(seen))
    return (
      asked !== undefined &&
      asked.body === body &&
      asked.generation !== undefined &&
      asked.generation === seen.metadata.generation
    )
  }

  noteDeleted(object: KubeObject): void {
    this.#asked.delete(placeOf(object))
    this.#written.set(placeOf(object), { object: undefined, uid: object.metadata.uid })
  }

  /** Something failed, so that it is not known how things stand: the caches are believed again. */
  forget(): void {
    this.#written.clear()
  }

  /** The objects of one kind as they are by what the caches show and what was written since. */
  current<T extends KubeObject>(kind: string, cached: readonly T[], concerns: (object: KubeObject) => boolean): T[] {
    const found = new Map<string, T>()
    for (const object of cached) found.set(placeOf(object), object)
    for (const [place, written] of this.#written) {
      if (!place.startsWith(`${kind} `)) continue
      const cachedOne = found.get(place)
      if (written.object === undefined) {
        if (cachedOne?.metadata.uid === written.uid) found.delete(place)
      } else if (concerns(written.object) && (cachedOne === undefined || isOlder(cachedOne, written.object)))
        found.set(place, written.object as T)
    }
    return [...found.values()]
  }

  /** Whether a change that a cache tells of is not our own. */
  isNews({ type, object }: CacheChange): boolean {
    const place = placeOf(object)
    const written = this.#written.get(place)
    if (written === undefined) return true
    if (type === 'DELETED') {
      this.#written.delete(place)
      return written.object !== undefined
    }
    if (written.object === undefined) return true
    if (isOlder(object, written.object)) return false
    this.#written.delete(place)
    return object.metadata.resourceVersion !== written.object.metadata.resourceVersion
  }
}

function placeOf(object: KubeObject): string {
  return `${object.kind} ${keyOf(object)}`
}

/** Resource versions are numbers that grow (KEP-5504); where they are not, the cache is believed. */
function isOlder(a: KubeObject, b: KubeObject): boolean {
  const left = a.metadata.resourceVersion ?? ''
  const right = b.metadata.resourceVersion ?? ''
  if (!/^\d+$/.test(left) || !/^\d+$/.test(right)) return false
  return left.length === right.length ? left < right : left.length < right.length
}
