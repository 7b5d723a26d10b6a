import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import type {
  ClusterFacts,
  PlacementDecision,
  PlacementPolicies,
  PreviousPlacement,
  Taint,
  Workload,
} from '../placement/contract.js'

/**
 * Federation: an object of the hub goes to the clusters that a placement chooses, and what becomes of it comes back.
 *
 *   hub object --dialect.read--> Federated --decidePlacement--> PlacementDecision --> Desired for each cluster
 *      --Member.want--> the cluster --> MemberResult --dialect.report--> HubWrites
 *
 * The engine knows no dialect; a dialect is pure functions and holds no machinery. Nothing of this is stored but by what a dialect
 * reports: the decision in force must be readable from there after a restart.
 */

/** An object of the hub by place. */
export interface ObjectRef {
  readonly type: ResourceType
  /** '' for a cluster-scoped kind. */
  readonly namespace: string
  readonly name: string
}

/** The hub as a dialect sees it: what the caches hold now. Objects are shared: never change them. */
export interface HubFacts {
  /** Objects of the kinds that the dialect asked for (`hubKinds`, `sourceKinds`); none of a kind that is not served. */
  objects(type: ResourceType, where?: { namespace?: string; name?: string }): readonly KubeObject[]
  /** False for a kind of which the objects have not been read: that there are none says nothing then. */
  isRead?(type: ResourceType): boolean
  /** Sorted by name. Without `free`, which differs by workload. */
  readonly clusters: readonly ClusterFacts[]
  /** The kinds that the hub serves, by apiVersion and kind: undefined for one that it does not. */
  typeOf(apiVersion: string, kind: string): ResourceType | undefined
  /** The same for the plural and group of a kind: `deployments`, `apps`. */
  typeNamed(group: string, plural: string): ResourceType | undefined
  /** Epoch ms. */
  readonly nowMs: number
}

/** What one object of the hub asks for. Derived, never stored. */
export interface Federated {
  /** `federatedId(dialect, source)`: the engine reads the source out of it again. */
  readonly id: string
  /** As it goes out, before replicas and overrides: no status, uid, resourceVersion, managedFields, ownerReferences. */
  readonly workload: Workload
  readonly policies: PlacementPolicies
  /** The decision in force as the dialect has it on record; the engine adds where copies truly are. */
  readonly previous: PreviousPlacement
  readonly rules: DeliveryRules
  readonly failover?: FailoverRules
  /** Moves away from clusters that are under way, as the dialect has them on record. */
  readonly evictions?: readonly Eviction[]
  /** Where a namespace is needed that the cluster does not have, it is made with these labels; absent: it is waited for. */
  readonly namespace?: { readonly labels?: Readonly<Record<string, string>> }
  /** Things that are wrong with the object but do not stop it: each told once, as a Warning event and in the dialect's status. */
  readonly warnings?: readonly Problem[]
  /** Nothing new is written to clusters (existing copies stay): why. */
  readonly paused?: string
  /** Epoch ms: it is read again then, though nothing has changed. */
  readonly againAt?: number
}

/** An object that cannot be read: nothing is changed in any cluster on its strength. */
export interface Refused {
  readonly id: string
  readonly problem: Problem
  readonly warnings?: readonly Problem[]
}

export interface Problem {
  /** CamelCase, as reasons of conditions and events are. */
  readonly reason: string
  /** What, where, how to fix. */
  readonly message: string
}

/** How copies are written. The same rules hold on the hub (push) and in an agent (pull). Plain data: it can be stored as JSON. */
export interface DeliveryRules {
  /** An object that is there and nobody's: taken over, or left and reported as AlreadyExists. */
  readonly existing: 'adopt' | 'refuse'
  /** With `refuse`: an object with this label and value is a copy that a predecessor has made, and is taken over. */
  readonly predecessor?: { readonly label: string; readonly value: string }
  /** Labels and annotations that every copy carries beside the engine's own mark. */
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  /** A live object with this label and value is let be (KubeFed: `kubefed.io/managed: "false"`). */
  readonly letBe?: { readonly label: string; readonly value: string }
  /**
   * UID of the source, where a copy has its kind and place: if the hub is a cluster of its own fleet, the copy there would be the source
   * itself. It is let alone, and counts as applied.
   */
  readonly source?: string
  /** Fields that stay as the cluster has them; what the API server itself allots (clusterIP, nodePort ...) always stays. */
  readonly retain: readonly RetainedField[]
  /** Copies that are no longer wanted: deleted, or left without marks. */
  readonly onRemoval: 'delete' | 'orphan'
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan'
  /** A copy that was changed in the cluster is put right (default), or only reported. */
  readonly drift?: 'correct' | 'report'
}

/** `annotations` and `finalizers`: whole, as KubeFed keeps them; `labels`: those that the template does not have. */
export type RetainedField = 'replicas' | 'annotations' | 'finalizers' | 'labels' | { readonly pointer: string }

export interface FailoverRules {
  /** What a copy's status says of its health, for kinds that the engine cannot read itself; undefined where it says nothing. Pure. */
  readonly health?: (live: KubeObject) => boolean | undefined
  /** The whole cluster: moved when a taint with NoExecute is not tolerated (any longer). */
  readonly cluster?: {
    readonly purge: PurgeMode
    readonly graceSeconds?: number
    /** It is moved, too, when the cluster has not answered for this long, and somebody else says so. */
    readonly silence?: { readonly toleratedSeconds: number }
    readonly preserve?: PreserveState
  }
  /** The workload alone: moved when it was unhealthy in a cluster for this long. */
  readonly application?: {
    readonly toleratedSeconds: number
    readonly purge: PurgeMode
    readonly graceSeconds: number
    readonly preserve?: PreserveState
  }
}

/**
 * What is carried over, as labels, from the copy that goes directly to the one that comes. Pure; throws where the copy does not say it:
 * the move then waits.
 */
export type PreserveState = (live: KubeObject) => Readonly<Record<string, string>>

/**
 * `Gracefully`: the old copy goes when the new ones are healthy, or after the grace; `Directly`: at once, and clusters that do not have it
 * yet get it when it has gone, if the cluster that it leaves answers; `Never`: by hand.
 */
export type PurgeMode = 'Directly' | 'Gracefully' | 'Never'

export interface Eviction {
  readonly cluster: string
  readonly reason: string
  readonly message: string
  /** Epoch ms. */
  readonly since: number
  readonly purge: PurgeMode
  readonly graceSeconds?: number
  readonly replicas?: number
  /** Labels for the one copy that takes over. */
  readonly preserved?: Readonly<Record<string, string>>
  /** The clusters that had it when the move began: what was preserved is for none of them. */
  readonly before?: readonly string[]
}

/** What one cluster shall have of one Federated. Plain data: agents get it as JSON. */
export interface Desired {
  /** Of the Federated; a cluster has at most one object for each id. */
  readonly id: string
  /** With replicas and overrides, before marks and retention. */
  readonly object: KubeObject
  readonly rules: DeliveryRules
  readonly namespace?: { readonly labels?: Readonly<Record<string, string>> }
}

/** Canonical; dialects have their own names for them. */
export type MemberState =
  | 'Applied'
  /** Under way, or waiting for something that is on its way (a namespace, a kind). */
  | 'Waiting'
  | 'AlreadyExists'
  | 'LetBe'
  /** The cluster refused it (validation, RBAC): a person must act. */
  | 'Refused'
  /** The cluster does not answer: nothing is known, nothing is concluded. */
  | 'Unknown'
  | 'Removing'
  /** Differs from what is desired, and is not corrected (`drift: report`). */
  | 'Drifted'

export interface MemberResult {
  readonly state: MemberState
  /** What was being done: for codes such as CreationFailed. `override`: the object could not be made for this cluster. */
  readonly step: 'read' | 'create' | 'update' | 'delete' | 'retain' | 'override' | 'none'
  readonly message: string
  /** Epoch ms when `state`, `step` or `message` last changed. */
  readonly since: number
  /** The live object as last seen, with status, without managedFields; undefined where there is none. */
  readonly live?: KubeObject
}

/**
 * One cluster as the engine writes to it: directly, or through an agent that fetches what is meant for it. Watches only objects that
 * carry the engine's mark, one watch a kind. Never throws out of `want`: failures are results.
 */
export interface Member {
  readonly cluster: string
  /** Declares what shall be there; the same again changes nothing. Works until `drop`. */
  want(desired: Desired): void
  /**
   * No longer wanted there: by the rules it was wanted with (given here when they are not known any more); other rules than before count
   * from now on. There is a result until nothing of ours is left.
   */
  drop(id: string, rules?: Pick<DeliveryRules, 'onRemoval' | 'propagation' | 'labels' | 'letBe'>): void
  /** Looks after it no longer: what is there stays, with its marks. */
  forget?(id: string): void
  /** Undefined: nothing is known of it yet. */
  result(id: string): MemberResult | undefined
  /** Ids of all copies that carry the engine's mark, wanted or not; undefined until all is read, and while it cannot be read. */
  copies(): ReadonlyMap<string, KubeObject> | undefined
  /** A result or a copy has changed. Listeners must only enqueue. */
  onChange(listener: (id: string) => void): () => void
  /** Ends all work; what is there stays. */
  close(): void
}

/** One cluster after a pass. */
export interface ClusterOutcome {
  readonly cluster: string
  readonly wanted: boolean
  readonly replicas?: number
  readonly held?: string
  readonly result: MemberResult | undefined
}

/** What a pass over one Federated came to. */
export interface Outcome {
  readonly decision: PlacementDecision
  /** Every cluster that it is wanted in, or where there is (or may be) a copy; sorted by name. */
  readonly clusters: readonly ClusterOutcome[]
  /** Evictions in force from now on: those on record that are not done, and new ones. */
  readonly evictions: readonly Eviction[]
  /** The object is going: copies are being removed; `done` when none is left (or they are left on purpose). */
  readonly going?: { readonly done: boolean }
  /** Digests: of the template, and of the overrides as they apply to each cluster. */
  readonly digests: { readonly template: string; readonly overrides: string }
}

/** What a dialect wants written on the hub. The engine writes only what differs, all for one object in one request where it can. */
export type HubWrite =
  | {
      readonly write: 'status' | 'object'
      readonly ref: ObjectRef
      /** Merge patch (RFC 7386) against the object; null removes. */
      readonly patch: Readonly<Record<string, unknown>>
    }
  /** Made where it is missing, brought to this where it differs (server-side apply with the dialect's field manager). */
  | { readonly write: 'apply'; readonly ref: ObjectRef; readonly object: KubeObject; readonly status?: unknown }
  | { readonly write: 'delete'; readonly ref: ObjectRef }

/** An API in which federation is declared. Pure; its folder is `src/dialects/<name>/`. */
export interface FederationDialect {
  readonly name: string
  /** Kinds of the hub that are watched always: policies, type configurations, bindings. */
  readonly hubKinds: readonly ResourceType[]
  /** Kinds whose objects are sources now. Others than before are watched as this changes. */
  sourceKinds(hub: HubFacts): readonly ResourceType[]
  /** Sources that a changed object of `hubKinds` (or a source itself) can change; 'all' for every one of the dialect. */
  touches(object: KubeObject, hub: HubFacts): readonly ObjectRef[] | 'all'
  /** Undefined: the object is no affair of the dialect (any more): copies of it are let be, unless its finalizer says otherwise. */
  read(source: KubeObject, hub: HubFacts): Federated | Refused | undefined
  /** How it stands, in the dialect's own words, with what must be on record. */
  report(source: KubeObject, read: Federated | Refused, outcome: Outcome | undefined, hub: HubFacts): readonly HubWrite[]
  /** Kept on sources while there are copies; undefined: what is deleted on the hub is known by the marks of its copies alone. */
  readonly finalizer?: string
  /** What the dialect knows of clusters beside the inventory: taints, places, spec of its own cluster kind. */
  clusterNotes?(hub: HubFacts): ReadonlyMap<string, ClusterNotes>
}

export interface ClusterNotes {
  readonly taints?: readonly Taint[]
  readonly labels?: Readonly<Record<string, string>>
  readonly provider?: string
  readonly region?: string
  readonly zones?: readonly string[]
  readonly cordoned?: boolean
}

/**
 * The engine's own marks on copies. The label's value is the hub (the UID of its namespace kube-system), so that several hubs share a
 * cluster without seeing each other's copies; the annotation's is the id of the Federated; `applied` is a digest of what was wanted.
 */
export const federationMark = {
  label: 'flotilla.dev/federated',
  annotation: 'flotilla.dev/federated-by',
  applied: 'flotilla.dev/federated-as',
  /** How a copy is removed, where that is not the default: known even when its source is not any more. */
  removal: 'flotilla.dev/federated-removal',
} as const
