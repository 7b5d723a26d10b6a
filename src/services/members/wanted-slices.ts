import { compareText } from '../../base/compare-text.js'
import type { EndpointSlice, SliceEndpoint } from '../model/kube-kinds.js'
import type { EndpointGroup, FleetService, RankedEndpoint, Ranking } from '../model/service-model.js'
import { namedPorts } from './wanted-import.js'

export type SlicePort = NonNullable<NonNullable<EndpointSlice['ports']>[number]>

/** Endpoints of one source cluster that stand together: slices are filled from it. */
export interface Bucket {
  /** The source cluster's name. */
  readonly source: string
  readonly addressType: 'IPv4' | 'IPv6'
  readonly priority: number
  /** What all endpoints have together within the priority; undefined while every endpoint of the priority has the same. */
  readonly weight: number | undefined
  readonly ports: readonly SlicePort[]
  /** Sorted by address. */
  readonly endpoints: readonly SliceEndpoint[]
}

interface Share {
  readonly ranked: RankedEndpoint
  readonly priority: number
  readonly share: number
}

/**
 * What the slices of a consuming cluster are to hold, by source cluster, priority and ports. `own`: the consumer, whose
 * endpoints keep the nodes that they are on. `demoted`: clusters whose endpoints of a headless service count as not ready.
 */
export function wantedBuckets(
  service: FleetService,
  ranking: Ranking,
  options: { readonly own: string; readonly demoted?: ReadonlySet<string> },
): Bucket[] {
  const shares = ranking.groups.flatMap(sharesOf)
  const weighted = new Set<number>()
  const first = new Map<number, number>()
  for (const { priority, share } of shares) {
    const before = first.get(priority)
    if (before === undefined) first.set(priority, share)
    else if (Math.abs(before - share) > 1e-9 * before) weighted.add(priority)
  }
  const headless = service.type === 'Headless'
  const names = new Map(namedPorts(service.ports).map(({ port, name }) => [`${port.port}/${port.protocol}`, name]))
  const portsOf = new Map<RankedEndpoint['ports'], { readonly ports: readonly SlicePort[]; readonly text: string }>()
  const buckets = new Map<string, { bucket: Omit<Bucket, 'endpoints' | 'weight'>; total: number; endpoints: SliceEndpoint[] }>()
  for (const { ranked, priority: rank, share } of shares) {
    const { cluster, endpoint } = ranked
    const priority = headless ? 0 : rank
    const addressType = endpoint.addresses[0]?.includes(':') ? 'IPv6' : 'IPv4'
    // Endpoints of one offer share their list of ports.
    let known = portsOf.get(ranked.ports)
    if (known === undefined) {
      const ports = ranked.ports.map(({ port, targetPort }) => ({
        name: headless ? port.name : (names.get(`${port.port}/${port.protocol}`) ?? port.name),
        port: targetPort,
        protocol: port.protocol,
        ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
      }))
      portsOf.set(ranked.ports, (known = { ports, text: JSON.stringify(ports) }))
    }
    const key = `${cluster} ${priority} ${addressType} ${known.text}`
    let filled = buckets.get(key)
    if (filled === undefined) {
      filled = { bucket: { source: cluster, addressType, priority, ports: known.ports }, total: 0, endpoints: [] }
      buckets.set(key, filled)
    }
    filled.total += share
    filled.endpoints.push(sliceEndpoint(ranked, cluster === options.own, headless && options.demoted?.has(cluster) === true))
  }
  return [...buckets.values()].map(({ bucket, total, endpoints }) => ({
    ...bucket,
    weight: !headless && weighted.has(bucket.priority) ? Math.max(1, Math.round(total * 1000)) : undefined,
    endpoints: endpoints.sort((a, b) => compareText(a.addresses[0] ?? '', b.addresses[0] ?? '')),
  }))
}

/** Each endpoint's part of its group's weight. */
function sharesOf(group: EndpointGroup): Share[] {
  const total = group.endpoints.reduce((sum, { weight }) => sum + weight, 0) || 1
  return group.endpoints.map((ranked) => ({ ranked, priority: group.priority, share: (group.weight * ranked.weight) / total }))
}

function sliceEndpoint({ endpoint }: RankedEndpoint, own: boolean, demoted: boolean): SliceEndpoint {
  const { addresses, ready, serving, terminating, hostname, node, locality } = endpoint
  return {
    addresses: [...addresses],
    conditions: { ready: ready && !demoted, serving, terminating },
    ...(hostname === undefined ? {} : { hostname }),
    // The nodes of another cluster mean nothing here.
    ...(own && node !== undefined ? { nodeName: node } : {}),
    ...(locality.zone === '' ? {} : { zone: locality.zone }),
  }
}
