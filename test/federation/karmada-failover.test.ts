import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldAt, objectsAt, textAt } from '../../src/dialects/karmada/fields.js'
import { karmadaClusterType, propagationPolicyType, resourceBindingType } from '../../src/dialects/karmada/resource-types.js'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import type { ResourceType } from '../../src/kube/object/resource-type.js'
import { builtInResources } from '../../src/kube/schema/resources.js'
import { createWorld, type World } from '../support/worlds/world.js'

const typeOf = (kind: string): ResourceType =>
  builtInResources.find((type) => type.kind === kind && !type.version.includes('beta'))!
const deployments = typeOf('Deployment')
const label = 'shop.example.com/ran-with'

async function shop(cluster: object): Promise<World> {
  const world = await createWorld({ members: { m1: {}, m2: {} } })
  const hub = world.client('hub')
  await hub.create(typeOf('Namespace'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await hub.create(propagationPolicyType, {
    apiVersion: 'policy.karmada.io/v1alpha1',
    kind: 'PropagationPolicy',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }],
      placement: { spreadConstraints: [{ spreadByField: 'cluster', maxGroups: 1 }] },
      failover: { cluster },
    },
  })
  await hub.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image: 'web:1' }] } },
    },
  })
  await world.settle()
  return world
}

const place = { namespace: 'shop', name: 'web' }
const find = (world: World, cluster: string): Promise<KubeObject | undefined> =>
  world
    .client(cluster)
    .get({ type: deployments, ...place })
    .catch(() => undefined)
const binding = (world: World) =>
  world.client('hub').get({ type: resourceBindingType, namespace: 'shop', name: 'web-deployment' })
const patchCopy = (world: World, cluster: string, body: object) =>
  world.client(cluster).patch({ type: deployments, ...place }, { kind: 'merge', body })
const drain = (world: World, name: string) =>
  world.client('hub').create(karmadaClusterType, {
    apiVersion: 'cluster.karmada.io/v1alpha1',
    kind: 'Cluster',
    metadata: { name },
    spec: { syncMode: 'Push', taints: [{ key: 'drain', effect: 'NoExecute' }] },
  })
async function seconds(world: World, count: number): Promise<void> {
  for (let second = 0; second < count; second++) await world.clock.advance(1000)
}
test('what the old copy says goes along as a label, after the old one has gone, for as long as the move', async () => {
  const rules = [{ aliasLabelName: label, jsonPath: '{.availableReplicas}-of-{.replicas}' }]
  const world = await shop({ purgeMode: 'Directly', statePreservation: { rules } })
  const [from, to] = (await find(world, 'm1')) === undefined ? (['m2', 'm1'] as const) : (['m1', 'm2'] as const)
  await patchCopy(world, from, { metadata: { finalizers: ['test/hold'] } })
  await world.settle()
  await drain(world, from)
  await seconds(world, 20)
  const task = objectsAt(await binding(world), 'spec', 'gracefulEvictionTasks')[0]
  assert.deepEqual(task?.['preservedLabelState'], { [label]: '2-of-2' })
  assert.deepEqual(task['clustersBeforeFailover'], [from])
  assert.equal(task['purgeMode'], 'Directly')
  assert.equal(await find(world, to), undefined, 'not two of them at once')
  const waiting = objectsAt(await binding(world), 'status', 'aggregatedStatus').find((each) => each['clusterName'] === to)
  assert.equal(textAt(waiting, 'appliedMessage'), `it goes there when it has left ${from}`)
  await patchCopy(world, from, { metadata: { finalizers: null } })
  let first: KubeObject | undefined
  for (let steps = 0; first === undefined && steps < 200; steps++) {
    await world.clock.advance(50)
    first = await find(world, to)
  }
  assert.equal(first?.metadata.labels?.[label], '2-of-2')
  assert.equal(await find(world, from), undefined)
  assert.equal((await world.client('hub').get({ type: deployments, ...place })).metadata.labels?.[label], undefined)
  await seconds(world, 20)
  assert.equal(fieldAt(await binding(world), 'spec', 'gracefulEvictionTasks'), undefined)
  assert.equal((await find(world, to))?.metadata.labels?.[label], undefined)
  await world.stop()
})

test('a copy that does not say what is to be preserved stays, and so it is told', async () => {
  const world = await shop({
    purgeMode: 'Directly',
    statePreservation: { rules: [{ aliasLabelName: label, jsonPath: '{.jobStatus.jobID}' }] },
  })
  const from = (await find(world, 'm1')) === undefined ? 'm2' : 'm1'
  await drain(world, from)
  await seconds(world, 30)
  assert.ok(await find(world, from))
  const events = (await world.client('hub').list(typeOf('Event'), { namespace: 'shop' })).items
  assert.ok(
    events.some(({ message }) =>
      /it stays, for what is to be preserved of it cannot be told: its status has no \.jobStatus\.jobID/.test(String(message)),
    ),
  )
  await world.stop()
})
