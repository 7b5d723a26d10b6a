/**
 * The service catalogue's canonical model: what a service of the fleet is, whoever declared it. Dialects translate their
 * objects into `Offer`s and `TrafficRule`s; pure deciders merge offers (`decideService`) and rank endpoints for a consumer
 * (`rankEndpoints`); outputs (objects on members, DNS, xDS, gateways) carry that out. Nothing here is stored.
 */

/** Where something stands, as the node labels topology.kubernetes.io/region, /zone and topology.istio.io/subzone say. Empty: unknown. */
export interface Locality {
  readonly region: string
  readonly zone: string
  readonly subZone: string
}

/** Namespace and name: by namespace sameness the same in every cluster. */
export interface ServiceName {
  readonly namespace: string
  readonly name: string
}

/** The object that said something: `{cluster: 'us-east', text: 'ServiceExport shop/api'}`; `cluster` is `hub` for the hub's. */
export interface Origin {
  readonly cluster: string
  readonly text: string
}

/** Something that an object says and that cannot work as it is written, or that does not count. */
export interface Diagnostic {
  readonly origin: Origin
  /** `error`: what it says is not in force. `warning`: it is, though perhaps not as meant. */
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** What to change, as an imperative sentence. */
  readonly fix: string
}

export interface ServicePort {
  /** Empty when it has none. */
  readonly name: string
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  readonly port: number
  readonly appProtocol?: string
}

export interface EndpointPort {
  readonly name: string
  readonly protocol: 'TCP' | 'UDP' | 'SCTP'
  /** Where the endpoint listens. */
  readonly port: number
}

/** One endpoint of an offer: a pod, as its EndpointSlice says, or an address that a ServiceEntry names. */
export interface Endpoint {
  /** Of one family; consumers use the first. */
  readonly addresses: readonly string[]
  readonly ports: readonly EndpointPort[]
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
  readonly hostname?: string
  readonly node?: string
  readonly locality: Locality
  /** What `failoverPriority` compares: labels of the pod (where known), the node's topology, network and cluster. */
  readonly labels: Readonly<Record<string, string>>
  /** Share among endpoints of the same rank (default 1). */
  readonly weight: number
  /** Network that the address is routable in; '' is the fleet's own flat one. */
  readonly network: string
}

export interface SessionAffinity {
  readonly type: 'None' | 'ClientIP'
  readonly timeoutSeconds?: number
}

/** Which clusters may use an offer: undefined fields do not limit. */
export interface Audience {
  readonly clusters?: readonly string[]
  /** A label selector over the clusters' labels, as kubectl writes it. */
  readonly selector?: string
}

/** What one cluster gives to a service of the fleet, by one object of one dialect. */
export interface Offer {
  readonly dialect: string
  readonly origin: Origin
  readonly service: ServiceName
  readonly cluster: string
  /** Epoch ms of the object that decides conflicts (MCS: the ServiceExport). Equal times: by cluster name. */
  readonly createdMs: number
  /**
   * `clusterset`: consumers reach it by a name of its own (ServiceImport, `svc.clusterset.local`).
   * `same-name`: its endpoints join the Service of the same namespace and name in other clusters (Cilium global services).
   */
  readonly reach: 'clusterset' | 'same-name'
  readonly type: 'ClusterSetIP' | 'Headless'
  readonly ports: readonly ServicePort[]
  readonly sessionAffinity: SessionAffinity
  readonly internalTrafficPolicy?: 'Cluster' | 'Local'
  readonly trafficDistribution?: string
  readonly ipFamilies: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Undefined: every cluster. The offering cluster itself always may. */
  readonly audience?: Audience
  /** Share of this cluster among clusters of the same rank (default 1). 0: only when nobody else is left. */
  readonly weight: number
  readonly endpoints: readonly Endpoint[]
}

/** `region/zone/subZone` with `*` or a missing segment for any, as Istio matches it. */
export type LocalityPattern = string

/** Istio's localityLbSetting with all that it depends on. */
export interface LocalityRule {
  readonly enabled: boolean
  readonly distribute: readonly { readonly from: LocalityPattern; readonly to: Readonly<Record<LocalityPattern, number>> }[]
  readonly failover: readonly { readonly from: string; readonly to: string }[]
  readonly failoverPriority: readonly string[]
  /** Failover needs it; undefined: there is none. */
  readonly outlierDetection?: OutlierDetection
  /** The mesh's default, which outlier detection alone brings into force: a `trafficDistribution` goes before it. */
  readonly isDefault?: boolean
}

export interface OutlierDetection {
  readonly consecutiveErrors?: number
  readonly intervalMs?: number
  readonly baseEjectionMs?: number
  readonly maxEjectionPercent?: number
  readonly minHealthPercent?: number
}

/** How consumers of some clusters choose among endpoints. The first rule that says something about a thing decides it. */
export interface TrafficRule {
  readonly dialect: string
  readonly origin: Origin
  readonly service: ServiceName
  /** Whose traffic: consumers in these clusters; undefined: of all. */
  readonly consumers?: readonly string[]
  /** Consumers in these namespaces only; undefined: in all. */
  readonly namespaces?: readonly string[]
  /** Undefined: for both. */
  readonly reach?: FleetService['reach']
  /** Cilium's rule: prefer own or other clusters while they have healthy endpoints. */
  readonly affinity?: 'local' | 'remote' | 'none'
  readonly locality?: LocalityRule
  /** PreferClose, PreferSameZone, PreferSameNode. */
  readonly trafficDistribution?: string
  /** Share by offering cluster, over the offers' own. */
  readonly clusterWeights?: Readonly<Record<string, number>>
}

export type ConflictReason =
  | 'PortConflict'
  | 'TypeConflict'
  | 'SessionAffinityConflict'
  | 'SessionAffinityConfigConflict'
  | 'AnnotationsConflict'
  | 'LabelsConflict'
  | 'InternalTrafficPolicyConflict'
  | 'TrafficDistributionConflict'
  | 'IPFamilyConflict'

export interface Conflict {
  readonly reason: ConflictReason
  /** Who won, who lost, with what values. */
  readonly message: string
  readonly winner: Origin
  readonly losers: readonly Origin[]
}

/** A service of the fleet: its offers merged by KEP-1645's rules. */
export interface FleetService {
  readonly service: ServiceName
  readonly reach: 'clusterset' | 'same-name'
  readonly type: 'ClusterSetIP' | 'Headless'
  /** The union; a port that offers disagree on is the oldest's. */
  readonly ports: readonly ServicePort[]
  readonly sessionAffinity: SessionAffinity
  readonly internalTrafficPolicy?: 'Cluster' | 'Local'
  readonly trafficDistribution?: string
  readonly ipFamilies: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  /** Oldest first. */
  readonly offers: readonly Offer[]
  readonly conflicts: readonly Conflict[]
  readonly rules: readonly TrafficRule[]
  /** What its dialects complain of. */
  readonly diagnostics?: readonly Diagnostic[]
}

/** Who asks: a cluster, or a place in it. */
export interface Consumer {
  readonly cluster: string
  /** Of the consumer itself, for rules that count for some namespaces. Unknown: such rules count for the service's own namespace. */
  readonly namespace?: string
  readonly locality: Locality
  readonly network: string
  /** The consumer's own labels (`failoverPriority` compares them), node name included as `kubernetes.io/hostname`. */
  readonly labels: Readonly<Record<string, string>>
}

/** How a cluster stands towards the fleet; `lost` for longer than the grace: its endpoints are used only when nothing else is left. */
export type ClusterReach = 'reachable' | 'unknown' | 'lost'

export interface RankedEndpoint {
  readonly cluster: string
  readonly endpoint: Endpoint
  /** Of this endpoint within its group. */
  readonly weight: number
  /** The service's ports that its offer exposes, each with where the endpoint listens: a port is for those who expose it only. */
  readonly ports: readonly RankedPort[]
}

export interface RankedPort {
  readonly port: ServicePort
  readonly targetPort: number
}

/** Endpoints that are used together. Groups of a lower priority number come first; within one priority, by weight. */
export interface EndpointGroup {
  /** From 0, without gaps. */
  readonly priority: number
  readonly locality: Locality
  /** Set where the rule tells clusters apart. */
  readonly cluster?: string
  /** Share among the groups of the same priority, at least 1. */
  readonly weight: number
  readonly endpoints: readonly RankedEndpoint[]
  /** Why this priority and weight, in words. */
  readonly why: string
}

export interface Ranking {
  readonly consumer: Consumer
  /** The rule in force: `cilium affinity local`, `istio failover`, `nearest first`. */
  readonly rule: string
  /** Why that rule, and who said so. */
  readonly why: string
  readonly origin?: Origin
  readonly groups: readonly EndpointGroup[]
  /** Endpoints that this consumer does not use, with the reason. */
  readonly excluded: readonly {
    readonly cluster: string
    readonly endpoint?: Endpoint
    readonly origin: Origin
    readonly why: string
  }[]
}
