import { createSeededRandom } from '../../../src/base/random.js'
import { rankEndpoints } from '../../../src/services/model/rank/rank-endpoints.js'
import type { Endpoint, FleetService, Locality, LocalityRule, Offer } from '../../../src/services/model/service-model.js'

/** What the Istio peer is asked: endpoints by place, the proxy, and the setting in force. */
export interface LocalityCase {
  readonly op: 'rank'
  readonly groups: { readonly locality: Locality; readonly members: readonly Member[] }[]
  readonly locality: Locality
  readonly proxy: Omit<Member, 'id' | 'weight'>
  /** localityLbSetting of the DestinationRule; null: it has none, or there is no rule. */
  readonly setting: null | {
    enabled?: boolean
    distribute?: { from: string; to: Record<string, number> }[]
    failover?: { from: string; to: string }[]
    failoverPriority?: string[]
  }
  readonly outlier: boolean
  readonly trafficDistribution: string
}

interface Member {
  readonly id: string
  readonly weight: number
  readonly labels: Record<string, string>
  readonly cluster: string
  readonly network: string
  readonly node: string
}

export interface LocalityAnswer {
  readonly groups: { locality: Locality; priority: number; weight: number; members: string[] }[]
}

const regions = ['', 'r1', 'r2', 'r3']
const zones = ['', 'a', 'b']
const networks = ['', 'n1', 'n2']
const clusters = ['c1', 'c2', 'c3']

export function randomLocalityCase(seed: number): LocalityCase {
  const random = createSeededRandom(seed)
  const below = (limit: number) => Math.floor(random.number() * limit)
  const pick = <T>(from: readonly T[]): T => from[below(from.length)]!
  const often = (chance: number) => random.number() < chance
  const place = (): Locality => {
    const region = pick(regions)
    const zone = region === '' ? '' : pick(zones)
    return { region, zone, subZone: zone === '' || often(0.5) ? '' : pick(['s1', 's2']) }
  }
  const of = () => ({
    labels: { version: pick(['v1', 'v2']), ...(often(0.3) ? { tier: pick(['x', 'y']) } : {}) },
    cluster: pick(clusters),
    network: pick(networks),
    node: pick(['', 'node1', 'node2']),
  })
  const groups = new Map<string, { locality: Locality; members: Member[] }>()
  const count = below(14)
  for (let index = 0; index < count; index++) {
    const locality = place()
    const key = JSON.stringify(locality)
    const group = groups.get(key) ?? { locality, members: [] }
    groups.set(key, group)
    group.members.push({ id: `10.0.0.${index}`, weight: often(0.7) ? 1 : 1 + below(9), ...of() })
  }
  const shuffled = <T>(from: readonly T[]): T[] =>
    from
      .map((value) => ({ value, at: random.number() }))
      .sort((a, b) => a.at - b.at)
      .map(({ value }) => value)
  const pattern = () => pick(['*', 'r1', 'r1/*', 'r1/a', 'r1/a/*', 'r1/a/s1', 'r2', 'r2/b', 'r3/*', 'r2/b/s2', ''])
  // Destinations do not overlap: with others Istio's result depends on chance, and it refuses them.
  const destinations = () => {
    const all = pick([
      ['r1', 'r2', 'r3'],
      ['r1/*', 'r2/a', 'r2/b/*', 'r3/*'],
      ['r1/a/s1', 'r1/a/s2', 'r1/b', 'r2', 'r3/a/*'],
      ['*'],
      ['r1/a', 'r2/*', ''],
    ])
    const to: Record<string, number> = {}
    for (const each of shuffled(all).slice(0, 1 + below(all.length))) to[each] = 1 + below(100)
    return to
  }
  const keys = [
    'topology.istio.io/network',
    'topology.kubernetes.io/region',
    'topology.kubernetes.io/zone',
    'topology.istio.io/subzone',
    'topology.istio.io/cluster',
    'kubernetes.io/hostname',
    'version',
    'version=v1',
    'tier=y',
    'tier',
    'topology.istio.io/network=n2',
    'a=b=c',
  ]
  const setting = often(0.15)
    ? null
    : {
        ...(often(0.15) ? { enabled: often(0.5) } : {}),
        ...(often(0.3)
          ? { distribute: Array.from({ length: 1 + below(3) }, () => ({ from: pattern(), to: destinations() })) }
          : {}),
        ...(often(0.4)
          ? { failover: Array.from({ length: 1 + below(3) }, () => ({ from: pick(regions), to: pick(regions) })) }
          : {}),
        ...(often(0.5) ? { failoverPriority: shuffled(often(0.3) ? [...keys, 'version'] : keys).slice(0, 1 + below(6)) } : {}),
      }
  if (setting?.failoverPriority && often(0.4)) setting.failoverPriority.unshift('topology.istio.io/network')
  return {
    op: 'rank',
    groups: [...groups.values()],
    locality: place(),
    proxy: of(),
    setting,
    outlier: often(0.75),
    trafficDistribution: often(0.2) ? pick(['PreferClose', 'PreferSameZone', 'PreferSameNode']) : '',
  }
}

/** Our ranking of the case, in the shape of the peer's answer. */
export function rankCase(asked: LocalityCase): LocalityAnswer {
  const setting = asked.setting
  const locality: LocalityRule = {
    enabled: setting?.enabled ?? true,
    distribute: setting?.distribute ?? [],
    failover: setting?.failover ?? [],
    failoverPriority: setting?.failoverPriority ?? [],
    ...(asked.outlier ? { outlierDetection: {} } : {}),
    ...(setting === null ? { isDefault: true } : {}),
  }
  const offers = clusters.map((cluster): Offer => {
    const endpoints = asked.groups.flatMap((group) =>
      group.members.filter((member) => member.cluster === cluster).map((member) => endpointOf(member, group.locality)),
    )
    return { ...sampleOffer, cluster, origin: { cluster, text: 'Service shop/api' }, endpoints }
  })
  const service: FleetService = {
    ...sampleOffer,
    conflicts: [],
    offers,
    ...(asked.trafficDistribution === '' ? {} : { trafficDistribution: asked.trafficDistribution }),
    rules: [
      { dialect: 'istio', origin: { cluster: 'c1', text: 'DestinationRule shop/api' }, service: sampleOffer.service, locality },
    ],
  }
  const { cluster, network, labels, node } = asked.proxy
  const consumerLabels = { ...labels, ...(node === '' ? {} : { 'kubernetes.io/hostname': node }) }
  const consumer = { cluster, network, labels: consumerLabels, locality: asked.locality }
  const ranking = rankEndpoints(service, consumer, { reachOf: () => 'reachable', labelsOf: () => ({}) })
  return {
    groups: ranking.groups.map((group) => ({
      locality: group.locality,
      priority: group.priority,
      weight: group.weight,
      members: group.endpoints.map(({ endpoint }) => endpoint.addresses[0]!),
    })),
  }
}

/** For comparing: groups without members do not count, nor does an order that nobody relies on. */
export function tidyAnswer({ groups }: LocalityAnswer): string[] {
  return groups
    .filter(({ members }) => members.length > 0)
    .map(
      ({ locality: { region, zone, subZone }, priority, weight, members }) =>
        `${priority} ${region}/${zone}/${subZone} ${weight}: ${[...members].sort().join(' ')}`,
    )
    .sort()
}

const sampleOffer: Offer = {
  dialect: 'mcs',
  origin: { cluster: '', text: '' },
  service: { namespace: 'shop', name: 'api' },
  cluster: '',
  createdMs: 0,
  reach: 'clusterset',
  type: 'ClusterSetIP',
  ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
  sessionAffinity: { type: 'None' },
  ipFamilies: ['IPv4'],
  labels: {},
  annotations: {},
  weight: 1,
  endpoints: [],
}

function endpointOf(member: Member, locality: Locality): Endpoint {
  return {
    addresses: [member.id],
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    ready: true,
    serving: true,
    terminating: false,
    ...(member.node === '' ? {} : { node: member.node }),
    locality,
    labels: member.labels,
    weight: member.weight,
    network: member.network,
  }
}
