import type { KubeObject } from '../../kube/object/kube-object.js'

/**
 * The durable state of all logical clusters: for each an ordered map of objects with one revision counter, and a bounded
 * history of changes. What `commit` has acknowledged survives kill -9 (and power loss, with sync on).
 */
export interface Storage {
  /** Names of the clusters that hold anything. */
  clusters(): readonly string[]
  open(cluster: string): ClusterStorage
  drop(cluster: string): Promise<void>
  /** Writes a snapshot, if the log has grown enough, and closes the files. */
  close(): Promise<void>
}

export interface ClusterStorage {
  readonly cluster: string
  /** Revision of the newest change that is visible. */
  revision(): number
  /** Revision of the newest change that is durable: watches have been told of everything up to it. */
  durableRevision(): number
  /**
   * Resolves when everything up to `revision` is durable; undefined: it is. Rejects when it never will be. Whoever tells somebody
   * outside what a read saw waits for this first: what a crash can take back has not been said.
   */
  durable(revision: number): Promise<void> | undefined
  get(resource: string, key: string): KubeObject | undefined
  /** Sorted by key (bytewise). `after` is exclusive; `prefix` is `namespace/` or ''. */
  scan(resource: string, prefix: string, after?: string): Iterable<KubeObject>
  /** The same, of one moment and all at once: the quickest way for long lists. */
  all(resource: string, prefix: string): readonly KubeObject[]
  /** What the cluster holds of its own; null: an object of the base layer that it deleted. */
  entries(): Iterable<{ readonly resource: string; readonly key: string; readonly object: KubeObject | null }>
  /** The object of the base layer, whatever the cluster has made of it. */
  base(resource: string, key: string): KubeObject | undefined
  /** How many `scan` would give; without looking at each. */
  count(resource: string, prefix: string, after?: string): number
  /**
   * Compares and sets: `expected` is the resourceVersion that must be current ('' for: must not exist). The object is stored
   * with metadata.resourceVersion set to the new revision; undefined deletes. Changes become visible to reads at once, in the
   * order of the calls; the promise resolves (and listeners hear of it) when it is durable. When it cannot be made durable the
   * promise rejects, and the change is undone with all that came after it. Throws `Superseded` at once when the expectation fails.
   */
  commit(change: { resource: string; key: string; expected: string; object: KubeObject | undefined }): Promise<KubeObject>
  /**
   * Durable changes after `revision`, oldest first; undefined when the history no longer reaches back so far. With `pending`,
   * also those that are visible but not durable yet (to look back from what reads see).
   */
  since(revision: number, options?: { pending?: boolean }): Iterable<StoredChange> | undefined
  /** Durable changes from now on, in revision order. Listeners must not throw and must not block. */
  onChange(listener: (change: StoredChange) => void): () => void
  /** Changes that were visible and are undone now, newest first. Listeners must not throw and must not block. */
  onUndone(listener: (changes: readonly StoredChange[]) => void): () => void
}

export interface StoredChange {
  readonly cluster: string
  readonly revision: number
  readonly resource: string
  readonly key: string
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  /** DELETED: the last state, with the revision of the deletion. */
  readonly object: KubeObject
  readonly previous?: KubeObject
}

/**
 * Objects that every cluster has without holding them: resource -> key -> object, each with resourceVersion "1". A cluster
 * that changes or deletes one keeps only the difference.
 */
export type BaseLayer = ReadonlyMap<string, ReadonlyMap<string, KubeObject>>
