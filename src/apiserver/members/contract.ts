import type { Log } from '../../base/log.js'
import type { Random } from '../../base/random.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import type { ClusterChange, LogicalCluster } from '../contract.js'

/**
 * What makes a logical cluster behave. A controller serves every logical cluster of the process: it hears of changes
 * through one feed, keeps no list, timer or queue of a cluster or an object, and reads through `cluster.peek`, which sees
 * every write at once. Reconciling is level-based: it looks at what is there and writes what is missing.
 */
export interface MemberController {
  /** For logs, and as field manager where `manager` is absent. */
  readonly name: string
  readonly manager?: string
  /** By resource (`pods`, `deployments.apps`): which keys a change is of concern for. Called for every change: be quick. */
  readonly watches: Readonly<Record<string, (change: ClusterChange, queue: ClusterQueue) => void>>
  /** Hears of changes of every resource, custom ones too. */
  readonly watchAll?: (change: ClusterChange, queue: ClusterQueue) => void
  /** Brings one key in order. A number asks to be called again after so many milliseconds. */
  reconcile(work: Work): Promise<number | undefined>
  /** A cluster is gone: forget what is remembered of it. */
  forget?(cluster: string): void
}

/** The keys of one cluster that wait for a controller. */
export interface ClusterQueue {
  add(key: string): void
  /** For changes that come in bursts, such as those of pods: waits a moment, so that one look serves many of them. */
  addSoon(key: string): void
}

export interface Work {
  readonly cluster: LogicalCluster
  /** `namespace/name`, or `name`; what the controller's watches have put in. */
  readonly key: string
  readonly write: Writer
  /** The objects of a resource that `owner` controls, those that were just made included; in no order. */
  owned<T extends KubeObject>(groupResource: string, owner: KubeObject): T[]
  /** Ids (see OwnerIndex) of all objects that name this owner; some may be gone already. */
  dependents(uid: string | undefined): readonly string[]
  readonly random: Random
  readonly log: Log
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** RFC 3339 */
  nowText(): string
}

/** Writes as the controller. Failures are StatusErrors; those that tell of a race are tried again by the engine. */
export interface Writer {
  create<T extends KubeObject>(object: T): Promise<T>
  /** Fails with Conflict when the object has changed since it was read. */
  update<T extends KubeObject>(object: T, subresource?: string): Promise<T>
  /** Writes the status, and the annotations beside it, if anything differs from `before`. */
  status<T extends KubeObject>(before: T, after: T): Promise<T>
  /** The autoscaling/v1 Scale of an object of any kind that has one. */
  readScale(type: ResourceType, namespace: string, name: string): Promise<KubeObject>
  /** Writes a Scale back; fails with Conflict when the object has changed since it was read. */
  writeScale(type: ResourceType, scale: KubeObject): Promise<void>
  /** Gives a pod its node. */
  bind(pod: KubeObject, node: string): Promise<void>
  /** Records an Event about an object, unless that is switched off. Never fails, and need not be waited for. */
  record(about: KubeObject, event: EventRecord, nowText: string): Promise<void>
  /** Records a Warning about an object, for `kubectl describe`. Never fails: what went wrong matters more than its record. */
  warn(about: KubeObject, reason: string, message: string, nowText: string): Promise<void>
  /** An object that is gone already is no failure. */
  delete(
    object: KubeObject,
    options?: { propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'; gracePeriodSeconds?: number },
  ): Promise<void>
}

export interface EventRecord {
  /** Default: Normal. */
  readonly type?: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** Who says it (default: the controller's field manager). */
  readonly component?: string
  /** Makes it an event of events.k8s.io, whose repetitions are a series. */
  readonly action?: string
  readonly related?: KubeObject
}
