import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatMicroTime } from '../../src/base/clock.js'
import { placementType } from '../../src/dialects/placement/resource-types.js'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import type { ResourceType } from '../../src/kube/object/resource-type.js'
import { builtInResources } from '../../src/kube/schema/resources.js'
import { leaseType } from '../../src/services/leases/source-lease.js'
import { createWorld, type World } from '../support/worlds/world.js'

const typeOf = (kind: string): ResourceType =>
  builtInResources.find((type) => type.kind === kind && !type.version.includes('beta'))!
const members = ['a', 'b', 'c'] as const

async function shop(failover?: object, more: object = {}): Promise<World> {
  const world = await createWorld({ members: Object.fromEntries(members.map((name) => [name, {}])) })
  const hub = world.client('hub')
  await hub.create(typeOf('Namespace'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  const spec = { replicas: { strategy: 'Even' }, ...(failover === undefined ? {} : { failover }), ...more }
  await hub.create(placementType, {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'Placement',
    metadata: { name: 'even', namespace: 'shop' },
    spec,
  })
  await hub.create(typeOf('Deployment'), {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', labels: { 'flotilla.dev/placement': 'even' } },
    spec: {
      replicas: 6,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'web:1' }] } },
    },
  })
  await world.settle()
  return world
}

/** Replicas as clusters have them; those of a cluster that is cut off are read behind the cut. */
async function spread(world: World): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const cluster of members) {
    const copies = (await world.client(cluster).list(typeOf('Deployment'), { namespace: 'shop' })).items
    for (const { spec } of copies) found[cluster] = (spec as { replicas: number }).replicas
  }
  return found
}

/** Somebody else looks at the cluster every 20 s, for as long as is told. */
async function observe(world: World, cluster: string, saw: 'up' | 'down', seconds: number): Promise<void> {
  const name = `observer-${cluster}`
  for (let passed = 0; passed < seconds; passed += 20) {
    const object: KubeObject = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name,
        namespace: 'argocd',
        labels: { 'flotilla.dev/observes': cluster },
        annotations: { 'flotilla.dev/observed': saw },
      },
      spec: { holderIdentity: 'paris', renewTime: formatMicroTime(world.clock.now()) },
    }
    await world
      .client('hub')
      .patch({ type: leaseType, namespace: 'argocd', name }, { kind: 'apply', object }, { fieldManager: 'paris', force: true })
    await world.clock.advance(20_000)
  }
}

const warnings = async (world: World) =>
  (await world.client('hub').list(typeOf('Event'), { namespace: 'shop' })).items.map((event) => String(event['message']))

test('a lost cluster is left when a second observer sees it too, and gets its share again only in time', async () => {
  const world = await shop({ afterSeconds: 30 })
  assert.deepEqual(await spread(world), { a: 2, b: 2, c: 2 })
  world.faults('b').cut()
  await world.clock.advance(150_000)
  assert.deepEqual(await spread(world), { a: 2, b: 2, c: 2 }, 'on the word of the hub alone')
  assert.ok((await warnings(world)).some((text) => /b: it does not answer this hub, and nobody else has said so/.test(text)))
  await observe(world, 'b', 'up', 40)
  assert.deepEqual(await spread(world), { a: 2, b: 2, c: 2 }, 'against the word of an observer')
  await observe(world, 'b', 'down', 60)
  const moved = await spread(world)
  assert.equal((moved['a'] ?? 0) + (moved['c'] ?? 0), 6)
  const started = 'b: it does not answer this hub, nor observer paris; the workload moves away'
  assert.equal((await warnings(world)).filter((text) => text === started).length, 1)
  // The copy there is taken away once the cluster can be told.
  assert.equal(moved['b'], 2)
  world.faults('b').heal()
  await observe(world, 'b', 'up', 200)
  const back = await spread(world)
  assert.equal(
    Object.values(back).reduce((sum, count) => sum + count, 0),
    6,
  )
  const { memberWrites } = world.hub.federation.counts
  await observe(world, 'b', 'up', 60)
  assert.equal(world.hub.federation.counts.memberWrites, memberWrites, 'it is settled')
  await world.stop()
})

test('a move costs one of the moves a minute, however many passes it takes until it is on record', async () => {
  const world = await shop({ afterSeconds: 30 })
  await world.client('hub').create(typeOf('ConfigMap'), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'flotilla-failover', namespace: 'argocd' },
    data: { movesPerMinute: '1' },
  })
  world.faults('b').cut()
  await world.clock.advance(60_000)
  await observe(world, 'b', 'down', 80)
  assert.ok((await warnings(world)).some((text) => /the workload moves away$/.test(text)))
  assert.ok(!(await warnings(world)).some((text) => /at most 1 workloads a minute/.test(text)))
  const moved = await spread(world)
  assert.equal((moved['a'] ?? 0) + (moved['c'] ?? 0), 6)
  await world.stop()
})

test('a taint is put up with for as long as a Placement tolerates it', async () => {
  const tolerations = [{ key: 'drain', operator: 'Exists', tolerationSeconds: 60 }]
  const world = await shop({ mode: 'Directly' }, { tolerations })
  const secret = (await world.client('hub').list(typeOf('Secret'), { namespace: 'argocd' })).items.find(({ metadata }) =>
    metadata.name.endsWith('b'),
  )
  const target = { type: typeOf('Secret'), namespace: 'argocd', name: secret?.metadata.name ?? '' }
  const body = { metadata: { annotations: { 'flotilla.dev/taints': 'drain:NoExecute' } } }
  await world.client('hub').patch(target, { kind: 'merge', body })
  await world.clock.advance(40_000)
  assert.deepEqual(await spread(world), { a: 2, b: 2, c: 2 })
  await world.clock.advance(40_000)
  assert.deepEqual(await spread(world), { a: 3, c: 3 })
  await world.stop()
})

test('a Placement without failover, and a frozen fleet, move nothing', async () => {
  const plain = await shop()
  plain.faults('b').cut()
  await observe(plain, 'b', 'down', 160)
  assert.deepEqual(await spread(plain), { a: 2, b: 2, c: 2 })
  await plain.stop()
  const frozen = await shop({ afterSeconds: 30 })
  await frozen.client('hub').create(typeOf('ConfigMap'), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'flotilla-failover', namespace: 'argocd' },
    data: { frozen: 'release night' },
  })
  frozen.faults('b').cut()
  await observe(frozen, 'b', 'down', 160)
  assert.deepEqual(await spread(frozen), { a: 2, b: 2, c: 2 })
  assert.ok((await warnings(frozen)).some((text) => /failover is frozen: release night/.test(text)))
  await frozen.stop()
})
