import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldAt, objectsAt } from '../../src/dialects/karmada/fields.js'
import {
  clusterTaintPolicyType,
  federatedResourceQuotaType,
  karmadaClusterType,
  propagationPolicyType,
  resourceBindingType,
  workloadRebalancerType,
} from '../../src/dialects/karmada/resource-types.js'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import type { ResourceType } from '../../src/kube/object/resource-type.js'
import { createWorld, type World } from '../support/worlds/world.js'

const kind = (group: string, version: string, name: string, plural: string, namespaced = true): ResourceType => ({
  group,
  version,
  kind: name,
  plural,
  namespaced,
})
const deployments = kind('apps', 'v1', 'Deployment', 'deployments')
const jobs = kind('batch', 'v1', 'Job', 'jobs')
const quotas = kind('', 'v1', 'ResourceQuota', 'resourcequotas')
const configMaps = kind('', 'v1', 'ConfigMap', 'configmaps')
const namespaces = kind('', 'v1', 'Namespace', 'namespaces', false)

const deployment = (name: string, replicas: number): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop' },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image: 'nginx' }] } },
  },
})
const policy = (name: string, of: string, placement: object): KubeObject => ({
  apiVersion: 'policy.karmada.io/v1alpha1',
  kind: 'PropagationPolicy',
  metadata: { name, namespace: 'shop' },
  spec: { resourceSelectors: [{ apiVersion: of === 'Job' ? 'batch/v1' : 'apps/v1', kind: of, name }], placement },
})
const divided = (replicaDivisionPreference: string) => ({
  replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference },
})
const karmadaCluster = (name: string, spec: object = {}): KubeObject => ({
  apiVersion: 'cluster.karmada.io/v1alpha1',
  kind: 'Cluster',
  metadata: { name },
  spec: { syncMode: 'Push', ...spec },
})

async function inShop(use: (world: World, quiet: () => Promise<void>) => Promise<void>): Promise<void> {
  const world = await createWorld({ members: { m1: {}, m2: {} } })
  try {
    await world.client('hub').create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    await use(world, async () => void (await world.settle({ quietSeconds: 5, limitSeconds: 120 })))
  } finally {
    await world.stop()
  }
}

function find(world: World, cluster: string, type: ResourceType, name: string): Promise<KubeObject | undefined> {
  const where = type.namespaced ? { namespace: 'shop' } : {}
  return world
    .client(cluster)
    .get({ type, name, ...where })
    .catch(() => undefined)
}

test('a FederatedResourceQuota limits each cluster to its part, and tells what is used of the whole', () =>
  inShop(async (world, quiet) => {
    const hub = world.client('hub')
    const parts = (...list: readonly (readonly [string, string])[]) =>
      list.map(([clusterName, count]) => ({ clusterName, hard: { 'count/configmaps': count } }))
    await hub.create(federatedResourceQuotaType, {
      apiVersion: 'policy.karmada.io/v1alpha1',
      kind: 'FederatedResourceQuota',
      metadata: { name: 'maps', namespace: 'shop' },
      spec: { overall: { 'count/configmaps': '5' }, staticAssignments: parts(['m1', '2'], ['m2', '3']) },
    })
    await quiet()
    const hard = async (cluster: string) =>
      fieldAt(await find(world, cluster, quotas, 'maps'), 'spec', 'hard', 'count/configmaps')
    assert.deepEqual([await hard('m1'), await hard('m2')], ['2', '3'])
    // Every namespace has the CA of its cluster as one.
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace: 'shop' } }
    await world.client('m1').create(configMaps, map)
    await assert.rejects(
      world.client('m1').create(configMaps, { ...map, metadata: { name: 'two', namespace: 'shop' } }),
      /exceeded quota: maps/,
    )
    await quiet()
    const status = async () => (await find(world, 'hub', federatedResourceQuotaType, 'maps'))?.['status']
    assert.deepEqual(fieldAt(await status(), 'overallUsed'), { 'count/configmaps': '3' })
    assert.deepEqual(
      objectsAt(await status(), 'aggregatedStatus').map(({ clusterName, hard: most, used }) => [clusterName, most, used]),
      [
        ['m1', { 'count/configmaps': '2' }, { 'count/configmaps': '2' }],
        ['m2', { 'count/configmaps': '3' }, { 'count/configmaps': '1' }],
      ],
    )
    const target = { type: federatedResourceQuotaType, namespace: 'shop', name: 'maps' }
    await hub.patch(target, { kind: 'merge', body: { spec: { staticAssignments: parts(['m2', '4']) } } })
    await quiet()
    assert.deepEqual([await hard('m1'), await hard('m2')], [undefined, '4'])
    await hub.delete(target)
    await quiet()
    assert.equal(await hard('m2'), undefined)
  }))

test('clusters that share the parallelism of a Job share its completions, and keep their share', () =>
  inShop(async (world, quiet) => {
    const hub = world.client('hub')
    await hub.create(propagationPolicyType, policy('sums', 'Job', divided('Weighted')))
    await hub.create(jobs, {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'sums', namespace: 'shop' },
      spec: {
        parallelism: 3,
        completions: 10,
        suspend: true,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'sum', image: 'sum' }] } },
      },
    })
    await quiet()
    const shares = () =>
      Promise.all(
        ['m1', 'm2'].map(async (cluster) => {
          const job = await find(world, cluster, jobs, 'sums')
          return [fieldAt(job, 'spec', 'parallelism'), fieldAt(job, 'spec', 'completions')]
        }),
      )
    assert.deepEqual(await shares(), [
      [2, 7],
      [1, 3],
    ])
    await hub.patch({ type: jobs, namespace: 'shop', name: 'sums' }, { kind: 'merge', body: { spec: { parallelism: 4 } } })
    await quiet()
    assert.deepEqual(await shares(), [
      [2, 7],
      [2, 3],
    ])
    const binding = await find(world, 'hub', resourceBindingType, 'sums-job')
    assert.deepEqual(
      objectsAt(binding, 'status', 'aggregatedStatus').map(({ applied }) => applied),
      [true, true],
    )
  }))

test('a WorkloadRebalancer has its workloads placed anew, once, tells what came of it, and goes when its time is over', () =>
  inShop(async (world, quiet) => {
    const hub = world.client('hub')
    await hub.create(karmadaClusterType, karmadaCluster('m1', { taints: [{ key: 'closed', effect: 'NoSchedule' }] }))
    const byRoom = {
      replicaScheduling: {
        replicaSchedulingType: 'Divided',
        replicaDivisionPreference: 'Weighted',
        weightPreference: { dynamicWeight: 'AvailableReplicas' },
      },
    }
    await hub.create(propagationPolicyType, policy('web', 'Deployment', byRoom))
    await quiet()
    await hub.create(deployments, deployment('web', 4))
    await quiet()
    const clusters = async () => fieldAt(await find(world, 'hub', resourceBindingType, 'web-deployment'), 'spec', 'clusters')
    assert.deepEqual(await clusters(), [{ name: 'm2', replicas: 4 }])
    await hub.patch({ type: karmadaClusterType, name: 'm1' }, { kind: 'merge', body: { spec: { taints: null } } })
    await quiet()
    assert.deepEqual(await clusters(), [{ name: 'm2', replicas: 4 }], 'what runs is not moved for room elsewhere')
    const workload = (name: string) => ({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name })
    await hub.create(workloadRebalancerType, {
      apiVersion: 'apps.karmada.io/v1alpha1',
      kind: 'WorkloadRebalancer',
      metadata: { name: 'again' },
      spec: { workloads: [workload('web'), workload('nobody')], ttlSecondsAfterFinished: 60 },
    })
    await quiet()
    assert.deepEqual(await clusters(), [
      { name: 'm1', replicas: 2 },
      { name: 'm2', replicas: 2 },
    ])
    const status = (await find(world, 'hub', workloadRebalancerType, 'again'))?.['status']
    assert.deepEqual(
      objectsAt(status, 'observedWorkloads').map((each) => [fieldAt(each, 'workload', 'name'), each['result'], each['reason']]),
      [
        ['web', 'Successful', undefined],
        ['nobody', 'Failed', 'ReferencedBindingNotFound'],
      ],
    )
    assert.ok(fieldAt(status, 'finishTime'))
    for (let seconds = 0; seconds < 120; seconds++) await world.clock.advance(1000)
    await quiet()
    assert.equal(await find(world, 'hub', workloadRebalancerType, 'again'), undefined)
    const nobody = { workloads: [workload('nobody')] }
    const lone = { apiVersion: 'apps.karmada.io/v1alpha1', kind: 'WorkloadRebalancer', metadata: { name: 'lone' }, spec: nobody }
    await hub.create(workloadRebalancerType, lone)
    await quiet()
    assert.ok(fieldAt(await find(world, 'hub', workloadRebalancerType, 'lone'), 'status', 'finishTime'))
  }))

test('a ClusterTaintPolicy keeps new work away while its conditions hold', () =>
  inShop(async (world, quiet) => {
    const hub = world.client('hub')
    for (const name of ['m1', 'm2']) await hub.create(karmadaClusterType, karmadaCluster(name))
    await hub.create(clusterTaintPolicyType, {
      apiVersion: 'policy.karmada.io/v1alpha1',
      kind: 'ClusterTaintPolicy',
      metadata: { name: 'full' },
      spec: {
        targetClusters: { clusterNames: ['m1'] },
        addOnConditions: [{ conditionType: 'Ready', operator: 'In', statusValues: ['True'] }],
        taints: [{ key: 'full', effect: 'NoSchedule' }],
      },
    })
    await hub.create(propagationPolicyType, policy('web', 'Deployment', divided('Aggregated')))
    await quiet()
    await hub.create(deployments, deployment('web', 2))
    await quiet()
    const clusters = async () => fieldAt(await find(world, 'hub', resourceBindingType, 'web-deployment'), 'spec', 'clusters')
    assert.deepEqual(await clusters(), [{ name: 'm2', replicas: 2 }])
  }))

test('a ResidencyRule holds against the policies of every dialect, and what lies wrongly is moved', () =>
  inShop(async (world, quiet) => {
    const hub = world.client('hub')
    const placements = kind('flotilla.dev', 'v1alpha1', 'Placement', 'placements')
    const rules = kind('flotilla.dev', 'v1alpha1', 'ResidencyRule', 'residencyrules', false)
    const federatedNamespaces = kind('types.kubefed.io', 'v1beta1', 'FederatedNamespace', 'federatednamespaces')
    const federatedMaps = kind('types.kubefed.io', 'v1beta1', 'FederatedConfigMap', 'federatedconfigmaps')
    await hub.create(propagationPolicyType, policy('web', 'Deployment', divided('Weighted')))
    await hub.create(deployments, deployment('web', 4))
    const everywhere = { apiVersion: 'flotilla.dev/v1alpha1', kind: 'Placement', metadata: { name: 'all', namespace: 'shop' } }
    await hub.create(placements, { ...everywhere, spec: {} })
    const labels = { 'flotilla.dev/placement': 'all' }
    await hub.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'plain', namespace: 'shop', labels } })
    const federated = (of: string, name: string): KubeObject => ({
      apiVersion: 'types.kubefed.io/v1beta1',
      kind: of,
      metadata: { name, namespace: 'shop' },
      spec: { placement: { clusterSelector: {} }, template: {} },
    })
    await hub.create(federatedNamespaces, federated('FederatedNamespace', 'shop'))
    await hub.create(federatedMaps, federated('FederatedConfigMap', 'wrapped'))
    await quiet()
    const there = async (cluster: string) => [
      fieldAt(await find(world, cluster, deployments, 'web'), 'spec', 'replicas'),
      (await find(world, cluster, configMaps, 'plain')) !== undefined,
      (await find(world, cluster, configMaps, 'wrapped')) !== undefined,
    ]
    assert.deepEqual(await there('m1'), [2, true, true])
    await hub.create(rules, {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'ResidencyRule',
      metadata: { name: 'not-m1' },
      spec: { objects: [{ kind: 'Deployment' }, { kind: 'ConfigMap' }], clusters: { exclude: ['m1'] } },
    })
    await quiet()
    assert.deepEqual(await there('m1'), [undefined, false, false])
    assert.deepEqual(await there('m2'), [4, true, true])
    await hub.delete({ type: rules, name: 'not-m1' })
    await quiet()
    assert.deepEqual(await there('m1'), [2, true, true])
  }))

test('templates and federated objects publish PlacementDecisions, and follow those of others', () =>
  inShop(async (world, quiet) => {
    const hub = world.client('hub')
    const decisions = kind('multicluster.x-k8s.io', 'v1alpha1', 'PlacementDecision', 'placementdecisions')
    const federatedNamespaces = kind('types.kubefed.io', 'v1beta1', 'FederatedNamespace', 'federatednamespaces')
    const federatedMaps = kind('types.kubefed.io', 'v1beta1', 'FederatedConfigMap', 'federatedconfigmaps')
    const publish = (key: string) => ({ annotations: { 'flotilla.dev/publish-decision': key } })
    await hub.create(propagationPolicyType, policy('web', 'Deployment', { clusterAffinity: { clusterNames: ['m2'] } }))
    const web = deployment('web', 2)
    await hub.create(deployments, { ...web, metadata: { ...web.metadata, ...publish('web') } })
    const federated = (of: string, name: string, more: object = {}): KubeObject => ({
      apiVersion: 'types.kubefed.io/v1beta1',
      kind: of,
      metadata: { name, namespace: 'shop', ...more },
      spec: { placement: { clusterSelector: {} }, template: {} },
    })
    await hub.create(federatedNamespaces, federated('FederatedNamespace', 'shop'))
    await hub.create(federatedMaps, federated('FederatedConfigMap', 'map', publish('map')))
    await quiet()
    const published = async (key: string) =>
      objectsAt(await find(world, 'hub', decisions, `${key}-0`), 'decisions').map((each) =>
        fieldAt(each, 'clusterProfileRef', 'name'),
      )
    assert.deepEqual([await published('web'), await published('map')], [['m2'], ['m1', 'm2']])
    await hub.create(decisions, {
      apiVersion: 'multicluster.x-k8s.io/v1alpha1',
      kind: 'PlacementDecision',
      metadata: { name: 'mine', namespace: 'shop' },
      schedulerName: 'me',
      decisions: [{ clusterProfileRef: { name: 'm1' } }],
    })
    const target = { type: federatedMaps, namespace: 'shop', name: 'map' }
    await hub.patch(target, { kind: 'merge', body: { metadata: { annotations: { 'flotilla.dev/decision-from': 'mine' } } } })
    await quiet()
    assert.deepEqual(await published('map'), ['m1'])
    const there = async () =>
      Promise.all(['m1', 'm2'].map(async (cluster) => (await find(world, cluster, configMaps, 'map')) !== undefined))
    assert.deepEqual(await there(), [true, false])
    await hub.patch(
      { type: decisions, namespace: 'shop', name: 'mine' },
      { kind: 'merge', body: { decisions: [{ clusterProfileRef: { name: 'm2' } }] } },
    )
    await quiet()
    assert.deepEqual([await published('map'), await there()], [['m2'], [false, true]])
    await hub.delete({ type: deployments, namespace: 'shop', name: 'web' })
    await quiet()
    assert.deepEqual(await published('web'), [], 'they go with their owner')
  }))

test('a taint that is tolerated for a time is left when the time is over, and nothing new goes there', () =>
  inShop(async (world, quiet) => {
    const hub = world.client('hub')
    const clusterTolerations = [{ key: 'drain', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }]
    for (const name of ['web', 'late'])
      await hub.create(propagationPolicyType, policy(name, 'Deployment', { ...divided('Aggregated'), clusterTolerations }))
    await hub.create(deployments, deployment('web', 2))
    await quiet()
    const clustersOf = async (name: string) =>
      objectsAt(await find(world, 'hub', resourceBindingType, `${name}-deployment`), 'spec', 'clusters').map(
        (each) => each['name'],
      )
    const [from] = await clustersOf('web')
    await hub.create(karmadaClusterType, karmadaCluster(String(from), { taints: [{ key: 'drain', effect: 'NoExecute' }] }))
    for (let seconds = 0; seconds < 30; seconds++) await world.clock.advance(1000)
    assert.deepEqual(await clustersOf('web'), [from])
    await hub.create(deployments, deployment('late', 2))
    for (let seconds = 0; seconds < 20; seconds++) await world.clock.advance(1000)
    const [other] = await clustersOf('late')
    assert.notEqual(other, from)
    assert.deepEqual(await clustersOf('web'), [from])
    for (let seconds = 0; seconds < 120; seconds++) await world.clock.advance(1000)
    await world.settle({ quietSeconds: 20, limitSeconds: 900 })
    assert.deepEqual(await clustersOf('web'), [other])
    assert.equal(await find(world, String(from), deployments, 'web'), undefined)
  }))

test('two policies that overlap: who holds keeps, who preempts takes, and who is left inherits', () =>
  inShop(async (world, quiet) => {
    const hub = world.client('hub')
    const on = (name: string, cluster: string, more: object) => {
      const { spec, ...rest } = policy('web', 'Deployment', { clusterAffinity: { clusterNames: [cluster] } })
      return { ...rest, metadata: { name, namespace: 'shop' }, spec: { ...(spec as object), ...more } }
    }
    await hub.create(propagationPolicyType, on('first', 'm1', {}))
    await hub.create(deployments, deployment('web', 2))
    await quiet()
    const held = async () => {
      const template = await find(world, 'hub', deployments, 'web')
      const there = await Promise.all(
        ['m1', 'm2'].map(async (each) => (await find(world, each, deployments, 'web')) !== undefined),
      )
      return [template?.metadata.annotations?.['propagationpolicy.karmada.io/name'], ...there]
    }
    await hub.create(propagationPolicyType, on('higher', 'm2', { priority: 5 }))
    await quiet()
    assert.deepEqual(await held(), ['first', true, false])
    const higher = { type: propagationPolicyType, namespace: 'shop', name: 'higher' }
    await hub.patch(higher, { kind: 'merge', body: { spec: { preemption: 'Always' } } })
    await quiet()
    assert.deepEqual(await held(), ['higher', false, true])
    await hub.delete(higher)
    await quiet()
    assert.deepEqual(await held(), ['first', true, false])
    await hub.delete({ ...higher, name: 'first' })
    await quiet()
    assert.deepEqual((await held()).slice(1), [true, false], 'a policy that goes leaves what runs')
  }))

test('a kind that a policy brings to clusters is served there in a moment, and what waits for it follows', () =>
  inShop(async (world, quiet) => {
    const hub = world.client('hub')
    const crds = kind('apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', 'customresourcedefinitions', false)
    const guestbooks = kind('example.com', 'v1', 'Guestbook', 'guestbooks')
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'guestbooks.example.com' },
      spec: {
        group: 'example.com',
        names: { kind: 'Guestbook', plural: 'guestbooks', singular: 'guestbook', listKind: 'GuestbookList' },
        scope: 'Namespaced',
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object' } } } },
          },
        ],
      },
    }
    await quiet()
    await hub.create(crds, definition)
    await world.clock.advance(2000)
    const book = { apiVersion: 'example.com/v1', kind: 'Guestbook', metadata: { name: 'book', namespace: 'shop' }, spec: {} }
    await hub.create(guestbooks, book)
    const select = (name: string, of: object, placement: object) => ({
      apiVersion: 'policy.karmada.io/v1alpha1',
      metadata: { name },
      spec: { resourceSelectors: [of], placement },
    })
    const toFirst = { clusterAffinity: { clusterNames: ['m1'] } }
    await hub.create(propagationPolicyType, {
      ...select('book', { apiVersion: 'example.com/v1', kind: 'Guestbook' }, {}),
      kind: 'PropagationPolicy',
      metadata: { name: 'book', namespace: 'shop' },
    })
    const policies = kind('policy.karmada.io', 'v1alpha1', 'ClusterPropagationPolicy', 'clusterpropagationpolicies', false)
    await hub.create(policies, {
      ...select(
        'kinds',
        { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', name: 'guestbooks.example.com' },
        toFirst,
      ),
      kind: 'ClusterPropagationPolicy',
    })
    for (let seconds = 0; seconds < 10; seconds++) await world.clock.advance(1000)
    const there = async () =>
      Promise.all(['m1', 'm2'].map(async (cluster) => (await find(world, cluster, guestbooks, 'book')) !== undefined))
    assert.deepEqual(await there(), [true, false])
    // Somebody installs the operator in the other cluster.
    await world.client('m2').create(crds, definition)
    for (let seconds = 0; seconds < 320; seconds++) await world.clock.advance(1000)
    assert.deepEqual(await there(), [true, true])
  }))

test('a namespace that is not to go along is waited for, until its label is taken off', () =>
  inShop(async (world, quiet) => {
    const hub = world.client('hub')
    const namespace = { type: namespaces, name: 'shop' }
    const label = (value: string | null) =>
      hub.patch(namespace, {
        kind: 'merge',
        body: { metadata: { labels: { 'namespace.karmada.io/skip-auto-propagation': value } } },
      })
    await label('true')
    await hub.create(propagationPolicyType, policy('web', 'Deployment', {}))
    await hub.create(deployments, deployment('web', 1))
    await quiet()
    assert.equal(await find(world, 'm1', deployments, 'web'), undefined)
    await label(null)
    await quiet()
    assert.equal(fieldAt(await find(world, 'm1', deployments, 'web'), 'spec', 'replicas'), 1)
  }))

test('what depends on overrides waits for them; what a lazy policy changes waits for the template', () =>
  inShop(async (world, quiet) => {
    const hub = world.client('hub')
    const overrides = kind('policy.karmada.io', 'v1alpha1', 'OverridePolicy', 'overridepolicies')
    const waits = policy('web', 'Deployment', { clusterAffinity: { clusterNames: ['m1'] } })
    const more = { dependentOverrides: ['image'], activationPreference: 'Lazy' }
    await hub.create(propagationPolicyType, { ...waits, spec: { ...(waits['spec'] as object), ...more } })
    await hub.create(deployments, deployment('web', 1))
    await quiet()
    assert.equal(await find(world, 'm1', deployments, 'web'), undefined)
    const [item] = objectsAt(await find(world, 'hub', resourceBindingType, 'web-deployment'), 'status', 'aggregatedStatus')
    assert.match(String(item?.['appliedMessage']), /^waits for the override policies that it depends on: image$/)
    await hub.create(overrides, {
      apiVersion: 'policy.karmada.io/v1alpha1',
      kind: 'OverridePolicy',
      metadata: { name: 'image', namespace: 'shop' },
      spec: {
        resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
        overrideRules: [{ overriders: { imageOverrider: [{ component: 'Tag', operator: 'add', value: '2' }] } }],
      },
    })
    await quiet()
    const imageIn = async (cluster: string) => {
      const [container] = objectsAt(await find(world, cluster, deployments, 'web'), 'spec', 'template', 'spec', 'containers')
      return container?.['image']
    }
    assert.equal(await imageIn('m1'), 'nginx:2')
    await hub.patch(
      { type: propagationPolicyType, namespace: 'shop', name: 'web' },
      { kind: 'merge', body: { spec: { placement: { clusterAffinity: { clusterNames: ['m2'] } } } } },
    )
    await quiet()
    assert.deepEqual([await imageIn('m1'), await imageIn('m2')], ['nginx:2', undefined])
    const target = { type: deployments, namespace: 'shop', name: 'web' }
    await hub.patch(target, { kind: 'merge', body: { spec: { minReadySeconds: 1 } } })
    await quiet()
    assert.deepEqual([await imageIn('m1'), await imageIn('m2')], [undefined, 'nginx:2'])
  }))

test('labels and annotations of a template: replicas that stay, and what is there that is taken over', () =>
  inShop(async (world, quiet) => {
    const hub = world.client('hub')
    const m1 = world.client('m1')
    await m1.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    await m1.create(deployments, deployment('web', 7))
    await hub.create(propagationPolicyType, policy('web', 'Deployment', {}))
    const web = deployment('web', 2)
    const labels = { 'resourcetemplate.karmada.io/retain-replicas': 'true' }
    await hub.create(deployments, { ...web, metadata: { ...web.metadata, labels } })
    await quiet()
    const replicasIn = async (cluster: string) => fieldAt(await find(world, cluster, deployments, 'web'), 'spec', 'replicas')
    const labelIn = async (cluster: string) =>
      (await find(world, cluster, deployments, 'web'))?.metadata.labels?.['karmada.io/managed']
    assert.deepEqual([await labelIn('m1'), await labelIn('m2')], [undefined, 'true'], 'Abort is the default')
    const target = { type: deployments, namespace: 'shop', name: 'web' }
    await hub.patch(target, {
      kind: 'merge',
      body: { metadata: { annotations: { 'work.karmada.io/conflict-resolution': 'overwrite' } } },
    })
    await quiet()
    assert.deepEqual([await labelIn('m1'), await replicasIn('m1'), await replicasIn('m2')], ['true', 7, 2])
    await world.client('m2').patch(target, { kind: 'merge', body: { spec: { replicas: 5 } } })
    await hub.patch(target, { kind: 'merge', body: { spec: { replicas: 3, minReadySeconds: 1 } } })
    await quiet()
    assert.deepEqual([await replicasIn('m1'), await replicasIn('m2')], [7, 5])
    await hub.patch(target, {
      kind: 'merge',
      body: { metadata: { labels: { 'resourcetemplate.karmada.io/retain-replicas': null } } },
    })
    await quiet()
    assert.deepEqual([await replicasIn('m1'), await replicasIn('m2')], [3, 3])
  }))

test('a binding in which scheduling is suspended changes nothing until that is taken back', () =>
  inShop(async (world, quiet) => {
    const hub = world.client('hub')
    await hub.create(propagationPolicyType, policy('web', 'Deployment', divided('Weighted')))
    await hub.create(deployments, deployment('web', 2))
    await quiet()
    const binding = { type: resourceBindingType, namespace: 'shop', name: 'web-deployment' }
    const suspend = (suspension: object | null) => hub.patch(binding, { kind: 'merge', body: { spec: { suspension } } })
    await suspend({ scheduling: true })
    await hub.patch({ type: deployments, namespace: 'shop', name: 'web' }, { kind: 'merge', body: { spec: { replicas: 6 } } })
    await quiet()
    const replicasIn = async (cluster: string) => fieldAt(await find(world, cluster, deployments, 'web'), 'spec', 'replicas')
    assert.deepEqual([await replicasIn('m1'), await replicasIn('m2')], [1, 1])
    const recorded = objectsAt(await find(world, 'hub', resourceBindingType, 'web-deployment'), 'spec', 'clusters')
    assert.deepEqual(
      recorded.map(({ replicas }) => replicas),
      [1, 1],
      'the record is not decided anew either',
    )
    await suspend(null)
    await quiet()
    assert.deepEqual([await replicasIn('m1'), await replicasIn('m2')], [3, 3])
  }))

test('work is spread over zones, as over regions, and over a label', () =>
  inShop(async (world, quiet) => {
    const hub = world.client('hub')
    await hub.create(karmadaClusterType, karmadaCluster('m1', { zones: ['a'] }))
    const second = karmadaCluster('m2', { zones: ['b'] })
    await hub.create(karmadaClusterType, { ...second, metadata: { name: 'm2', labels: { rack: 'r2' } } })
    const over = (constraint: object) => ({
      spreadConstraints: [
        { ...constraint, minGroups: 1, maxGroups: 1 },
        { spreadByField: 'cluster', minGroups: 1 },
      ],
    })
    await hub.create(propagationPolicyType, policy('zone', 'Deployment', over({ spreadByField: 'zone' })))
    await hub.create(propagationPolicyType, policy('rack', 'Deployment', over({ spreadByLabel: 'rack' })))
    for (const name of ['zone', 'rack']) await hub.create(deployments, deployment(name, 1))
    await quiet()
    const clustersOf = async (name: string) =>
      objectsAt(await find(world, 'hub', resourceBindingType, `${name}-deployment`), 'spec', 'clusters').map(
        (each) => each['name'],
      )
    assert.deepEqual([await clustersOf('zone'), await clustersOf('rack')], [['m1'], ['m2']])
  }))
