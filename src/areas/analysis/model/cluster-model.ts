import type { KubeDocument } from './document.js'
import type { HelmValues } from './helm-values.js'
import type { Spot } from './spot.js'
import type { Fact, View } from './view.js'

/**
 * A cluster of the fleet, as all the inputs together tell it. Facts are lists, for several inputs may tell the same thing,
 * and not agree: that is for checks to find.
 */
export interface ClusterModel {
  readonly name: string
  /** Other names of the same cluster: contexts, paths of `flotilla.yaml`, what tools call it. Without `name`. */
  readonly aliases: readonly string[]
  /** Read from a running cluster: what is not there is really not there. */
  readonly live: boolean
  /** Where it is spoken of as a cluster that there is: a Cluster of Cluster API, a context, values of a tool. */
  readonly definedBy: readonly Spot[]
  /** Kubernetes, as written: `v1.29.2`, `1.33`. */
  readonly versions: readonly Fact<string>[]
  /** CIDR blocks of either family, as written. */
  readonly podCidrs: readonly Fact<string>[]
  readonly serviceCidrs: readonly Fact<string>[]
  /** Of nodes: VPCs, subnets, networks of machines. */
  readonly nodeCidrs: readonly Fact<string>[]
  readonly regions: readonly Fact<string>[]
  readonly labels: Readonly<Record<string, string>>
  /** What each tool calls it: `cilium` (cluster.name), `cilium-id`, `istio` (multiCluster.clusterName), `submariner`, `kubefed` ... */
  readonly identities: readonly ClusterIdentity[]
  /** Values of known charts that are installed in it. Several when several files give them. */
  readonly values: readonly HelmValues[]
  /** Its addresses: servers of cluster Secrets, kubeconfigs, KubeFedClusters. */
  readonly servers: readonly Fact<string>[]
  /** Objects that belong to it and to no other. */
  readonly objects: readonly KubeDocument[]
}

export interface ClusterIdentity extends Fact<string> {
  readonly tool: ClusterTool
}

export type ClusterTool =
  | 'cilium'
  | 'cilium-id'
  | 'istio'
  | 'istio-network'
  | 'istio-mesh'
  | 'submariner'
  | 'linkerd'
  | 'argo-cd'
  | 'kubefed'
  | 'cluster-api'
  | 'rancher-fleet'
  | 'cluster-profile'
  | 'kubeconfig'

/**
 * That two clusters reach each other's pods, or are told to: by name, for the other side may not be in the input.
 * Directed as it is written: `from` is told of `to`.
 */
export interface MeshEdge {
  readonly tool: 'cilium' | 'istio' | 'submariner' | 'linkerd' | 'liqo'
  /** Undefined where it is not told in which cluster it is written. */
  readonly from: string | undefined
  readonly to: string
  readonly at: Spot
  /** The command or object connects both ways (`cilium clustermesh connect`). */
  readonly bidirectional: boolean
}

/** A kubeconfig's cluster, user or context. */
export interface KubeconfigEntry {
  readonly name: string
  readonly view: View
}
