import type { Clock } from '../base/clock.js'
import type { Log } from '../base/log.js'
import type { KubeClient } from '../kube/client/kube-client.js'
import type { Caches } from '../kube/informer/cache.js'
import type { Condition, KubeObject } from '../kube/object/kube-object.js'
import type { ResourceType } from '../kube/object/resource-type.js'

export type { Cache, CacheChange, CacheSelector, Caches } from '../kube/informer/cache.js'

/**
 * A controller: watch -> call a pure decider -> apply -> report. `reconcile` is level-based: it gets the object as it is now
 * and never learns of events. The runtime alone fetches, handles the finalizer, patches the status once, writes conditions
 * and events, requeues with backoff and catches panics.
 */
export interface ControllerDefinition<T extends KubeObject, Services> {
  /** `argo-cd/applications`: field manager, metric label, log name. */
  readonly name: string
  readonly for: ResourceType
  /** Only objects in this namespace / with this label selector. */
  readonly selector?: { namespace?: string; labelSelector?: string }
  /** How many objects are worked on at once (default 8). The same object never runs twice at a time. */
  readonly concurrency?: number
  /** Other things whose change means that objects of `for` must be looked at again. */
  readonly watches?: readonly Source<T, Services>[]
  /** Whether a change from `before` to `now` calls for a reconcile (default: always). */
  readonly changed?: (before: T, now: T) => boolean
  reconcile(object: T, services: Services & ReconcileContext<T>): Promise<ReconcileResult<T> | undefined>
  /** Present: the runtime keeps the finalizer on objects for which `finalizers` says so, and calls this before it goes. */
  readonly finalizer?: {
    /** The finalizers this controller serves; the runtime never adds them (users and other controllers do) unless `adds`. */
    readonly names: readonly string[]
    readonly adds?: boolean
    /** Returns true when done: the finalizer is then removed. False or throw: tried again. */
    finalize(object: T, finalizer: string, services: Services & ReconcileContext<T>): Promise<boolean>
  }
  /**
   * What to tell in the status when `reconcile` or `finalize` threw: its result is written as a reconcile's is. Absent: the
   * status stays as it is. Retries follow from the error's class alone; `again` adds a time.
   */
  failed?(object: T, error: unknown, services: Services & ReconcileContext<T>): ReconcileResult<T> | undefined
  /** An object is gone: drop what is remembered of it. Must not throw. */
  gone?(key: string): void
}

export interface ReconcileContext<T extends KubeObject> {
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
  /** The API that holds the objects (the hub). */
  readonly hub: KubeClient
  /** The caches of the hub, by resource, shared by all controllers. */
  readonly caches: Caches
  /** Records a Kubernetes Event on the object (deduplicated). */
  event(type: 'Normal' | 'Warning', reason: string, message: string): void
  /** Asks for another look at some object of the same kind, soon. */
  enqueue(key: string): void
  readonly key: string
  readonly object: T
}

export interface ReconcileResult<T extends KubeObject> {
  /** The whole new status (written with one patch only if it differs), undefined leaves it. */
  readonly status?: T['status']
  /** Fields of metadata or spec to change in the same patch where the kind has no status subresource (JSON merge patch). */
  readonly patch?: Record<string, unknown>
  /** Conditions to set in status.conditions (others stay); transition times are kept right by the runtime. */
  readonly conditions?: readonly Omit<Condition, 'lastTransitionTime'>[]
  /** Look again at this time (epoch ms), whatever happens in between. */
  readonly again?: number
}

/** A source of work: given a handle to enqueue keys of the controller's kind, starts and runs until the signal aborts. The promise settles once it listens. */
export interface Source<T extends KubeObject, Services> {
  readonly name: string
  start(handle: SourceHandle<T>, services: Services & { caches: Caches; clock: Clock; signal: AbortSignal }): void | Promise<void>
}

export interface SourceHandle<T extends KubeObject> {
  enqueue(key: string): void
  /** All objects of the controller's kind as the cache has them now. */
  objects(): Iterable<T>
}
