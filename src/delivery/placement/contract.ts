import type { KubeObject } from '../../kube/object/kube-object.js'
import type { LabelSelectorSpec } from '../../kube/object/selector.js'
import type { DivisionRule } from './division/division-rules.js'
import type { OverridePolicy } from './overrides/override-policy.js'

/**
 * The engine's words, without any dialect's: `decidePlacement(workload, policies, clusters, previous)` is a pure function to a
 * PlacementDecision. Each step (filter, score, spread, divide, override) leaves its reasons there, in words for people.
 */

/** What is to be placed. */
export interface Workload {
  readonly object: KubeObject
  /** How many replicas it asks for; absent for what has none (a ConfigMap): it then goes whole to every selected cluster. */
  readonly replicas?: number
  /** The name of the HorizontalPodAutoscaler that targets it: replicas of clusters that have it are then left alone. */
  readonly autoscaler?: string
  /** The object with so many replicas, where the kind counts them in its own way; absent: by `withReplicas`. Pure. */
  readonly revise?: (object: KubeObject, replicas: number) => KubeObject
  readonly alongside?: Alongside
}

/** A number beside the replicas: where these are divided, it is divided as they are. */
export interface Alongside {
  readonly total: number
  readonly pointer: string
  /** What a cluster has once got cannot be changed there. */
  readonly fixed: boolean
  /** Pure. */
  readonly revise: (object: KubeObject, share: number) => KubeObject
}

export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: string
  /** Epoch ms, where it is known. */
  readonly since?: number
}

export interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
  /** What is there may stay so long with a NoExecute taint; nothing new comes. */
  readonly tolerationSeconds?: number
}

/** What is known of a cluster. */
export interface ClusterFacts {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly provider?: string
  readonly region?: string
  readonly zones?: readonly string[]
  readonly taints?: readonly Taint[]
  /** `apps/v1/Deployment`; absent when they are not known, which forbids nothing. */
  readonly apis?: ReadonlySet<string>
  readonly ready?: boolean
  readonly cordoned?: boolean
  readonly deleting?: boolean
  /** How many more replicas of the workload fit; absent when it is not known, which counts as enough. */
  readonly free?: number
  /** What one replica costs there for a time, in a unit that is the same for all clusters. */
  readonly price?: number
}

/** Which clusters; every part that is given must hold, and a cluster that is excluded never matches. Empty means all. */
export interface ClusterAffinity {
  readonly names?: readonly string[]
  readonly exclude?: readonly string[]
  readonly labels?: LabelSelectorSpec
  readonly fields?: readonly FieldExpression[]
}

export interface FieldExpression {
  readonly field: 'provider' | 'region' | 'zone'
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  readonly values?: readonly string[]
}

export interface AffinityGroup extends ClusterAffinity {
  readonly name: string
  /** Where replicas are divided by room: what the group has no room for goes to the first of these, and so on. */
  readonly overflow?: readonly (ClusterAffinity & { readonly name: string })[]
}

export interface ResourceSelector {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name?: string
  readonly labels?: LabelSelectorSpec
}

/** Replicas or copies spread over groups of clusters. `cluster` counts clusters themselves. */
export interface SpreadConstraint {
  readonly by: 'cluster' | 'region' | 'zone' | 'provider' | { readonly label: string }
  /** 1 unless told. */
  readonly minGroups?: number
  /** No limit unless told. */
  readonly maxGroups?: number
}

export interface Placement {
  /** Tried in this order; none means all clusters. */
  readonly groups?: readonly AffinityGroup[]
  readonly tolerations?: readonly Toleration[]
  readonly spread?: readonly SpreadConstraint[]
  readonly division: DivisionRule
  /** As KubeFed does for divided replicas: clusters that are not ready get nothing. */
  readonly onlyReady?: boolean
  /** Whether a cluster without room for a single replica is left out at once. */
  readonly needsRoom?: boolean
  /** Why it goes nowhere, where that is meant (an empty list of clusters): what runs is then withdrawn, other than where no cluster can take it. */
  readonly nowhere?: string
}

export interface PlacementPolicy {
  readonly name: string
  /** A policy of a namespace rules that namespace only, and wins over any that rules the whole fleet. */
  readonly namespace?: string
  readonly selectors: readonly ResourceSelector[]
  /** 0 unless told. */
  readonly priority?: number
  /** Whether it takes objects from policies of lower priority that hold them already. */
  readonly preempts?: boolean
  readonly placement: Placement
  /** What made the policy what it is, in words for people. */
  readonly notes?: readonly string[]
  /** Nothing is delivered while true, or to the clusters named. */
  readonly suspended?: boolean | readonly string[]
}

/** Where data may lie. No policy can override it. */
export interface ResidencyRule {
  readonly name: string
  /** Of which objects; none means all. */
  readonly selectors?: readonly ResourceSelector[]
  readonly allowed: ClusterAffinity
}

export interface PlacementPolicies {
  readonly placements: readonly PlacementPolicy[]
  readonly overrides?: readonly OverridePolicy[]
  readonly residency?: readonly ResidencyRule[]
}

/** The decision that is in force, as far as it is known. */
export interface PreviousPlacement {
  /** `namespace/name` or `name` of the policy that holds the object. */
  readonly policy?: string
  /** The affinity group in force. */
  readonly group?: string
  readonly replicas?: Readonly<Record<string, number>>
  /** What truly runs, where that differs. KubeFed's planner starts from it. */
  readonly running?: Readonly<Record<string, number>>
  /** The most that a cluster has shown to bear. KubeFed's planner alone heeds it. */
  readonly bearable?: Readonly<Record<string, number>>
  /** Clusters that the object is being moved away from: they are not chosen again. */
  readonly evicting?: readonly string[]
  /** Decide as if for the first time; what runs already counts as room. */
  readonly fresh?: boolean
}

export interface PolicyVerdict {
  readonly policy: string
  readonly verdict: 'won' | 'lost' | 'no match'
  readonly why: string
}

export interface FilterVerdict {
  readonly filter: string
  readonly passes: boolean
  readonly why: string
}

export interface ScoreTerm {
  readonly term: string
  readonly points: number
  readonly why: string
}

export interface ClusterVerdict {
  readonly cluster: string
  /** Of the filters that had a question to ask, in their order, up to the first that refuses. */
  readonly filters: readonly FilterVerdict[]
  readonly scores: readonly ScoreTerm[]
  readonly selected: boolean
  /** Why it was selected or not. */
  readonly why: string
  /** What it gets; absent where it gets nothing, or where the workload has no replicas. */
  readonly replicas?: number
  readonly previous?: number
}

export interface GroupVerdict {
  readonly group: string
  readonly chosen: boolean
  readonly why: string
}

export interface Delivery {
  readonly cluster: string
  /** Absent where replicas are left as they are. */
  readonly replicas?: number
  /** Of the workload's `alongside`; absent where each cluster has all of it. */
  readonly share?: number
  /** Override policies that apply, in the order in which they do. */
  readonly overrides: readonly string[]
  /** Why it is held back now. */
  readonly held?: string
}

export type PlacementOutcome = 'placed' | 'partly placed' | 'not placed' | 'no policy'

export interface PlacementDecision {
  readonly workload: string
  readonly outcome: PlacementOutcome
  /** The chain in order: what was done at each step, and what decided ties. */
  readonly reasons: readonly string[]
  readonly policies: readonly PolicyVerdict[]
  readonly policy?: string
  readonly groups: readonly GroupVerdict[]
  readonly group?: string
  /** One for each cluster, in order of name. */
  readonly clusters: readonly ClusterVerdict[]
  /** In order of name. */
  readonly deliveries: readonly Delivery[]
  /** Clusters that had it and get it no more. */
  readonly removals: readonly string[]
  readonly replicas: {
    readonly asked?: number
    readonly placed: number
    /** What found no room. */
    readonly unplaced: number
    /** Replicas that start where they did not run before. */
    readonly moved: number
  }
}
