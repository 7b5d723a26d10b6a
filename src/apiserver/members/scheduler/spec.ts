import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { LabelSelectorSpec } from '../../../kube/object/selector.js'
import type { Node } from '../engine/objects.js'

// The parts of pods, nodes and volumes that decide where a pod runs.

export interface NodeSelectorRequirement {
  key: string
  operator: string
  values?: string[]
}

export interface NodeSelectorTerm {
  matchExpressions?: NodeSelectorRequirement[]
  matchFields?: NodeSelectorRequirement[]
}

export interface PodAffinityTerm {
  labelSelector?: LabelSelectorSpec
  topologyKey: string
  namespaces?: string[]
  namespaceSelector?: LabelSelectorSpec
  matchLabelKeys?: string[]
  mismatchLabelKeys?: string[]
}

interface PodAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: PodAffinityTerm[]
  preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; podAffinityTerm: PodAffinityTerm }[]
}

export interface Affinity {
  nodeAffinity?: {
    requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms?: NodeSelectorTerm[] }
    preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; preference: NodeSelectorTerm }[]
  }
  podAffinity?: PodAffinity
  podAntiAffinity?: PodAffinity
}

export interface SpreadConstraint {
  maxSkew: number
  topologyKey: string
  whenUnsatisfiable: string
  labelSelector?: LabelSelectorSpec
  minDomains?: number
  nodeAffinityPolicy?: string
  nodeTaintsPolicy?: string
  matchLabelKeys?: string[]
}

export interface Taint {
  key: string
  value?: string
  effect: string
  timeAdded?: string
}

export interface NodeSpec {
  unschedulable?: boolean
  taints?: Taint[]
  podCIDR?: string
  podCIDRs?: string[]
  providerID?: string
}

/** Why a pod does not go to a node: the reasons, as kube-scheduler words them, and who found them. */
export interface Rejection {
  readonly reasons: readonly string[]
  readonly plugin: Plugin
  /** No pod that could be evicted would change it. */
  readonly unresolvable: boolean
}

export type Plugin =
  | 'NodeUnschedulable'
  | 'NodeName'
  | 'TaintToleration'
  | 'NodeAffinity'
  | 'NodePorts'
  | 'NodeResourcesFit'
  | 'Volumes'
  | 'PodTopologySpread'
  | 'InterPodAffinity'
  | 'NoNodes'

export function labelsOf(object: KubeObject | undefined): Readonly<Record<string, string>> {
  return object?.metadata.labels ?? {}
}

/** The taints of a node; one that nobody has called ready yet counts as tainted, as the API server does with new nodes. */
export function taintsOf(node: Node): readonly Taint[] {
  const taints: readonly Taint[] = node.spec?.taints ?? []
  const ready = node.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false
  if (ready || taints.some(({ key }) => key === notReadyTaint || key === unreachableTaint)) return taints
  return [...taints, { key: notReadyTaint, effect: 'NoSchedule' }]
}

export const notReadyTaint = 'node.kubernetes.io/not-ready'
export const unreachableTaint = 'node.kubernetes.io/unreachable'
export const unschedulableTaint = 'node.kubernetes.io/unschedulable'
