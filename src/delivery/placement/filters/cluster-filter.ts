import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { AffinityGroup, ClusterFacts, Placement, ResidencyRule } from '../contract.js'
import type { AffinityMatcher } from '../match-cluster.js'

/** What the filters may look at. */
export interface FilterContext {
  readonly object: KubeObject
  readonly placement: Placement
  readonly group: AffinityGroup | undefined
  /** Of the group, when there is one. */
  readonly affinity: AffinityMatcher | undefined
  readonly residency: readonly { readonly rule: ResidencyRule; readonly allowed: AffinityMatcher }[]
  readonly divides: boolean
  readonly evicting: ReadonlySet<string>
  /** Whether the cluster has the workload already. */
  readonly has: (cluster: string) => boolean
}

/** One question that is put to every cluster. */
export interface ClusterFilter {
  readonly name: string
  /** Whether there is anything to ask at all; a filter without a question is left out of the verdicts. */
  readonly asks: (context: FilterContext) => boolean
  /** Why the cluster is refused; undefined when it passes. */
  readonly refuses: (cluster: ClusterFacts, context: FilterContext) => string | undefined
  /** What is said of clusters that pass. */
  readonly passed: string
}
