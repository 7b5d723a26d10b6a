import type { KubeObject } from '../kube/object/kube-object.js'

/** What shall be on one cluster: the canonical model of every GitOps dialect. Derived, never stored. */
export interface Delivery {
  /** Unique in the fleet and stable: `argo-cd/argocd/guestbook`. */
  readonly id: string
  /** Name in the inventory. */
  readonly cluster: string
  /** Namespace for namespaced objects that name none. */
  readonly namespace: string
  /** Rendered objects, in source order; not changed by the engine. */
  readonly objects: readonly KubeObject[]
  /** Changes iff the objects change. */
  readonly digest: string
  /** How objects on the cluster are known to be this delivery's. */
  readonly tracking: Tracking
  readonly ignoreDifferences: readonly IgnoreDifference[]
  /**
   * Why the owner may have no such object, undefined when it may. A sync asks it for every object that it would write or
   * prune, with the scope that the cluster itself gives the kind, before anything is changed. Absent: all is allowed.
   */
  readonly refusal?: (key: ObjectKey, namespaced: boolean) => string | undefined
  /** Further kinds in which objects of this delivery may be (from its last status): they are looked at for what to prune. */
  readonly kinds?: readonly { readonly group: string; readonly version?: string; readonly kind: string }[]
}

/** Translates between objects and their owner; each dialect brings its own (annotation, label, both). */
export interface Tracking {
  /** Adds the mark to a desired object. Pure. */
  mark(object: KubeObject): KubeObject
  /** The delivery mark that a live object carries for itself (copies that name another object do not count), or undefined. */
  readonly annotation: string
  /** The mark's value for an object of this delivery. */
  value(object: KubeObject): string
  /** The owner's name out of a mark's value: `guestbook` of `guestbook:apps/Deployment:ns/name`. */
  owner(value: string): string | undefined
}

export interface IgnoreDifference {
  readonly group: string
  readonly kind: string
  readonly name?: string
  readonly namespace?: string
  readonly jsonPointers?: readonly string[]
  readonly jqPathExpressions?: readonly string[]
  readonly managedFieldsManagers?: readonly string[]
}

export interface ObjectKey {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
}

export type HealthStatus = 'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown'

/** How one object stands. */
export interface ObjectState extends ObjectKey {
  readonly sync: 'Synced' | 'OutOfSync' | 'Unknown'
  readonly health: { readonly status: HealthStatus; readonly message?: string } | undefined
  /** On the cluster, ours, and no longer desired. */
  readonly requiresPrune: boolean
  readonly live: boolean
  readonly wave: number
  readonly hook: boolean
  /** Where desired and live differ, as field paths; values never (they may be secret). */
  readonly differences: readonly string[]
}

/** Desired against live, for the whole delivery. */
export interface Comparison {
  readonly sync: 'Synced' | 'OutOfSync' | 'Unknown'
  readonly health: { readonly status: HealthStatus; readonly message?: string }
  readonly objects: readonly ObjectState[]
  /** Why something is Unknown: the cluster does not answer, a kind is not served ... */
  readonly problems: readonly { readonly reason: string; readonly message: string }[]
}

export interface SyncRequest {
  readonly prune: boolean
  readonly dryRun: boolean
  /** Only these; absent: all. */
  readonly only?: readonly ObjectKey[]
  /** Objects alone: no hook is run. */
  readonly skipHooks?: boolean
  readonly options: SyncOptions
}

/** Argo CD's sync options; other dialects map theirs onto them. */
export interface SyncOptions {
  readonly createNamespace: boolean
  readonly namespaceMetadata?: { labels?: Record<string, string>; annotations?: Record<string, string> }
  readonly pruneLast: boolean
  readonly applyOutOfSyncOnly: boolean
  readonly serverSideApply: boolean
  readonly replace: boolean
  readonly force: boolean
  readonly failOnSharedResource: boolean
  readonly respectIgnoreDifferences: boolean
  readonly skipDryRunOnMissingResource: boolean
  readonly prunePropagation: 'foreground' | 'background' | 'orphan'
}

export interface SyncOutcome {
  readonly phase: 'Running' | 'Succeeded' | 'Failed' | 'Error'
  readonly message: string
  readonly results: readonly ObjectResult[]
  /** Running: when another pass may get further even if nothing is heard from the cluster (epoch ms). */
  readonly recheckAt?: number
}

export interface ObjectResult extends ObjectKey {
  readonly status: 'Synced' | 'SyncFailed' | 'Pruned' | 'PruneSkipped' | ''
  readonly message: string
  readonly phase: 'PreSync' | 'Sync' | 'PostSync' | 'SyncFail'
  readonly hookPhase?: 'Running' | 'Succeeded' | 'Failed' | 'Error' | 'Terminating'
  readonly hookType?: string
}

/**
 * The delivery engine. A slow or dead cluster never delays another: work is bounded for each cluster. Nothing is deleted on
 * a cluster whose state is not known.
 */
export interface Deliveries {
  /** Compares with what is known of the cluster now; reads the cluster only for what has changed since the last look. */
  compare(delivery: Delivery, signal?: AbortSignal): Promise<Comparison>
  /** One pass of a sync: applies and prunes as far as waves and hooks allow now. Call again with the same `run` until it is not Running. */
  sync(delivery: Delivery, request: SyncRequest, run: SyncRun): Promise<SyncOutcome>
  /** Deletes what the delivery owns on the cluster; true when nothing of it is left. Throws Waiting while the cluster is unknown. */
  withdraw(
    target: {
      id: string
      cluster: string
      tracking: Tracking
      owner: string
      /** Where to look besides the kinds that are known of it; absent: in every kind that the cluster serves. */
      kinds?: Delivery['kinds']
    },
    options: { propagation: 'foreground' | 'background' },
  ): Promise<boolean>
  /** The structured difference of each object, for people: secrets masked. */
  diff(delivery: Delivery): Promise<readonly ObjectDiff[]>
  /** Ends a sync that is under way: deletes its hooks that are still running. What was applied stays. */
  abandon(target: { cluster: string; tracking: Tracking }, results: readonly ObjectResult[]): Promise<void>
  /** The delivery is no longer wanted and nothing is done about its objects: frees what is kept for it. */
  forget(id: string): void
  /** An object of a delivery has changed on a cluster (`owner` as tracking names it), or a cluster's knowledge came or went (owner undefined). */
  onChange(listener: (change: { cluster: string; owner: string | undefined }) => void): () => void
}

/** The state of one sync over several passes; kept by the caller between them (in memory, and by results in the status). */
export interface SyncRun {
  readonly startedAt: number
  /** Results so far: hooks and waves that are done are not run again. */
  results: readonly ObjectResult[]
}

export interface ObjectDiff extends ObjectKey {
  readonly change: 'add' | 'change' | 'remove' | 'same'
  readonly desired: KubeObject | undefined
  readonly live: KubeObject | undefined
}
