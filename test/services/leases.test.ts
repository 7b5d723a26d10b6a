import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatMicroTime } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { checkLeases } from '../../src/services/leases/check-leases.js'
import { type Lease, leaseNamespace, leaseSelector, leaseType } from '../../src/services/leases/source-lease.js'
import { namespaceType } from '../../src/services/model/kube-kinds.js'
import { conditionTexts, createServiceWorld, type ServiceWorld, shop } from '../support/worlds/service-world.js'

// Leases tell, in each importing cluster, when its sources were last known to be alive (KEP-1645).

async function leases(world: ServiceWorld, cluster: string) {
  const { items } = await world
    .client(cluster)
    .list<Lease>(leaseType, { namespace: leaseNamespace, labelSelector: leaseSelector })
  return new Map(items.map((lease) => [lease.metadata.labels!['multicluster.kubernetes.io/source-cluster']!, lease]))
}

async function prepared(before?: (world: ServiceWorld) => Promise<unknown>): Promise<ServiceWorld> {
  const world = await createServiceWorld({ east: {}, west: {}, north: {}, lonely: {} }, 1, { leases: true })
  await before?.(world)
  for (const [name, address] of [
    ['east', '10.1.0.1'],
    ['west', '10.2.0.1'],
  ] as const) {
    await world.deploy(name, { endpoints: [address] })
    await world.exportService(name)
  }
  await world.client('north').create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } })
  await world.clock.advance(10_000)
  return world
}

const ageOf = (world: ServiceWorld, lease: Lease | undefined) => world.clock.now() - Date.parse(lease!.spec!.renewTime!)

test('each importing cluster has a lease for each source, renewed at a third of its time, and loses it after the slices', async () => {
  const world = await prepared()
  for (const consumer of ['north', 'east', 'west'])
    assert.deepEqual([...(await leases(world, consumer)).keys()].sort(), ['east', 'west'])
  assert.equal((await leases(world, 'lonely')).size, 0, 'who imports nothing has none')
  const { metadata, spec } = (await leases(world, 'north')).get('east')!
  assert.equal(metadata.name, 'flotilla-source-east')
  assert.equal(spec?.leaseDurationSeconds, 60)
  const before = world.hub.memberServices.leaseWrites
  for (let step = 0; step < 20; step++) {
    await world.clock.advance(5000)
    for (const lease of (await leases(world, 'north')).values()) assert.ok(ageOf(world, lease) <= 26_000)
  }
  // Six pairs, every twenty seconds, for a hundred.
  assert.ok(world.hub.memberServices.leaseWrites - before <= 6 * 6, String(world.hub.memberServices.leaseWrites - before))
  await world.unexport('east')
  await world.clock.advance(30_000)
  assert.ok((await leases(world, 'north')).has('east'))
  await world.clock.advance(60_000)
  assert.deepEqual([...(await leases(world, 'north')).keys()], ['west'])
  await world.stop()
})

test('a source that does not answer is not renewed; the import says so, nothing is deleted, and it comes back', async () => {
  const world = await prepared()
  world.faults('east').cut()
  await world.clock.advance(120_000)
  const north = await leases(world, 'north')
  assert.ok(ageOf(world, north.get('east')) > 100_000)
  assert.ok(ageOf(world, north.get('west')) < 30_000)
  assert.deepEqual(await world.traffic('north'), ['east standby 1: 10.1.0.1', 'west active: 10.2.0.1'])
  assert.deepEqual(conditionTexts(await world.imported('north')), [
    'Ready=True/Ready',
    'services.flotilla.dev/SourcesFresh=False/LeaseExpired',
  ])
  const [fresh] = (await world.imported('north'))!.status!.conditions!.filter(({ type }) => type.endsWith('Fresh'))
  assert.match(
    fresh!.message,
    /^endpoints of east \(last known to be alive at 20\d\d-.*Z\) are used only when nobody else is left/,
  )
  world.faults('east').heal()
  // A cluster that was away for long is asked about once in a while only.
  await world.clock.advance(240_000)
  assert.deepEqual(conditionTexts(await world.imported('north')), [
    'Ready=True/Ready',
    'services.flotilla.dev/SourcesFresh=True/LeasesRenewed',
  ])
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1', 'west active: 10.2.0.1'])
  await world.stop()
})

test('in a cluster whose hub is away, a source whose lease has expired stands by while there is somebody else', async () => {
  const world = await prepared()
  await world.stop()
  const ending = new AbortController()
  checkLeases({ client: world.client('north'), cluster: 'north', clock: world.clock, log: silentLog, signal: ending.signal })
  await world.clock.advance(30_000)
  const both = ['east active: 10.1.0.1', 'west active: 10.2.0.1']
  assert.deepEqual(await world.traffic('north'), both, 'the leases hold')
  await world.clock.advance(60_000)
  assert.deepEqual(await world.traffic('north'), both, 'nothing is known of anybody')
  const target = { type: leaseType, namespace: leaseNamespace, name: 'flotilla-source-west' }
  const renewTime = formatMicroTime(world.clock.now())
  await world.client('north').patch(target, { kind: 'merge', body: { spec: { renewTime } } })
  await world.clock.advance(15_000)
  assert.deepEqual(await world.traffic('north'), ['east standby 1: 10.1.0.1', 'west active: 10.2.0.1'])
  ending.abort()
})

test('a lease that was kept for a cluster of another name, or by somebody else, is taken over and holds up no others', async () => {
  const world = await prepared((fleet) =>
    fleet.client('north').create(leaseType, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: 'flotilla-source-east',
        namespace: leaseNamespace,
        labels: { 'app.kubernetes.io/managed-by': 'services.flotilla.dev', 'multicluster.kubernetes.io/source-cluster': 'east' },
        annotations: { 'services.flotilla.dev/source-name': 'of-before' },
      },
      spec: { holderIdentity: 'x', leaseDurationSeconds: 60, renewTime: formatMicroTime(fleet.clock.now()) },
    } as Lease),
  )
  await world.clock.advance(120_000)
  const { items } = await world.client('north').list<Lease>(leaseType, { namespace: leaseNamespace })
  assert.deepEqual(items.map(({ metadata }) => metadata.name).sort(), ['flotilla-source-east', 'flotilla-source-west'])
  for (const lease of items) {
    assert.ok(ageOf(world, lease) <= 26_000, `${lease.metadata.name} is renewed`)
    assert.deepEqual(lease.metadata.annotations ?? {}, {})
  }
  await world.stop()
})
