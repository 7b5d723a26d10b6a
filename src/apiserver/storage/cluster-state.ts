import type { KubeObject } from '../../kube/object/kube-object.js'
import { ChangeHistory, type HistoryBudget } from './change-history.js'
import type { ClusterStorage, StoredChange } from './contract.js'
import { OrderedMap } from './ordered-map.js'
import { shareFields } from './shared-fields.js'
import { Superseded } from './superseded.js'

/** Base layers as cluster states read them. */
export type OrderedBase = ReadonlyMap<string, OrderedMap<KubeObject>>

/** The first revision of every cluster: that of the base layer. */
export const baseRevision = 1

/** One cluster's objects in memory: its own, over the shared base layer, where null hides an object of the base. */
export class ClusterState implements ClusterStorage {
  readonly cluster: string
  readonly #base: OrderedBase
  readonly #own = new Map<string, OrderedMap<KubeObject | null>>()
  readonly #history: ChangeHistory
  readonly #enqueue: (state: ClusterState, change: StoredChange) => Promise<void>
  readonly #failure: () => unknown
  readonly #prepare: (object: KubeObject) => number
  readonly #listeners = new Set<(change: StoredChange) => void>()
  readonly #undoListeners = new Set<(changes: readonly StoredChange[]) => void>()
  /** Who waits until what they saw is durable, by revision. */
  readonly #waiting = new Map<number, Waiting>()
  #revision: number
  #durable: number
  #dropped = false

  constructor(
    cluster: string,
    options: {
      base: OrderedBase
      budget: HistoryBudget
      revision?: number
      /** Takes a change that is visible now; resolves when it is durable. */
      enqueue: (state: ClusterState, change: StoredChange) => Promise<void>
      /** Why no change is taken any more; undefined while they are. */
      failure: () => unknown
      /** Throws for what cannot be stored. Returns the length of its JSON, 0 where nobody counts. */
      prepare: (object: KubeObject) => number
    },
  ) {
    this.cluster = cluster
    this.#base = options.base
    this.#enqueue = options.enqueue
    this.#prepare = options.prepare
    this.#failure = options.failure
    this.#revision = this.#durable = options.revision ?? baseRevision
    this.#history = new ChangeHistory(options.budget, this.#revision)
  }

  get isEmpty(): boolean {
    return this.#own.size === 0 && this.#revision === baseRevision
  }

  revision(): number {
    return this.#revision
  }

  durableRevision(): number {
    return this.#durable
  }

  durable(revision: number): Promise<void> | undefined {
    if (!(revision > this.#durable) || revision > this.#revision) return undefined
    let waiting = this.#waiting.get(revision)
    if (waiting === undefined) this.#waiting.set(revision, (waiting = newWaiting()))
    return waiting.promise
  }

  get(resource: string, key: string): KubeObject | undefined {
    const own = this.#own.get(resource)?.get(key)
    if (own !== undefined) return own ?? undefined
    return this.#base.get(resource)?.get(key)
  }

  base(resource: string, key: string): KubeObject | undefined {
    return this.#base.get(resource)?.get(key)
  }

  *scan(resource: string, prefix: string, after = ''): Iterable<KubeObject> {
    const base = this.#base.get(resource)
    const own = this.#own.get(resource)
    if (base === undefined) {
      if (own !== undefined) for (const [, object] of own.entries(prefix, after)) if (object !== null) yield object
      return
    }
    const left = own?.entries(prefix, after)
    const right = base.entries(prefix, after)
    let mine = left?.next()
    let shared = right.next()
    for (;;) {
      if (mine === undefined || mine.done) {
        for (; !shared.done; shared = right.next()) yield shared.value[1]
        return
      }
      const [key, object] = mine.value
      if (!shared.done && shared.value[0] < key) {
        yield shared.value[1]
        shared = right.next()
        continue
      }
      if (!shared.done && shared.value[0] === key) shared = right.next()
      if (object !== null) yield object
      mine = left!.next()
    }
  }

  all(resource: string, prefix: string): readonly KubeObject[] {
    const base = this.#base.get(resource)
    if (base?.entries(prefix).next().done === false) return [...this.scan(resource, prefix)]
    const objects: (KubeObject | null)[] = []
    this.#own.get(resource)?.take(objects, prefix)
    return objects.includes(null) ? objects.filter((object) => object !== null) : (objects as KubeObject[])
  }

  count(resource: string, prefix: string, after = ''): number {
    const own = this.#own.get(resource)
    const base = this.#base.get(resource)
    if (base === undefined) return own?.count(prefix, after) ?? 0
    let count = base.count(prefix, after)
    if (own === undefined) return count
    for (const [key, object] of own.entries(prefix, after)) {
      const hides = base.get(key) !== undefined
      if (object === null) count--
      else if (!hides) count++
    }
    return count
  }

  commit(change: { resource: string; key: string; expected: string; object: KubeObject | undefined }): Promise<KubeObject> {
    const { resource, key, expected } = change
    const previous = this.get(resource, key)
    if ((previous?.metadata.resourceVersion ?? '') !== expected) throw new Superseded(resource, key, expected, previous)
    if (this.#dropped) throw new Superseded(resource, key, expected, undefined)
    if (previous === undefined && change.object === undefined) throw new Superseded(resource, key, expected, undefined)
    const failure = this.#failure()
    if (failure !== undefined) return Promise.reject(failure)
    const revision = this.#revision + 1
    const stored = withRevision(change.object ?? previous!, revision)
    const weight = change.object === undefined ? 0 : this.#prepare(stored)
    const event: StoredChange = {
      cluster: this.cluster,
      revision,
      resource,
      key,
      type: change.object === undefined ? 'DELETED' : previous === undefined ? 'ADDED' : 'MODIFIED',
      object: stored,
      ...(previous === undefined ? {} : { previous }),
    }
    this.#apply(event, weight)
    return this.#enqueue(this, event).then(() => stored)
  }

  since(revision: number, options?: { pending?: boolean }): Iterable<StoredChange> | undefined {
    return this.#history.since(revision, options?.pending ? this.#revision : this.#durable)
  }

  onChange(listener: (change: StoredChange) => void): () => void {
    // A wrapper of its own, so that the same function may listen twice.
    const entry = (change: StoredChange) => listener(change)
    this.#listeners.add(entry)
    return () => {
      this.#listeners.delete(entry)
    }
  }

  onUndone(listener: (changes: readonly StoredChange[]) => void): () => void {
    this.#undoListeners.add(listener)
    return () => {
      this.#undoListeners.delete(listener)
    }
  }

  /** The storage tells that the change is durable. */
  settle(change: StoredChange): void {
    this.#durable = change.revision
    for (const listener of this.#listeners) listener(change)
    if (this.#waiting.size > 0) this.#settleWaiting(change.revision, undefined)
  }

  /** The storage tells that nothing behind the durable revision will ever be durable: all of `changes`, newest first. */
  undo(changes: readonly StoredChange[], reason: unknown): void {
    if (this.#dropped) {
      this.#settleWaiting(Number.POSITIVE_INFINITY, reason)
      return
    }
    for (const { resource, key, previous } of changes) {
      const base = this.#base.get(resource)?.get(key)
      if (previous !== base) this.#mapOf(resource).set(key, previous ?? null)
      else {
        const map = this.#own.get(resource)
        map?.delete(key)
        if (map?.size === 0) this.#own.delete(resource)
      }
    }
    this.#history.undoAfter(this.#durable)
    // The numbers may come again: nobody was told of them.
    this.#revision = this.#durable
    for (const listener of this.#undoListeners) listener(changes)
    this.#settleWaiting(Number.POSITIVE_INFINITY, reason)
  }

  #settleWaiting(revision: number, failure: unknown): void {
    for (const [wanted, { resolve, reject }] of this.#waiting) {
      if (wanted > revision) continue
      this.#waiting.delete(wanted)
      if (failure === undefined) resolve()
      else reject(failure)
    }
  }

  /**
   * Replays a change from the log: no acknowledgement, no listeners. `object` undefined deletes. The first records behind a
   * snapshot may be in it already.
   */
  replay(resource: string, key: string, revision: number, object: KubeObject | undefined): void {
    if (revision <= this.#revision) return
    if (object !== undefined) object.metadata = shareFields(object.metadata)
    const previous = this.get(resource, key)
    const last = object ?? (previous === undefined ? undefined : withRevision(previous, revision))
    if (last === undefined) {
      this.#revision = this.#durable = revision
      return
    }
    this.#apply(
      {
        cluster: this.cluster,
        revision,
        resource,
        key,
        type: object === undefined ? 'DELETED' : previous === undefined ? 'ADDED' : 'MODIFIED',
        object: last,
        ...(previous === undefined ? {} : { previous }),
      },
      0,
    )
    this.#durable = revision
  }

  /** Restores an entry of a snapshot (null: an object of the base that is deleted here). */
  restore(resource: string, key: string, object: KubeObject | null): void {
    if (object !== null) object.metadata = shareFields(object.metadata)
    this.#mapOf(resource).set(key, object)
  }

  /** All own entries as they are now. */
  *entries(): Generator<{ resource: string; key: string; object: KubeObject | null }> {
    for (const [resource, map] of this.#own) for (const [key, object] of map.entries()) yield { resource, key, object }
  }

  /** The cluster is gone: its memory goes, and commits fail. */
  dropState(): void {
    this.#dropped = true
    this.#own.clear()
    this.#history.clear()
    this.#listeners.clear()
    this.#undoListeners.clear()
    // What was seen is gone, and nobody can be told of it any more.
    this.#settleWaiting(Number.POSITIVE_INFINITY, undefined)
  }

  #apply(change: StoredChange, weight: number): void {
    this.#revision = change.revision
    const { resource, key } = change
    if (change.type === 'DELETED') {
      if (this.#base.get(resource)?.get(key) !== undefined) this.#mapOf(resource).set(key, null)
      else {
        const map = this.#own.get(resource)
        map?.delete(key)
        if (map?.size === 0) this.#own.delete(resource)
      }
    } else this.#mapOf(resource).set(key, change.object)
    this.#history.add(change, weight)
  }

  #mapOf(resource: string): OrderedMap<KubeObject | null> {
    let map = this.#own.get(resource)
    if (map === undefined) this.#own.set(resource, (map = new OrderedMap()))
    return map
  }
}

interface Waiting {
  readonly promise: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

function newWaiting(): Waiting {
  let resolve!: () => void
  let reject!: (error: unknown) => void
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  // Those who asked hear of a failure; nobody else must.
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}

function withRevision(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...shareFields(object.metadata), resourceVersion: String(revision) } }
}
