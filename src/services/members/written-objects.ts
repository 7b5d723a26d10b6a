import { equalJson } from '../../base/json.js'
import type { CacheChange } from '../../kube/informer/cache.js'
import { type KubeObject, keyOf } from '../../kube/object/kube-object.js'
import { serviceOfSlice } from '../catalogue/cluster-view.js'

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
  /** Places of written slices by their service. */
  readonly #slices = new Map<string, Set<string>>()
  readonly #asked = new Map<string, { readonly body: string; readonly metadata: KubeObject['metadata'] }>()

  note(object: KubeObject): void {
    this.#set(object, { object, uid: undefined })
  }

  /** What a patch asked for, and the object that came of it. */
  notePatch(result: KubeObject, body: string): void {
    this.#asked.set(placeOf(result), { body, metadata: result.metadata })
  }

  /** True when the same patch has been made already and nobody has changed the object since: the server does not take all of it. */
  isInVain(seen: KubeObject, body: string): boolean {
    const asked = this.#asked.get(placeOf(seen))
    if (asked === undefined || asked.body !== body) return false
    const { uid, generation, labels, annotations, ownerReferences } = asked.metadata
    // Custom resources have the same generation when only their metadata change.
    return (
      generation !== undefined &&
      generation === seen.metadata.generation &&
      uid === seen.metadata.uid &&
      equalJson(
        [labels ?? {}, annotations ?? {}, ownerReferences ?? []],
        [seen.metadata.labels ?? {}, seen.metadata.annotations ?? {}, seen.metadata.ownerReferences ?? []],
      )
    )
  }

  noteDeleted(object: KubeObject): void {
    this.#asked.delete(placeOf(object))
    this.#set(object, { object: undefined, uid: object.metadata.uid })
  }

  /** Something failed, so that it is not known how things stand: the caches are believed again. */
  forget(): void {
    this.#written.clear()
    this.#slices.clear()
  }

  /** One object as it is by what the caches show and what was written since. */
  one<T extends KubeObject>(kind: string, key: string, cached: T | undefined): T | undefined {
    const written = this.#written.get(`${kind} ${key}`)
    if (written === undefined) return cached
    if (written.object === undefined) return cached?.metadata.uid === written.uid ? undefined : cached
    return cached === undefined || isOlder(cached, written.object) ? (written.object as T) : cached
  }

  /** The same for the slices of a service, by `namespace/name`. */
  slices<T extends KubeObject>(service: string, cached: readonly T[]): T[] {
    const places = this.#slices.get(service)
    if (places === undefined) return [...cached]
    const found = new Map<string, T | undefined>()
    for (const object of cached) found.set(placeOf(object), object)
    for (const place of places)
      found.set(place, this.one('EndpointSlice', place.slice('EndpointSlice '.length), found.get(place)))
    return [...found.values()].filter((object) => object !== undefined)
  }

  /** Whether a change that a cache tells of is not our own. */
  isNews({ type, object }: CacheChange): boolean {
    const place = placeOf(object)
    if (type === 'DELETED') this.#asked.delete(place)
    const written = this.#written.get(place)
    if (written === undefined) return true
    if (type === 'DELETED') {
      this.#drop(place, object)
      return written.object !== undefined
    }
    if (written.object === undefined) return true
    if (isOlder(object, written.object)) return false
    this.#drop(place, written.object)
    return object.metadata.resourceVersion !== written.object.metadata.resourceVersion
  }

  #set(object: KubeObject, written: Written): void {
    const place = placeOf(object)
    this.#written.set(place, written)
    if (object.kind !== 'EndpointSlice') return
    for (const service of serviceOfSlice(object)) {
      const places = this.#slices.get(service)
      if (places === undefined) this.#slices.set(service, new Set([place]))
      else places.add(place)
    }
  }

  #drop(place: string, object: KubeObject): void {
    this.#written.delete(place)
    if (object.kind !== 'EndpointSlice') return
    for (const service of serviceOfSlice(object)) {
      const places = this.#slices.get(service)
      if (places?.delete(place) && places.size === 0) this.#slices.delete(service)
    }
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
