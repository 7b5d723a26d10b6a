import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFaultyClient } from '../../src/app/chaos/faulty-client.js'
import { exportProblems, serviceDialects } from '../../src/app/services/service-dialects.js'
import { silentLog } from '../../src/base/log.js'
import { createSeededRandom } from '../../src/base/random.js'
import type { Cluster, ClusterState, Inventory } from '../../src/inventory/cluster.js'
import type { ResourceType } from '../../src/kube/object/resource-type.js'
import { createCatalogue } from '../../src/services/catalogue/create-catalogue.js'
import { derivedServiceName } from '../../src/services/members/derived-name.js'
import { startMemberServices } from '../../src/services/members/start-member-services.js'
import { type KubeService, namespaceType, serviceType } from '../../src/services/model/kube-kinds.js'
import { createServiceWorld, type ServiceWorld, shop } from '../support/worlds/service-world.js'

/** The part of a hub that is about services, on the clusters of a world whose own hub has ended. */
function startAnew(world: ServiceWorld, names: readonly string[], away: readonly string[]) {
  /** Clusters that the inventory has found not to answer, and since when. */
  const unknown = new Map<string, number>()
  const ending = new AbortController()
  const ports = { clock: world.clock, random: createSeededRandom(5), log: silentLog }
  const members = new Map(names.map((name) => [name, createFaultyClient(world.client(name), () => 1)]))
  for (const name of away) members.get(name)!.faults.cut()
  const listeners = new Set<Parameters<Inventory['onChange']>[0]>()
  const cluster = (name: string): Cluster => ({
    name,
    server: `https://${name}.test:6443`,
    labels: {},
    annotations: {},
    project: '',
    namespaces: [],
    clusterResources: true,
    source: 'test',
    connection: undefined,
  })
  const left = new Set<string>()
  const list = () => names.filter((name) => !left.has(name)).map(cluster)
  const inventory: Inventory = {
    list,
    find: ({ name = '' }) => list().find((each) => each.name === name),
    state: (name): ClusterState => {
      const since = unknown.get(name)
      return { health: since === undefined ? 'Healthy' : 'Unknown', reason: '', message: '', since: since ?? 0 }
    },
    client: (name) => members.get(name)!.client,
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    ready: true,
  }
  const catalogue = createCatalogue({
    hub: world.client('hub'),
    inventory,
    dialects: serviceDialects,
    ...ports,
    signal: ending.signal,
  })
  const output = startMemberServices({
    catalogue,
    inventory,
    problemsOf: exportProblems,
    ...ports,
    signal: ending.signal,
    leases: true,
  })
  return {
    output,
    heal(name: string) {
      members.get(name)!.faults.heal()
      unknown.delete(name)
      for (const listener of listeners) listener({ name, what: 'health' })
    },
    /** The inventory has noticed. */
    lose(name: string) {
      unknown.set(name, world.clock.now())
      for (const listener of listeners) listener({ name, what: 'health' })
    },
    leave: (name: string) => {
      left.add(name)
      for (const listener of listeners) listener({ name, what: 'left' })
    },
    async settle(seconds: number) {
      for (let step = 0; step < seconds * 2; step++) await world.clock.advance(500)
    },
    stop: () => ending.abort(),
  }
}

const names = ['east', 'west', 'north']

const propertyType: ResourceType = {
  group: 'about.k8s.io',
  version: 'v1beta1',
  kind: 'ClusterProperty',
  plural: 'clusterproperties',
  namespaced: false,
}
const definitionType: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
}

/** Gives a cluster another id than its name. */
async function setId(world: ServiceWorld, cluster: string, value: unknown): Promise<void> {
  // Members have a stricter definition than a fleet may meet.
  await world.client(cluster).delete({ type: definitionType, name: 'clusterproperties.about.k8s.io' })
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  await world.client(cluster).create(definitionType, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: 'clusterproperties.about.k8s.io',
      annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes/enhancements/pull/1' },
    },
    spec: {
      group: 'about.k8s.io',
      scope: 'Cluster',
      names: { kind: 'ClusterProperty', plural: 'clusterproperties' },
      versions: [{ name: 'v1beta1', served: true, storage: true, schema }],
    },
  })
  await world.clock.advance(3000)
  await world.client(cluster).create(propertyType, {
    apiVersion: 'about.k8s.io/v1beta1',
    kind: 'ClusterProperty',
    metadata: { name: 'cluster.clusterset.k8s.io' },
    spec: { value },
  })
}

async function prepared(ids: Readonly<Record<string, unknown>> = {}): Promise<ServiceWorld> {
  const world = await createServiceWorld({ east: {}, west: {}, north: {} })
  for (const [cluster, id] of Object.entries(ids)) await setId(world, cluster, id)
  await world.deploy('east', { endpoints: ['10.1.0.1'] })
  await world.exportService('east')
  await world.clock.advance(1500)
  await world.deploy('west', { endpoints: ['10.2.0.1'], spec: { sessionAffinity: 'ClientIP' } })
  await world.exportService('west')
  await world.client('north').create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } })
  await world.settle({ quietSeconds: 2 })
  await world.stop()
  return world
}

test('a hub that starts anew writes nothing when nothing has changed', async () => {
  const world = await prepared()
  const anew = startAnew(world, names, [])
  await anew.settle(10)
  assert.equal(anew.output.writes, 0)
  anew.stop()
})

test('a cluster that was lost while no hub ran stands by once the next hub has given it up, and comes back', async () => {
  const world = await prepared()
  const anew = startAnew(world, names, ['east'])
  await anew.settle(3)
  anew.lose('east')
  await anew.settle(4)
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1', 'west active: 10.2.0.1'])
  await anew.settle(4)
  assert.deepEqual(await world.traffic('north'), ['east standby 1: 10.1.0.1', 'west active: 10.2.0.1'])
  const { writes } = anew.output
  await anew.settle(60)
  assert.equal(anew.output.writes, writes, 'once')
  anew.heal('east')
  await anew.settle(120)
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1', 'west active: 10.2.0.1'])
  anew.stop()
})

test('what leases say counts for the next hub: a source whose lease has ended is not waited for, one that answers is not held to it', async () => {
  const world = await prepared()
  const first = startAnew(world, names, [])
  await first.settle(10)
  first.stop()
  await world.clock.advance(3_600_000)
  const anew = startAnew(world, names, ['east'])
  await anew.settle(1)
  anew.lose('east')
  await anew.settle(2)
  assert.deepEqual(
    await world.traffic('north'),
    ['east standby 1: 10.1.0.1', 'west active: 10.2.0.1'],
    'before the grace is over',
  )
  assert.match(
    JSON.stringify((await world.imported('north'))?.status?.conditions),
    /"reason":"LeaseExpired","message":"endpoints of east /,
  )
  assert.ok(anew.output.writes <= 4, `a slice and a condition in two clusters: ${anew.output.writes}`)
  anew.heal('east')
  await anew.settle(120)
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1', 'west active: 10.2.0.1'])
  anew.stop()
})

test('what nobody else can give is left in use, whatever happened to its cluster', async () => {
  const world = await prepared()
  const anew = startAnew(world, names, ['east', 'west'])
  anew.lose('east')
  anew.lose('west')
  await anew.settle(30)
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1', 'west active: 10.2.0.1'])
  anew.stop()
})

test('a hub that starts while the deciding cluster is away keeps the service as it was, and follows the others', async () => {
  const world = await prepared()
  const anew = startAnew(world, names, ['east'])
  await anew.settle(20)
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1', 'west active: 10.2.0.1'])
  assert.equal((await world.imported('north'))?.spec.sessionAffinity, 'None', 'the oldest still decides')
  await world.endpoints('west', ['10.2.0.9'])
  await anew.settle(5)
  assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1', 'west active: 10.2.0.9'])
  assert.deepEqual((await world.imported('north'))?.status?.clusters, [{ cluster: 'east' }, { cluster: 'west' }])
  await world.unexport('east')
  anew.heal('east')
  await anew.settle(120)
  assert.deepEqual(await world.traffic('north'), ['west active: 10.2.0.9'])
  assert.equal((await world.imported('north'))?.spec.sessionAffinity, 'ClientIP')
  anew.stop()
})

test('a cluster that leaves the fleet takes its endpoints along, even if it was never read', async () => {
  const world = await prepared()
  const anew = startAnew(world, names, ['east'])
  await anew.settle(20)
  anew.leave('east')
  await anew.settle(5)
  assert.deepEqual(await world.traffic('north'), ['west active: 10.2.0.1'])
  anew.leave('west')
  await anew.settle(5)
  assert.equal(await world.imported('north'), undefined)
  anew.stop()
})

test('a cluster that is away is known by its id, too: nothing of it is removed', async () => {
  const world = await prepared({ east: 'orient' })
  assert.deepEqual((await world.imported('north'))?.status?.clusters, [{ cluster: 'orient' }, { cluster: 'west' }])
  await world.unexport('west')
  const anew = startAnew(world, names, ['east'])
  await anew.settle(20)
  assert.notEqual(await world.imported('north'), undefined)
  assert.ok((await world.traffic('north')).includes('orient active: 10.1.0.1'))
  anew.leave('east')
  await anew.settle(5)
  assert.equal(await world.imported('north'), undefined)
  anew.stop()
})

test('an id that is no id, or another cluster’s, counts as none', async () => {
  for (const [east, west] of [
    ['not a label', 7],
    ['west', 'north'],
    ['same', 'same'],
    [{ a: 1 }, ['a']],
    ['a'.repeat(64), 'a.b.c'],
  ]) {
    const world = await prepared({ east, west })
    assert.deepEqual(await world.traffic('north'), ['east active: 10.1.0.1', 'west active: 10.2.0.1'])
  }
})

test('a Service of somebody else by the name of the one behind an import is left alone', async () => {
  const world = await createServiceWorld({ east: {}, north: {} })
  await world.client('north').create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop } })
  const name = derivedServiceName({ namespace: shop, name: 'api' })
  const theirs = { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: shop }, spec: { ports: [{ port: 7 }] } }
  await world.client('north').create(serviceType, theirs as KubeService)
  await world.deploy('east', { endpoints: ['10.1.0.1'] })
  await world.exportService('east')
  await world.settle({ quietSeconds: 2 })
  await world.unexport('east')
  await world.settle({ quietSeconds: 2 })
  const kept = await world.find<KubeService>('north', serviceType, shop, name)
  assert.equal(kept?.spec?.ports?.[0]?.port, 7)
  assert.equal(kept?.metadata.ownerReferences, undefined)
  await world.stop()
})
