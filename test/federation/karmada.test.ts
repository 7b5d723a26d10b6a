import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldAt, objectsAt } from '../../src/dialects/karmada/fields.js'
import {
  clusterOverridePolicyType,
  karmadaClusterType,
  overridePolicyType,
  propagationPolicyType,
  resourceBindingType,
} from '../../src/dialects/karmada/resource-types.js'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import type { ResourceType } from '../../src/kube/object/resource-type.js'
import { createWorld, type World } from '../support/worlds/world.js'

const deployments: ResourceType = { group: 'apps', version: 'v1', kind: 'Deployment', plural: 'deployments', namespaced: true }
const configMaps: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const namespaces: ResourceType = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false }

const web: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas: 4,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'nginx', envFrom: [{ configMapRef: { name: 'settings' } }] }] },
    },
  },
}

const settings: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace: 'shop' },
  data: { colour: 'blue' },
}

const policy = (spec: object): KubeObject => ({
  apiVersion: 'policy.karmada.io/v1alpha1',
  kind: 'PropagationPolicy',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }], ...spec },
})

async function openShop(): Promise<World> {
  const world = await createWorld({ members: { m1: { tier: 'gold' }, m2: {} } })
  const hub = world.client('hub')
  await hub.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await hub.create(configMaps, settings)
  return world
}

function find(world: World, cluster: string, type: ResourceType, name: string): Promise<KubeObject | undefined> {
  return world
    .client(cluster)
    .get({ type, namespace: 'shop', name })
    .catch(() => undefined)
}

test('a policy sends a Deployment with what it needs to clusters, and its status comes back', async () => {
  const world = await openShop()
  try {
    const hub = world.client('hub')
    await hub.create(
      propagationPolicyType,
      policy({
        propagateDeps: true,
        placement: {
          replicaScheduling: {
            replicaSchedulingType: 'Divided',
            replicaDivisionPreference: 'Weighted',
            weightPreference: {
              staticWeightList: [
                { targetCluster: { clusterNames: ['m1'] }, weight: 1 },
                { targetCluster: { clusterNames: ['m2'] }, weight: 3 },
              ],
            },
          },
        },
      }),
    )
    await hub.create(deployments, web)
    await world.settle({ quietSeconds: 5, limitSeconds: 120 })
    const copies = await Promise.all(['m1', 'm2'].map((cluster) => find(world, cluster, deployments, 'web')))
    assert.deepEqual(
      copies.map((copy) => fieldAt(copy, 'spec', 'replicas')),
      [1, 3],
    )
    assert.equal(copies[0]?.metadata.labels?.['karmada.io/managed'], 'true')
    assert.equal(fieldAt(await find(world, 'm2', configMaps, 'settings'), 'data', 'colour'), 'blue')
    const binding = await find(world, 'hub', resourceBindingType, 'web-deployment')
    assert.deepEqual(
      objectsAt(binding, 'status', 'conditions').map(({ type, status }) => [type, status]),
      [
        ['Scheduled', 'True'],
        ['FullyApplied', 'True'],
      ],
    )
    assert.deepEqual(
      objectsAt(binding, 'status', 'aggregatedStatus').map(({ clusterName, health }) => [clusterName, health]),
      [
        ['m1', 'Healthy'],
        ['m2', 'Healthy'],
      ],
    )
    const template = await find(world, 'hub', deployments, 'web')
    assert.deepEqual(
      ['replicas', 'readyReplicas', 'observedGeneration'].map((field) => fieldAt(template, 'status', field)),
      [4, 4, template?.metadata.generation],
    )
    await hub.delete({ type: deployments, namespace: 'shop', name: 'web' })
    await world.settle({ quietSeconds: 5, limitSeconds: 120 })
    assert.equal(await find(world, 'm1', deployments, 'web'), undefined)
    assert.equal(await find(world, 'm2', configMaps, 'settings'), undefined)
  } finally {
    await world.stop()
  }
})

test('overrides differ by cluster, what is there is left alone, deliveries are suspended, policies end without harm', async () => {
  const world = await openShop()
  try {
    const hub = world.client('hub')
    const quiet = () => world.settle({ quietSeconds: 5, limitSeconds: 120 })
    const m1 = world.client('m1')
    await m1.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    await m1.create(configMaps, { ...settings, data: { colour: 'mine' } })
    await m1.create(configMaps, {
      ...settings,
      metadata: { name: 'left', namespace: 'shop', labels: { 'karmada.io/managed': 'true' } },
    })
    await hub.create(configMaps, { ...settings, metadata: { name: 'left', namespace: 'shop' }, data: { colour: 'new' } })
    const rule = (clusterNames: string[], value: string) => ({
      targetCluster: { clusterNames },
      overriders: { plaintext: [{ path: '/data/colour', operator: 'replace', value }] },
    })
    await hub.create(clusterOverridePolicyType, {
      apiVersion: 'policy.karmada.io/v1alpha1',
      kind: 'ClusterOverridePolicy',
      metadata: { name: 'colour' },
      spec: { overrideRules: [rule(['m1', 'm2'], 'red')] },
    })
    await hub.create(overridePolicyType, {
      apiVersion: 'policy.karmada.io/v1alpha1',
      kind: 'OverridePolicy',
      metadata: { name: 'colour', namespace: 'shop' },
      spec: {
        resourceSelectors: [{ apiVersion: 'v1', kind: 'ConfigMap' }],
        overrideRules: [rule(['m2'], 'green')],
      },
    })
    const selectors = ['settings', 'left'].map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', name }))
    const selector = { resourceSelectors: selectors }
    await hub.create(propagationPolicyType, policy(selector))
    await quiet()
    const colours = async () =>
      Promise.all(
        ['m1', 'm2'].map(async (cluster) => fieldAt(await find(world, cluster, configMaps, 'settings'), 'data', 'colour')),
      )
    assert.deepEqual(await colours(), ['mine', 'green'])
    assert.equal(fieldAt(await find(world, 'm1', configMaps, 'left'), 'data', 'colour'), 'red')
    const binding = () => find(world, 'hub', resourceBindingType, 'settings-configmap')
    const [first] = objectsAt(await binding(), 'status', 'aggregatedStatus')
    assert.equal(first?.['applied'], undefined)
    assert.match(String(first?.['appliedMessage']), /is there already/)
    const target = { type: propagationPolicyType, namespace: 'shop', name: 'web' }
    await hub.patch(target, {
      kind: 'merge',
      body: { spec: { conflictResolution: 'Overwrite', suspension: { dispatchingOnClusters: { clusterNames: ['m2'] } } } },
    })
    await quiet()
    await hub.patch({ type: configMaps, namespace: 'shop', name: 'settings' }, { kind: 'merge', body: { data: { more: 'x' } } })
    await quiet()
    assert.deepEqual(await colours(), ['red', 'green'])
    assert.equal(fieldAt(await find(world, 'm1', configMaps, 'settings'), 'data', 'more'), 'x')
    assert.equal(fieldAt(await find(world, 'm2', configMaps, 'settings'), 'data', 'more'), undefined)
    await hub.delete(target)
    await quiet()
    assert.deepEqual(await colours(), ['red', 'green'])
    await hub.delete({ type: configMaps, namespace: 'shop', name: 'settings' })
    await quiet()
    assert.deepEqual(await colours(), [undefined, undefined])
  } finally {
    await world.stop()
  }
})

test('after a restart the decision in force stands; a rebalancing places anew; a taint keeps new work away', async () => {
  const world = await openShop()
  try {
    const hub = world.client('hub')
    const quiet = () => world.settle({ quietSeconds: 5, limitSeconds: 120 })
    const scheduling = { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' }
    await hub.create(propagationPolicyType, policy({ placement: { replicaScheduling: scheduling } }))
    await hub.create(karmadaClusterType, {
      apiVersion: 'cluster.karmada.io/v1alpha1',
      kind: 'Cluster',
      metadata: { name: 'm1' },
      spec: { syncMode: 'Push', region: 'north', taints: [{ key: 'closed', effect: 'NoSchedule' }] },
    })
    await quiet()
    await hub.create(deployments, web)
    await quiet()
    const clusters = async () => fieldAt(await find(world, 'hub', resourceBindingType, 'web-deployment'), 'spec', 'clusters')
    assert.deepEqual(await clusters(), [{ name: 'm2', replicas: 4 }])
    const cluster = await hub.get({ type: karmadaClusterType, name: 'm1' })
    assert.equal(objectsAt(cluster, 'status', 'conditions')[0]?.['status'], 'True')
    await hub.patch({ type: karmadaClusterType, name: 'm1' }, { kind: 'merge', body: { spec: { taints: null } } })
    await world.restartHub()
    await quiet()
    assert.deepEqual(await clusters(), [{ name: 'm2', replicas: 4 }])
    await hub.patch(
      { type: propagationPolicyType, namespace: 'shop', name: 'web' },
      {
        kind: 'merge',
        body: { spec: { placement: { replicaScheduling: { replicaDivisionPreference: 'Weighted' } } } },
      },
    )
    await quiet()
    assert.deepEqual(await clusters(), [
      { name: 'm1', replicas: 2 },
      { name: 'm2', replicas: 2 },
    ])
  } finally {
    await world.stop()
  }
})

test('a taint that is not tolerated moves work away, with the move on record', async () => {
  const world = await openShop()
  try {
    const hub = world.client('hub')
    const quiet = () => world.settle({ quietSeconds: 5, limitSeconds: 120 })
    const scheduling = { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' }
    await hub.create(propagationPolicyType, policy({ placement: { replicaScheduling: scheduling } }))
    await hub.create(deployments, web)
    await quiet()
    const read = () => find(world, 'hub', resourceBindingType, 'web-deployment')
    const [first] = objectsAt(await read(), 'spec', 'clusters')
    const from = String(first?.['name'])
    await hub.create(karmadaClusterType, {
      apiVersion: 'cluster.karmada.io/v1alpha1',
      kind: 'Cluster',
      metadata: { name: from },
      spec: { syncMode: 'Push', taints: [{ key: 'drain', effect: 'NoExecute' }] },
    })
    const seen = new Set<string>()
    for (let turn = 0; turn < 60; turn++) {
      await world.clock.advance(100)
      for (const { fromCluster, reason, purgeMode } of objectsAt(await read(), 'spec', 'gracefulEvictionTasks'))
        seen.add(`${String(fromCluster)} ${String(reason)} ${String(purgeMode)}`)
    }
    assert.deepEqual([...seen].slice(0, 1), [`${from} TaintUntolerated Gracefully`])
    await world.settle({ quietSeconds: 20, limitSeconds: 900 })
    assert.equal(await find(world, from, deployments, 'web'), undefined)
    const to = from === 'm1' ? 'm2' : 'm1'
    assert.equal(fieldAt(await find(world, to, deployments, 'web'), 'spec', 'replicas'), 4)
    assert.deepEqual(objectsAt(await read(), 'spec', 'gracefulEvictionTasks'), [])
  } finally {
    await world.stop()
  }
})
