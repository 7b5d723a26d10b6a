import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { apiService, consumerIn, endpointAt, offerOf, serviceOf } from '../../../../test/support/worlds/sample-fleet.js'
import type { ClusterReach, FleetService, LocalityRule, Ranking } from '../service-model.js'
import { rankEndpoints } from './rank-endpoints.js'

const facts = (reach: Record<string, ClusterReach> = {}, labels: Record<string, Record<string, string>> = {}) => ({
  reachOf: (cluster: string) => reach[cluster] ?? ('reachable' as const),
  labelsOf: (cluster: string) => labels[cluster] ?? {},
})

/** `0: east1 east2 | 1: west1*3`: addresses by priority, with the group's weight where it is not the number of its members. */
function show({ groups }: Ranking): string {
  const lines = new Map<number, string[]>()
  for (const { priority, weight, endpoints } of groups) {
    const names = endpoints.map(({ endpoint }) => endpoint.addresses[0]).join('+')
    lines.set(priority, [...(lines.get(priority) ?? []), weight === endpoints.length ? names : `${names}*${weight}`])
  }
  return [...lines].map(([priority, names]) => `${priority}: ${names.join(' ')}`).join(' | ')
}

const rule = (more: Partial<LocalityRule>): { locality: LocalityRule } => ({
  locality: { enabled: true, distribute: [], failover: [], failoverPriority: [], outlierDetection: {}, ...more },
})

const world = [
  offerOf('east', [endpointAt('east-a1', 'us-east/a'), endpointAt('east-a2', 'us-east/a'), endpointAt('east-b', 'us-east/b')]),
  offerOf('east2', [endpointAt('east2-a', 'us-east/a'), endpointAt('east2-c', 'us-east/c')]),
  offerOf('west', [endpointAt('west-a', 'us-west/a')]),
  offerOf('eu', [endpointAt('eu-a', 'eu/a')]),
]

describe('where nobody says otherwise', () => {
  test('the nearest are first', () => {
    assert.equal(
      show(rankEndpoints(serviceOf(world), consumerIn('east', 'us-east/a'), facts())),
      '0: east-a1+east-a2 | 1: east2-a | 2: east-b | 3: east2-c | 4: eu-a west-a',
    )
    assert.equal(
      show(rankEndpoints(serviceOf(world), consumerIn('west', 'us-west/b'), facts())),
      '0: west-a | 1: eu-a east-a1+east-a2 east2-a east-b east2-c',
    )
  })
  test('the own cluster counts as near where places are not known', () => {
    const offers = [offerOf('a', [endpointAt('a1', '')]), offerOf('b', [endpointAt('b1', '')])]
    assert.equal(show(rankEndpoints(serviceOf(offers), consumerIn('b', ''), facts())), '0: b1 | 1: a1')
    assert.equal(show(rankEndpoints(serviceOf(offers), consumerIn('c', ''), facts())), '0: a1 b1')
  })
  test('every group says why it stands where it stands', () => {
    const ranking = rankEndpoints(serviceOf(world), consumerIn('east', 'us-east/a'), facts({ west: 'lost' }))
    assert.deepEqual(
      ranking.groups.map(({ priority, why }) => `${priority}: ${why}`),
      [
        '0: own cluster east, own zone a',
        '1: own zone a, in east2',
        '2: own cluster east, own region us-east, another zone',
        '3: own region us-east, in east2',
        '4: eu in eu/a, another region',
        '5: the cluster is lost: only when nobody else is left; west in us-west/a, another region',
      ],
    )
    assert.equal(ranking.rule, 'nearest first')
    assert.equal(ranking.origin, undefined)
  })
})

test('clusters that are lost come last, but for the own; those that are not known stay', () => {
  const lost = facts({ east: 'lost', east2: 'unknown', west: 'lost' })
  assert.equal(
    show(rankEndpoints(serviceOf(world), consumerIn('east', 'us-east/a'), lost)),
    '0: east-a1+east-a2 | 1: east2-a | 2: east-b | 3: east2-c | 4: eu-a | 5: west-a',
  )
  assert.equal(
    show(rankEndpoints(serviceOf(world), consumerIn('east2', 'us-east/a'), facts({ east: 'lost', west: 'lost', eu: 'lost' }))),
    '0: east2-a | 1: east2-c | 2: east-a1+east-a2 | 3: east-b | 4: eu-a west-a',
  )
})

test('what if a cluster were gone', () => {
  const ranking = rankEndpoints(serviceOf(world), consumerIn('east', 'us-east/a'), facts(), ['east', 'east2'])
  assert.equal(show(ranking), '0: eu-a west-a')
  assert.deepEqual(
    ranking.excluded.map(({ cluster, why }) => `${cluster}: ${why}`),
    ['east: east is left out by the question', 'east2: east2 is left out by the question'],
  )
})

test('endpoints that are not ready are left out, those that go serve while nobody else does', () => {
  const offers = [
    offerOf('a', [
      endpointAt('ready', 'r/a'),
      endpointAt('not', 'r/a', { ready: false, serving: false }),
      endpointAt('going', 'r/a', { ready: false, terminating: true }),
      endpointAt('gone', 'r/a', { ready: false, serving: false, terminating: true }),
      endpointAt('nowhere', 'r/a', { addresses: [] }),
    ]),
  ]
  const ranking = rankEndpoints(serviceOf(offers), consumerIn('a', 'r/a'), facts())
  assert.equal(show(ranking), '0: ready')
  assert.deepEqual(ranking.excluded.map(({ endpoint, why }) => `${endpoint?.addresses[0] ?? '-'}: ${why}`).sort(), [
    '-: it has no address',
    'going: it is terminating, and others are ready',
    'gone: it is terminating',
    'not: it is not ready',
  ])
  const alone = [offerOf('a', offers[0]!.endpoints.slice(1))]
  assert.equal(show(rankEndpoints(serviceOf(alone), consumerIn('a', 'r/a'), facts())), '0: going')
})

describe('who may use an offer', () => {
  const offers = [
    offerOf('a', [endpointAt('a', 'r/a')], { audience: { clusters: ['b'] } }),
    offerOf('b', [endpointAt('b', 'r/a')], { audience: { selector: 'tier in (gold,silver)' } }),
    offerOf('c', [endpointAt('c', 'r/a')], { audience: { clusters: [] } }),
    offerOf('d', [endpointAt('d', 'r/a')], { audience: { selector: 'not a selector ((' } }),
  ]
  const labels = { a: { tier: 'gold' }, e: { tier: 'gold' } }
  for (const [cluster, expected] of [
    ['a', 'a b'],
    ['b', 'a b'],
    ['c', 'c'],
    ['d', 'd'],
    ['e', 'b'],
  ] as const) {
    test(`consumers in ${cluster}`, () => {
      const { groups, excluded } = rankEndpoints(serviceOf(offers), consumerIn(cluster, 'r/a'), facts({}, labels))
      const used = groups.flatMap(({ endpoints }) => endpoints.map((each) => each.cluster)).sort()
      assert.equal(used.join(' '), expected)
      assert.equal(excluded.length, 4 - used.length)
    })
  }
  test('the reason names who limits', () => {
    const { excluded } = rankEndpoints(serviceOf(offers), consumerIn('f', 'r/a'), facts())
    assert.deepEqual(
      excluded.slice(0, 3).map(({ why }) => why),
      [
        'a offers it to the clusters b',
        'b offers it to clusters that match tier in (gold,silver)',
        'c offers it to its own cluster only',
      ],
    )
    assert.match(excluded[3]!.why, /^d offers it to clusters that match a selector that cannot be read: /)
  })
})

test('a port that clusters disagree on is for those who expose it', () => {
  const ports = [
    { name: 'http', protocol: 'TCP' as const, port: 80 },
    { name: 'admin', protocol: 'TCP' as const, port: 9000 },
  ]
  const endpoint = (address: string) =>
    endpointAt(address, 'r/a', {
      ports: [
        { name: 'http', protocol: 'TCP', port: 8080 },
        { name: 'admin', protocol: 'TCP', port: 9090 },
      ],
    })
  const offers = [
    offerOf('old', [endpoint('old')], { ports: [ports[0]!] }),
    offerOf('other', [endpoint('other')], { ports: [{ ...ports[0]!, port: 81 }, ports[1]!] }),
    offerOf('none', [endpoint('none')], { ports: [{ ...ports[0]!, port: 82 }] }),
  ]
  const { groups, excluded } = rankEndpoints(serviceOf(offers, [], { ports }), consumerIn('x', 'r/a'), facts())
  const byCluster = Object.fromEntries(
    groups.flatMap(({ endpoints }) =>
      endpoints.map((each) => [each.cluster, each.ports.map(({ port, targetPort }) => `${port.port}->${targetPort}`)]),
    ),
  )
  assert.deepEqual(byCluster, { old: ['80->8080'], other: ['9000->9090'] })
  assert.match(excluded[0]!.why, /^none exposes 82\/TCP, and the service has 80\/TCP, 9000\/TCP/)
})

test('an address that a cluster offers twice counts once', () => {
  const offers = [
    offerOf('a', [endpointAt('10.0.0.1', 'r/a')], { createdMs: 1 }),
    offerOf('a', [endpointAt('10.0.0.1', 'r/a')], { createdMs: 2, origin: { cluster: 'a', text: 'ServiceEntry shop/more' } }),
    offerOf('a', [endpointAt('10.0.0.1', 'r/a', { network: 'n2' })], { createdMs: 3 }),
    offerOf('b', [endpointAt('10.0.0.1', 'r/a')]),
  ]
  const { groups, excluded } = rankEndpoints(serviceOf(offers), consumerIn('a', 'r/a'), facts())
  assert.deepEqual(
    groups.flatMap(({ endpoints }) => endpoints.map(({ cluster, endpoint }) => `${cluster} ${endpoint.network}`)),
    ['a ', 'a n2', 'b '],
  )
  assert.deepEqual(
    excluded.map(({ origin, why }) => `${origin.text}: ${why}`),
    ['ServiceEntry shop/more: ServiceExport shop/api offers the same address'],
  )
})

test('internalTrafficPolicy Local: the own node only', () => {
  const offers = [
    offerOf('a', [endpointAt('here', 'r/a', { node: 'n1' }), endpointAt('there', 'r/a', { node: 'n2' })]),
    offerOf('b', [endpointAt('same-name', 'r/a', { node: 'n1' })]),
  ]
  const service = serviceOf(offers, [], { internalTrafficPolicy: 'Local' })
  const onNode = consumerIn('a', 'r/a', { labels: { 'kubernetes.io/hostname': 'n1' } })
  assert.equal(show(rankEndpoints(service, onNode, facts())), '0: here')
  assert.equal(show(rankEndpoints(service, consumerIn('a', 'r/a'), facts())), '0: here+there | 1: same-name')
})

describe('affinity', () => {
  // own endpoints ready, others ready -> used first, used when the first are gone
  const table: [affinity: 'local' | 'remote' | 'none', own: number, others: number, expected: string][] = [
    ['local', 1, 1, '0: own1 | 1: other1'],
    ['local', 0, 1, '0: other1'],
    ['local', 1, 0, '0: own1'],
    ['local', 0, 0, ''],
    ['remote', 1, 1, '0: other1 | 1: own1'],
    ['remote', 0, 1, '0: other1'],
    ['remote', 1, 0, '0: own1'],
    ['remote', 0, 0, ''],
    ['none', 1, 1, '0: other1+own1'],
    ['none', 0, 1, '0: other1'],
    ['none', 1, 0, '0: own1'],
    ['none', 0, 0, ''],
  ]
  for (const [affinity, own, others, expected] of table) {
    test(`${affinity}: ${own} of the own, ${others} of another`, () => {
      const make = (name: string, count: number) =>
        Array.from({ length: 2 }, (_, index) =>
          endpointAt(`${name}${index + 1}`, 'r/a', { ready: index < count, serving: index < count }),
        )
      const offers = [offerOf('z', make('own', own)), offerOf('other', make('other', others))]
      const ranking = rankEndpoints(serviceOf(offers, [{ dialect: 'cilium', affinity }]), consumerIn('z', 'r/a'), facts())
      assert.equal(show(ranking), expected)
      assert.equal(ranking.rule, `cilium affinity ${affinity}`)
    })
  }
})

describe('which rule decides', () => {
  const locality = rule({})
  const byDefault = rule({ isDefault: true })
  const cases: [name: string, service: FleetService, expected: string][] = [
    ['nothing', serviceOf(world), 'nearest first'],
    [
      'the first that says something',
      serviceOf(world, [{ clusterWeights: {} }, { affinity: 'local', dialect: 'cilium' }, locality]),
      'cilium affinity local',
    ],
    ['a rule before the Service', serviceOf(world, [locality], { trafficDistribution: 'PreferClose' }), 'istio failover'],
    [
      'the Service before the mesh',
      serviceOf(world, [byDefault], { trafficDistribution: 'PreferClose' }),
      'trafficDistribution PreferClose',
    ],
    ['the mesh before nothing', serviceOf(world, [byDefault]), 'istio failover'],
    ['a rule of this name before the mesh', serviceOf(world, [byDefault, { affinity: 'none' }]), 'istio affinity none'],
    ['not for this cluster', serviceOf(world, [{ ...locality, consumers: ['west'] }]), 'nearest first'],
    ['not for this reach', serviceOf(world, [{ ...locality, reach: 'same-name' }]), 'nearest first'],
    ['not for this namespace', serviceOf(world, [{ ...locality, namespaces: ['other'] }]), 'nearest first'],
    ['for the own namespace', serviceOf(world, [{ ...locality, namespaces: [apiService.namespace] }]), 'istio failover'],
    ['a preference that nobody knows', serviceOf(world, [], { trafficDistribution: 'PreferFar' }), 'nearest first'],
    ['off', serviceOf(world, [rule({ enabled: false })]), 'istio locality load balancing off'],
  ]
  for (const [name, service, expected] of cases) {
    test(name, () => assert.equal(rankEndpoints(service, consumerIn('east', 'us-east/a'), facts()).rule, expected))
  }
})

describe('Istio: distribute', () => {
  const cases: [name: string, more: Partial<LocalityRule>, from: string, expected: string][] = [
    [
      'shares of places by their endpoints, rounded up',
      { distribute: [{ from: 'us-east/*', to: { 'us-east/*': 80, 'us-west/*': 20 } }] },
      'us-east/a',
      // 80 over 3, 1 and 1 endpoints: 48, 16 and 16
      '0: east-a1+east-a2+east2-a*48 east-b*16 east2-c*16 west-a*20',
    ],
    [
      'rounded up each',
      { distribute: [{ from: '*', to: { 'us-east/*': 7, eu: 93 } }] },
      'x',
      '0: eu-a*93 east-a1+east-a2+east2-a*5 east-b*2 east2-c*2',
    ],
    [
      'the first "from" that matches',
      {
        distribute: [
          { from: 'us-east/b', to: { eu: 100 } },
          { from: 'us-east', to: { 'us-west': 100 } },
        ],
      },
      'us-east/a',
      '0: west-a*100',
    ],
    [
      'no "from" matches: all by endpoints',
      { distribute: [{ from: 'eu', to: { eu: 100 } }] },
      'us-east/a',
      '0: eu-a east-a1+east-a2+east2-a east-b east2-c west-a',
    ],
    [
      'a place without endpoints takes its share with it',
      { distribute: [{ from: '*', to: { asia: 50, eu: 50 } }] },
      'us-east/a',
      '0: eu-a*50',
    ],
    [
      'failover beside it does not count',
      { distribute: [{ from: '*', to: { eu: 100 } }], failover: [{ from: 'us-east', to: 'us-west' }] },
      'us-east/a',
      '0: eu-a*100',
    ],
  ]
  for (const [name, more, from, expected] of cases) {
    test(name, () =>
      assert.equal(show(rankEndpoints(serviceOf(world, [rule(more)]), consumerIn('east', from), facts())), expected),
    )
  }
  test('endpoints that no "to" matches are named', () => {
    const service = serviceOf(world, [rule({ distribute: [{ from: '*', to: { 'us-east': 100 } }] })])
    const { excluded } = rankEndpoints(service, consumerIn('east', 'us-east/a'), facts())
    assert.deepEqual(
      excluded.map(({ cluster, why }) => `${cluster}: ${why}`),
      [
        'eu: distribute from * sends nothing to eu/a: no "to" matches it',
        'west: distribute from * sends nothing to us-west/a: no "to" matches it',
      ],
    )
  })
})

describe('Istio: failover', () => {
  const places = ['r1/a/s1', 'r1/a/s2', 'r1/a', 'r1/b', 'r1', 'r2/a', 'r3/a', '']
  const offers = [
    offerOf(
      'c',
      places.map((place, index) => endpointAt(`${index}`, place)),
    ),
  ]
  const cases: [name: string, more: Partial<LocalityRule>, from: string, expected: string][] = [
    ['by place', {}, 'r1/a/s1', '0: 0 | 1: 2 1 | 2: 4 3 | 3: 7 5 6'],
    ['from a place without sub-zone', {}, 'r1/a', '0: 2 | 1: 0 1 | 2: 4 3 | 3: 7 5 6'],
    ['an unknown place is the region ""', {}, '', '0: 7 | 1: 4 2 0 1 3 5 6'],
    ['to a region', { failover: [{ from: 'r1', to: 'r3' }] }, 'r1/a/s1', '0: 0 | 1: 2 1 | 2: 4 3 | 3: 6 | 4: 7 5'],
    [
      'the first of a region counts',
      {
        failover: [
          { from: 'r1', to: 'r2' },
          { from: 'r1', to: 'r3' },
        ],
      },
      'r1/b',
      '0: 3 | 1: 4 2 0 1 | 2: 5 | 3: 7 6',
    ],
    ['of another region', { failover: [{ from: 'r2', to: 'r3' }] }, 'r3/b', '0: 6 | 1: 7 4 2 0 1 3 5'],
    [
      'without outlier detection nothing fails over',
      { failover: [{ from: 'r1', to: 'r3' }], outlierDetection: undefined as never },
      'r1/a',
      '0: 7 4 2 0 1 3 5 6',
    ],
    ['off', { enabled: false }, 'r1/a', '0: 7 4 2 0 1 3 5 6'],
  ]
  for (const [name, more, from, expected] of cases) {
    test(name, () => assert.equal(show(rankEndpoints(serviceOf(offers, [rule(more)]), consumerIn('c', from), facts())), expected))
  }
})

describe('Istio: failoverPriority', () => {
  const network = 'topology.istio.io/network'
  const region = 'topology.kubernetes.io/region'
  const zone = 'topology.kubernetes.io/zone'
  const offers = [
    offerOf('c', [
      endpointAt('near', 'r1/a', { labels: { version: 'v1' } }),
      endpointAt('near-v2', 'r1/a', { labels: { version: 'v2' } }),
      endpointAt('zone-b', 'r1/b', { labels: { version: 'v1' } }),
      endpointAt('far', 'r2/a', { labels: { version: 'v1' } }),
      endpointAt('far-net', 'r1/a', { labels: { version: 'v1' }, network: 'n2' }),
    ]),
  ]
  const cases: [failoverPriority: string[], more: Partial<LocalityRule>, expected: string][] = [
    [['version'], {}, '0: far-net+near zone-b far | 1: near-v2'],
    [['version=v2'], {}, '0: near-v2 | 1: far-net+near zone-b far'],
    [[region, zone], {}, '0: far-net+near+near-v2 | 1: zone-b | 2: far'],
    [[region, zone, 'version'], {}, '0: far-net+near | 1: near-v2 | 2: zone-b | 3: far'],
    [[network, region, zone], {}, '0: near+near-v2 | 1: zone-b | 2: far | 3: far-net'],
    [[network], {}, '0: near+near-v2 zone-b far | 1: far-net'],
    [['version'], { failover: [{ from: 'r1', to: 'r2' }] }, '0: far-net+near | 1: zone-b | 2: far | 3: near-v2'],
    [['unheard-of'], {}, '0: far-net+near+near-v2 zone-b far'],
    [['unheard-of=x'], {}, '0: far-net+near+near-v2 zone-b far'],
  ]
  for (const [failoverPriority, more, expected] of cases) {
    test(`${failoverPriority}${more.failover ? ' and failover' : ''}`, () => {
      const consumer = consumerIn('c', 'r1/a', { labels: { version: 'v1' } })
      assert.equal(show(rankEndpoints(serviceOf(offers, [rule({ failoverPriority, ...more })]), consumer, facts())), expected)
    })
  }
})

describe('trafficDistribution', () => {
  const offers = [
    offerOf('c', [
      endpointAt('same-node', 'r1/a', { node: 'n1' }),
      endpointAt('same-zone', 'r1/a', { node: 'n2' }),
      endpointAt('same-region', 'r1/b', { node: 'n3' }),
      endpointAt('elsewhere', 'r2/a', { node: 'n4' }),
      endpointAt('other-network', 'r1/a', { node: 'n5', network: 'n' }),
    ]),
  ]
  const consumer = consumerIn('c', 'r1/a', { labels: { 'kubernetes.io/hostname': 'n1' } })
  for (const [value, expected] of [
    ['PreferClose', '0: same-node+same-zone | 1: same-region | 2: elsewhere | 3: other-network'],
    ['PreferSameZone', '0: same-node+same-zone | 1: same-region | 2: elsewhere | 3: other-network'],
    ['PreferSameNode', '0: same-node | 1: same-zone | 2: same-region | 3: elsewhere | 4: other-network'],
  ] as const) {
    test(value, () =>
      assert.equal(show(rankEndpoints(serviceOf(offers, [], { trafficDistribution: value }), consumer, facts())), expected),
    )
  }
})

describe('weights of clusters', () => {
  const endpoints = (cluster: string, count: number, place = 'r/a') =>
    Array.from({ length: count }, (_, index) => endpointAt(`${cluster}${index}`, place))
  test('clusters share by weight, not by endpoints', () => {
    const offers = [offerOf('a', endpoints('a', 2), { weight: 3 }), offerOf('b', endpoints('b', 4), { weight: 1 })]
    assert.equal(show(rankEndpoints(serviceOf(offers), consumerIn('x', 'r/a'), facts())), '0: a0+a1*3 b0+b1+b2+b3*1')
  })
  test('equal weights: every endpoint counts alike', () => {
    const offers = [offerOf('a', endpoints('a', 2), { weight: 5 }), offerOf('b', endpoints('b', 4), { weight: 5 })]
    assert.equal(show(rankEndpoints(serviceOf(offers), consumerIn('x', 'r/a'), facts())), '0: a0+a1 b0+b1+b2+b3')
  })
  test('a cluster in several places keeps its share', () => {
    const offers = [
      offerOf('a', [endpointAt('a0', 'r/a'), endpointAt('a1', 'r/b'), endpointAt('a2', 'r/b')], { weight: 3 }),
      offerOf('b', endpoints('b', 1), { weight: 1 }),
    ]
    const rules = [{ affinity: 'none' as const }]
    assert.equal(show(rankEndpoints(serviceOf(offers, rules), consumerIn('x', 'r/a'), facts())), '0: a0 b0 a1+a2')
  })
  test('distribute keeps the shares of places', () => {
    const offers = [
      offerOf('a', endpoints('a', 1), { weight: 3 }),
      offerOf('b', endpoints('b', 1), { weight: 1 }),
      offerOf('c', endpoints('c', 1, 's/a'), { weight: 1 }),
    ]
    const rules = [rule({ distribute: [{ from: '*', to: { r: 80, s: 20 } }] })]
    assert.equal(show(rankEndpoints(serviceOf(offers, rules), consumerIn('x', 'r/a'), facts())), '0: a0*3 b0 c0')
  })
  test('weight 0: only when nobody else is left, before those that are lost', () => {
    const offers = [
      offerOf('a', endpoints('a', 1), { weight: 0 }),
      offerOf('b', endpoints('b', 1)),
      offerOf('c', endpoints('c', 1), { weight: 0 }),
      offerOf('d', endpoints('d', 1)),
    ]
    const ranking = rankEndpoints(serviceOf(offers), consumerIn('a', 'r/a'), facts({ d: 'lost' }))
    assert.equal(show(ranking), '0: b0 | 1: a0 | 2: c0 | 3: d0')
    assert.match(ranking.groups[1]!.why, /^weight 0: only when nobody else is left; own cluster a/)
  })
  test('what a rule says goes before', () => {
    const offers = [offerOf('a', endpoints('a', 1), { weight: 3 }), offerOf('b', endpoints('b', 1), { weight: 0 })]
    const rules = [{ clusterWeights: { b: 9, __proto__: 1 } }]
    assert.equal(show(rankEndpoints(serviceOf(offers, rules), consumerIn('x', 'r/a'), facts())), '0: a0 b0*3')
  })
})
