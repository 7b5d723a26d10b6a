import assert from 'node:assert/strict'
import { test } from 'node:test'
import { federationMark } from '../src/delivery/federation/contract.js'
import type { KubeObject } from '../src/kube/object/kube-object.js'
import type { ResourceType } from '../src/kube/object/resource-type.js'
import { isNotFound } from '../src/kube/object/status-error.js'
import { builtInResources } from '../src/kube/schema/resources.js'
import { createWorld, type World } from './support/worlds/world.js'

const typeOf = (kind: string): ResourceType =>
  builtInResources.find((type) => type.kind === kind && !type.version.includes('beta'))!
const placementType: ResourceType = {
  group: 'flotilla.dev',
  version: 'v1alpha1',
  kind: 'Placement',
  plural: 'placements',
  namespaced: true,
}

const deployment = (replicas: number, placement: string, name = 'web', image = 'web:1'): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop', labels: { 'flotilla.dev/placement': placement } },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image }] } },
  },
})

const placement = (name: string, spec: object): KubeObject => ({
  apiVersion: 'flotilla.dev/v1alpha1',
  kind: 'Placement',
  metadata: { name, namespace: 'shop' },
  spec,
})

const members = ['a', 'b', 'c'] as const

async function shop(options: { placement?: object } = {}): Promise<World> {
  const world = await createWorld({ members: Object.fromEntries(members.map((name) => [name, { env: 'production' }])) })
  const hub = world.client('hub')
  await hub.create(typeOf('Namespace'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await hub.create(placementType, placement('even', options.placement ?? { replicas: { strategy: 'Even' } }))
  return world
}

async function get(world: World, cluster: string, kind: string, name = 'web'): Promise<KubeObject | undefined> {
  try {
    return await world.client(cluster).get({ type: typeOf(kind), namespace: 'shop', name })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Replicas by cluster, as they are asked for there. */
async function spread(world: World, name = 'web'): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const cluster of members) {
    const copy = await get(world, cluster, 'Deployment', name)
    if (copy !== undefined) found[cluster] = (copy['spec'] as { replicas: number }).replicas
  }
  return found
}

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((total, count) => total + count, 0)

/** Resource versions of all copies: when they stay, nothing was written. */
async function versions(world: World): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const cluster of members) {
    const { items } = await world.client(cluster).list(typeOf('Deployment'), { labelSelector: federationMark.label })
    for (const { metadata, spec } of items)
      found[`${cluster} ${metadata.name}`] = JSON.stringify([metadata.uid, metadata.generation, spec])
  }
  return found
}

async function edit(world: World, cluster: string, kind: string, body: unknown, name = 'web'): Promise<void> {
  const type = kind === 'Placement' ? placementType : typeOf(kind)
  await world.client(cluster).patch({ type, namespace: 'shop', name }, { kind: 'merge', body })
}

test('replicas are divided, the sum is right after each change, and deleting on the hub deletes everywhere', async () => {
  const world = await shop()
  await world.client('hub').create(typeOf('Deployment'), deployment(7, 'even'))
  await world.settle()
  assert.equal(sum(await spread(world)), 7)
  for (const replicas of [8, 3, 1, 12]) {
    await edit(world, 'hub', 'Deployment', { spec: { replicas } })
    await world.settle({ quietSeconds: 3 })
    assert.equal(sum(await spread(world)), replicas)
  }
  const pods = await world.client('a').list(typeOf('Pod'), { namespace: 'shop' })
  assert.equal(pods.items.length, (await spread(world))['a'])
  await world.client('hub').delete({ type: typeOf('Deployment'), namespace: 'shop', name: 'web' })
  await world.settle({ quietSeconds: 3 })
  assert.deepEqual(await spread(world), {})
  await world.stop()
})

test('a cluster that is lost, slow, flapping and back: nothing moves, and it gets what it missed', async () => {
  const world = await shop()
  await world.client('hub').create(typeOf('Deployment'), deployment(6, 'even'))
  await world.settle()
  const before = await versions(world)
  assert.deepEqual(await spread(world), { a: 2, b: 2, c: 2 })
  world.faults('b').cut()
  await world.clock.advance(1_800_000)
  assert.deepEqual(await versions(world), before)
  const status = (await get(world, 'hub', 'Deployment'))?.metadata.annotations?.['flotilla.dev/placement-status']
  assert.match(status ?? '', /applied in 2 of 3 clusters; b: Unknown/)
  await edit(world, 'hub', 'Deployment', { spec: { replicas: 9 } })
  await world.clock.advance(60_000)
  assert.deepEqual(await spread(world), { a: 3, b: 2, c: 3 })
  world.faults('b').heal()
  await world.clock.advance(180_000)
  assert.deepEqual(await spread(world), { a: 3, b: 3, c: 3 })
  const settled = await versions(world)
  world.faults('b').latencyMs = 4000
  await world.clock.advance(300_000)
  for (let turn = 0; turn < 20; turn++) {
    world.faults('b').cut()
    await world.clock.advance(7000)
    world.faults('b').heal()
    await world.clock.advance(5000)
  }
  world.faults('b').latencyMs = 0
  await world.clock.advance(180_000)
  assert.deepEqual(await versions(world), settled)
  await world.stop()
})

test('a hub that is cut off from all clusters moves nothing, then or after', async () => {
  const world = await shop()
  await world.client('hub').create(typeOf('Deployment'), deployment(6, 'even'))
  await world.settle()
  const before = await versions(world)
  for (const name of members) world.faults(name).cut()
  await world.clock.advance(7_200_000)
  for (const name of members) world.faults(name).heal()
  await world.clock.advance(300_000)
  assert.deepEqual(await versions(world), before)
  await world.stop()
})

test('a restart of the hub writes nothing; what was deleted meanwhile goes, what was changed meanwhile is brought', async () => {
  const world = await shop()
  const hub = world.client('hub')
  for (const name of ['web', 'api', 'old']) await hub.create(typeOf('Deployment'), deployment(4, 'even', name))
  await world.settle()
  const before = await versions(world)
  await world.restartHub()
  await world.settle()
  assert.deepEqual(await versions(world), before)
  assert.equal(world.hub.federation.counts.memberWrites, 0)
  world.faults('c').cut()
  await world.restartHub(async () => {
    await hub.delete({ type: typeOf('Deployment'), namespace: 'shop', name: 'old' })
    await edit(world, 'hub', 'Deployment', { spec: { replicas: 10 } }, 'api')
    await world.client('a').delete({ type: typeOf('Deployment'), namespace: 'shop', name: 'web' })
  })
  await world.clock.advance(60_000)
  const old = await spread(world, 'old')
  assert.deepEqual(Object.keys(old), Object.hasOwn(await spread(world, 'old'), 'c') ? ['c'] : [])
  world.faults('c').heal()
  await world.clock.advance(180_000)
  assert.deepEqual(await spread(world, 'old'), {})
  assert.equal(sum(await spread(world, 'api')), 10)
  assert.equal(sum(await spread(world, 'web')), 4)
  await world.stop()
})

test('an autoscaler beside a division: what it sets stays, and the template goes on', async () => {
  const world = await shop()
  const hub = world.client('hub')
  await hub.create(typeOf('Deployment'), deployment(6, 'even'))
  await world.settle()
  await hub.create(typeOf('HorizontalPodAutoscaler'), {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { minReplicas: 1, maxReplicas: 20, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
  })
  await world.settle()
  await edit(world, 'a', 'Deployment', { spec: { replicas: 9 } })
  await world.clock.advance(60_000)
  assert.deepEqual(await spread(world), { a: 9, b: 2, c: 2 })
  await edit(world, 'hub', 'Deployment', {
    spec: { replicas: 3, template: { spec: { containers: [{ name: 'main', image: 'web:2' }] } } },
  })
  await world.clock.advance(60_000)
  assert.deepEqual(await spread(world), { a: 9, b: 2, c: 2 })
  const copy = await get(world, 'a', 'Deployment')
  assert.match(JSON.stringify(copy?.['spec']), /web:2/)
  await hub.delete({ type: typeOf('HorizontalPodAutoscaler'), namespace: 'shop', name: 'web' })
  await world.clock.advance(60_000)
  assert.equal(sum(await spread(world)), 3)
  await world.stop()
})

test('two dialects that want the same object in a cluster: one has it, the other is told, and has it when the first lets go', async () => {
  const world = await shop()
  const hub = world.client('hub')
  await hub.create(typeOf('Deployment'), deployment(6, 'even'))
  await world.settle()
  const karmadaPolicy: ResourceType = {
    group: 'policy.karmada.io',
    version: 'v1alpha1',
    kind: 'PropagationPolicy',
    plural: 'propagationpolicies',
    namespaced: true,
  }
  await hub.create(karmadaPolicy, {
    apiVersion: 'policy.karmada.io/v1alpha1',
    kind: 'PropagationPolicy',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }],
      placement: { clusterAffinity: { clusterNames: ['a'] } },
    },
  })
  await world.clock.advance(60_000)
  assert.deepEqual(await spread(world), { a: 2, b: 2, c: 2 })
  const view = world.hub.federation.look('karmada/Deployment.apps/shop/web')
  assert.deepEqual(
    view?.outcome?.clusters.filter(({ wanted }) => wanted).map(({ cluster, result }) => `${cluster} ${result?.state}`),
    ['a AlreadyExists'],
  )
  assert.match(view?.outcome?.clusters[0]?.result?.message ?? '', /copy of placement\/Deployment.apps\/shop\/web/)
  await world.stop()
})
