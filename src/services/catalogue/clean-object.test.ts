import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mcsDialect } from '../../dialects/mcs/mcs-dialect.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { decideService } from '../model/decide-service.js'
import { endpointsOf, offerFieldsOf } from '../model/read-service.js'
import type { ClusterFacts, FleetFacts } from '../model/service-dialect.js'
import { cleanObject } from './clean-object.js'

const nothing = [null, 5, 'x', [], [null], [5], { a: 5 }, true, '__proto__', Number.NaN, { __proto__: null, '': {} }]
const place = { region: '', zone: '', subZone: '' }

function objectOf(kind: string, more: object): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name: 'api', namespace: 'shop' }, ...more } as KubeObject
}

function factsOf(objects: readonly KubeObject[]): FleetFacts {
  const one = (kind: string) => objects.find((object) => object.kind === kind)
  const cluster: ClusterFacts = {
    name: 'east',
    id: 'east',
    labels: {},
    network: '',
    locality: place,
    reach: 'reachable',
    hasNamespace: () => true,
    namespace: () => undefined,
    service: () => one('Service'),
    slices: () => objects.filter(({ kind }) => kind === 'EndpointSlice'),
    objects: ({ kind }) => objects.filter((object) => object.kind === kind),
    localityOfNode: () => place,
  }
  return { clusters: [cluster], cluster: () => cluster, hubObjects: () => [] }
}

test('objects as they should be are not copied', () => {
  for (const object of [
    objectOf('Service', { spec: { ports: [{ port: 80, name: 'http', targetPort: 'web' }], clusterIP: 'None' } }),
    objectOf('EndpointSlice', { addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'] }], ports: [{ port: null }] }),
    objectOf('EndpointSlice', { addressType: 'IPv4', endpoints: null }),
    objectOf('ServiceExport', {}),
    objectOf('ServiceImport', { spec: { type: 'Headless', ports: [] }, status: { clusters: [{ cluster: 'a' }] } }),
    objectOf('Node', { spec: 5 }),
  ])
    if (object['endpoints'] !== null) assert.equal(cleanObject(object), object)
})

test('no malformed object of a member stops the work on its service', () => {
  const service = objectOf('Service', { spec: { ports: [{ port: 80 }] } })
  const slice = objectOf('EndpointSlice', {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'] }],
    ports: [{ port: 80 }],
  })
  const exported = objectOf('ServiceExport', {})
  const broken: KubeObject[] = []
  for (const bad of nothing) {
    for (const key of ['labels', 'annotations', 'creationTimestamp', 'ownerReferences'])
      for (const object of [service, slice, exported])
        broken.push({ ...object, metadata: { ...object.metadata, [key]: bad } } as unknown as KubeObject)
    broken.push({ ...service, spec: bad }, { ...exported, spec: bad }, { ...exported, status: bad })
    for (const key of ['ports', 'type', 'clusterIP', 'ipFamilies', 'sessionAffinityConfig', 'trafficDistribution'])
      broken.push({ ...service, spec: { sessionAffinity: 'ClientIP', [key]: bad } })
    for (const port of [{ port: bad }, { port: 80, name: bad }, { port: 80, protocol: bad }, { port: 80, appProtocol: bad }])
      broken.push({ ...service, spec: { ports: [port] } }, { ...slice, ports: [port] } as unknown as KubeObject)
    broken.push({ ...exported, spec: { exportedLabels: bad } }, { ...exported, spec: { exportedAnnotations: { a: bad } } })
    broken.push({ ...slice, endpoints: bad } as unknown as KubeObject, { ...slice, addressType: bad } as unknown as KubeObject)
    for (const key of ['addresses', 'conditions', 'hostname', 'nodeName', 'zone'])
      broken.push({ ...slice, endpoints: [{ addresses: ['10.0.0.1'], [key]: bad }] } as unknown as KubeObject)
  }
  for (const port of [0, -1, 1.5, 65_536, 1e308, Number.MAX_SAFE_INTEGER])
    broken.push({ ...service, spec: { ports: [{ port }] } }, { ...slice, ports: [{ port }] } as unknown as KubeObject)
  for (const object of broken) {
    const objects = [service, slice, exported].map((each) => cleanObject(each.kind === object.kind ? object : each))
    const offers = mcsDialect.offers({ namespace: 'shop', name: 'api' }, factsOf(objects))
    assert.equal(offers.length, 1, JSON.stringify(object))
    const decided = decideService(offers)
    for (const { port, name } of decided!.ports)
      assert.ok(Number.isInteger(port) && port > 0 && port < 65_536 && typeof name === 'string')
    for (const { addresses, ports } of offers[0]!.endpoints) {
      assert.deepEqual(addresses, ['10.0.0.1'])
      for (const { port } of ports) assert.ok(port > 0 && port < 65_536)
    }
  }
})

test('addresses that are none of their slice’s type are left out', () => {
  const slice = cleanObject(
    objectOf('EndpointSlice', {
      addressType: 'IPv4',
      endpoints: ['10.0.0.1', 'fd00::1', 'name.test', '', '10.0.0.256'].map((address) => ({ addresses: [address] })),
    }),
  )
  const { clusters } = factsOf([])
  assert.deepEqual(
    endpointsOf([slice], clusters[0]!).map(({ addresses }) => addresses[0]),
    ['10.0.0.1'],
  )
})

test('lists as large as an object can hold take no time, and what is beyond the bound is left out', () => {
  const ports = Array.from({ length: 25_000 }, (_, index) => ({ name: `p-${index}`, port: index + 1 }))
  const fields = offerFieldsOf(objectOf('Service', { spec: { ports } }))!
  assert.equal(fields.ports.length, 1000)
  const { clusters } = factsOf([])
  const slices = [0, 1, 2].map((round) =>
    objectOf('EndpointSlice', {
      addressType: 'IPv4',
      endpoints: Array.from({ length: 300 }, (_, index) => ({ addresses: [`10.0.${index >> 8}.${index & 255}`] })),
      ports: ports.slice(round * 900, round * 900 + 900),
    }),
  )
  const started = process.hrtime.bigint()
  for (const { ports: found } of endpointsOf(slices, clusters[0]!)) assert.equal(found.length, 1000)
  const offer = mcsDialect.offers(
    { namespace: 'shop', name: 'api' },
    factsOf([objectOf('Service', { spec: { ports } }), objectOf('ServiceExport', {})]),
  )[0]!
  const offers = Array.from({ length: 200 }, (_, index) => ({
    ...offer,
    cluster: `c${index}`,
    ports: offer.ports.map((port) => ({
      ...port,
      name: `q${index}-${port.name}`,
      port: ((port.port + index * 300) % 65_535) + 1,
    })),
  }))
  const decided = decideService(offers)!
  assert.equal(decided.ports.length, 1000)
  for (const { message } of decided.conflicts) assert.ok(message.length < 50_000)
  assert.ok(Number(process.hrtime.bigint() - started) / 1e6 < 8000)
})

test('an object that does not say when it was made decides nothing over others', () => {
  const objects = (creationTimestamp: string | undefined) => [
    objectOf('Service', { spec: { ports: [{ port: 80 }] } }),
    {
      ...objectOf('ServiceExport', {}),
      metadata: { name: 'api', namespace: 'shop', ...(creationTimestamp ? { creationTimestamp } : {}) },
    },
  ]
  const created = (when: string | undefined) =>
    mcsDialect.offers({ namespace: 'shop', name: 'api' }, factsOf(objects(when)))[0]!.createdMs
  assert.ok(created('2026-01-01T00:00:00Z') < created('never'))
  assert.ok(created('2026-01-01T00:00:00Z') < created(undefined))
})
