import type { GenerationProblem } from '../load/input-text.js'
import type { Call } from './call.js'
import type { ClusterModel, MeshEdge } from './cluster-model.js'
import type { Document, DocumentRole, KubeDocument } from './document.js'
import type { HelmValues, KnownTool } from './helm-values.js'
import type { Settings } from './settings.js'
import type { View } from './view.js'

/** Everything there is to know about a fleet from what was given, with the place of each bit. Checks read nothing else. */
export interface FleetModel {
  /** Every document, objects included, in the order of the input. */
  readonly documents: readonly Document[]
  readonly objects: readonly KubeDocument[]
  readonly settings: Settings
  /** False when something of the input could not be read: what is not there may stand in it. */
  readonly isWhole: boolean
  /** Kubernetes of clusters that do not say theirs, where somebody told it (`flotilla.yaml`). */
  readonly kubernetesVersion: string | undefined
  /** Epoch ms; undefined where time is not to count. */
  readonly nowMs: number | undefined
  /** What keeps ApplicationSets from making Applications of what is there; empty where nobody has tried. */
  readonly generation: readonly GenerationProblem[]

  /** Objects of a kind, of any version. The core group is `''`. */
  kinds(group: string, kind: string): readonly KubeDocument[]
  /** Objects of every kind of a group. */
  group(group: string): readonly KubeDocument[]
  withRole(role: DocumentRole): readonly Document[]
  /**
   * The objects with a name that somebody in `from` can mean: in the same cluster, or in none in particular. Where several
   * files have one (examples beside each other), the one that is nearest to `source` comes first.
   */
  find(
    reference: ObjectReference,
    from: { readonly cluster: string | undefined; readonly source?: string },
  ): readonly KubeDocument[]
  /** True unless they belong to different clusters: what belongs to none may be applied anywhere. */
  mayMeet(a: { readonly cluster: string | undefined }, b: { readonly cluster: string | undefined }): boolean

  readonly clusters: readonly ClusterModel[]
  /** By name or by any other name of it. */
  cluster(name: string): ClusterModel | undefined
  clusterOf(document: { readonly cluster: string | undefined }): ClusterModel | undefined
  /**
   * Groups of objects of one kind by cluster, for comparisons across clusters (`undefined` is left out: it is no cluster).
   * The key within is `namespace/name`.
   */
  acrossClusters(group: string, kind: string): ReadonlyMap<string, readonly KubeDocument[]>
  readonly meshEdges: readonly MeshEdge[]
  /** Clusters whose pods are to reach each other through the tool, directly or over others: groups of names, two or more. */
  meshes(tool?: MeshEdge['tool']): readonly (readonly string[])[]

  readonly calls: readonly Call[]
  /** Calls of a program that begin so: `callsOf('cilium', 'clustermesh', 'connect')`. */
  callsOf(program: string, ...verb: readonly string[]): readonly Call[]

  values(tool: KnownTool): readonly HelmValues[]
  readonly kubeconfigs: readonly Document[]
  /** Views of the change batch itself: `Changes` is a member. */
  readonly route53Batches: readonly View[]
  /** Views of the configuration itself, in whatever it stands: `issuer` is a member. */
  readonly dexConfigs: readonly View[]
  /** `fleet.yaml` of Rancher Fleet. */
  readonly fleetYamls: readonly Document[]
  /** Command-line arguments of containers of a program: `containersOf('external-dns')`, by the image's or the container's name. */
  containersOf(program: string): readonly ContainerView[]
  /** Every pod template (and pod) of every object, wrapped ones (KubeFed templates) included. */
  readonly podSpecs: readonly PodSpecView[]
}

export interface ObjectReference {
  readonly group: string
  readonly kind: string
  /** Left out: any. An object without a namespace matches every one. */
  readonly namespace?: string | undefined
  readonly name: string
}

export interface PodSpecView {
  readonly object: KubeDocument
  /** The pod's spec. */
  readonly spec: View
  /** The pod's metadata, which may be absent. */
  readonly metadata: View
}

export interface ContainerView extends PodSpecView {
  readonly container: View
  readonly image: string
  /** `command` and `args` one after the other. */
  readonly arguments: readonly { readonly text: string; readonly view: View }[]
  /** The value of `--name=value` or `--name value`; empty text for a flag alone. */
  argument(name: string): { readonly value: string; readonly view: View } | undefined
  argumentValues(name: string): readonly string[]
}
