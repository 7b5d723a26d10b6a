import { compareText } from '../../base/compare-text.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { type EndpointSlice, endpointSliceType, type KubeService, type KubeServicePort } from '../model/kube-kinds.js'
import { type ServiceImport, serviceImportType } from '../model/multi-cluster-kinds.js'
import { multiClusterNames } from '../model/multi-cluster-names.js'
import type { ClusterFacts } from '../model/service-dialect.js'
import type { Diagnostic, Endpoint, FleetService, Offer, ServiceName, ServicePort } from '../model/service-model.js'
import { parseServiceKey, serviceKey } from '../model/service-name.js'
import { isWrittenSlice, serviceOfSlice } from './cluster-view.js'
import { sourceOf } from './source-of-slice.js'

/** A cluster of the fleet that cannot be read now. */
export interface UnreadCluster {
  readonly name: string
  readonly why: string
  /** When it answered last, as far as the hub knows (epoch ms). */
  readonly lastSeenMs?: number
  readonly labels?: Readonly<Record<string, string>>
}

type Reach = FleetService['reach']

interface Given {
  readonly service: ServiceName
  readonly reach: Reach
  /** Slices by the cluster that they came from; none of a cluster that only the import names. */
  readonly sources: Map<string, { readonly consumer: string; readonly slices: EndpointSlice[] }>
  readonly ports: readonly ServicePort[]
  readonly type: FleetService['type']
}

const dialect = 'as it was given'

/** True for an offer that is known only by what other clusters were given of it. */
export function isRemembered(offer: Offer): boolean {
  return offer.dialect === dialect
}

/**
 * Services that nobody offers who can be read, as far as clusters that can be read were given endpoints of clusters that
 * cannot: for people who ask what is known of them. `consumer`: as that cluster was given it; what only others were given has no endpoints then.
 * What the exporting clusters say of it now (rules, weights, conflicts) is not known. By namespace and name.
 */
export function rememberServices(
  clusters: readonly ClusterFacts[],
  unread: readonly UnreadCluster[],
  isKnown: (service: ServiceName, reach: Reach) => boolean,
  consumer?: string,
): FleetService[] {
  const away = new Map(unread.map((each) => [each.name, each]))
  const found = new Map<string, Given>()
  // The asking cluster's own slices first: of each source, the first cluster that was given something tells it.
  const asked = [...clusters].sort((a, b) => Number(b.name === consumer) - Number(a.name === consumer))
  for (const cluster of asked) {
    for (const { service, reach, source, slice } of givenTo(cluster)) {
      if (!away.has(source) || isKnown(service, reach)) continue
      const key = `${serviceKey(service)} ${reach}`
      let given = found.get(key)
      if (given === undefined)
        found.set(key, (given = { service, reach, sources: new Map(), ...readService(cluster, service, reach) }))
      const known = given.sources.get(source)
      if (known === undefined) given.sources.set(source, { consumer: cluster.name, slices: slice === undefined ? [] : [slice] })
      else if (slice !== undefined && known.consumer === cluster.name) known.slices.push(slice)
    }
  }
  const networks = new Map(clusters.map(({ name, network }) => [name, network]))
  return [...found]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, given]) => toService(given, away, (name) => networks.get(name) ?? '', consumer))
}

interface Piece {
  readonly service: ServiceName
  readonly reach: Reach
  readonly source: string
  readonly slice: EndpointSlice | undefined
}

function givenTo(cluster: ClusterFacts): Piece[] {
  const pieces = cluster.objects(endpointSliceType).flatMap((slice): Piece[] => {
    if (!isWrittenSlice(slice)) return []
    const reach = slice.metadata.labels?.[multiClusterNames.serviceNameLabel] === undefined ? 'same-name' : 'clusterset'
    return serviceOfSlice(slice).map((key) => ({
      service: parseServiceKey(key),
      reach,
      source: sourceOf(slice),
      slice: slice as EndpointSlice,
    }))
  })
  for (const each of cluster.objects(serviceImportType) as readonly ServiceImport[]) {
    const service = { namespace: each.metadata.namespace ?? '', name: each.metadata.name }
    for (const { cluster: source } of each.status?.clusters ?? [])
      pieces.push({ service, reach: 'clusterset', source, slice: undefined })
  }
  return pieces
}

/** What the cluster's own objects say of the service. */
function readService(cluster: ClusterFacts, service: ServiceName, reach: Reach): Pick<Given, 'ports' | 'type'> {
  if (reach === 'same-name') {
    const own = cluster.service(service) as KubeService | undefined
    return { ports: portsOf(own?.spec?.ports), type: own?.spec?.clusterIP === 'None' ? 'Headless' : 'ClusterSetIP' }
  }
  const [found] = cluster.objects(serviceImportType, service) as readonly ServiceImport[]
  return { ports: portsOf(found?.spec?.ports), type: found?.spec?.type === 'Headless' ? 'Headless' : 'ClusterSetIP' }
}

function portsOf(ports: readonly KubeServicePort[] = []): ServicePort[] {
  return ports.map(({ name = '', protocol = 'TCP', port }) => ({ name, protocol: protocol as ServicePort['protocol'], port }))
}

function toService(
  { service, reach, sources, ports, type }: Given,
  away: ReadonlyMap<string, UnreadCluster>,
  networkOf: (cluster: string) => string,
  asking: string | undefined,
): FleetService {
  const common = {
    service,
    reach,
    type,
    ports,
    sessionAffinity: { type: 'None' },
    ipFamilies: [],
    labels: {},
    annotations: {},
  } as const
  const sorted = [...sources].sort(([a], [b]) => compareText(a, b))
  const offers = sorted.map(
    ([cluster, { consumer, slices }]): Offer => ({
      ...common,
      dialect,
      origin: { cluster: consumer, text: `what ${consumer} was given` },
      cluster,
      createdMs: createdOf(slices),
      weight: 1,
      endpoints:
        asking !== undefined && asking !== consumer
          ? []
          : slices.flatMap((slice) => endpointsOf(slice, away.get(cluster), type, networkOf(consumer))),
    }),
  )
  const diagnostics = sorted.map(([cluster, { consumer, slices }]): Diagnostic => {
    const { why = '', lastSeenMs } = away.get(cluster) ?? {}
    const seen = lastSeenMs === undefined ? '' : `, which answered last at ${new Date(lastSeenMs).toISOString().slice(0, 19)}Z`
    const kept = slices.length === 0 ? `${consumer} has no endpoints of it` : `${consumer} keeps the endpoints that it was given`
    return {
      origin: {
        cluster: consumer,
        text: `${reach === 'clusterset' ? 'ServiceImport' : 'Service'} ${service.namespace}/${service.name}`,
      },
      severity: 'warning',
      message: `${cluster}${seen}, cannot be read (${why}): ${kept}; whether ${cluster} still offers the service, with which endpoints and rules, is not known`,
      fix: `See flotilla explain cluster/${cluster}; if it is gone for good, remove it from the fleet`,
    }
  })
  return { ...common, offers, conflicts: [], rules: [], diagnostics }
}

function createdOf(slices: readonly KubeObject[]): number {
  const times = slices.map(({ metadata }) => Date.parse(String(metadata.creationTimestamp))).filter(Number.isFinite)
  return times.length === 0 ? 0 : Math.min(...times)
}

function endpointsOf(
  slice: EndpointSlice,
  cluster: UnreadCluster | undefined,
  type: FleetService['type'],
  network: string,
): Endpoint[] {
  const { labels = {} } = cluster ?? {}
  const region = labels['topology.kubernetes.io/region'] ?? labels['region'] ?? ''
  const ports = (slice.ports ?? []).map(({ name = '', protocol = 'TCP', port = 0 }) => ({
    name,
    protocol: protocol as ServicePort['protocol'],
    port,
  }))
  return (slice.endpoints ?? []).map(({ addresses, conditions, hostname, zone = '' }) => ({
    addresses,
    ports,
    // Those of a headless service are called not ready while there are others: what counts is whether they served.
    ready: type === 'Headless' ? conditions?.serving !== false : conditions?.ready !== false,
    serving: conditions?.serving !== false,
    terminating: conditions?.terminating === true,
    ...(hostname === undefined ? {} : { hostname }),
    locality: { region, zone, subZone: '' },
    labels: {},
    weight: 1,
    network,
  }))
}
