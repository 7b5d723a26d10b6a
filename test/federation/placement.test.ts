import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { PlacementSpec } from '../../src/dialects/placement/placement-kind.js'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import { isNotFound } from '../../src/kube/object/status-error.js'
import { createWorld, type World } from '../support/worlds/world.js'

// Objects with the label of a Placement, on a hub and three members in one process, in virtual time.

let world: World

async function apply(cluster: string, object: KubeObject): Promise<void> {
  const client = world.client(cluster)
  const type = (await client.resources()).forKind(object.apiVersion, object.kind)
  assert.ok(type, `${cluster} serves ${object.kind}`)
  const { name, namespace } = object.metadata
  const target = { type, name, ...(namespace === undefined ? {} : { namespace }) }
  await client.patch(target, { kind: 'apply', object }, { fieldManager: 'test', force: true, fieldValidation: 'Strict' })
}

async function read(cluster: string, apiVersion: string, kind: string, name: string): Promise<KubeObject | undefined> {
  const client = world.client(cluster)
  const type = (await client.resources()).forKind(apiVersion, kind)
  assert.ok(type)
  try {
    return await client.get({ type, name, ...(type.namespaced ? { namespace: 'shop' } : {}) })
  } catch (error) {
    if (!isNotFound(error)) throw error
    return undefined
  }
}

async function remove(apiVersion: string, kind: string, name: string): Promise<void> {
  const client = world.client('hub')
  const type = (await client.resources()).forKind(apiVersion, kind)
  assert.ok(type)
  await client.delete({ type, name, ...(type.namespaced ? { namespace: 'shop' } : {}) })
}

const place = (spec: PlacementSpec, name = 'web') =>
  apply('hub', {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'Placement',
    metadata: { name, namespace: 'shop' },
    spec: spec as unknown as Record<string, unknown>,
  })

const web = (replicas: number, name = 'web') =>
  apply('hub', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop', labels: { 'flotilla.dev/placement': 'web' } },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image: 'nginx:1' }] } },
    },
  })

const config = (name: string, placement: string) =>
  apply('hub', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'shop', labels: { 'flotilla.dev/placement': placement } },
    data: { a: 'b' },
  })

async function shares(name = 'web'): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const cluster of ['east', 'lab', 'west']) {
    const spec = (await read(cluster, 'apps/v1', 'Deployment', name))?.['spec'] as { replicas: number } | undefined
    if (spec !== undefined) found[cluster] = spec.replicas
  }
  return found
}

const note = async (kind: string, name: string, apiVersion = 'v1') =>
  (await read('hub', apiVersion, kind, name))?.metadata.annotations?.['flotilla.dev/placement-status']

describe('objects with the label of a Placement', () => {
  before(async () => {
    world = await createWorld({
      members: {
        east: { env: 'production', region: 'us' },
        lab: { env: 'test', region: 'us' },
        west: { env: 'production', region: 'eu' },
      },
    })
    await apply('hub', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  })
  after(() => world.stop())

  test('go where it says, and follow it', async () => {
    await place({})
    await web(6)
    await world.settle()
    assert.deepEqual(await shares(), { east: 6, lab: 6, west: 6 })
    await place({ clusters: { labels: { env: 'production' } }, replicas: { strategy: 'Even' } })
    await world.settle()
    assert.deepEqual(await shares(), { east: 3, west: 3 })
    await web(9)
    await world.settle()
    assert.equal(
      Object.values(await shares()).reduce((a, b) => a + b),
      9,
    )
    assert.equal(await note('Deployment', 'web', 'apps/v1'), 'applied in 2 of 2 clusters')
    const status = (await read('hub', 'apps/v1', 'Deployment', 'web'))?.['status'] as Record<string, unknown>
    assert.equal(status['readyReplicas'], 9)
  })

  test('nothing is written while it is suspended', async () => {
    await place({ clusters: { labels: { env: 'production' } }, replicas: { strategy: 'Even' }, suspend: true })
    await world.settle()
    const before = await shares()
    await web(2)
    await world.settle()
    assert.deepEqual(await shares(), before)
    await place({ clusters: { labels: { env: 'production' } }, replicas: { strategy: 'Even' } })
    await world.settle()
    assert.deepEqual(await shares(), { east: 1, west: 1 })
  })

  test('a Placement that goes leaves everything where it is', async () => {
    await remove('flotilla.dev/v1alpha1', 'Placement', 'web')
    await world.settle()
    assert.deepEqual(await shares(), { east: 1, west: 1 })
    assert.match((await note('Deployment', 'web', 'apps/v1')) ?? '', /^PlacementNotFound/)
    await world.restartHub()
    await world.settle()
    assert.deepEqual(await shares(), { east: 1, west: 1 }, 'after a restart, too')
    await place({ clusters: { names: ['east'] } })
    await world.settle()
    assert.deepEqual(await shares(), { east: 2 })
  })

  test('what a cluster has already and nobody wrote from here is left, or taken over', async () => {
    await apply('east', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    await apply('east', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'own', namespace: 'shop' },
      data: { a: 'mine' },
    })
    await config('own', 'web')
    await world.settle()
    assert.match((await note('ConfigMap', 'own')) ?? '', /applied in 0 of 1 clusters; east: AlreadyExists/)
    assert.deepEqual((await read('east', 'v1', 'ConfigMap', 'own'))?.['data'], { a: 'mine' })
    await place({ clusters: { names: ['east'] }, existing: 'Adopt' })
    await world.settle()
    assert.deepEqual((await read('east', 'v1', 'ConfigMap', 'own'))?.['data'], { a: 'b' })
  })

  test('copies stay where that is asked for', async () => {
    await place({ onRemoval: 'Keep' }, 'kept')
    await config('kept', 'kept')
    await world.settle()
    await remove('v1', 'ConfigMap', 'kept')
    await world.settle()
    assert.ok(await read('west', 'v1', 'ConfigMap', 'kept'))
  })

  test('objects without a namespace name the Placement of one', async () => {
    await apply('hub', {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: {
        name: 'shop-reader',
        labels: { 'flotilla.dev/placement': 'web', 'flotilla.dev/placement-namespace': 'shop' },
      },
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
    })
    await world.settle()
    assert.ok(await read('east', 'rbac.authorization.k8s.io/v1', 'ClusterRole', 'shop-reader'))
    assert.equal(await read('west', 'rbac.authorization.k8s.io/v1', 'ClusterRole', 'shop-reader'), undefined)
  })

  test('a cluster that is away is told, keeps its share, and hears what it missed', async () => {
    await place({ replicas: { strategy: 'Even' } })
    await web(6)
    await world.settle()
    assert.deepEqual(await shares(), { east: 2, lab: 2, west: 2 })
    world.faults('west').cut()
    await world.clock.advance(120_000)
    await web(9)
    await world.settle({ limitSeconds: 60 })
    assert.deepEqual(await shares(), { east: 3, lab: 3, west: 2 })
    assert.match((await note('Deployment', 'web', 'apps/v1')) ?? '', /applied in 2 of 3 clusters; west: Unknown/)
    world.faults('west').heal()
    await world.clock.advance(180_000)
    await world.settle()
    assert.deepEqual(await shares(), { east: 3, lab: 3, west: 3 })
  })

  test('a hub that starts anew decides the same', async () => {
    await place({ replicas: { strategy: 'ByRoom' } })
    await world.settle()
    const before = await shares()
    await world.restartHub()
    await world.settle()
    assert.deepEqual(await shares(), before)
  })

  test('what is deleted goes everywhere', async () => {
    await remove('apps/v1', 'Deployment', 'web')
    await world.settle()
    assert.deepEqual(await shares(), {})
  })
})
