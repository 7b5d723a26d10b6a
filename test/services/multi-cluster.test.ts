import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeService } from '../../src/services/model/kube-kinds.js'
import { serviceType } from '../../src/services/model/kube-kinds.js'
import { conditionTexts, createServiceWorld, shop } from '../support/worlds/service-world.js'

const three = {
  east: { region: 'us-east', zone: 'a' },
  west: { region: 'us-west', zone: 'a' },
  north: { region: 'us-north', zone: 'a' },
}
const quick = { quietSeconds: 2 }

test('an exported service is imported wherever its namespace is, and goes with the last export', async () => {
  const world = await createServiceWorld(three)
  await world.deploy('east', { endpoints: ['10.1.0.1', '10.1.0.2'] })
  await world.deploy('west', { endpoints: ['10.2.0.1'] })
  await world.exportService('east')
  await world.settle(quick)
  assert.deepEqual(conditionTexts(await world.exported('east')), [
    'Conflict=False/NoConflicts',
    'Ready=True/Exported',
    'Valid=True/Valid',
  ])
  for (const cluster of ['east', 'west']) {
    const found = await world.imported(cluster)
    assert.equal(found?.spec.type, 'ClusterSetIP')
    assert.deepEqual(found?.spec.ports, [{ name: 'http', port: 80, protocol: 'TCP' }])
    assert.deepEqual(found?.status?.clusters, [{ cluster: 'east' }])
    assert.deepEqual(conditionTexts(found), ['Ready=True/Ready'])
    const derivedName = found?.metadata.annotations?.['multicluster.kubernetes.io/derived-service'] ?? ''
    assert.match(derivedName, /^derived-[0-9a-v]{10}$/)
    const derived = await world.find<KubeService>(cluster, serviceType, shop, derivedName)
    assert.deepEqual(found?.spec.ips, [derived?.spec?.clusterIP])
    assert.deepEqual(await world.traffic(cluster), ['east active: 10.1.0.1 10.1.0.2'])
  }
  assert.equal(await world.imported('north'), undefined)
  await world
    .client('north')
    .create(
      { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } },
    )
  await world.settle(quick)
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1 10.1.0.2'], 'a namespace that appears later')
  await world.exportService('west')
  await world.settle(quick)
  assert.deepEqual(await world.traffic('west'), ['east standby 1: 10.1.0.1 10.1.0.2', 'west active: 10.2.0.1'])
  const before = world.hub.memberServices.writes
  await world.settle({ quietSeconds: 60 })
  assert.equal(world.hub.memberServices.writes, before, 'nothing is written while nothing changes')
  await world.endpoints('east', ['10.1.0.1', '10.1.0.3'])
  await world.settle(quick)
  assert.equal(world.hub.memberServices.writes - before, 3, 'one write in each cluster')
  await world.unexport('east')
  await world.settle(quick)
  assert.deepEqual(await world.traffic('north'), ['west active: 10.2.0.1'])
  await world.unexport('west')
  await world.settle(quick)
  for (const cluster of Object.keys(three)) {
    assert.equal(await world.imported(cluster), undefined)
    assert.deepEqual(await world.slices(cluster), [])
  }
  await world.stop()
})
