import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ClusterSketch, fleetFacts, serviceObject, sliceObject } from '../../../test/support/cases/fleet-facts.js'
import { apiService, consumerIn } from '../../../test/support/worlds/sample-fleet.js'
import { parseYamlDocuments } from '../../formats/yaml/parse-yaml.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { decideService } from '../../services/model/decide-service.js'
import { rankEndpoints } from '../../services/model/rank/rank-endpoints.js'
import type { FleetFacts } from '../../services/model/service-dialect.js'
import type { FleetService } from '../../services/model/service-model.js'
import { admitIstio } from './admit.js'
import { istioDialect } from './istio-dialect.js'

const object = (kind: string, name: string, spec: object, metadata: Partial<KubeObject['metadata']> = {}): KubeObject => ({
  apiVersion: 'networking.istio.io/v1',
  kind,
  metadata: { name, namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
  spec,
})
const destinationRule = (spec: object, metadata?: Partial<KubeObject['metadata']>) =>
  object('DestinationRule', 'api', { host: 'api', ...spec }, metadata)
const policy = (locality: object | undefined, outlierDetection: object | undefined = {}) => ({
  trafficPolicy: {
    ...(locality === undefined ? {} : { loadBalancer: { localityLbSetting: locality } }),
    ...(outlierDetection === undefined ? {} : { outlierDetection }),
  },
})
const fleet = (objects: readonly KubeObject[], hub: readonly KubeObject[] = []) =>
  fleetFacts(
    [
      { name: 'east', place: 'us-east/a', network: 'n-east', objects },
      { name: 'west', place: 'us-west/a', objects: [] },
    ],
    hub,
  )
const rulesIn = (facts: FleetFacts) => istioDialect.rules(apiService, facts)
const texts = (facts: FleetFacts, service = apiService) =>
  istioDialect.diagnose!(service, facts).map(
    ({ severity, origin, message }) => `${severity}: ${origin.text} in ${origin.cluster}: ${message}`,
  )

describe('DestinationRules', () => {
  test('a rule counts in its own cluster, the hub’s everywhere behind them', () => {
    const facts = fleet([destinationRule(policy({ enabled: true }))], [destinationRule(policy({ failoverPriority: ['tier'] }))])
    assert.deepEqual(
      rulesIn(facts).map(({ origin, consumers, locality }) => [origin, consumers, locality!.failoverPriority]),
      [
        [{ cluster: 'east', text: 'DestinationRule shop/api' }, ['east'], []],
        [{ cluster: 'hub', text: 'DestinationRule shop/api' }, undefined, ['tier']],
      ],
    )
  })

  test('fields are read with their units', () => {
    const outlierDetection = { consecutive5xxErrors: 5, interval: '10s', baseEjectionTime: '1m30s', maxEjectionPercent: 100 }
    const distribute = [{ from: 'us-east/*', to: { 'us-east/*': 80, 'us-west/*': 20 } }]
    const [rule] = rulesIn(fleet([destinationRule(policy({ distribute }, outlierDetection))]))
    assert.deepEqual(rule!.locality, {
      enabled: true,
      distribute,
      failover: [],
      failoverPriority: [],
      outlierDetection: { consecutiveErrors: 5, intervalMs: 10_000, baseEjectionMs: 90_000, maxEjectionPercent: 100 },
    })
  })

  test('outlier detection alone brings the mesh’s default into force', () => {
    const [rule] = rulesIn(fleet([destinationRule(policy(undefined))]))
    assert.equal(rule!.locality!.isDefault, true)
    assert.deepEqual(rulesIn(fleet([destinationRule({ trafficPolicy: { connectionPool: { tcp: { maxConnections: 1 } } } })])), [])
  })

  const wins: [name: string, rules: [host: string, namespace: string, name?: string][], expected: string[]][] = [
    [
      'short names are of the own namespace',
      [
        ['api', 'shop'],
        ['api', 'elsewhere'],
      ],
      ['shop/r'],
    ],
    ['the whole name', [['api.shop.svc.cluster.local', 'shop']], ['shop/r']],
    [
      'the most specific host',
      [
        ['*.local', 'shop', 'wide'],
        ['*.shop.svc.cluster.local', 'shop', 'narrow'],
        ['api', 'shop', 'own'],
      ],
      ['shop/own', 'clusterset: shop/wide'],
    ],
    [
      'the longer wildcard',
      [
        ['*.local', 'shop', 'wide'],
        ['*.shop.svc.cluster.local', 'shop', 'narrow'],
      ],
      ['shop/narrow', 'clusterset: shop/wide'],
    ],
    [
      'consumer, service, root',
      [
        ['api.shop.svc.cluster.local', 'istio-system'],
        ['api.shop.svc.cluster.local', 'client'],
        ['api', 'shop'],
      ],
      ['client/r for client', 'shop/r', 'istio-system/r'],
    ],
    [
      'the cluster set’s name before the cluster’s',
      [
        ['api', 'shop'],
        ['api.shop.svc.clusterset.local', 'shop', 'set'],
      ],
      ['clusterset: shop/set', 'shop/r'],
    ],
    [
      'others',
      [
        ['web', 'shop'],
        ['api.shop', 'shop'],
        ['*', 'other-ns'],
      ],
      ['other-ns/r for other-ns', 'clusterset: other-ns/r for other-ns'],
    ],
  ]
  for (const [name, rules, expected] of wins)
    test(`which one wins: ${name}`, () => {
      const objects = rules.map(([host, namespace, own = 'r']) =>
        destinationRule({ host, ...policy({}) }, { namespace, name: own }),
      )
      const found = rulesIn(fleet(objects)).map(
        ({ origin, reach, namespaces }) =>
          `${reach === undefined ? '' : `${reach}: `}${origin.text.replace('DestinationRule ', '')}${namespaces ? ` for ${namespaces}` : ''}`,
      )
      assert.deepEqual(found.sort(), [...expected].sort())
    })

  test('a rule that says nothing of localities hides those behind it', () => {
    const silent = destinationRule(
      { host: 'api.shop.svc.cluster.local', trafficPolicy: { tls: { mode: 'DISABLE' } } },
      { namespace: 'client' },
    )
    const rules = rulesIn(fleet([silent, destinationRule(policy({}))]))
    assert.deepEqual(
      rules.map(({ namespaces, locality }) => [namespaces, locality?.isDefault]),
      [
        [['client'], true],
        [undefined, undefined],
      ],
    )
  })

  test('of several for one host the oldest with a traffic policy counts', () => {
    const rules = [
      destinationRule({ subsets: [{ name: 'v1' }] }, { name: 'first', creationTimestamp: '2025-01-01T00:00:00Z' }),
      destinationRule(policy({ failoverPriority: ['later'] }), { name: 'third' }),
      destinationRule(policy({ failoverPriority: ['b'] }), { name: 'second', creationTimestamp: '2025-02-01T00:00:00Z' }),
    ]
    assert.deepEqual(
      rulesIn(fleet(rules)).map(({ locality }) => locality!.failoverPriority),
      [['b']],
    )
  })

  test('rules that are going, or for some workloads, do not count', () => {
    const selected = destinationRule({ workloadSelector: { matchLabels: { app: 'x' } }, ...policy({}) })
    assert.deepEqual(rulesIn(fleet([selected, destinationRule(policy({}), { deletionTimestamp: '2026-01-01T00:00:00Z' })])), [])
  })

  test('exportTo', () => {
    const rule = (exportTo: string[]) => rulesIn(fleet([destinationRule({ ...policy({}), exportTo })]))[0]?.namespaces
    assert.equal(rule(['*']), undefined)
    assert.deepEqual(rule(['.']), ['shop'])
    assert.deepEqual(rule(['.', 'client']), ['shop', 'client'])
  })

  test('what does not count is said', () => {
    const rule = destinationRule({
      trafficPolicy: {
        ...policy({ failover: [{ from: 'us-east', to: 'us-wset' }] }).trafficPolicy,
        portLevelSettings: [{ port: { number: 80 }, outlierDetection: {} }],
      },
      subsets: [{ name: 'v1', trafficPolicy: { tls: {} } }],
    })
    assert.deepEqual(texts(fleet([rule])), [
      'warning: DestinationRule shop/api in east: traffic policies of subsets do not count: the catalogue does not tell subsets apart',
      'warning: DestinationRule shop/api in east: load balancing and outlier detection of single ports do not count',
      'warning: DestinationRule shop/api in east: no cluster of the fleet is in the region us-wset',
    ])
  })
})

const seed = parseYamlDocuments(`
apiVersion: networking.istio.io/v1beta1
kind: ServiceEntry
metadata: {name: payment-service-us-west, namespace: production}
spec:
  hosts: [payment-service.production.svc.cluster.local]
  location: MESH_INTERNAL
  ports: [{number: 8080, name: http, protocol: HTTP}]
  resolution: DNS
  endpoints:
  - {address: payment-service.production.svc.cluster.local, network: network-west, locality: us-west-2/us-west-2a}
---
apiVersion: networking.istio.io/v1beta1
kind: DestinationRule
metadata: {name: payment-service, namespace: production}
spec:
  host: payment-service.production.svc.cluster.local
  trafficPolicy:
    connectionPool: {tcp: {maxConnections: 1000}}
    outlierDetection: {consecutive5xxErrors: 5, interval: 10s, baseEjectionTime: 30s}
    loadBalancer:
      localityLbSetting:
        enabled: true
        failover: [{from: us-east-1, to: us-west-2}]
        distribute: [{from: us-east-1/*, to: {us-east-1/*: 80, us-west-2/*: 20}}]
`).map(({ value }) => value as unknown as KubeObject)
const accept = { 'services.flotilla.dev/accept': 'unambiguous' }
const [seedEntry, seedRule] = seed as [KubeObject, KubeObject]
const payment = { namespace: 'production', name: 'payment-service' }
const at = 'spec.trafficPolicy.loadBalancer.localityLbSetting'

describe('the rule that distributes and fails over', () => {
  test('it is refused with the fields, the reason and the fix', () => {
    const { refusal, warnings } = admitIstio(seedRule, undefined)
    assert.deepEqual(warnings, [])
    assert.equal(
      refusal!.message,
      `configuration is invalid: can not simultaneously specify 'distribute' and 'failover' (${at}: Remove ${at}.failover to share traffic by weight (places without healthy endpoints lose their share to the others), or remove ${at}.distribute to use other regions only when the own one fails. Annotate it, or its namespace, with services.flotilla.dev/accept: unambiguous to have it stored with warnings and applied as far as no error touches it.)`,
    )
    assert.deepEqual(refusal!.causes, [
      { reason: 'FieldValueInvalid', field: at, message: "can not simultaneously specify 'distribute' and 'failover'" },
    ])
    assert.equal(admitIstio(seedEntry, undefined).refusal, undefined)
  })

  test('where it got past Istio it does not count, and that is said', () => {
    const facts = fleet([seedRule])
    assert.deepEqual(istioDialect.rules(payment, facts), [])
    assert.match(
      texts(facts, payment)[0]!,
      /^error: DestinationRule production\/payment-service in east: .*; it is not applied, as Istio refuses it$/,
    )
  })

  const accepted = { ...seedRule, metadata: { ...seedRule.metadata, annotations: accept } }
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'production', annotations: accept } }
  for (const [name, objects] of [
    ['on the object', [accepted]],
    ['on the namespace', [seedRule, namespace]],
  ] as const)
    test(`asked for ${name}, it is applied as far as no error touches it`, () => {
      const facts = fleet(objects)
      const [rule] = istioDialect.rules(payment, facts)
      assert.equal(rule!.locality!.distribute.length, 1)
      assert.deepEqual(rule!.locality!.failover, [])
      assert.equal(rule!.locality!.outlierDetection!.consecutiveErrors, 5)
      assert.match(texts(facts, payment)[0]!, /^warning: .*applied as far as no error touches it$/)
      const { refusal, warnings } = admitIstio(objects[0]!, objects[1])
      assert.equal(refusal, undefined)
      assert.match(warnings[0]!, /it is stored all the same/)
    })

  test('entries that are wrong by themselves fall out', () => {
    const setting = {
      distribute: [
        { from: 'us-east', to: { 'us-east': 50 } },
        { from: 'us-east', to: { 'us-west': 100 } },
        { from: 'us-east/a', to: { 'us-west': 100 } },
      ],
    }
    const [rule] = rulesIn(fleet([destinationRule(policy(setting), { annotations: accept })]))
    assert.deepEqual(rule!.locality!.distribute, [setting.distribute[1]])
    const failover = {
      failover: [
        { from: 'a/b', to: 'c' },
        { from: 'a', to: 'c' },
      ],
      failoverPriority: ['topology.kubernetes.io/region', 'tier'],
    }
    const [other] = rulesIn(fleet([destinationRule(policy(failover), { annotations: accept })]))
    assert.deepEqual(other!.locality!.failover, [{ from: 'a', to: 'c' }])
    assert.deepEqual(other!.locality!.failoverPriority, ['tier'])
  })
})

describe('ServiceEntries', () => {
  const entry = (spec: object, metadata?: Partial<KubeObject['metadata']>) =>
    object(
      'ServiceEntry',
      'more',
      {
        hosts: ['api.shop.svc.cluster.local'],
        ports: [{ number: 80, name: 'http', protocol: 'HTTP', targetPort: 8080 }],
        resolution: 'STATIC',
        ...spec,
      },
      metadata,
    )
  const endpoints = [
    { address: '10.1.0.1', locality: 'us-west/a', network: 'n-west', weight: 3, labels: { version: 'v2' } },
    { address: '10.1.0.2', ports: { http: 9000 } },
    { address: 'x.example.com' },
  ]

  test('endpoints with their place, network, weight, labels and ports', () => {
    const [offer] = istioDialect.offers(apiService, fleet([entry({ resolution: 'DNS', endpoints })]))
    assert.deepEqual(
      offer!.endpoints.map(({ addresses, locality, network, weight, labels, ports }) => [
        addresses[0],
        `${locality.region}/${locality.zone}`,
        network,
        weight,
        labels,
        ports[0]!.port,
      ]),
      [
        ['10.1.0.1', 'us-west/a', 'n-west', 3, { version: 'v2' }, 8080],
        ['10.1.0.2', '/', 'n-east', 1, {}, 9000],
      ],
    )
    assert.deepEqual(offer!.ports, [{ name: 'http', protocol: 'TCP', port: 80, appProtocol: 'http' }])
    assert.deepEqual(offer!.audience, { clusters: [] })
    assert.equal(offer!.reach, 'same-name')
  })

  test('the Service of the cluster itself counts beside them, for its own consumers', () => {
    const facts = fleet([entry({ endpoints }), serviceObject('api'), sliceObject('api', ['10.0.0.1'])])
    // The name in `endpoints` is refused with resolution STATIC.
    assert.deepEqual(istioDialect.offers(apiService, facts), [])
    const fine = fleet([entry({ endpoints: endpoints.slice(0, 2) }), serviceObject('api'), sliceObject('api', ['10.0.0.1'])])
    const service = decideService(istioDialect.offers(apiService, fine), istioDialect.rules(apiService, fine)) as FleetService
    const rank = (cluster: string) =>
      rankEndpoints(service, consumerIn(cluster, 'us-east/a'), {
        reachOf: () => 'reachable',
        labelsOf: () => ({}),
      }).groups.flatMap((group) => group.endpoints.map(({ endpoint }) => `${group.priority} ${endpoint.addresses[0]}`))
    assert.deepEqual(rank('east'), ['0 10.1.0.2', '0 10.0.0.1', '1 10.1.0.1'])
    assert.deepEqual(rank('west'), [])
  })

  test('the hub’s stand beside the own endpoints of each cluster’s Service', () => {
    const facts = fleet([serviceObject('api'), sliceObject('api', ['10.0.0.1'])], [entry({ endpoints: endpoints.slice(0, 1) })])
    assert.deepEqual(
      istioDialect
        .offers(apiService, facts)
        .map(({ cluster, audience, endpoints: [first] }) => [cluster, audience, first!.addresses[0]]),
      [
        ['hub', undefined, '10.1.0.1'],
        ['east', { clusters: [] }, '10.0.0.1'],
      ],
    )
  })

  const hosts: [host: string, namespace: string, name: string, reach: string][] = [
    ['api.shop.svc.cluster.local', 'shop', 'api', 'same-name'],
    ['api.shop.svc.cluster.local.', 'shop', 'api', 'same-name'],
    ['api.shop.svc.clusterset.local', 'shop', 'api', 'clusterset'],
    ['api.example.com', 'shop', 'api.example.com', 'same-name'],
    ['a.b.c.svc.cluster.local', 'shop', 'a.b.c.svc.cluster.local', 'same-name'],
  ]
  for (const [host, namespace, name, reach] of hosts)
    test(`the host ${host}`, () => {
      const facts = fleet([entry({ hosts: [host], endpoints: [{ address: '10.1.0.1' }] })])
      assert.deepEqual(istioDialect.touches(entry({ hosts: [host] }), 'east'), [{ namespace, name }])
      assert.deepEqual(
        istioDialect.offers({ namespace, name }, facts).map((offer) => offer.reach),
        [reach],
      )
    })

  test('an entry adds to services of its own namespace, in istio-system to all', () => {
    for (const host of ['api.shop.svc.cluster.local', 'api.shop.svc.clusterset.local']) {
      const from = (namespace: string) => entry({ hosts: [host], endpoints: [{ address: '10.6.6.6' }] }, { namespace })
      const offered = (facts: FleetFacts) => istioDialect.offers(apiService, facts).length
      assert.equal(offered(fleet([from('evil')])), 0)
      assert.equal(offered(fleet([], [from('evil')])), 0)
      assert.equal(offered(fleet([from('istio-system')])), 1)
      assert.equal(offered(fleet([from('shop')])), 1)
      assert.deepEqual(texts(fleet([from('evil')])), [
        `error: ServiceEntry evil/more in east: ${host} is a service of the namespace shop, and entries add to services of their own namespace only: it does not count`,
      ])
    }
  })

  test('the hub’s are for everybody; nobody gets what is exported to nobody', () => {
    const [offer] = istioDialect.offers(apiService, fleet([], [entry({ endpoints: [{ address: '10.1.0.1' }] })]))
    assert.equal(offer!.cluster, 'hub')
    assert.equal(offer!.audience, undefined)
    assert.deepEqual(
      istioDialect.offers(apiService, fleet([entry({ exportTo: ['~'], endpoints: [{ address: '10.1.0.1' }] })])),
      [],
    )
  })

  test('WorkloadEntries that the selector takes, by their health', () => {
    const workload = (name: string, more: Partial<KubeObject['metadata']> = {}, status?: object, labels = { app: 'api' }) => ({
      ...object('WorkloadEntry', name, { address: `10.2.0.${name.length}`, labels }, more),
      ...(status ? { status } : {}),
    })
    const checked = { annotations: { 'proxy.istio.io/health-checks-enabled': 'true' } }
    const condition = (status: string) => ({ conditions: [{ type: 'Healthy', status }] })
    const objects = [
      workload('a'),
      workload('bb', {}, condition('False')),
      workload('ccc', checked),
      workload('dddd', checked, condition('False')),
      workload('eeeee', checked, condition('True')),
      workload('ffffff', {}, undefined, { app: 'other' }),
      workload('ggggggg', { namespace: 'other' }),
    ]
    const [offer] = istioDialect.offers(apiService, fleet([entry({ workloadSelector: { labels: { app: 'api' } } }), ...objects]))
    assert.deepEqual(
      offer!.endpoints.map(({ addresses, ready }) => `${addresses[0]} ${ready}`),
      ['10.2.0.1 true', '10.2.0.2 true', '10.2.0.3 false', '10.2.0.4 false', '10.2.0.5 true'],
    )
  })

  test('an endpoint that points at its own host is told so, other names too', () => {
    const facts = fleet([seedEntry])
    assert.deepEqual(istioDialect.offers(payment, facts)[0]!.endpoints, [])
    assert.deepEqual(texts(facts, payment), [
      'error: ServiceEntry production/payment-service-us-west in east: spec.endpoints[0].address is payment-service.production.svc.cluster.local, the host of the entry itself: looked up, it leads back to where the question came from',
    ])
    assert.deepEqual(texts(fleet([entry({ resolution: 'DNS', endpoints: endpoints.slice(2) })])), [
      'warning: ServiceEntry shop/more in east: spec.endpoints[0].address is the name x.example.com: only addresses are endpoints here',
    ])
    assert.match(texts(fleet([entry({ resolution: 'NONE' })]))[0]!, /resolution NONE leaves it to the client/)
    assert.match(texts(fleet([entry({ resolution: 'DNS' })]))[0]!, /resolution DNS without endpoints/)
  })
})

test('what an object touches', () => {
  const touched = (each: KubeObject) => istioDialect.touches(each, 'east')
  assert.deepEqual(touched(destinationRule({})), [apiService])
  assert.equal(touched(destinationRule({ host: '*.local' })), 'all')
  assert.equal(touched(object('WorkloadEntry', 'w', {})), 'all')
  assert.deepEqual(touched(serviceObject('api')), [apiService])
  assert.deepEqual(touched(object('ServiceEntry', 's', { hosts: ['*.example.com', 'a.example.com'] })), [
    { namespace: 'shop', name: 'a.example.com' },
  ])
  assert.deepEqual(touched({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }), [])
})

test('objects of a strange shape do no harm', () => {
  const strange: ClusterSketch['objects'] = [
    object('DestinationRule', 'a', { host: 7, trafficPolicy: 'x' }),
    { ...object('DestinationRule', 'b', {}), spec: null },
    object(
      'DestinationRule',
      'c',
      { host: 'api', trafficPolicy: { loadBalancer: { localityLbSetting: { distribute: [null, { to: [1] }], failover: 'x' } } } },
      { annotations: accept },
    ),
    object(
      'ServiceEntry',
      'd',
      {
        hosts: ['api.shop.svc.cluster.local', 5],
        ports: [null, 3],
        endpoints: [null, 'x', { address: 4 }],
        resolution: 'STATIC',
      },
      { annotations: accept },
    ),
  ]
  const facts = fleet(strange)
  assert.deepEqual(istioDialect.offers(apiService, facts)[0]!.endpoints, [])
  for (const { locality } of rulesIn(facts)) assert.deepEqual(locality!.failover, [])
  assert.ok(texts(facts).length > 0)
  for (const each of strange) assert.ok(istioDialect.touches(each, 'east'))
})
