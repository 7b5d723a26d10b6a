import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import { type KubeObject, keyOf } from '../object/kube-object.js'
import type { Cache, CacheChange } from './cache.js'
import type { ReflectorSink } from './reflector.js'

interface Index<T> {
  readonly values: (object: T) => readonly string[]
  readonly entries: Map<string, Map<string, T>>
}

/** The store behind a `Cache`: fed by a reflector, read by everyone. */
export class SharedCache<T extends KubeObject = KubeObject> implements Cache<T>, ReflectorSink<T> {
  readonly #log: Log
  readonly #transform: ((object: T) => T) | undefined
  readonly #onHealth: ((healthy: boolean) => void) | undefined
  readonly #objects = new Map<string, T>()
  /** Keys in order; kept in step with #objects. */
  readonly #keys: string[] = []
  readonly #lists = new Map<string, readonly T[]>()
  readonly #indexes = new Map<string, Index<T>>()
  readonly #listeners = new Set<(change: CacheChange<T>) => void>()
  readonly #waiting: (() => void)[] = []
  #synced = false
  #healthy = false
  #problem: string | undefined

  constructor(options: { log: Log; transform?: (object: T) => T; onHealth?: (healthy: boolean) => void }) {
    this.#log = options.log
    this.#transform = options.transform
    this.#onHealth = options.onHealth
  }

  get healthy(): boolean {
    return this.#healthy
  }
  get problem(): string | undefined {
    return this.#problem
  }
  get size(): number {
    return this.#objects.size
  }

  /** Resolves once the state has been read for the first time. */
  synced(): Promise<void> {
    return this.#synced ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve))
  }

  get(key: string): T | undefined {
    return this.#objects.get(key)
  }

  list(namespace = ''): readonly T[] {
    let list = this.#lists.get(namespace)
    if (list === undefined) {
      const prefix = namespace === '' ? '' : `${namespace}/`
      const found: T[] = []
      for (let index = lowerBound(this.#keys, prefix); index < this.#keys.length; index++) {
        const key = this.#keys[index]!
        if (!key.startsWith(prefix)) break
        found.push(this.#objects.get(key)!)
      }
      list = found
      this.#lists.set(namespace, list)
    }
    return list
  }

  byIndex(index: string, value: string): readonly T[] {
    const entry = this.#indexes.get(index)?.entries.get(value)
    return entry === undefined ? [] : [...entry.values()]
  }

  addIndex(name: string, values: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) return
    const index: Index<T> = { values, entries: new Map() }
    this.#indexes.set(name, index)
    for (const [key, object] of this.#objects) enter(index, key, object)
  }

  onChange(listener: (change: CacheChange<T>) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  replace(objects: Iterable<T>): void {
    const present = new Set<string>()
    for (const object of objects) {
      present.add(keyOf(object))
      this.apply('ADDED', object)
    }
    if (present.size < this.#objects.size) {
      for (const [key, object] of [...this.#objects]) if (!present.has(key)) this.#remove(key, object)
    }
    this.#synced = true
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void {
    const key = keyOf(object)
    const previous = this.#objects.get(key)
    if (type === 'DELETED') {
      if (previous !== undefined) this.#remove(key, previous)
      return
    }
    // A state that is read again tells mostly what is known.
    if (
      previous !== undefined &&
      previous.metadata.resourceVersion !== undefined &&
      previous.metadata.resourceVersion === object.metadata.resourceVersion &&
      previous.metadata.uid === object.metadata.uid
    ) {
      return
    }
    const kept = this.#transform === undefined ? object : this.#transform(object)
    if (previous === undefined) this.#keys.splice(lowerBound(this.#keys, key), 0, key)
    this.#objects.set(key, kept)
    this.#forgetLists(key)
    for (const index of this.#indexes.values()) {
      if (previous !== undefined) leave(index, key, previous)
      enter(index, key, kept)
    }
    this.#announce(previous === undefined ? { type: 'ADDED', object: kept } : { type: 'MODIFIED', object: kept, previous })
  }

  health(healthy: boolean, problem?: string): void {
    const changed = healthy !== this.#healthy || (!healthy && this.#problem === undefined)
    this.#healthy = healthy
    this.#problem = healthy ? undefined : (problem ?? 'it cannot be read')
    if (changed) this.#onHealth?.(healthy)
  }

  #remove(key: string, previous: T): void {
    this.#objects.delete(key)
    this.#keys.splice(lowerBound(this.#keys, key), 1)
    this.#forgetLists(key)
    for (const index of this.#indexes.values()) leave(index, key, previous)
    this.#announce({ type: 'DELETED', object: previous, previous })
  }

  #forgetLists(key: string): void {
    this.#lists.delete('')
    const slash = key.indexOf('/')
    if (slash > 0) this.#lists.delete(key.slice(0, slash))
  }

  #announce(change: CacheChange<T>): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        this.#log.error('cache listener failed', { problem: messageOf(error), object: keyOf(change.object) })
      }
    }
  }
}

function enter<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.values(object)) {
    let entry = index.entries.get(value)
    if (entry === undefined) index.entries.set(value, (entry = new Map()))
    entry.set(key, object)
  }
}

function leave<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.values(object)) {
    const entry = index.entries.get(value)
    if (entry?.delete(key) && entry.size === 0) index.entries.delete(value)
  }
}

/** The first position whose key is not less than `key`. */
function lowerBound(keys: readonly string[], key: string): number {
  let low = 0
  let high = keys.length
  // Keys mostly arrive in order.
  if (high > 0 && keys[high - 1]! < key) return high
  while (low < high) {
    const middle = (low + high) >> 1
    if (keys[middle]! < key) low = middle + 1
    else high = middle
  }
  return low
}
