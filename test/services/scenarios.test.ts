import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namespaceType } from '../../src/services/model/kube-kinds.js'
import { type ServiceImport, serviceExportType, serviceImportType } from '../../src/services/model/multi-cluster-kinds.js'
import { multiClusterNames } from '../../src/services/model/multi-cluster-names.js'
import { conditionTexts, createServiceWorld, type ServiceWorld, shop } from '../support/worlds/service-world.js'

const clusters = {
  east: { region: 'us-east', zone: 'a', tier: 'gold' },
  west: { region: 'us-west', zone: 'a', tier: 'gold' },
  north: { region: 'us-north', zone: 'a', tier: 'silver' },
}
const quick = { quietSeconds: 2 }

/** api runs in east and west, and both export it; north only has the namespace. */
async function exportedTwice(): Promise<ServiceWorld> {
  const world = await createServiceWorld(clusters)
  await world.deploy('east', { endpoints: ['10.1.0.1'] })
  await world.exportService('east')
  await world.clock.advance(1500)
  await world.deploy('west', { endpoints: ['10.2.0.1'] })
  await world.exportService('west')
  await world.client('north').create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } })
  await world.settle(quick)
  return world
}

test('a cluster that is lost comes last, and first again when it is back; nothing of it is deleted', async () => {
  const world = await exportedTwice()
  assert.deepEqual(await world.traffic('east'), ['east active: 10.1.0.1', 'west standby 1: 10.2.0.1'])
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1', 'west active: 10.2.0.1'])
  const seen = (await world.slices('north')).map(({ metadata }) => metadata.uid).sort()
  world.faults('east').cut()
  await world.clock.advance(20_000)
  await world.settle(quick)
  assert.deepEqual(await world.traffic('north'), ['east standby 1: 10.1.0.1', 'west active: 10.2.0.1'])
  assert.deepEqual((await world.imported('north'))?.status?.clusters, [{ cluster: 'east' }, { cluster: 'west' }])
  assert.deepEqual(await world.traffic('east'), ['east active: 10.1.0.1', 'west standby 1: 10.2.0.1'], 'itself it cannot lose')
  world.faults('east').heal()
  await world.clock.advance(180_000)
  await world.settle(quick)
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1', 'west active: 10.2.0.1'])
  assert.deepEqual((await world.slices('north')).map(({ metadata }) => metadata.uid).sort(), seen)
  await world.stop()
})

test('what changes in a cluster while it cannot be read is carried out when it can, an unexport included', async () => {
  const world = await exportedTwice()
  world.faults('east').cut()
  await world.unexport('east')
  await world.endpoints('east', ['10.1.0.9'])
  await world.clock.advance(30_000)
  assert.equal((await world.slices('north')).length, 2, 'unknown deletes nothing')
  world.faults('east').heal()
  await world.clock.advance(180_000)
  await world.settle(quick)
  assert.deepEqual(await world.traffic('north'), ['west active: 10.2.0.1'])
  await world.stop()
})

test('a consumer that cannot be reached is brought up to date when it is back', async () => {
  const world = await exportedTwice()
  world.faults('north').cut()
  await world.clock.advance(10_000)
  await world.endpoints('west', ['10.2.0.7'])
  await world.settle(quick)
  assert.deepEqual(await world.traffic('east'), ['east active: 10.1.0.1', 'west standby 1: 10.2.0.7'])
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1', 'west active: 10.2.0.1'])
  world.faults('north').heal()
  await world.clock.advance(180_000)
  await world.settle(quick)
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1', 'west active: 10.2.0.7'])
  await world.stop()
})

test('endpoints that flap end where they end, with few writes', async () => {
  const world = await exportedTwice()
  const before = world.hub.memberServices.writes
  for (let round = 0; round < 20; round++) {
    await world.endpoints('west', ['10.2.0.1'], { ready: round % 2 === 1 })
    await world.clock.advance(10)
  }
  await world.settle(quick)
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1', 'west active: 10.2.0.1'])
  const writes = world.hub.memberServices.writes - before
  assert.ok(writes <= 3 * 2 * 20, `${writes} writes`)
  const quietBefore = world.hub.memberServices.writes
  await world.settle({ quietSeconds: 60 })
  assert.equal(world.hub.memberServices.writes, quietBefore)
  await world.stop()
})

test('a service without ready endpoints keeps its import; own endpoints that come back are first', async () => {
  const world = await exportedTwice()
  await world.endpoints('east', ['10.1.0.1'], { ready: false })
  await world.settle(quick)
  assert.deepEqual(await world.traffic('east'), ['west active: 10.2.0.1'])
  await world.endpoints('west', [])
  await world.settle(quick)
  assert.deepEqual(await world.traffic('east'), [])
  assert.equal((await world.imported('east'))?.spec.type, 'ClusterSetIP')
  await world.endpoints('east', ['10.1.0.1'])
  await world.settle(quick)
  assert.deepEqual(await world.traffic('east'), ['east active: 10.1.0.1'])
  await world.stop()
})

test('a namespace that is deleted takes its part along; in its cluster nothing is fought over', async () => {
  const world = await exportedTwice()
  await world.client('west').delete({ type: namespaceType, name: shop })
  await world.settle(quick)
  assert.equal(await world.imported('west'), undefined)
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1'])
  assert.deepEqual((await world.imported('north'))?.status?.clusters, [{ cluster: 'east' }])
  await world.client('north').delete({ type: namespaceType, name: shop })
  await world.settle(quick)
  assert.equal(await world.imported('north'), undefined)
  await world.stop()
})

test('conflicts are said on every export, whoever comes first, and go when one of them goes', async () => {
  for (const order of [
    ['east', 'west', 'north'],
    ['west', 'north', 'east'],
    ['north', 'east', 'west'],
  ]) {
    const world = await createServiceWorld(clusters)
    const ports = { east: 80, west: 81, north: 82 } as const
    for (const name of order) {
      const port = ports[name as keyof typeof ports]
      const headless = name === 'north' ? { clusterIP: 'None', ipFamilyPolicy: 'SingleStack', ipFamilies: ['IPv4'] } : {}
      await world.deploy(name, {
        endpoints: [`10.0.0.${port}`],
        spec: { ports: [{ name: 'http', port, protocol: 'TCP', targetPort: 8080 }], ...headless },
      })
      await world.exportService(name)
      await world.clock.advance(1500)
    }
    await world.settle(quick)
    const [oldest = ''] = order
    for (const name of order) {
      assert.deepEqual(
        conditionTexts(await world.exported(name)),
        ['Conflict=True/PortConflict,TypeConflict', 'Ready=True/Exported', 'Valid=True/Valid'],
        `${name} of ${order}`,
      )
      const found = await world.imported(name)
      assert.deepEqual(
        found?.spec.ports?.map(({ port }) => port),
        [ports[oldest as keyof typeof ports]],
      )
      assert.equal(found?.spec.type, oldest === 'north' ? 'Headless' : 'ClusterSetIP')
      assert.equal(found?.spec.ips === undefined, oldest === 'north')
      const sources = (await world.slices(name)).map(({ metadata }) => metadata.labels?.[multiClusterNames.sourceClusterLabel])
      assert.deepEqual(sources, [oldest], 'only who exposes the port gets its traffic')
    }
    for (const name of order.slice(1)) await world.unexport(name)
    await world.settle(quick)
    assert.deepEqual(conditionTexts(await world.exported(oldest))[0], 'Conflict=False/NoConflicts')
    await world.stop()
  }
})

test('when the oldest export goes, the next one decides', async () => {
  const world = await createServiceWorld(clusters)
  await world.deploy('east', { endpoints: ['10.1.0.1'], spec: { sessionAffinity: 'ClientIP' } })
  await world.exportService('east', { spec: { exportedLabels: { tier: 'one' } } })
  await world.clock.advance(1500)
  await world.deploy('west', { endpoints: ['10.2.0.1'] })
  await world.exportService('west', { spec: { exportedLabels: { tier: 'two' } } })
  await world.settle(quick)
  const before = (await world.imported('west'))!
  assert.deepEqual([before.spec.sessionAffinity, before.metadata.labels?.['tier']], ['ClientIP', 'one'])
  assert.match(conditionTexts(await world.exported('west'))[0]!, /SessionAffinityConflict,LabelsConflict/)
  await world
    .client('west')
    .patch(
      { type: serviceImportType, namespace: shop, name: 'api' },
      { kind: 'merge', body: { metadata: { labels: { mine: 'x' } } } },
    )
  await world.unexport('east')
  await world.settle(quick)
  const after = (await world.imported('west'))!
  assert.deepEqual(
    [after.spec.sessionAffinity, after.metadata.labels?.['tier'], after.metadata.labels?.['mine']],
    ['None', 'two', 'x'],
  )
  assert.equal(after.metadata.uid, before.metadata.uid, 'the import stays, and its address with it')
  assert.deepEqual(after.spec.ips, before.spec.ips)
  await world.stop()
})

test('an export may name its audience, by clusters or by labels; a selector that cannot be read lets nobody in', async () => {
  const world = await createServiceWorld(clusters)
  for (const name of Object.keys(clusters)) await world.deploy(name, { endpoints: name === 'east' ? ['10.1.0.1'] : [] })
  const importers = async () => {
    const found: string[] = []
    for (const name of Object.keys(clusters)) if (await world.imported(name)) found.push(name)
    return found
  }
  const annotate = async (annotations: Record<string, string | null>) => {
    await world
      .client('east')
      .patch({ type: serviceExportType, namespace: shop, name: 'api' }, { kind: 'merge', body: { metadata: { annotations } } })
    await world.settle(quick)
  }
  await world.exportService('east', {
    metadata: { name: 'api', annotations: { [multiClusterNames.clustersAnnotation]: 'west' } },
  })
  await world.settle(quick)
  assert.deepEqual(await importers(), ['east', 'west'])
  await annotate({ [multiClusterNames.clustersAnnotation]: null, [multiClusterNames.clusterSelectorAnnotation]: 'tier=silver' })
  assert.deepEqual(await importers(), ['east', 'north'])
  await annotate({ [multiClusterNames.clusterSelectorAnnotation]: 'tier in gold' })
  assert.deepEqual(await importers(), ['east'])
  const valid = (await world.exported('east')).status?.conditions?.find(({ type }) => type === 'Valid')
  assert.match(valid?.message ?? '', /nobody may import the service/)
  await annotate({ [multiClusterNames.clusterSelectorAnnotation]: null })
  assert.deepEqual(await importers(), ['east', 'west', 'north'])
  await world.stop()
})

test('an export that names a cluster which is not there says so, until it comes', async () => {
  const world = await createServiceWorld(clusters)
  await world.deploy('east', { endpoints: ['10.1.0.1'] })
  await world.exportService('east', {
    metadata: { name: 'api', annotations: { [multiClusterNames.clustersAnnotation]: 'west,south' } },
  })
  await world.settle(quick)
  const valid = async () => (await world.exported('east')).status?.conditions?.find(({ type }) => type === 'Valid')
  assert.deepEqual(
    [(await valid())?.status, (await valid())?.message],
    ['True', 'annotation services.flotilla.dev/clusters: south is no cluster of the fleet'],
  )
  await world.join('south', {})
  await world.settle(quick)
  assert.equal((await valid())?.message, '')
  await world.stop()
})

test('exports of nothing, and of what cannot be exported, say so', async () => {
  const world = await createServiceWorld(clusters)
  await world.client('east').create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } })
  await world.exportService('east')
  await world.settle(quick)
  assert.deepEqual(conditionTexts(await world.exported('east')), [
    'Conflict=False/NoConflicts',
    'Ready=False/Pending',
    'Valid=False/NoService',
  ])
  await world.deploy('west', { spec: { type: 'ExternalName', externalName: 'example.com' } })
  await world.exportService('west')
  await world.settle(quick)
  assert.deepEqual(conditionTexts(await world.exported('west')), [
    'Conflict=False/NoConflicts',
    'Ready=False/Failed',
    'Valid=False/InvalidServiceType',
  ])
  assert.equal(await world.imported('west'), undefined)
  await world.stop()
})

const handwritten = (spec: ServiceImport['spec'], more: object = {}): ServiceImport => ({
  apiVersion: 'multicluster.x-k8s.io/v1beta1',
  kind: 'ServiceImport',
  metadata: { name: 'api', namespace: shop, ...more },
  spec,
})

test('a ServiceImport that somebody wrote is filled in when it says the same, and never deleted', async () => {
  const world = await createServiceWorld(clusters)
  await world.deploy('east', { endpoints: ['10.1.0.1'] })
  await world.client('north').create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } })
  await world.client('north').create(serviceImportType, handwritten({ type: 'ClusterSetIP', ports: [{ port: 80 }] }))
  await world.settle(quick)
  assert.deepEqual(conditionTexts(await world.imported('north')), ['Ready=False/Pending'])
  await world.exportService('east')
  await world.settle(quick)
  const adopted = (await world.imported('north'))!
  assert.deepEqual(adopted.spec.ports, [{ port: 80 }], 'as it was written')
  assert.equal(adopted.spec.ips?.length, 1)
  assert.deepEqual(conditionTexts(adopted), ['Ready=True/Ready'])
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1'])
  await world.unexport('east')
  await world.settle(quick)
  const left = (await world.imported('north'))!
  assert.equal(left.metadata.uid, adopted.metadata.uid)
  assert.equal(left.spec.ips, undefined)
  assert.deepEqual(conditionTexts(left), ['Ready=False/Pending'])
  assert.deepEqual(await world.slices('north'), [])
  await world.stop()
})

test('a ServiceImport that says something else is left alone and told about; another controller’s is not touched', async () => {
  const world = await createServiceWorld(clusters)
  await world.deploy('east', { endpoints: ['10.1.0.1'] })
  await world.exportService('east')
  for (const [name, more] of [
    ['north', {}],
    ['west', { labels: { 'app.kubernetes.io/managed-by': 'lighthouse' } }],
  ] as const) {
    await world.client(name).create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } })
    await world.client(name).create(serviceImportType, handwritten({ type: 'ClusterSetIP', ports: [{ port: 9999 }] }, more))
  }
  await world.settle(quick)
  const found = (await world.imported('north'))!
  assert.deepEqual(found.spec, { type: 'ClusterSetIP', ports: [{ port: 9999 }] })
  assert.match(found.status?.conditions?.[0]?.message ?? '', /it has 9999\/TCP, the exported service has 80\/TCP/)
  const events = await world
    .client('north')
    .list({ group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true }, { namespace: shop })
  assert.deepEqual(
    events.items.map((event) => event['reason']),
    ['ServiceImportDiffers'],
  )
  assert.equal((await world.imported('west'))?.status, undefined)
  assert.deepEqual(await world.slices('north'), [])
  await world.stop()
})

test('what somebody deletes or changes of ours comes back', async () => {
  const world = await exportedTwice()
  const [slice] = await world.slices('north')
  await world.client('north').delete({
    type: { group: 'discovery.k8s.io', version: 'v1', kind: 'EndpointSlice', plural: 'endpointslices', namespaced: true },
    namespace: shop,
    name: slice!.metadata.name,
  })
  await world
    .client('west')
    .patch({ type: serviceImportType, namespace: shop, name: 'api' }, { kind: 'merge', body: { spec: { ports: [{ port: 1 }] } } })
  await world.client('east').delete({ type: serviceImportType, namespace: shop, name: 'api' })
  await world.settle(quick)
  assert.equal((await world.slices('north')).length, 2)
  assert.deepEqual((await world.imported('west'))?.spec.ports, [{ name: 'http', port: 80, protocol: 'TCP' }])
  assert.deepEqual(await world.traffic('east'), ['east active: 10.1.0.1', 'west standby 1: 10.2.0.1'])
  await world.stop()
})

test('many endpoints are cut into slices of a hundred, and one that changes is one write', async () => {
  const world = await createServiceWorld({ east: clusters.east, west: clusters.west })
  const addresses = Array.from({ length: 250 }, (_, index) => `10.1.${Math.floor(index / 200)}.${(index % 200) + 1}`)
  await world.deploy('east', { endpoints: addresses })
  await world.client('west').create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } })
  await world.exportService('east')
  await world.settle(quick)
  assert.deepEqual((await world.slices('west')).map(({ endpoints }) => endpoints?.length).sort(), [100, 100, 50])
  const before = world.hub.memberServices.writes
  await world.endpoints('east', [...addresses.slice(1), '10.1.9.9'])
  await world.settle(quick)
  assert.equal(world.hub.memberServices.writes - before, 2, 'one in each cluster')
  const all = (await world.slices('west')).flatMap(({ endpoints }) => endpoints ?? []).map((each) => each.addresses[0])
  assert.deepEqual(all.sort(), [...addresses.slice(1), '10.1.9.9'].sort())
  await world.stop()
})
