import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, createDeliveryFixture, typeOf } from '../../../test/support/worlds/delivery-fixture.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { statusErrors } from '../../kube/object/status-error.js'

const wave = (value: string) => ({ 'argocd.argoproj.io/sync-wave': value })
const hook = (type: string, more: Record<string, string> = {}) => ({ 'argocd.argoproj.io/hook': type, ...more })
const job = (name: string, annotations: Record<string, string>): KubeObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name, annotations },
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'true' }] } } },
})
const writes = (world: ReturnType<typeof createDeliveryFixture>) =>
  world
    .client()
    .requests.filter(
      (request) => request.verb === 'patch' && request.subresource === '' && !(request.options as { dryRun?: boolean }).dryRun,
    )
    .map((request) => request.name)

async function finish(world: ReturnType<typeof createDeliveryFixture>, name: string, type: 'Complete' | 'Failed'): Promise<void> {
  await world
    .client()
    .patch(
      { type: typeOf('Job'), namespace: 'shop', name, subresource: 'status' },
      { kind: 'merge', body: { status: { conditions: [{ type, status: 'True', message: 'because' }] } } },
    )
  await world.settle()
}

test('kinds go in their order, waves one after the other with a pause', async () => {
  const world = createDeliveryFixture()
  const startedAt = world.clock.now()
  const outcome = await world.sync(
    world.delivery('web', [
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'svc' }, spec: { type: 'ClusterIP' } },
      configMap('late', {}, wave('5')),
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'secret' } },
      configMap('early', {}, wave('-5')),
      configMap('middle'),
    ]),
  )
  assert.equal(outcome.phase, 'Succeeded', outcome.message)
  assert.deepEqual(writes(world), ['early', 'secret', 'middle', 'svc', 'late'])
  assert.equal(world.clock.now() - startedAt, 4000)
})

test('a wave waits for the health of the one before', async () => {
  const world = createDeliveryFixture()
  const deployment: KubeObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 1 } }
  const wanted = world.delivery('web', [deployment, configMap('after', {}, wave('1'))])
  const waiting = await world.sync(wanted, {}, 4)
  assert.equal(waiting.phase, 'Running')
  assert.equal(waiting.message, 'waiting for healthy state of apps/Deployment/web')
  assert.deepEqual(writes(world), ['web'])
})

test('one step does not wait for health, as upstream', async () => {
  const world = createDeliveryFixture()
  const deployment: KubeObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 1 } }
  assert.equal((await world.sync(world.delivery('web', [deployment]), {}, 1)).phase, 'Succeeded')
})

test('hooks run before and after, once, and their completion is waited for', async () => {
  const world = createDeliveryFixture()
  const wanted = world.delivery('web', [
    job('migrate', hook('PreSync')),
    configMap('a'),
    job('notify', hook('PostSync', { 'argocd.argoproj.io/hook-delete-policy': 'HookSucceeded' })),
  ])
  const comparison = await world.deliveries.compare(wanted)
  assert.deepEqual(
    comparison.objects.map((object) => object.name),
    ['a'],
    'hooks are not compared',
  )
  const run = { startedAt: world.clock.now(), results: [] as Awaited<ReturnType<typeof world.sync>>['results'] }
  const pass = async () => {
    const outcome = await world.deliveries.sync(wanted, { prune: true, dryRun: false, options: optionsOf() }, run)
    run.results = outcome.results
    await world.settle()
    return outcome
  }
  assert.match((await pass()).message, /waiting for completion of hook batch\/Job\/migrate/)
  assert.deepEqual(writes(world), ['migrate'])
  await finish(world, 'migrate', 'Complete')
  assert.match((await pass()).message, /waiting 2 s before wave 0/)
  await world.clock.advance(2000)
  assert.match((await pass()).message, /waiting 2 s/)
  assert.deepEqual(writes(world), ['migrate', 'a'])
  await world.clock.advance(2000)
  assert.match((await pass()).message, /hook batch\/Job\/notify/)
  await finish(world, 'notify', 'Complete')
  const done = await pass()
  assert.equal(done.phase, 'Succeeded')
  assert.deepEqual(writes(world), ['migrate', 'a', 'notify'])
  assert.deepEqual(
    world
      .client()
      .all(typeOf('Job'))
      .map((object) => object.metadata.name),
    ['migrate'],
    'HookSucceeded removes the one, the other stays until the next sync',
  )
  assert.equal((await world.deliveries.compare(wanted)).sync, 'Synced', 'a hook that is there is nothing to prune')
  // The next sync makes the hook anew.
  await world.sync(wanted, {}, 2)
  assert.equal(world.client().count('delete', 'jobs.batch'), 2)
})

function optionsOf() {
  return {
    createNamespace: false,
    pruneLast: false,
    applyOutOfSyncOnly: false,
    serverSideApply: false,
    replace: false,
    force: false,
    failOnSharedResource: false,
    respectIgnoreDifferences: false,
    skipDryRunOnMissingResource: false,
    prunePropagation: 'background' as const,
  }
}

test('a failed hook fails the sync, after the SyncFail hooks', async () => {
  const world = createDeliveryFixture()
  const wanted = world.delivery('web', [job('migrate', hook('PreSync')), configMap('a'), configMap('cry', {}, hook('SyncFail'))])
  const run = { startedAt: 0, results: [] as Awaited<ReturnType<typeof world.sync>>['results'] }
  run.results = (await world.deliveries.sync(wanted, { prune: true, dryRun: false, options: optionsOf() }, run)).results
  await finish(world, 'migrate', 'Failed')
  const outcome = await world.deliveries.sync(wanted, { prune: true, dryRun: false, options: optionsOf() }, run)
  assert.equal(outcome.phase, 'Failed')
  assert.equal(outcome.message, 'one or more synchronization tasks completed unsuccessfully, reason: because')
  assert.deepEqual(writes(world), ['migrate', 'cry'])
})

test('Helm hooks count unless the application has a hook of its own', async () => {
  const helm = createDeliveryFixture()
  await helm.sync(helm.delivery('web', [configMap('h', {}, { 'helm.sh/hook': 'pre-install,pre-upgrade' }), configMap('a')]))
  assert.deepEqual(writes(helm), ['h', 'a'])
  const argo = createDeliveryFixture()
  await argo.sync(
    argo.delivery('web', [
      configMap('h', {}, { 'helm.sh/hook': 'pre-install' }),
      configMap('p', {}, hook('PreSync')),
      configMap('a'),
    ]),
  )
  assert.deepEqual(writes(argo), ['p', 'a'])
  const tests = createDeliveryFixture()
  await tests.sync(tests.delivery('web', [configMap('t', {}, { 'helm.sh/hook': 'test' }), configMap('a')]))
  assert.deepEqual(writes(tests), ['a'])
})

test('one object that the cluster refuses leaves the others untouched', async () => {
  const world = createDeliveryFixture()
  world.client().intercept = (request) => {
    if (request.verb === 'patch' && request.name === 'bad')
      throw statusErrors.invalid({ kind: 'ConfigMap', group: '', name: 'bad' }, [
        { field: 'data', message: 'Invalid value: "x"' },
      ])
  }
  const outcome = await world.sync(world.delivery('web', [configMap('good'), configMap('bad')]))
  assert.equal(outcome.phase, 'Failed')
  assert.match(outcome.message, /failed to apply \(dry run\), reason: ConfigMap "bad" is invalid: data: Invalid value/)
  assert.deepEqual(writes(world), [])
  assert.equal(world.client().all(typeOf('ConfigMap')).length, 0)
})

test('a kind that is not served says so, and which version would be', async () => {
  const world = createDeliveryFixture()
  const widget: KubeObject = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' } }
  const missing = await world.sync(world.delivery('web', [widget, configMap('a')]))
  assert.equal(missing.phase, 'Failed')
  assert.match(
    missing.message,
    /could not find example.com\/Widget for requested resource w. Make sure the "Widget" CRD is installed/,
  )
  const old = await world.sync(world.delivery('old', [{ ...configMap('a'), apiVersion: 'apps/v1beta1', kind: 'Deployment' }]))
  assert.match(old.message, /serves Deployment as apps\/v1, not as apps\/v1beta1: change apiVersion/)
})

test('a definition in the same sync is waited for, then its objects follow', async () => {
  const definition: KubeObject = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: { group: 'example.com', names: { kind: 'Widget' } },
    status: { conditions: [] },
  }
  const widgets = { group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true }
  const types = [typeOf('CustomResourceDefinition'), typeOf('ConfigMap')]
  const world = createDeliveryFixture({ types })
  const widget: KubeObject = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size: 1 } }
  const wanted = world.delivery('web', [widget, definition])
  const waiting = await world.sync(wanted, {}, 2)
  assert.equal(waiting.phase, 'Running')
  assert.match(waiting.message, /waiting for the cluster to serve example.com\/v1 Widget/)
  types.push(widgets)
  const outcome = await world.sync(wanted)
  assert.equal(outcome.phase, 'Succeeded', outcome.message)
  assert.deepEqual(writes(world), ['widgets.example.com', 'w'])
})

test('CreateNamespace makes the namespace first, with its metadata, and once', async () => {
  const world = createDeliveryFixture()
  const wanted = world.delivery('web', [configMap('a')])
  const options = { createNamespace: true, namespaceMetadata: { labels: { team: 'x' } } }
  await world.sync(wanted, { options })
  assert.deepEqual(writes(world), ['shop', 'a'])
  assert.deepEqual(world.client().peek(typeOf('Namespace'), 'shop')?.metadata.labels, { team: 'x' })
  const plain = createDeliveryFixture()
  await plain.client().create(typeOf('Namespace'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await plain.sync(plain.delivery('web', [configMap('a')]), { options: { createNamespace: true } })
  assert.deepEqual(writes(plain), ['a'])
})

test('CreateNamespace holds for a part of the objects too, and a dry run does not miss the namespace', async () => {
  const world = createDeliveryFixture()
  const wanted = world.delivery('web', [configMap('a'), configMap('b')])
  const options = { createNamespace: true }
  const tried = await world.sync(wanted, { dryRun: true, options })
  assert.equal(tried.phase, 'Succeeded')
  assert.deepEqual(
    tried.results.map((result) => result.message),
    ['configmap/a created with its namespace (dry run)', 'configmap/b created with its namespace (dry run)'],
  )
  assert.deepEqual(writes(world), [])
  await world.sync(wanted, {
    only: [{ group: '', version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'b' }],
    options,
  })
  assert.deepEqual(writes(world), ['shop', 'b'])
})

test('a selective sync touches what was chosen and runs no hooks', async () => {
  const world = createDeliveryFixture()
  const wanted = world.delivery('web', [configMap('a'), configMap('b'), configMap('p', {}, hook('PreSync'))])
  await world.sync(wanted, { only: [{ group: '', version: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'b' }] })
  assert.deepEqual(writes(world), ['b'])
})

test('a dry run changes nothing and tells what it would do', async () => {
  const world = createDeliveryFixture()
  await world.sync(world.delivery('web', [configMap('old')]))
  const outcome = await world.sync(world.delivery('web', [configMap('a')]), { dryRun: true })
  assert.equal(outcome.phase, 'Succeeded')
  assert.deepEqual(
    outcome.results.map((result) => `${result.name} ${result.message}`),
    ['a configmap/a created (dry run)', 'old pruned (dry run)'],
  )
  assert.deepEqual(
    world
      .client()
      .all(typeOf('ConfigMap'))
      .map((object) => object.metadata.name),
    ['old'],
  )
})

test('ApplyOutOfSyncOnly leaves the rest out of the results', async () => {
  const world = createDeliveryFixture()
  await world.sync(world.delivery('web', [configMap('a')]))
  const outcome = await world.sync(world.delivery('web', [configMap('a'), configMap('b')]), {
    options: { applyOutOfSyncOnly: true },
  })
  assert.deepEqual(
    outcome.results.map((result) => result.name),
    ['b'],
  )
})

test('Force deletes and makes anew what may not change', async () => {
  const world = createDeliveryFixture()
  await world.sync(world.delivery('web', [job('task', {})]))
  const before = world.client().peek(typeOf('Job'), 'shop/task')!.metadata.uid
  world.client().intercept = (request) => {
    if (request.verb === 'patch')
      throw statusErrors.invalid({ kind: 'Job', group: 'batch', name: 'task' }, [
        { field: 'spec.template', message: 'field is immutable' },
      ])
  }
  const changed = { ...job('task', {}), spec: { template: { spec: { containers: [{ name: 'main', image: 'other' }] } } } }
  const refused = await world.sync(world.delivery('web', [changed]))
  assert.match(refused.message, /field is immutable/)
  const forced = await world.sync(
    world.delivery('web', [
      { ...changed, metadata: { name: 'task', annotations: { 'argocd.argoproj.io/sync-options': 'Force=true' } } },
    ]),
  )
  assert.equal(forced.phase, 'Succeeded', forced.message)
  assert.notEqual(world.client().peek(typeOf('Job'), 'shop/task')!.metadata.uid, before)
})
