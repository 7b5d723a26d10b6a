import type { EndpointGroup, FleetService, RankedEndpoint, Ranking, ServicePort } from '../model/service-model.js'

/** Which way leads from one network to another. */
export interface GatewayMap {
  /** A network that some cluster of the fleet is in. */
  isNetwork(name: string): boolean
  /** The network of a cluster whose gateway takes connections from elsewhere; undefined: it has none. */
  networkBehind(cluster: string): string | undefined
  /** Where consumers of a cluster find a service's port in another cluster; undefined: their cluster has no way out. */
  egress(consumer: string, route: EgressKey): { readonly addresses: readonly string[]; readonly port: number } | undefined
  /** Where the gateway of a cluster takes connections, for people. */
  placesOf?(cluster: string): readonly string[]
}

/** What one port of an egress gateway stands for. */
export interface EgressKey {
  readonly service: FleetService
  readonly port: ServicePort
  /** The cluster whose endpoints are meant. */
  readonly cluster: string
}

interface Behind {
  readonly cluster: string
  readonly network: string
  share: number
  readonly members: RankedEndpoint[]
  readonly group: EndpointGroup
}

/**
 * Split horizon: endpoints in another network than the consumer's are replaced, cluster by cluster, by a port of the egress
 * gateway in the consumer's cluster, with the share that they had together. What no gateway leads to is excluded: the address
 * of another network means somebody else in one's own, or nobody. A network that only a hand-written endpoint names, and no
 * cluster is in, counts for consumers in a named network; for others the address is taken at its word, as Istio does.
 */
export function throughGateways(service: FleetService, ranking: Ranking, gateways: GatewayMap): Ranking {
  const { consumer } = ranking
  const isDirect = (network: string) => network === consumer.network || (consumer.network === '' && !gateways.isNetwork(network))
  if (ranking.groups.every(({ endpoints }) => endpoints.every(({ endpoint }) => isDirect(endpoint.network)))) return ranking
  const excluded = [...ranking.excluded]
  const levels = new Map<number, EndpointGroup[]>()
  /** Clusters that a higher priority leads to already: their gateway spreads over all of their endpoints. */
  const reached = new Set<string>()
  for (const priority of [...new Set(ranking.groups.map((group) => group.priority))].sort((a, b) => a - b)) {
    const direct: EndpointGroup[] = []
    const behind = new Map<string, Behind>()
    for (const group of ranking.groups.filter((each) => each.priority === priority)) {
      const total = group.endpoints.reduce((sum, { weight }) => sum + weight, 0) || 1
      const own = group.endpoints.filter(({ endpoint }) => isDirect(endpoint.network))
      const share = own.reduce((sum, { weight }) => sum + weight, 0) / total
      if (own.length > 0) direct.push({ ...group, weight: group.weight * share, endpoints: own })
      for (const ranked of group.endpoints) {
        const { cluster, endpoint, weight } = ranked
        if (isDirect(endpoint.network) || reached.has(cluster)) continue
        const part = (group.weight * weight) / total
        const known = behind.get(cluster)
        if (known === undefined)
          behind.set(cluster, { cluster, network: endpoint.network, share: part, members: [ranked], group })
        else {
          known.share += part
          known.members.push(ranked)
        }
      }
    }
    const level = [...direct]
    for (const each of behind.values()) {
      const made = replace(service, ranking, each, gateways)
      if ('why' in made) {
        const origin = service.offers.find((offer) => offer.cluster === each.cluster)?.origin
        for (const { cluster, endpoint } of each.members)
          excluded.push({ cluster, endpoint, origin: origin ?? { cluster, text: 'its endpoints' }, why: made.why })
      } else {
        reached.add(each.cluster)
        level.push(made.group)
      }
    }
    if (level.length > 0) levels.set(levels.size, wholeWeights(level))
  }
  const groups = [...levels].flatMap(([priority, level]) => level.map((group) => ({ ...group, priority })))
  return { ...ranking, groups, excluded }
}

function replace(
  service: FleetService,
  { consumer }: Ranking,
  { cluster, network, share, members, group }: Behind,
  gateways: GatewayMap,
): { group: EndpointGroup } | { why: string } {
  const where = network === '' ? 'the flat network' : `network ${network}`
  const own = consumer.network === '' ? 'the flat network' : `network ${consumer.network}`
  if (gateways.networkBehind(cluster) !== network)
    return { why: `it is in ${where}, which no gateway of ${cluster} leads to from ${own}` }
  const ports: RankedEndpoint['ports'][number][] = []
  let addresses: readonly string[] = []
  const offered = new Map(
    members.flatMap((each) => each.ports.map(({ port }) => [`${port.protocol} ${port.port}`, port] as const)),
  )
  for (const port of offered.values()) {
    if (port.protocol !== 'TCP') continue
    const place = gateways.egress(consumer.cluster, { service, port, cluster })
    if (place === undefined)
      return { why: `it is in ${where}, and ${consumer.cluster || 'the consumer'} has no gateway out of ${own}` }
    addresses = place.addresses
    ports.push({ port, targetPort: place.port })
  }
  if (addresses.length === 0) return { why: `it is in ${where}, and gateways carry TCP only` }
  const { locality } = group
  const endpointAt = (address: string) => ({
    addresses: [address],
    ports: ports.map(({ port, targetPort }) => ({ name: port.name, protocol: port.protocol, port: targetPort })),
    ready: members.some((each) => each.endpoint.ready),
    serving: true,
    terminating: members.every((each) => each.endpoint.terminating),
    locality,
    labels: {},
    weight: 1,
    network: consumer.network,
  })
  const places = gateways.placesOf?.(cluster) ?? []
  const at = places.length === 0 ? '' : ` (${places.join(', ')})`
  const count = `${members.length} endpoint${members.length === 1 ? '' : 's'}`
  return {
    group: {
      priority: group.priority,
      locality,
      cluster,
      weight: share,
      endpoints: addresses.map((address) => ({ cluster, endpoint: endpointAt(address), weight: 1, ports })),
      why: `${group.why}; ${count} in ${where}, through the gateways of ${consumer.cluster} and ${cluster}${at}`,
    },
  }
}

/** Shares are whole numbers, at least 1, for everybody who reads them. */
function wholeWeights(level: readonly EndpointGroup[]): EndpointGroup[] {
  const factor = level.every(({ weight }) => Math.abs(weight - Math.round(weight)) < 1e-9) ? 1 : 1000
  return level.map((group) => ({ ...group, weight: Math.max(1, Math.round(group.weight * factor)) }))
}
