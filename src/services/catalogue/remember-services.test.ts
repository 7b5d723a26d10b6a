import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fleetFacts } from '../../../test/support/cases/fleet-facts.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { multiClusterNames } from '../model/multi-cluster-names.js'
import { isRemembered, rememberServices } from './remember-services.js'

const names = multiClusterNames
const slice = (service: string, source: string, addresses: string[], more: Record<string, string> = {}): KubeObject =>
  ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${service}-${source}`,
      namespace: 'shop',
      creationTimestamp: '2026-01-01T00:00:00Z',
      labels: {
        [names.managedByLabel]: names.sliceManager,
        [names.sourceClusterLabel]: source,
        [names.serviceNameLabel]: service,
        ...more,
      },
    },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true }, zone: 'east-a' })),
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
  }) as unknown as KubeObject
const imported = (service: string, ...clusters: string[]): KubeObject =>
  ({
    apiVersion: 'multicluster.x-k8s.io/v1beta1',
    kind: 'ServiceImport',
    metadata: { name: service, namespace: 'shop' },
    spec: { type: 'ClusterSetIP', ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
    status: { clusters: clusters.map((cluster) => ({ cluster })) },
  }) as unknown as KubeObject
const unread = [{ name: 'east', why: 'connection refused', lastSeenMs: Date.UTC(2026, 0, 2), labels: { region: 'us-east-1' } }]

test('what clusters were given of one that cannot be read is told, with what is not known', () => {
  const facts = fleetFacts([
    { name: 'north', objects: [slice('api', 'east', ['10.0.0.1', '10.0.0.2']), imported('api', 'east')] },
    { name: 'west', objects: [slice('api', 'east', ['10.9.0.1']), imported('api', 'east'), imported('idle', 'east')] },
  ])
  const [api, idle, ...more] = rememberServices(facts.clusters, unread, () => false)
  assert.deepEqual(more, [])
  assert.deepEqual(api!.service, { namespace: 'shop', name: 'api' })
  assert.deepEqual(api!.ports, [{ name: 'http', protocol: 'TCP', port: 80 }])
  const [offer] = api!.offers
  assert.ok(isRemembered(offer!))
  assert.deepEqual(
    [
      offer!.cluster,
      offer!.origin.text,
      offer!.endpoints.map(({ addresses, locality }) => [addresses[0], locality.region, locality.zone]),
    ],
    [
      'east',
      'what north was given',
      [
        ['10.0.0.1', 'us-east-1', 'east-a'],
        ['10.0.0.2', 'us-east-1', 'east-a'],
      ],
    ],
  )
  assert.match(
    api!.diagnostics![0]!.message,
    /^east, which answered last at 2026-01-02T00:00:00Z, cannot be read \(connection refused\): north keeps the endpoints/,
  )
  assert.deepEqual(idle!.offers[0]!.endpoints, [], 'an import without endpoints')
  assert.match(idle!.diagnostics![0]!.message, /west has no endpoints of it/)
  const [asWest] = rememberServices(facts.clusters, unread, () => false, 'west')
  assert.deepEqual(
    asWest!.offers[0]!.endpoints.map(({ addresses }) => addresses[0]),
    ['10.9.0.1'],
  )
  const [asSouth] = rememberServices(facts.clusters, unread, () => false, 'south')
  assert.deepEqual([asSouth!.offers[0]!.cluster, asSouth!.offers[0]!.endpoints], ['east', []], 'it was given nothing')
})

test('services that somebody offers who can be read, and slices of others, are not remembered', () => {
  const facts = fleetFacts([{ name: 'north', objects: [slice('api', 'east', ['10.0.0.1']), slice('web', 'west', ['10.0.0.3'])] }])
  assert.deepEqual(
    rememberServices(facts.clusters, unread, ({ name }) => name === 'api'),
    [],
  )
  assert.deepEqual(
    rememberServices(facts.clusters, [], () => false),
    [],
  )
  const foreign = slice('api', 'east', ['10.0.0.1'], { [names.managedByLabel]: 'somebody' })
  assert.deepEqual(
    rememberServices(fleetFacts([{ name: 'north', objects: [foreign] }]).clusters, unread, () => false),
    [],
  )
})
