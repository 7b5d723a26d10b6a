import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Endpoint, EndpointGroup, FleetService, RankedEndpoint, Ranking } from '../model/service-model.js'
import { EgressPorts, mostEgressRoutes } from './egress-ports.js'
import { type GatewayMap, throughGateways } from './through-gateways.js'

const http = { name: 'http', protocol: 'TCP', port: 80 } as const
const dns = { name: 'dns', protocol: 'UDP', port: 53 } as const
const service: FleetService = {
  service: { namespace: 'shop', name: 'api' },
  reach: 'clusterset',
  type: 'ClusterSetIP',
  ports: [http, dns],
  sessionAffinity: { type: 'None' },
  ipFamilies: ['IPv4'],
  labels: {},
  annotations: {},
  offers: [],
  conflicts: [],
  rules: [],
}
const networks: Record<string, string> = { west: 'a', east: 'b', north: 'b', south: '' }

function ranked(
  cluster: string,
  address: string,
  more: { network?: string; ports?: RankedEndpoint['ports']; weight?: number } = {},
) {
  const { network = networks[cluster] ?? '', ports = [{ port: http, targetPort: 8080 }], weight = 1 } = more
  const locality = { region: cluster, zone: '', subZone: '' }
  const endpoint: Endpoint = {
    addresses: [address],
    ports: [],
    ready: true,
    serving: true,
    terminating: false,
    locality,
    labels: {},
    weight,
    network,
  }
  return { cluster, endpoint, weight, ports } satisfies RankedEndpoint
}

function group(priority: number, weight: number, endpoints: readonly RankedEndpoint[]): EndpointGroup {
  return { priority, weight, locality: endpoints[0]!.endpoint.locality, endpoints, why: 'near' }
}

function rankingFor(cluster: string, groups: readonly EndpointGroup[], network = networks[cluster] ?? ''): Ranking {
  const consumer = { cluster, network, locality: { region: '', zone: '', subZone: '' }, labels: {} }
  return { consumer, rule: 'nearest first', why: '', groups, excluded: [] }
}

function mapOf(withGateway: readonly string[]): GatewayMap {
  const ports = new EgressPorts()
  return {
    isNetwork: (name) => Object.values(networks).includes(name),
    networkBehind: (cluster) => (withGateway.includes(cluster) ? networks[cluster] : undefined),
    egress: (consumer, { port, cluster }) =>
      withGateway.includes(consumer)
        ? { addresses: [`gateway-of-${consumer}`], port: ports.hold(`${port.port} ${cluster}`)! }
        : undefined,
  }
}

/** `priority weight cluster: address:port*weight ...` */
function told({ groups }: Ranking): string[] {
  return groups.map(({ priority, weight, endpoints }) => {
    const list = endpoints.map((each) => `${each.cluster}=${each.endpoint.addresses[0]}*${each.weight}`)
    return `${priority} ${weight} ${list.join(' ')}`
  })
}

test('a ranking within one network stays the one it is', () => {
  const ranking = rankingFor('west', [group(0, 2, [ranked('west', '10.0.0.1'), ranked('west', '10.0.0.2')])])
  assert.equal(throughGateways(service, ranking, mapOf([])), ranking)
})

test('clusters in another network become a port of the own gateway, each with the share that it had', () => {
  const near = [ranked('west', '10.0.0.1'), ranked('east', '10.0.0.1'), ranked('east', '10.0.0.2')]
  const far = [ranked('north', '10.0.0.1'), ranked('east', '10.0.0.9')]
  const result = throughGateways(
    service,
    rankingFor('west', [group(0, 3, near), group(1, 2, far)]),
    mapOf(['west', 'east', 'north']),
  )
  // What east has further away is behind the same gateway as what it has near.
  assert.deepEqual(told(result), ['0 1 west=10.0.0.1*1', '0 2 east=gateway-of-west*1', '1 1 north=gateway-of-west*1'])
  const [, east, north] = result.groups
  const port = east!.endpoints[0]!.ports[0]!
  assert.deepEqual(port.port, http)
  assert.notEqual(port.targetPort, north!.endpoints[0]!.ports[0]!.targetPort)
  assert.equal(east!.endpoints[0]!.endpoint.ports[0]!.port, port.targetPort)
  assert.equal(east!.endpoints[0]!.endpoint.network, 'a')
  assert.equal(east!.why, 'near; 2 endpoints in network b, through the gateways of west and east')
  assert.deepEqual(result.excluded, [])
})

test('shares that are no whole numbers stay in proportion', () => {
  const members = [ranked('west', '10.0.0.1'), ranked('east', '10.0.0.1'), ranked('east', '10.0.0.2')]
  const result = throughGateways(service, rankingFor('west', [group(0, 1, members)]), mapOf(['west', 'east']))
  assert.deepEqual(told(result), ['0 333 west=10.0.0.1*1', '0 667 east=gateway-of-west*1'])
})

test('what no gateway leads to is excluded with the reason, and priorities have no gaps', () => {
  const groups = [
    group(0, 1, [ranked('east', '10.0.0.1')]),
    group(1, 1, [ranked('north', '10.0.0.2')]),
    group(2, 1, [ranked('north', '10.0.0.3', { ports: [{ port: dns, targetPort: 53 }] })]),
  ]
  const without = throughGateways(service, rankingFor('west', groups), mapOf(['west', 'north']))
  assert.deepEqual(told(without), ['0 1 north=gateway-of-west*1'])
  assert.deepEqual(
    without.excluded.map(({ endpoint, why }) => `${endpoint?.addresses[0]}: ${why}`),
    ['10.0.0.1: it is in network b, which no gateway of east leads to from network a'],
  )
  const noWayOut = throughGateways(service, rankingFor('west', groups.slice(0, 1)), mapOf(['east']))
  assert.deepEqual(told(noWayOut), [])
  assert.equal(noWayOut.excluded[0]?.why, 'it is in network b, and west has no gateway out of network a')
  const datagrams = throughGateways(service, rankingFor('west', groups.slice(2)), mapOf(['west', 'north']))
  assert.equal(datagrams.excluded[0]?.why, 'it is in network b, and gateways carry TCP only')
})

test('the flat network is a network too, and one that nobody is in is taken at its word there only', () => {
  const elsewhere = ranked('south', '192.0.2.1', { network: 'by-hand' })
  const groups = [group(0, 1, [elsewhere])]
  assert.deepEqual(told(throughGateways(service, rankingFor('south', groups), mapOf([]))), ['0 1 south=192.0.2.1*1'])
  assert.deepEqual(told(throughGateways(service, rankingFor('west', groups), mapOf(['west', 'south']))), [])
  const flat = [group(0, 1, [ranked('south', '10.0.0.1')])]
  assert.deepEqual(told(throughGateways(service, rankingFor('west', flat), mapOf(['west', 'south']))), [
    '0 1 south=gateway-of-west*1',
  ])
  assert.deepEqual(told(throughGateways(service, rankingFor('', flat, 'a'), mapOf(['west', 'south']))), [])
})

test('ports of routes stay, come back after a restart, and end', () => {
  const ports = new EgressPorts()
  const names = Array.from({ length: mostEgressRoutes }, (_, index) => `api-${index}.shop.svc.clusterset.local:80 east`)
  const held = names.map((name) => ports.hold(name)!)
  assert.equal(new Set(held).size, names.length)
  assert.ok(held.every((port) => port >= 16_000 && port < 32_000))
  assert.equal(ports.hold('one more'), undefined)
  assert.equal(ports.hold(names[7]!), held[7])
  const again = new EgressPorts()
  for (const name of names.slice(0, 20).reverse()) again.hold(name)
  assert.deepEqual(
    names.slice(0, 20).map((name) => again.hold(name)),
    held.slice(0, 20),
  )
  ports.free(names[7]!)
  assert.equal(ports.names.length, mostEgressRoutes - 1)
  assert.ok(ports.hold('one more'))
})
