// What happens to clusters and to the hub's way to them, while replicas are divided over three: nothing moves that need not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatMicroTime } from '../../src/base/clock.js'
import { placementType } from '../../src/dialects/placement/resource-types.js'
import type { ResourceType } from '../../src/kube/object/resource-type.js'
import { builtInResources } from '../../src/kube/schema/resources.js'
import { leaseType } from '../../src/services/leases/source-lease.js'
import { createWorld, type World } from '../support/worlds/world.js'

const typeOf = (kind: string): ResourceType =>
  builtInResources.find((type) => type.kind === kind && !type.version.includes('beta'))!
const members = ['a', 'b', 'c'] as const
const even = { a: 2, b: 2, c: 2 }

/** Six replicas over three clusters; a cluster that is silent for 30 s is left, if somebody else sees it down. */
async function createShop(): Promise<World> {
  const world = await createWorld({ members: Object.fromEntries(members.map((name) => [name, {}])) })
  const hub = world.client('hub')
  await hub.create(placementType, {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'Placement',
    metadata: { name: 'even', namespace: 'default' },
    spec: { replicas: { strategy: 'Even' }, failover: { afterSeconds: 30 } },
  })
  await hub.create(typeOf('Deployment'), {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default', labels: { 'flotilla.dev/placement': 'even' } },
    spec: {
      replicas: 6,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'web:1' }] } },
    },
  })
  await world.settle()
  assert.deepEqual(await spread(world), even)
  return world
}

/** Read behind all cuts: replicas, or images. */
async function spread(world: World, what: 'replicas' | 'image' = 'replicas'): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for (const cluster of members) {
    const { spec } = await world.client(cluster).get({ type: typeOf('Deployment'), namespace: 'default', name: 'web' })
    const { replicas, template } = spec as { replicas: number; template: { spec: { containers: { image: string }[] } } }
    found[cluster] = what === 'replicas' ? replicas : template.spec.containers[0]?.image
  }
  return found
}

async function say(world: World, cluster: string, saw: 'up' | 'down'): Promise<void> {
  const name = `observer-${cluster}`
  const object = {
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
  const target = { type: leaseType, namespace: 'argocd', name }
  await world.client('hub').patch(target, { kind: 'apply', object }, { fieldManager: 'paris', force: true })
}

const setImage = (world: World, image: string) =>
  world.client('hub').patch(
    { type: typeOf('Deployment'), namespace: 'default', name: 'web' },
    {
      kind: 'merge',
      body: { spec: { template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image }] } } } },
    },
  )

test('a hub that is cut off from all clusters moves nothing, and goes on where it was', async () => {
  const world = await createShop()
  for (const name of members) world.faults(name).cut()
  // Even somebody who says the same of one of them does not make it true of a hub that sees nothing.
  for (let minute = 0; minute < 5; minute++) {
    await say(world, 'b', 'down')
    await world.clock.advance(60_000)
  }
  assert.deepEqual(await spread(world), even)
  await setImage(world, 'web:2')
  for (const name of members) world.faults(name).heal()
  await world.clock.advance(180_000)
  assert.deepEqual(await spread(world), even)
  assert.deepEqual(await spread(world, 'image'), { a: 'web:2', b: 'web:2', c: 'web:2' })
  await world.stop()
})

test('a cluster that flaps keeps its share', async () => {
  const world = await createShop()
  for (let turn = 0; turn < 6; turn++) {
    world.faults('b').cut()
    await say(world, 'b', 'down')
    await world.clock.advance(25_000)
    world.faults('b').heal()
    await say(world, 'b', 'up')
    await world.clock.advance(15_000)
    assert.deepEqual(await spread(world), even)
  }
  await setImage(world, 'web:2')
  await world.clock.advance(30_000)
  assert.deepEqual(await spread(world, 'image'), { a: 'web:2', b: 'web:2', c: 'web:2' })
  await world.stop()
})

test('a slow cluster has everything a little later, and keeps its share', async () => {
  const world = await createShop()
  world.faults('b').latencyMs = 3000
  await setImage(world, 'web:2')
  await world.clock.advance(2000)
  assert.deepEqual(await spread(world, 'image'), { a: 'web:2', b: 'web:1', c: 'web:2' })
  await world.clock.advance(60_000)
  assert.deepEqual(await spread(world, 'image'), { a: 'web:2', b: 'web:2', c: 'web:2' })
  assert.deepEqual(await spread(world), even)
  await world.stop()
})
