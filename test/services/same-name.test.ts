import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serviceType } from '../../src/services/model/kube-kinds.js'
import { multiClusterNames } from '../../src/services/model/multi-cluster-names.js'
import { createServiceWorld, shop } from '../support/worlds/service-world.js'

const quick = { quietSeconds: 2 }

test('global services of one name take in each other’s endpoints, as their affinity says', async () => {
  const world = await createServiceWorld({ east: {}, west: {} })
  const annotate = async (cluster: string, annotations: Record<string, string | null>) => {
    await world
      .client(cluster)
      .patch({ type: serviceType, namespace: shop, name: 'api' }, { kind: 'merge', body: { metadata: { annotations } } })
    await world.settle(quick)
  }
  await world.deploy('east', { endpoints: ['10.1.0.1'] })
  await world.deploy('west', { endpoints: ['10.2.0.1'] })
  await annotate('east', { 'service.cilium.io/global': 'true' })
  assert.deepEqual(await world.slices('east'), [], 'both sides have to say so')
  await annotate('west', { 'service.cilium.io/global': 'true' })
  assert.deepEqual(await world.traffic('east'), ['west active: 10.2.0.1'])
  assert.deepEqual(await world.traffic('west'), ['east active: 10.1.0.1'])
  const [slice] = await world.slices('east')
  assert.equal(slice?.metadata.labels?.[multiClusterNames.kubeServiceLabel], 'api')
  assert.equal(slice?.metadata.labels?.[multiClusterNames.serviceNameLabel], undefined, 'no part of the cluster set')
  await annotate('east', { 'service.cilium.io/affinity': 'local' })
  assert.deepEqual(await world.traffic('east'), ['west standby 1: 10.2.0.1'])
  await world.endpoints('east', [])
  await world.settle(quick)
  assert.deepEqual(await world.traffic('east'), ['west active: 10.2.0.1'])
  await world.endpoints('east', ['10.1.0.1'])
  await annotate('east', { 'service.cilium.io/affinity': 'remote' })
  assert.deepEqual(await world.traffic('east'), ['west active: 10.2.0.1'])
  const [preferred] = await world.slices('east')
  assert.equal(preferred?.metadata.annotations?.[multiClusterNames.ownPriorityAnnotation], '1', 'its own come after')
  await annotate('west', { 'service.cilium.io/shared': 'false' })
  assert.deepEqual(await world.traffic('east'), [])
  assert.deepEqual(await world.traffic('west'), ['east active: 10.1.0.1'])
  await annotate('east', { 'service.cilium.io/global': null })
  assert.deepEqual(await world.traffic('west'), [])
  await world.stop()
})
