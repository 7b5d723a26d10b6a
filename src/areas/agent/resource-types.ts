import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'

/** What an agent fetches: one thing that its cluster shall have, and what became of it. In the cluster's namespace on the hub. */
export const workType: ResourceType = {
  group: 'flotilla.dev',
  version: 'v1alpha1',
  kind: 'Work',
  plural: 'works',
  namespaced: true,
}

/** A cluster that is reached by its agent: whether it may come, by which key, and how it stands. */
export const agentClusterType: ResourceType = {
  group: 'flotilla.dev',
  version: 'v1alpha1',
  kind: 'AgentCluster',
  plural: 'agentclusters',
  namespaced: false,
}

export interface AgentCluster extends KubeObject {
  spec: {
    /** True: it may come; false: it may not; absent: nobody has decided. */
    approved?: boolean
    /** The key by which it comes, as `keyFingerprint` says it. Absent: the one of the request that was approved. */
    key?: string
  }
  status?: AgentClusterStatus
}

export interface AgentClusterStatus {
  /** What waits for approval, or was approved. */
  request?: { key: string; requestedAt: string; address?: string; agentVersion?: string; token?: string }
  /** `Pending`, `Denied`, `Connected` or `Offline`. */
  phase?: string
  /** RFC 3339. */
  since?: string
  message?: string
  agentVersion?: string
  [field: string]: unknown
}

/** No longer, so that the name of its namespace is one. */
export const longestClusterName = 63 - 'flotilla-cluster-'.length

/** Where the Works and the Lease of a cluster are on the hub. */
export function clusterNamespace(cluster: string): string {
  return `flotilla-cluster-${cluster}`
}

/** The other way; undefined for namespaces of others. */
export function clusterOfNamespace(namespace: string): string | undefined {
  return namespace.startsWith('flotilla-cluster-') ? namespace.slice('flotilla-cluster-'.length) : undefined
}
