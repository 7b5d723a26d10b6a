import type { KubeObject } from '../../../../kube/object/kube-object.js'

export interface ServicePortSpec {
  readonly name?: string
  readonly protocol?: string
  readonly port: number
  readonly nodePort?: number
}

/** core/v1 Service, as far as traffic goes by it. */
export type ForwardedService = KubeObject & {
  spec: {
    type?: string
    clusterIP?: string
    ports?: ServicePortSpec[]
    externalIPs?: string[]
    sessionAffinity?: string
    sessionAffinityConfig?: { clientIP?: { timeoutSeconds?: number } }
    internalTrafficPolicy?: string
    externalTrafficPolicy?: string
    loadBalancerSourceRanges?: string[]
    healthCheckNodePort?: number
  }
  status?: { loadBalancer?: { ingress?: { ip?: string }[] } }
}

interface SliceEndpoint {
  addresses?: string[]
  conditions?: { ready?: boolean | null; serving?: boolean | null; terminating?: boolean | null }
  nodeName?: string
  hostname?: string
  hints?: { forZones?: { name: string }[] }
}

/** discovery.k8s.io/v1 EndpointSlice, as far as traffic goes by it. */
export type Slice = KubeObject & {
  addressType?: string
  endpoints?: SliceEndpoint[]
  ports?: { name?: string; port?: number; protocol?: string }[]
}

/** One endpoint of one port of a Service. */
export interface Backend {
  readonly address: string
  readonly port: number
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
  readonly node: string | undefined
  /** The zones that the endpoint is meant for; empty: all. */
  readonly zones: readonly string[]
  /** 0 is used first; the others while nobody before them can be reached. Only the service catalogue writes others than 0. */
  readonly priority: number
  /** Share among the endpoints of one priority. */
  readonly weight: number
}

export type TrafficPolicy = 'Cluster' | 'Local'

/** Whence callers come in. `internal`: the ClusterIP; `health`: not to the endpoints, but to be told of them; the others are addresses of the outside. */
export type FrontKind = 'internal' | 'node' | 'balancer' | 'external' | 'health'

/** An address and port at which a Service is to be reached. */
export interface Front {
  readonly address: string
  readonly port: number
  readonly protocol: 'TCP' | 'UDP'
  readonly kind: FrontKind
  readonly policy: TrafficPolicy
  /** For `node` and `health`: whose address it is. */
  readonly node?: string
  readonly backends: readonly Backend[]
  /** Endpoints are of several clusters: one that cannot be reached is replaced before anything was exchanged. */
  readonly acrossClusters?: true
  /** Milliseconds that a client stays with its endpoint; undefined: no affinity. */
  readonly affinityMs?: number
  /** CIDRs that may come in; undefined: all. */
  readonly sourceRanges?: readonly string[]
}

export interface NodeAddress {
  readonly node: string
  readonly address: string
}

/** What decides at which addresses something can be served or reached here. */
export interface Reach {
  /** An endpoint behind which something can listen. `managed`: a controller wrote it for a pod. */
  leads(address: string, port: number, managed: boolean): boolean
  /** Addresses that are ours to bind. */
  binds(address: string): boolean
}

const managedBy = 'endpointslice.kubernetes.io/managed-by'
const controllers: ReadonlySet<string | undefined> = new Set(['endpointslice-controller.k8s.io'])

/** Of the service catalogue; see docs/reference/services.md. */
const catalogueManager = 'endpointslice-controller.flotilla.dev'
const standbyLabel = 'services.flotilla.dev/standby-for'
const priorityAnnotation = 'services.flotilla.dev/priority'
const ownPriorityAnnotation = 'services.flotilla.dev/own-priority'
const sliceWeightAnnotation = 'services.flotilla.dev/slice-weight'
const serviceNameLabel = 'kubernetes.io/service-name'
/** What an endpoint weighs where nothing is said. */
const plainWeight = 1000

/** The Service that a slice belongs to, be it that its endpoints only stand by. */
export function serviceNameOf({ metadata }: KubeObject): string | undefined {
  const { labels } = metadata
  return labels?.[serviceNameLabel] ?? (isOfCatalogue(metadata) ? labels?.[standbyLabel] : undefined)
}

function isOfCatalogue({ labels }: KubeObject['metadata']): boolean {
  return labels?.[managedBy] === catalogueManager
}

/** When the endpoints of a slice are used. */
function rankOf(slice: Slice, ownPriority: number): { priority: number; weight: number } {
  const { annotations = {}, labels = {} } = slice.metadata
  if (!isOfCatalogue(slice.metadata)) return { priority: ownPriority, weight: plainWeight }
  const priority = labels[standbyLabel] === undefined ? 0 : wholeNumber(annotations[priorityAnnotation], 1)
  const together = wholeNumber(annotations[sliceWeightAnnotation], 0)
  return { priority, weight: together === 0 ? plainWeight : Math.max(1, together / (slice.endpoints?.length || 1)) }
}

function wholeNumber(text: string | undefined, otherwise: number): number {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : otherwise
}

/** True when a controller wrote the slice for the pods of a selector. */
export function isManagedSlice(slice: KubeObject): boolean {
  return controllers.has(slice.metadata.labels?.[managedBy])
}

/** Where a Service is to be reached, and what is behind each place. Places with nothing behind them are left out. */
export function planService(
  service: ForwardedService,
  slices: readonly Slice[],
  nodes: readonly NodeAddress[],
  reach: Reach,
): Front[] {
  const { spec } = service
  if (spec.type === 'ExternalName' || !spec.clusterIP || spec.clusterIP === 'None') return []
  const fronts: Front[] = []
  const affinityMs =
    spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800) * 1000 : undefined
  const acrossClusters = slices.some(({ metadata }) => isOfCatalogue(metadata))
  const internal: TrafficPolicy = spec.internalTrafficPolicy === 'Local' ? 'Local' : 'Cluster'
  const external: TrafficPolicy = spec.externalTrafficPolicy === 'Local' ? 'Local' : 'Cluster'
  for (const port of spec.ports ?? []) {
    const { protocol = 'TCP' } = port
    if (protocol !== 'TCP' && protocol !== 'UDP') continue
    const backends = backendsOf(port, protocol, slices, reach)
    if (backends.length === 0) continue
    const shared = {
      protocol,
      backends,
      ...(acrossClusters ? { acrossClusters } : {}),
      ...(affinityMs === undefined ? {} : { affinityMs }),
    } as const
    const add = (address: string, number: number, kind: FrontKind, more: Partial<Front> = {}) => {
      if (reach.binds(address)) {
        fronts.push({ address, port: number, kind, policy: kind === 'internal' ? internal : external, ...shared, ...more })
      }
    }
    add(spec.clusterIP, port.port, 'internal')
    for (const address of spec.externalIPs ?? []) add(address, port.port, 'external')
    if (spec.type === 'LoadBalancer') {
      const ranges = spec.loadBalancerSourceRanges
      for (const { ip } of service.status?.loadBalancer?.ingress ?? []) {
        if (ip !== undefined) add(ip, port.port, 'balancer', ranges?.length ? { sourceRanges: ranges } : {})
      }
    }
    if (port.nodePort) for (const { node, address } of nodes) add(address, port.nodePort, 'node', { node })
  }
  const check = spec.healthCheckNodePort
  if (check && spec.type === 'LoadBalancer' && external === 'Local' && fronts.length > 0) {
    const backends = [
      ...new Map(fronts.flatMap((front) => front.backends.map((each) => [`${each.address}:${each.port}`, each]))).values(),
    ]
    for (const { node, address } of nodes) {
      fronts.push({ address, port: check, protocol: 'TCP', kind: 'health', policy: 'Local', node, backends })
    }
  }
  return fronts
}

function backendsOf(port: ServicePortSpec, protocol: string, slices: readonly Slice[], reach: Reach): Backend[] {
  const found = new Map<string, Backend>()
  const ownPriority = Math.max(
    0,
    ...slices.map(({ metadata }) =>
      isOfCatalogue(metadata) ? wholeNumber(metadata.annotations?.[ownPriorityAnnotation], 0) : 0,
    ),
  )
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue
    const target = slice.ports?.find(
      (candidate) => (candidate.name ?? '') === (port.name ?? '') && (candidate.protocol ?? 'TCP') === protocol,
    )?.port
    if (!target) continue
    const managed = isManagedSlice(slice)
    const rank = rankOf(slice, ownPriority)
    for (const { addresses, conditions, nodeName, hints } of slice.endpoints ?? []) {
      // Consumers take the first address; the others of an endpoint are no other endpoints.
      const address = addresses?.[0]
      if (address === undefined || !reach.leads(address, target, managed)) continue
      const ready = conditions?.ready ?? true
      found.set(`${address}:${target}`, {
        address,
        port: target,
        ready,
        serving: conditions?.serving ?? ready,
        terminating: conditions?.terminating ?? false,
        node: nodeName,
        zones: (hints?.forZones ?? []).map((zone) => zone.name),
        ...rank,
      })
    }
  }
  return [...found.values()]
}
