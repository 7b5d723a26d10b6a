import type { KubeObject } from '../object/kube-object.js'
import type { ResourceType } from '../object/resource-type.js'

/** Shared caches over one API: each resource is listed and watched once, however many ask. */
export interface Caches {
  /** Starts the cache on first use; resolves when it has the present state. */
  cache<T extends KubeObject = KubeObject>(type: ResourceType, selector?: CacheSelector): Promise<Cache<T>>
}

/** Which objects of a resource a cache holds. Different selectors make different caches. */
export interface CacheSelector {
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** Metadata alone (PartialObjectMetadata): a fraction of the memory where no more is needed. */
  readonly metadataOnly?: boolean
}

/** What an API holds of one resource, as far as it is known. Objects are shared: never change them. */
export interface Cache<T extends KubeObject = KubeObject> {
  get(key: string): T | undefined
  /** Sorted by key. */
  list(namespace?: string): readonly T[]
  /** Objects for which `index` (registered by name) yields `value`. */
  byIndex(index: string, value: string): readonly T[]
  /** Registering a name again changes nothing: controllers that share a cache may share its indexes. */
  addIndex(name: string, values: (object: T) => readonly string[]): void
  /** Changes from now on; what is there already is not announced. Listeners must only enqueue. */
  onChange(listener: (change: CacheChange<T>) => void): () => void
  /** False while the server cannot be read: what the cache holds may be old. */
  readonly healthy: boolean
  /** Why `healthy` is false. */
  readonly problem?: string
}

export interface CacheChange<T extends KubeObject = KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** DELETED: the last state that was seen. */
  readonly object: T
  readonly previous?: T
}
