import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ClusterSketch, fleetFacts, sliceObject } from '../../../test/support/cases/fleet-facts.js'
import { apiService } from '../../../test/support/worlds/sample-fleet.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { PlannedWrite } from '../../services/model/planned-write.js'
import { derivedName, derivedService, parentOf } from './derived-service.js'
import { findLinks, type LinkTarget } from './find-links.js'
import { gkeDialect } from './gke-dialect.js'
import { gkePlanner } from './plan-derived-services.js'

const service = (links: readonly string[] | undefined, more: object = {}): KubeObject => ({
  apiVersion: 'networking.gke.io/v1',
  kind: 'MultiClusterService',
  metadata: { name: 'api', namespace: 'shop', creationTimestamp: '2026-01-01T00:00:00Z', generation: 1 },
  spec: {
    template: { spec: { selector: { app: 'api' }, ports: [{ name: 'http', port: 8080 }] } },
    ...(links ? { clusters: links.map((link) => ({ link })) } : {}),
  },
  ...more,
})
const shop = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
const inShop = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'shop' } }
const derived = derivedName(apiService)
const cluster = (name: string, more: Partial<ClusterSketch> = {}): ClusterSketch => ({
  name,
  objects: [shop, inShop, sliceObject(derived, [name])],
  ...more,
})
const three = [
  cluster('production-us-east', { place: 'us-east1/b' }),
  cluster('production-eu-west', { place: 'eu/a' }),
  cluster('staging'),
]

describe('links', () => {
  const targets: LinkTarget[] = [
    { name: 'production-us-east', region: 'us-east-1', labels: {} },
    { name: 'b', region: 'europe-west1', labels: { 'services.flotilla.dev/link-name': 'production-eu-west' } },
    { name: 'c', region: 'asia', labels: { 'services.flotilla.dev/link-name': 'twin' } },
    { name: 'd', region: 'eu', labels: { 'services.flotilla.dev/link-name': 'twin' } },
  ]
  const cases: [link: string, cluster: string | undefined, problem?: RegExp][] = [
    ['us-east1/production-us-east', 'production-us-east'],
    ['production-us-east', 'production-us-east'],
    ['europe-west1/production-eu-west', 'b'],
    ['asia/production-us-east', 'production-us-east', /means production-us-east, which is in the region us-east-1$/],
    ['asia/twin', 'c'],
    ['mars/twin', undefined, /means one of c, d: none is in that region/],
    ['us-east1/production-us-eats', undefined, /means no cluster of the fleet; did you mean production-us-east\?$/],
    ['x/nothing-like-it', undefined, /means no cluster of the fleet$/],
    ['', undefined, /means no cluster/],
  ]
  for (const [link, expected, problem] of cases)
    test(JSON.stringify(link), () => {
      const [found] = findLinks([link], targets)
      assert.equal(found!.cluster, expected)
      if (problem === undefined) assert.equal(found!.problem, undefined)
      else assert.match(found!.problem!.message, problem)
    })
})

describe('what is offered', () => {
  const offers = (object: KubeObject) =>
    gkeDialect
      .offers(apiService, fleetFacts(three, [object]))
      .map(({ cluster: name, endpoints }) => `${name}: ${endpoints.map(({ addresses }) => addresses[0])}`)
  test('backends of the linked clusters', () => {
    assert.deepEqual(offers(service(['us-east1/production-us-east', 'europe-west1/production-eu-west', 'x/unknown'])), [
      'production-eu-west: production-eu-west',
      'production-us-east: production-us-east',
    ])
  })
  test('without links: of all clusters', () => assert.equal(offers(service(undefined)).length, 3))
  test('nothing of one that is going, or of no name', () => {
    const going = service(undefined)
    going.metadata.deletionTimestamp = '2026-01-01T00:00:00Z'
    assert.deepEqual(offers(going), [])
    assert.deepEqual(gkeDialect.offers({ namespace: 'shop', name: 'web' }, fleetFacts(three, [service(undefined)])), [])
  })
  test('objects of a strange shape', () => {
    for (const spec of [undefined, null, 5, { template: 'x', clusters: [null, { link: 5 }] }]) {
      const facts = fleetFacts(three, [service(undefined, { spec })])
      assert.equal(gkeDialect.offers(apiService, facts).length, 3)
      assert.equal(gkeDialect.diagnose!(apiService, facts).length, 2)
    }
  })
})

test('derived names fit, and say whose they are', () => {
  assert.match(derived, /^mci-api-svc-[a-z0-9]{16}$/)
  const long = derivedName({ namespace: 'shop', name: 'x'.repeat(60) })
  assert.equal(long.length, 63)
  assert.notEqual(derivedName({ namespace: 'shop', name: 'a' }), derivedName({ namespace: 'shop', name: 'b' }))
  assert.deepEqual(parentOf(derivedService(service([]))), apiService)
  assert.deepEqual(gkeDialect.touches(derivedService(service([])), 'c'), [apiService])
  const broken = {
    ...derivedService(service([])),
    metadata: { name: 'x', annotations: { 'networking.gke.io/multiclusterservice-parent': '{' } },
  }
  assert.deepEqual(gkeDialect.touches(broken, 'c'), [])
})

describe('what is planned', () => {
  const plan = (clusters: readonly ClusterSketch[], object: KubeObject) =>
    gkePlanner.plan({ fleet: fleetFacts(clusters, [object]), now: '2026-01-02T00:00:00Z', lookedUp: () => undefined })
  const show = (writes: readonly PlannedWrite[]) =>
    writes
      .map((write) => `${write.action} ${write.place} ${(write.action === 'create' ? write.object : write.seen).metadata.name}`)
      .sort()

  test('a derived Service in each linked cluster, and the status', () => {
    const object = service(['us-east1/production-us-east', 'x/production-eu-wets'])
    const writes = plan(three, object)
    assert.deepEqual(show(writes), [`create production-us-east ${derived}`, 'patch hub api'])
    const status = writes.find(({ place }) => place === 'hub') as PlannedWrite & {
      body: { status: { conditions: object[]; clusters: object[] } }
    }
    assert.deepEqual(status.body.status, {
      clusters: [{ cluster: 'production-us-east', service: derived }],
      conditions: [
        {
          type: 'Programmed',
          status: 'False',
          reason: 'UnknownLink',
          message: 'the link x/production-eu-wets means no cluster of the fleet; did you mean production-eu-west?',
          lastTransitionTime: '2026-01-02T00:00:00Z',
          observedGeneration: 1,
        },
      ],
    })
  })

  test('once it is done, nothing is to be done', () => {
    const bare = service(['production-us-east'])
    const [first] = plan([three[0]!], bare).filter(({ place }) => place === 'hub') as (PlannedWrite & {
      body: { status: object }
    })[]
    const done = { ...bare, status: first!.body.status }
    const made = derivedService(bare)
    const filled = {
      ...made,
      spec: {
        ...(made['spec'] as object),
        ports: [{ name: 'http', port: 8080, targetPort: 8080, protocol: 'TCP' }],
        type: 'ClusterIP',
      },
    }
    assert.deepEqual(plan([cluster('production-us-east', { objects: [inShop, filled] })], done), [])
    // Another selector, the name kept.
    const other = { ...filled, spec: { ...filled.spec, selector: { app: 'api', tier: 'x' } } }
    const [patch] = plan([cluster('production-us-east', { objects: [inShop, other] })], done) as (PlannedWrite & {
      body: { spec: { selector: object } }
    })[]
    assert.deepEqual(patch!.body.spec.selector, { app: 'api', tier: null })
  })

  test('what is not linked any more goes; what is somebody else’s stays', () => {
    const made = derivedService(service([]))
    const foreign = { ...made, metadata: { ...made.metadata, labels: {} } }
    assert.deepEqual(
      show(plan([cluster('a', { objects: [inShop, made] }), cluster('b', { objects: [inShop, foreign] })], service(['c']))),
      [`delete a ${derived}`, 'patch hub api'],
    )
  })

  test('clusters that cannot be reached or lack the namespace wait', () => {
    const writes = plan([cluster('a', { objects: [] }), cluster('b', { reach: 'lost' })], service(undefined))
    assert.deepEqual(show(writes), ['patch hub api'])
    assert.match(JSON.stringify(writes), /the namespace shop is not there in a/)
  })
})
