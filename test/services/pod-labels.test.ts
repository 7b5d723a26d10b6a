import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import { endpointSliceType, namespaceType, podType } from '../../src/services/model/kube-kinds.js'
import { createServiceWorld, type ServiceWorld, shop } from '../support/worlds/service-world.js'

// Istio's failoverPriority may name labels of pods: they are read as soon as a rule does, and for nothing else.

const destinationRules = {
  group: 'networking.istio.io',
  version: 'v1',
  kind: 'DestinationRule',
  plural: 'destinationrules',
  namespaced: true,
}
const quick = { quietSeconds: 2, limitSeconds: 60 }

async function startPod(world: ServiceWorld, cluster: string, version: string, address: string): Promise<void> {
  const client = world.client(cluster)
  const metadata = { name: 'api-0', namespace: shop, labels: { version, app: 'api' } }
  const spec = { containers: [{ name: 'api', image: 'api' }] }
  await client.create(podType, { apiVersion: 'v1', kind: 'Pod', metadata, spec } as KubeObject)
  const endpoints = [
    { addresses: [address], conditions: { ready: true }, targetRef: { kind: 'Pod', namespace: shop, name: 'api-0' } },
  ]
  await client.patch({ type: endpointSliceType, namespace: shop, name: 'api-own' }, { kind: 'merge', body: { endpoints } })
}

test('endpoints are ordered by labels of their pods, and follow them', async () => {
  const world = await createServiceWorld({ east: {}, west: {}, north: {} })
  await world.client('north').create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } })
  for (const [cluster, version, address] of [
    ['east', 'v1', '10.1.0.1'],
    ['west', 'v2', '10.2.0.1'],
  ] as const) {
    await world.deploy(cluster, { endpoints: [address] })
    await world.exportService(cluster)
    await startPod(world, cluster, version, address)
  }
  await world.settle(quick)
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1', 'west active: 10.2.0.1'])
  const labels = () =>
    world.hub.services.list().flatMap(({ offers }) => offers.flatMap(({ endpoints }) => endpoints.map((each) => each.labels)))
  assert.deepEqual(labels(), [{}, {}], 'no rule, no labels')
  const localityLbSetting = { failoverPriority: ['version=v2'] }
  await world.client('north').create(destinationRules, {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: 'api', namespace: shop },
    spec: {
      host: `api.${shop}.svc.clusterset.local`,
      trafficPolicy: { outlierDetection: {}, loadBalancer: { localityLbSetting } },
    },
  } as KubeObject)
  await world.settle(quick)
  assert.deepEqual(await world.traffic('north'), ['east standby 1: 10.1.0.1', 'west active: 10.2.0.1'])
  assert.deepEqual(labels(), [{ version: 'v1' }, { version: 'v2' }], 'only what a rule compares')
  for (const [cluster, version] of [
    ['east', 'v2'],
    ['west', 'v1'],
  ] as const)
    await world
      .client(cluster)
      .patch({ type: podType, namespace: shop, name: 'api-0' }, { kind: 'merge', body: { metadata: { labels: { version } } } })
  await world.settle(quick)
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1', 'west standby 1: 10.2.0.1'])
  await world.stop()
})
