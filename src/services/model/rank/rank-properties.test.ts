import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consumerIn, endpointAt, offerOf, serviceOf } from '../../../../test/support/worlds/sample-fleet.js'
import { createSeededRandom } from '../../../base/random.js'
import type { ClusterReach, Consumer, Endpoint, FleetService, Offer, Ranking, TrafficRule } from '../service-model.js'
import { type RankFacts, rankEndpoints } from './rank-endpoints.js'

interface World {
  readonly service: FleetService
  readonly consumer: Consumer
  readonly facts: RankFacts
  readonly without: readonly string[]
}

function randomWorld(seed: number): World {
  const random = createSeededRandom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.number() * from.length)]!
  const often = (chance: number) => random.number() < chance
  const clusters = ['c1', 'c2', 'c3', 'c4', 'c5']
  const places = ['', 'r1', 'r1/a', 'r1/b', 'r2/a', 'r2/a/s', 'r3/c']
  let number = 0
  const endpoint = (): Endpoint =>
    endpointAt(`10.0.0.${number++}`, pick(places), {
      ready: often(0.75),
      serving: often(0.8),
      terminating: often(0.15),
      node: pick(['n1', 'n2']),
      labels: { version: pick(['v1', 'v2']) },
      weight: often(0.8) ? 1 : 3,
      network: pick(['', '', 'net']),
    })
  const offers = clusters
    .filter(() => often(0.8))
    .map(
      (cluster): Offer =>
        offerOf(cluster, Array.from({ length: Math.floor(random.number() * 5) }, endpoint), {
          weight: pick([1, 1, 1, 0, 2]),
          ports: [{ name: 'http', protocol: 'TCP', port: often(0.9) ? 80 : 81 }],
          ...(often(0.2) ? { audience: { clusters: clusters.filter(() => often(0.5)) } } : {}),
        }),
    )
  const rules: Partial<TrafficRule>[] = pick<Partial<TrafficRule>[]>([
    [],
    [{ affinity: pick(['local', 'remote', 'none']) }],
    [
      {
        locality: {
          enabled: true,
          distribute: [],
          failover: often(0.5) ? [{ from: 'r1', to: 'r2' }] : [],
          failoverPriority: often(0.5) ? ['topology.istio.io/network', 'version'] : [],
          outlierDetection: {},
        },
      },
    ],
    [
      {
        locality: {
          enabled: true,
          distribute: [{ from: pick(['*', 'r1', 'r2/a']), to: { r1: 60, 'r2/a': 40 } }],
          failover: [],
          failoverPriority: [],
        },
      },
    ],
  ])
  const reach = Object.fromEntries(
    clusters.map((name) => [name, pick<ClusterReach>(['reachable', 'reachable', 'unknown', 'lost'])]),
  )
  return {
    service: serviceOf(offers, rules),
    consumer: consumerIn(pick(clusters), pick(places), { labels: { version: 'v1', 'kubernetes.io/hostname': 'n1' } }),
    facts: { reachOf: (cluster) => reach[cluster] ?? 'lost', labelsOf: () => ({}) },
    without: often(0.2) ? [pick(clusters)] : [],
  }
}

/** The place of each endpoint by its address, worked out one endpoint at a time as the documentation tells it; undefined: not used. */
function naivePlaces({ service, consumer, facts, without }: World): Map<string, number | undefined> {
  const all = service.offers.flatMap((offer) => offer.endpoints.map((endpoint) => ({ offer, endpoint })))
  const allowed = all.filter(
    ({ offer }) =>
      !without.includes(offer.cluster) &&
      (offer.cluster === consumer.cluster || (offer.audience?.clusters?.includes(consumer.cluster) ?? true)) &&
      offer.ports[0]!.port === 80,
  )
  const ready = allowed.filter(({ endpoint }) => endpoint.ready && !endpoint.terminating)
  const used = ready.length > 0 ? ready : allowed.filter(({ endpoint }) => endpoint.serving && endpoint.terminating)
  const mine = consumer.locality
  const rule = service.rules[0]
  const key = ({ offer, endpoint }: (typeof all)[number]): number[] | undefined => {
    const own = offer.cluster === consumer.cluster
    const block = !own && facts.reachOf(offer.cluster) === 'lost' ? 2 : offer.weight === 0 ? 1 : 0
    const its = endpoint.locality
    if (rule?.affinity !== undefined) return [block, rule.affinity === 'none' || own === (rule.affinity === 'local') ? 0 : 1]
    if (rule?.locality === undefined) {
      const near = own && (its.region === '' || mine.region === '')
      const region = near || (its.region !== '' && its.region === mine.region)
      const zone = region && ((its.zone !== '' && its.zone === mine.zone) || (own && (its.zone === '' || mine.zone === '')))
      return [block, zone ? (own ? 0 : 1) : region ? (own ? 2 : 3) : own ? 4 : 5]
    }
    const [distribute] = rule.locality.distribute
    if (distribute !== undefined) {
      const { from } = distribute
      if (from !== '*' && !(from === 'r1' ? mine.region === 'r1' : mine.region === 'r2' && mine.zone === 'a')) return [block]
      return its.region === 'r1' || (its.region === 'r2' && its.zone === 'a') ? [block] : undefined
    }
    const labels: number[] = []
    if (rule.locality.failoverPriority.length > 0)
      labels.push((endpoint.network === consumer.network ? 0 : 2) + (endpoint.labels['version'] === 'v1' ? 0 : 1))
    if (labels.length > 0 && rule.locality.failover.length === 0) return [block, ...labels]
    const place = its.region !== mine.region ? 3 : its.zone !== mine.zone ? 2 : its.subZone !== mine.subZone ? 1 : 0
    const elsewhere = rule.locality.failover.length > 0 && mine.region === 'r1' && place === 3 && its.region !== 'r2' ? 4 : place
    return [block, ...labels, elsewhere]
  }
  const keys = new Map(used.map((each) => [each.endpoint.addresses[0]!, key(each)]))
  const orders = [...new Set([...keys.values()].filter((each) => each !== undefined).map((each) => each.join()))].sort()
  return new Map(
    all.map(({ endpoint }) => {
      const own = keys.get(endpoint.addresses[0]!)
      return [endpoint.addresses[0]!, own === undefined ? undefined : orders.indexOf(own.join())]
    }),
  )
}

function placesOf(ranking: Ranking): Map<string, number> {
  return new Map(
    ranking.groups.flatMap(({ priority, endpoints }) => endpoints.map(({ endpoint }) => [endpoint.addresses[0]!, priority])),
  )
}

function shuffle<T>(items: readonly T[], seed: number): T[] {
  const random = createSeededRandom(seed)
  return items
    .map((item) => ({ item, at: random.number() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

test('random fleets: the ranking of a naive twin, without gaps, whatever the order of what comes in', () => {
  for (let seed = 1; seed <= 3000; seed++) {
    const world = randomWorld(seed)
    const { service, consumer, facts, without } = world
    const ranking = rankEndpoints(service, consumer, facts, without)
    const places = placesOf(ranking)
    for (const [address, expected] of naivePlaces(world)) assert.equal(places.get(address), expected, `seed ${seed}: ${address}`)

    const priorities = [...new Set(ranking.groups.map(({ priority }) => priority))]
    assert.deepEqual(
      priorities,
      priorities.map((_, index) => index),
      `seed ${seed}: priorities without gaps, in order`,
    )
    for (const { weight, endpoints, why } of ranking.groups) {
      assert.ok(weight >= 1 && Number.isInteger(weight) && endpoints.length > 0 && why !== '', `seed ${seed}`)
    }
    // Every endpoint is in exactly one group or excluded with a reason (a whole offer at once where nobody here may use it).
    for (const offer of service.offers) {
      const refused = ranking.excluded.some((each) => each.endpoint === undefined && each.origin === offer.origin)
      for (const endpoint of offer.endpoints) {
        const groups = ranking.groups.filter((group) => group.endpoints.some((each) => each.endpoint === endpoint)).length
        const excluded = ranking.excluded.filter((each) => each.endpoint === endpoint)
        assert.equal(groups + excluded.length + (refused ? 1 : 0), 1, `seed ${seed}: ${endpoint.addresses[0]}`)
        assert.ok(excluded.every(({ why }) => why.length > 5))
      }
    }
    const turned = {
      ...service,
      offers: shuffle(service.offers, seed).map((offer) => ({ ...offer, endpoints: shuffle(offer.endpoints, seed + 1) })),
    }
    assert.deepEqual(
      rankEndpoints(turned, consumer, facts, without),
      ranking,
      `seed ${seed}: the order of what comes in does not matter`,
    )
  }
})
