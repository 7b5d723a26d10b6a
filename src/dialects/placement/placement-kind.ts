import type { Condition, KubeObject } from '../../kube/object/kube-object.js'

/** On any object of the hub: the Placement of its namespace that says where it goes. */
export const placementLabel = 'flotilla.dev/placement'
/** On an object without a namespace: where its Placement is; `default` unless told. */
export const placementNamespaceLabel = 'flotilla.dev/placement-namespace'
/** On the object, by us: the decision in force, `east=3,west=2`; names alone for what has no replicas. */
export const placedAnnotation = 'flotilla.dev/placed'
/** On the object, by us: how its copies stand, in words. */
export const placementStatusAnnotation = 'flotilla.dev/placement-status'

/** Clusters of the fleet: every part that is given must hold. None: all. */
export interface ClusterSelection {
  readonly names?: readonly string[]
  readonly exclude?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[]
  readonly regions?: readonly string[]
  readonly zones?: readonly string[]
  readonly providers?: readonly string[]
}

export type DivisionName = 'Duplicated' | 'Even' | 'Weighted' | 'ByRoom' | 'Fewest' | 'Cheapest' | 'Tiers' | 'MinMax'

/** How replicas are divided. What is not said follows from what is: `weights` means Weighted, `tiers` Tiers, `limits` MinMax. */
export interface ReplicaDivision {
  readonly strategy?: DivisionName
  readonly weights?: readonly (ClusterSelection & { readonly weight: number })[]
  readonly tiers?: readonly (ClusterSelection & { readonly name?: string })[]
  /** By name of cluster, `*` for all others. */
  readonly limits?: readonly {
    readonly cluster: string
    readonly min?: number
    readonly max?: number
    readonly weight?: number
  }[]
  /** MinMax: replicas that run may be moved for the sake of the weights. */
  readonly rebalance?: boolean
  /** Cheapest: clusters that cost more, or of unknown price, get nothing. */
  readonly maxPrice?: number
  /** Cheapest: what runs is moved once that saves so many percent. */
  readonly moveForSavingPercent?: number
}

export interface PlacementOverride {
  readonly clusters?: ClusterSelection
  readonly replicas?: number
  /** Of one container, or of the only one. */
  readonly images?: readonly { readonly container?: string; readonly image: string }[]
  readonly patch?: readonly { readonly op: 'add' | 'replace' | 'remove'; readonly path: string; readonly value?: unknown }[]
}

export interface PlacementSpec {
  readonly clusters?: ClusterSelection
  /** Another scheduler's word: PlacementDecisions with this decision key (or of this name) in the namespace. */
  readonly decisionFrom?: { readonly name: string }
  readonly tolerations?: readonly {
    readonly key?: string
    readonly operator?: string
    readonly value?: string
    readonly effect?: string
    /** What is there may stay so long with a NoExecute taint. */
    readonly tolerationSeconds?: number
  }[]
  readonly spread?: readonly { readonly by: string; readonly min?: number; readonly max?: number }[]
  readonly replicas?: ReplicaDivision
  readonly overrides?: readonly PlacementOverride[]
  readonly suspend?: boolean
  readonly suspendIn?: readonly string[]
  /** An object that is in a cluster already and nobody's: `Refuse` (default) leaves it and says so. */
  readonly existing?: 'Refuse' | 'Adopt'
  /** What becomes of copies that are no longer wanted. */
  readonly onRemoval?: 'Delete' | 'Keep'
  readonly drift?: 'Correct' | 'Report'
  /** Absent: nothing is moved away from a cluster because it fails. */
  readonly failover?: { readonly afterSeconds?: number; readonly mode?: 'Gracefully' | 'Directly' }
  /** Kinds beside the usual ones whose objects may carry the label. */
  readonly kinds?: readonly { readonly apiVersion: string; readonly kind: string }[]
}

export interface PlacementStatus {
  readonly observedGeneration?: number
  /** How many clusters it selects for an object without replicas. */
  readonly clusters?: number
  /** How many objects name it. */
  readonly objects?: number
  /** Of those, how many are applied in every cluster that they are wanted in. */
  readonly applied?: number
  readonly conditions?: readonly Condition[]
}

/** flotilla.dev/v1alpha1 Placement. */
export interface PlacementObject extends KubeObject {
  spec: PlacementSpec
  status?: PlacementStatus
}
