import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rankEndpoints } from '../../services/model/rank/rank-endpoints.js'
import type { Endpoint, FleetService, Offer } from '../../services/model/service-model.js'
import { formatTable } from './print.js'
import { formatProbeChart, formatProbeLine, gatherInterval, percentile } from './probe-screen.js'
import {
  describeKept,
  describeLeases,
  describeLosses,
  describeRanking,
  describeService,
  serviceColumns,
} from './service-screens.js'

const place = (region: string) => ({ region, zone: `${region}a`, subZone: '' })

function endpoint(address: string, region: string, ready = true): Endpoint {
  const ports = [{ name: 'http', protocol: 'TCP' as const, port: 8080 }]
  return {
    addresses: [address],
    ports,
    ready,
    serving: ready,
    terminating: false,
    locality: place(region),
    labels: {},
    weight: 1,
    network: '',
  }
}

function offer(cluster: string, endpoints: readonly Endpoint[], createdMs: number): Offer {
  return {
    dialect: 'mcs',
    origin: { cluster, text: 'ServiceExport shop/api' },
    service: { namespace: 'shop', name: 'api' },
    cluster,
    createdMs,
    reach: 'clusterset',
    type: 'ClusterSetIP',
    ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
    sessionAffinity: { type: 'None' },
    ipFamilies: ['IPv4'],
    labels: {},
    annotations: {},
    weight: 1,
    endpoints,
  }
}

const offers = [
  offer('us-east', [endpoint('10.1.0.1', 'us-east')], 0),
  offer('us-west', [endpoint('10.2.0.1', 'us-west'), endpoint('10.2.0.2', 'us-west', false)], 60_000),
]
const service: FleetService = {
  service: { namespace: 'shop', name: 'api' },
  reach: 'clusterset',
  type: 'ClusterSetIP',
  ports: offers[0]!.ports,
  sessionAffinity: { type: 'None' },
  ipFamilies: ['IPv4'],
  labels: {},
  annotations: {},
  offers,
  conflicts: [
    { reason: 'TypeConflict', message: 'us-east says ClusterSetIP', winner: offers[0]!.origin, losers: [offers[1]!.origin] },
  ],
  rules: [],
}
const facts = { reachOf: () => 'reachable' as const, labelsOf: () => ({}) }
const consumer = { cluster: 'us-west', locality: place('us-west'), network: '', labels: {} }

test('the list and the page of a service', () => {
  assert.equal(
    formatTable([service], serviceColumns),
    'NAMESPACE   NAME   REACH        PORTS         CLUSTERS          READY   PROBLEMS\nshop        api    clusterset   http:80/TCP   us-east,us-west   2/3     TypeConflict\n',
  )
  const page = describeService(service, 120_000, (name) => name !== 'ost')
  assert.match(page, /^Service: shop\/api$/m)
  assert.match(page, /^us-west {3}ServiceExport shop\/api {3}1\/2 {5}1 {8}http:80\/TCP {3}all {3}60s$/m)
  const limited = {
    ...service,
    offers: service.offers.map((offer) => ({ ...offer, audience: { clusters: ['ost', 'us-west'] } })),
  }
  assert.match(
    describeService(limited, 120_000, (name) => name !== 'ost'),
    /warning: ServiceExport shop\/api in us-west is for clusters by name, and ost is no cluster of the fleet/,
  )
  assert.match(page, /TypeConflict: us-east says ClusterSetIP/)
})

test('a ranking says who answers, why, and who after a loss', () => {
  const ranking = rankEndpoints(service, consumer, facts)
  const text = describeRanking(service, ranking)
  assert.match(text, /^From: +us-west at us-west\/us-westa$/m)
  assert.match(text, /^0 .*us-west .*10\.2\.0\.1:8080/m)
  assert.match(text, /^1 .*us-east .*10\.1\.0\.1:8080/m)
  assert.match(text, /Not used:\n {2}us-west 10\.2\.0\.2: /)
  const losses = ['us-east', 'us-west'].map((cluster) => ({
    cluster,
    ranking: rankEndpoints(service, consumer, facts, [cluster]),
  }))
  assert.equal(describeLosses(ranking, losses), '\nIF LOST   TRAFFIC GOES TO\nus-east   us-west (no change)\nus-west   us-east\n')
  const none = rankEndpoints(service, consumer, facts, ['us-east', 'us-west'])
  assert.match(describeRanking(service, none), /No endpoint can be used from there/)
  assert.match(describeLosses(ranking, [{ cluster: 'both', ranking: none }]), /both +nobody\n/)
  assert.match(describeLosses(ranking, [{ cluster: 'both', ranking: none }], ['eu']), /both +eu, which cannot be read now\n/)
})

test('what a probe has counted, as a line and as a chart', () => {
  const answers = [
    ...Array.from({ length: 6 }, (_, index) => ({ ms: index + 1, from: 'us-east' })),
    { ms: 9, from: 'us-west' },
    { ms: 2000, error: 'ECONNREFUSED' },
  ]
  const interval = gatherInterval(Date.UTC(2026, 0, 1, 10, 0, 1), answers)
  assert.equal(formatProbeLine(interval), '10:00:01 us-east=6 us-west=1 errors=1(ECONNREFUSED:1) p50=4.0ms p99=9.0ms')
  assert.equal(formatProbeLine(gatherInterval(0, [])), '00:00:00 errors=0 p50=- p99=-')
  const chart = formatProbeChart([interval], { width: 40, colour: false, title: 'shop/api' })
  const blank = ' '.repeat(20)
  assert.equal(chart, `shop/api\nus-east ${blank}▆ 6\nus-west ${blank}▁ 1\nerrors  ${blank}▁ 1\np50 4.0ms  p99 9.0ms\n`)
  assert.match(formatProbeChart([interval], { width: 40, colour: true, title: '' }), /\u001b\[31m {20}▁\u001b\[0m 1/)
  // No line is as long as the terminal is wide, however long it has run.
  const long = formatProbeChart(Array(200).fill(interval), { width: 40, colour: false, title: 'x'.repeat(90) })
  assert.ok(long.split('\n').every((line) => line.length <= 40))
  assert.equal(percentile([], 0.5), Number.NaN)
})

test('leases are told with their age and what they are good for', () => {
  const lease = (name: string, renewedMs: number) => ({ source: { id: name, name }, renewedMs, durationMs: 60_000 })
  assert.equal(describeLeases('us-west', [], 0), '')
  assert.equal(
    describeLeases('us-west', [lease('us-east', 1_000_000), lease('eu', 1_060_000)], 1_070_000),
    [
      '',
      'LEASE IN US-WEST   RENEWED   STATE',
      'eu                 10s ago   holds for 50s',
      'us-east            70s ago   expired: used only when nobody else is left',
      '',
    ].join('\n'),
  )
})

test('what is kept of clusters that cannot be read is told', () => {
  assert.equal(describeKept('us-west', new Map()), '')
  assert.equal(
    describeKept('us-west', new Map([['us-east', ['10.0.0.1', '10.0.0.2']]])),
    '\nKept in us-west though their cluster cannot be read, for when nobody else is left:\n  us-east: 10.0.0.1, 10.0.0.2\n',
  )
})
