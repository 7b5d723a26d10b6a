import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeKubeClient } from '../../../../test/support/fakes/fake-kube-client.js'
import { CodedError } from '../../../base/errors.js'
import { silentLog } from '../../../base/log.js'
import { createSeededRandom } from '../../../base/random.js'
import { VirtualClock } from '../../../base/virtual-clock.js'
import { createControllerManager } from '../../../controller/create-controller-manager.js'
import { createMemoryRepositories } from '../../../delivery/source/memory-repositories.js'
import { applicationSetProfile } from '../../../formats/go-template/profiles.js'
import { createInventory } from '../../../inventory/create-inventory.js'
import { createCaches } from '../../../kube/informer/create-caches.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { createClusterSecretSource } from '../cluster-secret/cluster-secret-source.js'
import { formatClusterSecret } from '../cluster-secret/format-cluster-secret.js'
import type { Application } from '../kinds/application.js'
import type { ApplicationSet } from '../kinds/application-set.js'
import { applicationSetType, applicationType, appProjectType } from '../kinds/resource-types.js'
import { createApplicationSetController } from './controller.js'

const secrets = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }
const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const ducks = { group: 'mallard.io', version: 'v1beta1', kind: 'Duck', plural: 'ducks', namespaced: true }
const types = [applicationSetType, applicationType, appProjectType, secrets, configMaps, ducks]
const namespace = 'argocd'
const repo = 'https://git.test/fleet.git'

async function idle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}

const clusterSecret = (name: string, labels: Record<string, string> = { env: 'prod' }): KubeObject =>
  formatClusterSecret({
    name,
    namespace,
    labels,
    connection: { server: `https://${name}.test`, tls: { insecure: false }, auth: { kind: 'bearer', token: 't' } },
  })

const byCluster = { clusters: { selector: { matchLabels: { env: 'prod' } } } }

function appSet(
  generators: ApplicationSet['spec']['generators'],
  more: Partial<ApplicationSet['spec']> = {},
  metadata = {},
): ApplicationSet {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'ApplicationSet',
    metadata: { name: 'web', namespace, ...metadata },
    spec: {
      goTemplate: true,
      generators,
      template: {
        metadata: { name: 'web-{{.name}}' },
        spec: {
          project: 'default',
          source: { repoURL: repo, path: 'web' },
          destination: { server: '{{.server}}', namespace: 'web' },
        },
      },
      ...more,
    },
  }
}

async function setup(options: { set: ApplicationSet; clusters?: KubeObject[] }) {
  const clock = new VirtualClock({ idle })
  const random = createSeededRandom(9)
  const hub = new FakeKubeClient({ name: 'hub', types })
  const controller = new AbortController()
  const { signal } = controller
  const repositories = createMemoryRepositories({ clock })
  repositories.commit({ url: repo, files: { 'apps/a/x.yaml': 'a: 1', 'apps/b/x.yaml': 'b: 1' } })
  await hub.create(appProjectType, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AppProject',
    metadata: { name: 'default', namespace },
    spec: {},
  })
  for (const secret of options.clusters ?? [clusterSecret('east'), clusterSecret('west')]) await hub.create(secrets, secret)
  await hub.create(applicationSetType, options.set)
  const ports = { clock, random, log: silentLog }
  const caches = createCaches({ ...ports, client: hub, signal })
  const inventory = createInventory({
    ...ports,
    sources: [createClusterSecretSource({ caches, namespace })],
    hub,
    connect: ({ name }) => new FakeKubeClient({ name, types: [] }),
    signal,
  })
  const manager = createControllerManager({
    ...ports,
    hub,
    caches,
    services: { inventory, repositories, templateFunctions: applicationSetProfile(ports) },
  })
  manager.add(createApplicationSetController({ namespace }))
  await manager.start(signal)
  await clock.advance(500)
  const apps = () =>
    hub
      .all(applicationType)
      .map((app) => app.metadata.name)
      .sort()
  return {
    clock,
    hub,
    manager,
    repositories,
    apps,
    app: (name: string) => hub.peek(applicationType, `${namespace}/${name}`) as Application | undefined,
    set: () => hub.peek(applicationSetType, `${namespace}/web`) as ApplicationSet,
    condition: (type: string) =>
      (hub.peek(applicationSetType, `${namespace}/web`) as ApplicationSet).status?.conditions?.find((c) => c.type === type),
    patchSet: (body: unknown) => hub.patch({ type: applicationSetType, namespace, name: 'web' }, { kind: 'merge', body }),
    stop: () => controller.abort(),
  }
}

test('applications follow the clusters that the selector matches, broken Secrets included', async () => {
  const broken = clusterSecret('broken')
  broken['stringData'] = { name: 'broken', server: 'https://broken.test', config: '{"tlsClientConfig":{"caData":"x.."}}' }
  const world = await setup({ set: appSet([byCluster]), clusters: [clusterSecret('east'), broken] })
  assert.deepEqual(world.apps(), ['web-broken', 'web-east'])
  assert.equal(world.app('web-east')?.metadata.ownerReferences?.[0]?.name, 'web')
  assert.equal(world.condition('ResourcesUpToDate')?.status, 'True')
  await world.hub.create(secrets, clusterSecret('west'))
  await world.clock.advance(100)
  assert.deepEqual(world.apps(), ['web-broken', 'web-east', 'web-west'])
  await world.hub.patch(
    { type: secrets, namespace, name: 'cluster-west' },
    { kind: 'merge', body: { metadata: { labels: { env: null } } } },
  )
  await world.clock.advance(100)
  // It carries the resources finalizer: it is on its way out.
  assert.notEqual(world.app('web-west')?.metadata.deletionTimestamp, undefined)
  const writes = world.manager.metrics()[0]?.writes
  await world.clock.advance(600_000)
  assert.equal(world.manager.metrics()[0]?.writes, writes, 'at rest nothing is written')
  world.stop()
})

test('what is edited by hand is set right, what is deleted comes back', async () => {
  const world = await setup({ set: appSet([byCluster]) })
  const target = { type: applicationType, namespace, name: 'web-east' }
  await world.hub.patch(target, { kind: 'merge', body: { spec: { project: 'other' } } })
  await world.clock.advance(100)
  assert.equal(world.app('web-east')?.spec.project, 'default')
  await world.hub.patch(target, { kind: 'merge', body: { metadata: { finalizers: null } } })
  await world.hub.delete(target)
  await world.clock.advance(2000)
  assert.deepEqual(world.apps(), ['web-east', 'web-west'])
  world.stop()
})

test('a push brings applications; a repository that does not answer changes nothing', async () => {
  const set = appSet([{ git: { repoURL: `${repo}/`, revision: 'HEAD', directories: [{ path: 'apps/*' }] } }], {
    template: {
      metadata: { name: '{{.path.basename}}' },
      spec: { project: 'default', source: { repoURL: repo, path: '{{.path.path}}' }, destination: { name: 'east' } },
    },
  })
  const world = await setup({ set })
  assert.deepEqual(world.apps(), ['a', 'b'])
  world.repositories.commit({ url: repo, files: { 'apps/c/x.yaml': 'c: 1' } })
  await world.clock.advance(100)
  assert.deepEqual(world.apps(), ['a', 'b', 'c'])
  world.repositories.fail(repo, 'timed out')
  await world.patchSet({ metadata: { labels: { touched: 'yes' } } })
  await world.clock.advance(100)
  assert.deepEqual(world.apps(), ['a', 'b', 'c'])
  assert.equal(world.condition('ErrorOccurred')?.status, 'True')
  assert.match(world.condition('ParametersGenerated')?.message ?? '', /timed out/)
  world.repositories.fail(repo, undefined)
  await world.clock.advance(20_000)
  assert.equal(world.condition('ErrorOccurred')?.status, 'False')
  world.stop()
})

test('nothing is deleted while the hub does not tell what there is', async () => {
  const world = await setup({ set: appSet([byCluster]) })
  world.hub.cut()
  await world.clock.advance(120_000)
  world.hub.reconnect()
  assert.equal(world.hub.count('delete'), 0)
  await world.clock.advance(60_000)
  assert.deepEqual(world.apps(), ['web-east', 'web-west'])
  assert.equal(world.hub.count('delete'), 0)
  world.stop()
})

test('one application that cannot be written is told and tried again, and stops no other', async () => {
  const world = await setup({ set: appSet([{ clusters: { selector: { matchLabels: { env: 'none' } } } }]) })
  let refuse = true
  world.hub.intercept = (request) => {
    if (refuse && request.verb === 'create' && request.name === 'web-east')
      throw new CodedError({ code: 'denied', message: 'a webhook said no' })
  }
  await world.patchSet({ spec: { generators: [byCluster] } })
  await world.clock.advance(100)
  assert.deepEqual(world.apps(), ['web-west'])
  assert.equal(world.condition('ErrorOccurred')?.reason, 'CreateApplicationError')
  assert.match(world.condition('ErrorOccurred')?.message ?? '', /web-east: a webhook said no/)
  refuse = false
  await world.clock.advance(10_000)
  assert.deepEqual(world.apps(), ['web-east', 'web-west'])
  assert.equal(world.condition('ErrorOccurred')?.status, 'False')
  world.stop()
})

test('the refresh annotation is served once and removed', async () => {
  const world = await setup({
    set: appSet([byCluster], {}, { annotations: { 'argocd.argoproj.io/application-set-refresh': 'true', keep: 'me' } }),
  })
  assert.deepEqual(world.set().metadata.annotations, { keep: 'me' })
  assert.equal(world.condition('ResourcesUpToDate')?.status, 'True')
  world.stop()
})

test('applications that are to outlive their ApplicationSet belong to nobody when it goes', async () => {
  const finalizers = ['resources-finalizer.argocd.argoproj.io']
  const world = await setup({ set: appSet([byCluster], { syncPolicy: { applicationsSync: 'create-update' } }, { finalizers }) })
  await world.hub.delete({ type: applicationSetType, namespace, name: 'web' })
  await world.clock.advance(100)
  assert.equal(world.set(), undefined)
  assert.deepEqual(world.apps(), ['web-east', 'web-west'])
  assert.deepEqual(world.app('web-east')?.metadata.ownerReferences, [])
  world.stop()
})

test('applications follow what a scheduler decides, and stay when that cannot be read', async () => {
  const set = appSet([{ clusterDecisionResource: { configMapRef: 'rules', name: 'prod', requeueAfterSeconds: 10 } }])
  const world = await setup({ set })
  assert.deepEqual(world.apps(), [])
  assert.match(world.condition('ErrorOccurred')?.message ?? '', /"rules" not found/)
  await world.hub.create(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'rules', namespace },
    data: { apiVersion: 'mallard.io/v1beta1', kind: 'ducks', matchKey: 'clusterName', statusListKey: 'decisions' },
  })
  const place = { type: ducks, namespace, name: 'prod' }
  const decide = async (...names: string[]) => {
    const body = { status: { decisions: names.map((clusterName) => ({ clusterName })) } }
    await world.hub.patch(place, { kind: 'merge', body })
    await world.clock.advance(200_000)
  }
  await world.hub.create(ducks, { apiVersion: 'mallard.io/v1beta1', kind: 'Duck', metadata: { name: 'prod', namespace } })
  await decide('east', 'west')
  assert.deepEqual(world.apps(), ['web-east', 'web-west'])
  await world.hub.delete({ type: configMaps, namespace, name: 'rules' })
  await world.clock.advance(200_000)
  assert.equal(world.condition('ErrorOccurred')?.status, 'True')
  assert.equal(world.app('web-east')?.metadata.deletionTimestamp, undefined)
  await world.hub.create(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'rules', namespace },
    data: { apiVersion: 'mallard.io/v1beta1', kind: 'ducks', matchKey: 'clusterName', statusListKey: 'decisions' },
  })
  await decide('east')
  assert.equal(world.app('web-east')?.metadata.deletionTimestamp, undefined)
  assert.notEqual(world.app('web-west')?.metadata.deletionTimestamp, undefined)
  world.stop()
})

test('an application that the cache has not heard of yet outlives its ApplicationSet like the others', async () => {
  const hub = new FakeKubeClient({ name: 'hub', types })
  const set = appSet([byCluster], { syncPolicy: { applicationsSync: 'create-only' } }, { uid: 'set-uid' })
  const ownerReferences = [
    { apiVersion: 'argoproj.io/v1alpha1', kind: 'ApplicationSet', name: 'web', uid: 'set-uid', controller: true },
  ]
  await hub.create(applicationType, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'web-new', namespace, ownerReferences },
    spec: { project: 'default' },
  })
  const { finalizer } = createApplicationSetController({ namespace })
  const caches = { cache: async () => ({ healthy: true, list: () => [] }) }
  const { signal } = new AbortController()
  type Context = Parameters<NonNullable<typeof finalizer>['finalize']>[2]
  assert.equal(await finalizer?.finalize(set, finalizer.names[0]!, { caches, hub, signal } as unknown as Context), true)
  assert.deepEqual(hub.peek(applicationType, `${namespace}/web-new`)?.metadata.ownerReferences ?? [], [])
})
