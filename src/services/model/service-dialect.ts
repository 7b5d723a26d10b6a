import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import type { ClusterReach, Diagnostic, Locality, Offer, ServiceName, TrafficRule } from './service-model.js'

/**
 * One cluster as the catalogue sees it: what its caches hold now. Objects are shared: never change them. Everything that was
 * read before stays while the cluster cannot be read (`reach` then says so): unknown removes nothing.
 */
export interface ClusterFacts {
  readonly name: string
  /** The id in the cluster set (about.k8s.io ClusterProperty `cluster.clusterset.k8s.io` where set, else the name): one or two DNS labels. */
  readonly id: string
  readonly labels: Readonly<Record<string, string>>
  /** Label topology.istio.io/network of the cluster or of its namespace istio-system; '' without. */
  readonly network: string
  /** Where most of its nodes are; else from the cluster's labels `region` and `zone` / topology.kubernetes.io/*. */
  readonly locality: Locality
  readonly reach: ClusterReach
  hasNamespace(name: string): boolean
  namespace(name: string): KubeObject | undefined
  service(name: ServiceName): KubeObject | undefined
  /** EndpointSlices of the cluster's own Service (label kubernetes.io/service-name), without those that the catalogue wrote. */
  slices(name: ServiceName): readonly KubeObject[]
  /** Objects of a kind that a dialect asked for; none while the cluster does not serve it. */
  objects(type: ResourceType, where?: { namespace?: string; name?: string }): readonly KubeObject[]
  localityOfNode(node: string | undefined): Locality
  /** The labels of a pod that some rule compares; undefined while pods are not read, which they are only for such rules. */
  podLabels?(namespace: string, name: string): Readonly<Record<string, string>> | undefined
}

export interface FleetFacts {
  /** Sorted by name. */
  readonly clusters: readonly ClusterFacts[]
  cluster(name: string): ClusterFacts | undefined
  /** Objects of the hub, of the kinds in `hubKinds`. */
  hubObjects(type: ResourceType, where?: { namespace?: string; name?: string }): readonly KubeObject[]
}

/**
 * An API in which services across clusters are declared. A dialect translates and holds no machinery: all of its functions
 * are pure and get the fleet as it is now. Its folder is `src/dialects/<name>/`.
 */
export interface ServiceDialect {
  readonly name: string
  /** Kinds that are watched on members, beside Services, EndpointSlices, Namespaces and Nodes. Several versions: the one to read. */
  readonly memberKinds: readonly ResourceType[]
  /** Kinds that are watched on the hub. */
  readonly hubKinds: readonly ResourceType[]
  /** The services that an object (of these kinds, or a Service or Namespace) can change. `all`: every one. */
  touches(object: KubeObject, cluster: string): readonly ServiceName[] | 'all'
  /** Services of the fleet, of other names, that the endpoints of a cluster's Service count for. */
  standsFor?(service: KubeObject): readonly ServiceName[]
  /** What clusters give to the service. */
  offers(service: ServiceName, fleet: FleetFacts): readonly Offer[]
  /** How consumers choose. Most specific first. */
  rules(service: ServiceName, fleet: FleetFacts): readonly TrafficRule[]
  /** What is wrong with the objects that speak of the service. */
  diagnose?(service: ServiceName, fleet: FleetFacts): readonly Diagnostic[]
}
