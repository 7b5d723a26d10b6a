import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom, type Random } from '../../base/random.js'
import { decideService } from './decide-service.js'
import type { ConflictReason, Offer, ServicePort } from './service-model.js'

const http: ServicePort = { name: 'http', protocol: 'TCP', port: 80 }

function offer(cluster: string, createdMs: number, more: Partial<Offer> = {}): Offer {
  return {
    dialect: 'mcs',
    origin: { cluster, text: 'ServiceExport shop/api' },
    service: { namespace: 'shop', name: 'api' },
    cluster,
    createdMs,
    reach: 'clusterset',
    type: 'ClusterSetIP',
    ports: [http],
    sessionAffinity: { type: 'None' },
    ipFamilies: ['IPv4'],
    labels: {},
    annotations: {},
    weight: 1,
    endpoints: [],
    ...more,
  }
}

const reasons = (...offers: Offer[]): string => (decideService(offers)?.conflicts ?? []).map(({ reason }) => reason).join(',')

test('nobody offers: there is no service', () => {
  assert.equal(decideService([]), undefined)
})

test('equal offers have no conflict', () => {
  assert.equal(reasons(offer('a', 1), offer('b', 2, { ports: [{ ...http }] })), '')
})

test('the oldest decides, and equal ages go by the name of the cluster', () => {
  const headless = decideService([offer('a', 5), offer('b', 4, { type: 'Headless' })])
  assert.equal(headless?.type, 'Headless')
  const tie = decideService([offer('b', 5, { type: 'Headless' }), offer('a', 5)])
  assert.equal(tie?.type, 'ClusterSetIP')
  assert.match(
    tie?.conflicts[0]?.message ?? '',
    /types differ: ClusterSetIP holds; .*in a \(ServiceExport shop\/api\).*Headless in b/,
  )
})

test('every reason, in the order of the standard', () => {
  assert.equal(
    reasons(
      offer('a', 1, { sessionAffinity: { type: 'ClientIP', timeoutSeconds: 10 } }),
      offer('b', 2, {
        ports: [],
        type: 'Headless',
        sessionAffinity: { type: 'None' },
        annotations: { a: 'b' },
        labels: { a: 'b' },
        internalTrafficPolicy: 'Local',
        trafficDistribution: 'PreferClose',
        ipFamilies: ['IPv6'],
      }),
      offer('c', 3, { sessionAffinity: { type: 'ClientIP', timeoutSeconds: 11 } }),
    ),
    'PortConflict,TypeConflict,SessionAffinityConflict,SessionAffinityConfigConflict,AnnotationsConflict,LabelsConflict,' +
      'InternalTrafficPolicyConflict,TrafficDistributionConflict,IPFamilyConflict',
  )
  assert.equal(reasons(offer('a', 1), offer('b', 2, { internalTrafficPolicy: 'Cluster' })), '', 'the default is no other value')
})

test('ports are the union, by name and then by protocol and number', () => {
  const merged = decideService([
    offer('a', 1),
    offer('b', 2, {
      ports: [
        { name: 'http', protocol: 'TCP', port: 8080 },
        { name: 'web', protocol: 'TCP', port: 80 },
        { name: 'dns', protocol: 'UDP', port: 80 },
      ],
    }),
  ])
  assert.deepEqual(merged?.ports, [http, { name: 'dns', protocol: 'UDP', port: 80 }])
})

test('a port that clusters number differently belongs to the oldest alone', () => {
  const merged = decideService([offer('a', 1), offer('b', 2, { ports: [{ ...http, port: 8080 }] })])
  assert.deepEqual(merged?.ports, [http])
})

test('random offers: as the naive twin says, whatever order they come in', () => {
  const random = createSeededRandom(1645)
  for (let round = 0; round < 300; round++) {
    const offers = Array.from({ length: 1 + pick(random, 5) }, (_, index) => randomOffer(random, `c${index}`))
    const expected = naive(offers)
    const first = decideService(offers)
    assert.ok(first)
    assert.deepEqual(
      { type: first.type, ports: first.ports, reasons: new Set(first.conflicts.map(({ reason }) => reason)) },
      expected,
    )
    for (let order = 0; order < 4; order++) assert.deepEqual(decideService(shuffled(offers, random)), first)
  }
})

test('a few offers in every order', () => {
  const random = createSeededRandom(7)
  const offers = Array.from({ length: 4 }, (_, index) => randomOffer(random, `c${index}`))
  const results = permutations(offers).map((order) => decideService(order))
  assert.equal(results.length, 24)
  for (const result of results) assert.deepEqual(result, results[0])
})

/** The rules again, as plainly as they can be said. */
function naive(offers: readonly Offer[]) {
  let oldest = offers[0]!
  for (const each of offers) {
    if (each.createdMs < oldest.createdMs || (each.createdMs === oldest.createdMs && each.cluster < oldest.cluster)) oldest = each
  }
  const left = new Set(offers)
  const ports: ServicePort[] = []
  while (left.size > 0) {
    let next: Offer | undefined
    for (const each of left) {
      if (!next || each.createdMs < next.createdMs || (each.createdMs === next.createdMs && each.cluster < next.cluster))
        next = each
    }
    left.delete(next!)
    for (const port of next!.ports) {
      if (ports.every((known) => known.name !== port.name && `${known.port}${known.protocol}` !== `${port.port}${port.protocol}`))
        ports.push(port)
    }
  }
  const found = new Set<ConflictReason>()
  const text = (each: Offer) =>
    each.ports
      .map((port) => JSON.stringify([port.name, port.port, port.protocol, port.appProtocol]))
      .sort()
      .join()
  for (const each of offers) {
    if (text(each) !== text(oldest)) found.add('PortConflict')
    if (each.type !== oldest.type) found.add('TypeConflict')
    if (each.sessionAffinity.type !== oldest.sessionAffinity.type) found.add('SessionAffinityConflict')
    else if (each.sessionAffinity.timeoutSeconds !== oldest.sessionAffinity.timeoutSeconds)
      found.add('SessionAffinityConfigConflict')
    if (each.labels['tier'] !== oldest.labels['tier']) found.add('LabelsConflict')
    if (each.annotations['note'] !== oldest.annotations['note']) found.add('AnnotationsConflict')
    if (each.internalTrafficPolicy !== oldest.internalTrafficPolicy) found.add('InternalTrafficPolicyConflict')
    if (each.trafficDistribution !== oldest.trafficDistribution) found.add('TrafficDistributionConflict')
    if (each.ipFamilies.join() !== oldest.ipFamilies.join()) found.add('IPFamilyConflict')
  }
  return { type: oldest.type, ports, reasons: found }
}

function randomOffer(random: Random, cluster: string): Offer {
  const affinity = pick(random, 3)
  return offer(cluster, pick(random, 3), {
    type: pick(random, 4) === 0 ? 'Headless' : 'ClusterSetIP',
    ports: Array.from({ length: pick(random, 4) }, (_, index) => ({
      name: `${'ab'[pick(random, 2)]}${index}`,
      protocol: pick(random, 3) === 0 ? ('UDP' as const) : ('TCP' as const),
      port: 80 + pick(random, 3),
      ...(pick(random, 4) === 0 ? { appProtocol: 'kubernetes.io/h2c' } : {}),
    })).filter(
      (port, index, all) => all.findIndex((each) => each.port === port.port && each.protocol === port.protocol) === index,
    ),
    sessionAffinity: affinity === 0 ? { type: 'None' } : { type: 'ClientIP', timeoutSeconds: affinity },
    ...(pick(random, 3) === 0 ? { internalTrafficPolicy: 'Local' as const } : { internalTrafficPolicy: 'Cluster' as const }),
    ...(pick(random, 3) === 0 ? { trafficDistribution: 'PreferClose' } : {}),
    ipFamilies: pick(random, 3) === 0 ? ['IPv6'] : ['IPv4'],
    labels: pick(random, 3) === 0 ? { tier: 'gold' } : {},
    annotations: pick(random, 3) === 0 ? { note: 'x' } : {},
  })
}

function pick(random: Random, below: number): number {
  return Math.floor(random.number() * below)
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const mixed = [...items]
  for (let index = mixed.length - 1; index > 0; index--) {
    const other = pick(random, index + 1)
    ;[mixed[index], mixed[other]] = [mixed[other]!, mixed[index]!]
  }
  return mixed
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item, index) => permutations(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]))
}
