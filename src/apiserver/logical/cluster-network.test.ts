import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '../../base/log.js'
import { createSeededRandom } from '../../base/random.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { createMemoryStorage } from '../storage/memory-storage.js'
import { createBootstrapLayer } from './bootstrap-layer.js'
import { createClusterFixture } from './cluster-fixture.js'
import { createLogicalClusters } from './logical-clusters.js'

const network = {
  serviceRange: '127.0.32.0/21',
  podRange: '127.0.48.0/20',
  nodeRange: '127.0.40.0/23',
  loadBalancerRange: '127.0.42.0/23',
}

type Loose = KubeObject & { spec: Record<string, never> }
const loose = (object: object) => object as unknown as KubeObject & { spec: { clusterIP: string } }

const serviceOf = (name: string, clusterIP?: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'default' },
  spec: { ports: [{ port: 80 }], ...(clusterIP ? { clusterIP } : {}) },
})

const sliceOf = (name: string, address: string) => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name, namespace: 'default' },
  addressType: 'IPv4',
  endpoints: [{ addresses: [address] }],
  ports: [{ port: 80 }],
})

test('Services get addresses of the cluster’s own range', async () => {
  const { client, cluster, type } = await createClusterFixture({
    networkOf: () => network,
    apiAddressOf: () => ({ host: '127.0.0.1', port: 7443 }),
  })
  const kubernetes = cluster.peek('services', 'default/kubernetes') as Loose
  assert.equal(kubernetes.spec['clusterIP'], '127.0.32.1')
  assert.deepEqual((cluster.peek('endpointslices.discovery.k8s.io', 'default/kubernetes') as Loose)['endpoints'], [
    { addresses: ['127.0.0.1'], conditions: { ready: true } },
  ])
  assert.deepEqual((cluster.peek('endpoints', 'default/kubernetes') as Loose)['subsets'], [
    { addresses: [{ ip: '127.0.0.1' }], ports: [{ name: 'https', port: 7443, protocol: 'TCP' }] },
  ])
  const ranges = cluster.peek('servicecidrs.networking.k8s.io', 'kubernetes') as Loose
  assert.deepEqual(ranges.spec, { cidrs: ['127.0.32.0/21'] })
  const services = type('services')
  const first = loose(await client.create(services, serviceOf('a')))
  assert.match(first.spec.clusterIP, /^127\.0\.3[2-9]\./)
  assert.equal(loose(await client.create(services, serviceOf('b', '127.0.32.20'))).spec.clusterIP, '127.0.32.20')
  const addresses = () => [...cluster.peekAll('ipaddresses.networking.k8s.io')].map(({ metadata }) => metadata.name)
  assert.deepEqual(addresses().sort(), ['127.0.32.1', '127.0.32.20', first.spec.clusterIP].sort())
  assert.deepEqual((cluster.peek('ipaddresses.networking.k8s.io', '127.0.32.20') as Loose).spec, {
    parentRef: { resource: 'services', namespace: 'default', name: 'b' },
  })
  await client.delete({ type: services, namespace: 'default', name: 'b' })
  assert.equal(addresses().length, 2)
  await assert.rejects(client.create(services, serviceOf('c', '10.96.0.20')), /The range of valid IPs is 127\.0\.32\.0\/21/)
})

test('endpoints may be at loopback addresses, but not at those of the machine', async () => {
  const slices = (client: KubeClient, type: (name: string) => never) => (address: string) =>
    client.create(type('endpointslices'), sliceOf(`s-${address.replaceAll('.', '-')}`, address))
  const own = await createClusterFixture({ networkOf: () => network })
  const write = slices(own.client, own.type as (name: string) => never)
  await write('127.0.48.7')
  await write('127.9.1.1')
  await assert.rejects(write('127.0.0.1'), /may not be in the loopback range/)
  await assert.rejects(write('127.0.31.255'), /may not be in the loopback range/)
  await assert.rejects(write('169.254.0.1'), /link-local range/)
  const plain = await createClusterFixture()
  await assert.rejects(
    slices(plain.client, plain.type as (name: string) => never)('127.0.48.7'),
    /may not be in the loopback range/,
  )
})

test('the Service kubernetes moves when the cluster gets a network, and keeps its identity', async () => {
  const clock = new VirtualClock({ idle: () => new Promise((resolve) => setImmediate(resolve)) })
  const ports = { clock, random: createSeededRandom(1), log: silentLog }
  const storage = createMemoryStorage({ base: createBootstrapLayer(clock.now()), freeze: true })
  const before = await createLogicalClusters({ storage, ports }).ensure('test')
  const { uid } = before.peek('services', 'default/kubernetes')!.metadata
  assert.equal((before.peek('services', 'default/kubernetes') as Loose).spec['clusterIP'], '10.96.0.1')
  const after = await createLogicalClusters({ storage, ports, networkOf: () => network }).ensure('test')
  const service = after.peek('services', 'default/kubernetes') as Loose
  assert.equal(service.spec['clusterIP'], '127.0.32.1')
  assert.equal(service.metadata.uid, uid)
})
