import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configMap, createDeliveryFixture, trackingFor, typeOf } from '../../../test/support/worlds/delivery-fixture.js'
import { cloneJson } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { type Directives, noDirectives } from '../directives.js'

const deployment = (name: string, image: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image }] } },
  },
})

test('what is missing is out of sync, then applied, then in sync without another read', async () => {
  const world = createDeliveryFixture()
  const wanted = world.delivery('web', [configMap('a', { x: '1' }), configMap('b')])
  const before = await world.deliveries.compare(wanted)
  assert.equal(before.sync, 'OutOfSync')
  assert.equal(before.health.status, 'Missing')
  const outcome = await world.sync(wanted)
  assert.equal(outcome.phase, 'Succeeded', outcome.message)
  assert.deepEqual(
    outcome.results.map((result) => `${result.kind}/${result.name} ${result.status} ${result.message}`),
    ['ConfigMap/a Synced configmap/a created', 'ConfigMap/b Synced configmap/b created'],
  )
  const gets = world.client().count('get')
  const after = await world.deliveries.compare(wanted)
  assert.equal(after.sync, 'Synced')
  assert.equal(after.health.status, 'Healthy')
  assert.equal(world.client().count('get'), gets, 'the answer of the apply was enough')
  assert.equal(
    world.client().peek(typeOf('ConfigMap'), 'shop/a')?.metadata.annotations?.['argocd.argoproj.io/tracking-id'],
    'web:/ConfigMap:shop/a',
  )
})

test('drift is told, named by its field, and healed; unrelated changes say nothing', async () => {
  const world = createDeliveryFixture()
  const wanted = world.delivery('web', [configMap('a', { x: '1' })])
  await world.sync(wanted)
  const type = typeOf('ConfigMap')
  world.changes.length = 0
  const live = cloneJson(world.client().peek(type, 'shop/a')!)
  await world.client().update(type, { ...live, data: { x: '1', y: 'added by someone' } })
  await world.settle()
  assert.deepEqual(world.changes, [], 'a field that nobody wants is nobody`s business')
  await world.client().patch({ type, namespace: 'shop', name: 'a' }, { kind: 'merge', body: { data: { x: '2' } } })
  await world.settle()
  assert.deepEqual(world.changes, ['east/web'])
  const drifted = await world.deliveries.compare(wanted)
  assert.equal(drifted.sync, 'OutOfSync')
  assert.deepEqual(drifted.objects[0]?.differences, ['.data.x'])
  await world.sync(wanted)
  assert.equal((await world.deliveries.compare(wanted)).sync, 'Synced')
})

test('an object that is no longer wanted is pruned if asked, and only ours', async () => {
  const world = createDeliveryFixture()
  await world.sync(world.delivery('web', [configMap('a'), configMap('b')]))
  const type = typeOf('ConfigMap')
  // A copy that carries our annotation along, and a stranger.
  const copied = world.client().peek(type, 'shop/b')!.metadata.annotations!
  await world
    .client()
    .create(type, { ...configMap('copy', {}, copied), metadata: { name: 'copy', namespace: 'shop', annotations: copied } })
  await world.client().create(type, { ...configMap('stranger'), metadata: { name: 'stranger', namespace: 'shop' } })
  await world.settle()
  const less = world.delivery('web', [configMap('a')])
  const comparison = await world.deliveries.compare(less)
  assert.equal(comparison.sync, 'OutOfSync')
  assert.deepEqual(
    comparison.objects.filter((object) => object.requiresPrune).map((object) => object.name),
    ['b'],
  )
  const skipped = await world.sync(less, { prune: false })
  assert.equal(skipped.results.find((result) => result.name === 'b')?.status, 'PruneSkipped')
  const pruned = await world.sync(less)
  assert.equal(pruned.results.find((result) => result.name === 'b')?.status, 'Pruned')
  assert.deepEqual(
    world
      .client()
      .all(type)
      .map((object) => object.metadata.name)
      .sort(),
    ['a', 'copy', 'stranger'],
  )
  assert.equal((await world.deliveries.compare(less)).sync, 'Synced')
})

test('an object whose version is served no more is not pruned as another than the one that is there', async () => {
  const widgets = { group: 'x.io', kind: 'Widget', plural: 'widgets', namespaced: true }
  const world = createDeliveryFixture({
    types: [...['Namespace', 'ConfigMap', 'CustomResourceDefinition'].map(typeOf), { ...widgets, version: 'v1' }],
  })
  const definition: KubeObject = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.x.io' },
    spec: { group: 'x.io', names: { kind: 'Widget' } },
  }
  const widget = (version: string): KubeObject => ({ apiVersion: `x.io/${version}`, kind: 'Widget', metadata: { name: 'w' } })
  const kinds = [{ group: 'x.io', kind: 'Widget' }]
  await world.sync(world.delivery('web', [definition, widget('v1')], { kinds }))
  assert.ok(world.client().peek({ ...widgets, version: 'v1' }, 'shop/w'))
  const old = world.delivery('web', [definition, widget('v1beta1')], { kinds })
  assert.deepEqual(
    (await world.deliveries.compare(old)).objects.filter((object) => object.requiresPrune),
    [],
  )
  await world.sync(old, {}, 3)
  assert.ok(world.client().peek({ ...widgets, version: 'v1' }, 'shop/w'), 'it is still there')
})

test('Prune=false and IgnoreExtraneous are respected', async () => {
  const world = createDeliveryFixture()
  await world.sync(
    world.delivery('web', [
      configMap('keep', {}, { 'argocd.argoproj.io/sync-options': 'Prune=false' }),
      configMap('extra', {}, { 'argocd.argoproj.io/compare-options': 'IgnoreExtraneous' }),
      configMap('a'),
    ]),
  )
  const less = world.delivery('web', [configMap('a')])
  const outcome = await world.sync(less)
  assert.equal(outcome.results.find((result) => result.name === 'keep')?.message, 'ignored (no prune)')
  assert.equal(world.client().all(typeOf('ConfigMap')).length, 3)
  assert.deepEqual(
    (await world.deliveries.compare(less)).objects.map((object) => `${object.name} ${object.sync}`),
    ['a Synced', 'extra Synced', 'keep OutOfSync'],
  )
})

test('a cluster that does not answer is unknown: nothing is concluded, pruned or withdrawn', async () => {
  const world = createDeliveryFixture({ clusters: ['east', 'west'] })
  const wanted = world.delivery('web', [configMap('a')])
  await world.sync(wanted)
  world.setHealth('east', 'Unknown')
  const comparison = await world.deliveries.compare(wanted)
  assert.equal(comparison.sync, 'Unknown')
  assert.equal(comparison.health.status, 'Unknown')
  assert.match(comparison.problems[0]!.message, /cluster east is unknown: it does not answer/)
  await assert.rejects(world.sync(world.delivery('web', [])), { code: 'cluster-unknown' })
  await assert.rejects(
    world.deliveries.withdraw(
      { id: wanted.id, cluster: 'east', tracking: trackingFor('web'), owner: 'web' },
      { propagation: 'foreground' },
    ),
    { code: 'cluster-unknown' },
  )
  assert.equal(world.client().count('delete'), 0)
  const other = await world.deliveries.compare(world.delivery('other', [configMap('a')], { cluster: 'west' }))
  assert.equal(other.sync, 'OutOfSync', 'another cluster is not concerned')
})

test('a cluster that is cut in the middle makes requests fail fast, not hang', async () => {
  const world = createDeliveryFixture()
  const wanted = world.delivery('web', [configMap('a'), configMap('b')])
  await world.deliveries.compare(wanted)
  world.client().cut()
  await assert.rejects(world.sync(wanted), { code: 'cluster-unreachable', retryAfterMs: 1000 })
  const asked = world.client().requests.length
  const again = await world.deliveries.compare(world.delivery('web', [configMap('c')]))
  assert.equal(again.sync, 'Unknown')
  assert.equal(world.client().requests.length, asked, 'it is left alone for a while')
  world.client().reconnect()
  await world.clock.advance(60_000)
  assert.equal((await world.sync(wanted)).phase, 'Succeeded')
})

test('after a cut the cluster is asked and its watches resume as soon as it is known to answer', async () => {
  const world = createDeliveryFixture()
  const wanted = world.delivery('web', [configMap('a')])
  assert.equal((await world.sync(wanted)).phase, 'Succeeded')
  world.client().cut()
  world.setHealth('east', 'Unknown')
  // Long enough for the pauses between tries to have grown.
  await world.clock.advance(60_000)
  world.client().reconnect()
  const type = typeOf('ConfigMap')
  await world.client().delete({ type, namespace: 'shop', name: 'a' })
  world.setHealth('east', 'Healthy')
  await world.clock.advance(50)
  const comparison = await world.deliveries.compare(wanted)
  assert.equal(comparison.sync, 'OutOfSync')
})

test('withdraw deletes the last wave first and reports when nothing is left', async () => {
  const world = createDeliveryFixture()
  const wave = (value: string) => ({ 'argocd.argoproj.io/sync-wave': value })
  const wanted = world.delivery('web', [
    configMap('first', {}, wave('-1')),
    configMap('second', {}, wave('1')),
    configMap('stays', {}, { 'argocd.argoproj.io/sync-options': 'Delete=false' }),
  ])
  assert.equal((await world.sync(wanted)).phase, 'Succeeded')
  const withdraw = () =>
    world.deliveries.withdraw(
      { id: wanted.id, cluster: 'east', tracking: trackingFor('web'), owner: 'web' },
      { propagation: 'foreground' },
    )
  const names = () =>
    world
      .client()
      .all(typeOf('ConfigMap'))
      .map((object) => object.metadata.name)
      .sort()
  assert.equal(await withdraw(), false)
  await world.settle()
  assert.deepEqual(names(), ['first', 'stays'])
  assert.equal(await withdraw(), false)
  await world.settle()
  assert.equal(await withdraw(), true)
  assert.deepEqual(names(), ['stays'])
})

test('directives may be written in other words', async () => {
  const word = (object: KubeObject, name: string) => object.metadata.annotations?.[`other.example/${name}`]
  const directives: Directives = {
    read: (object) => ({
      ...noDirectives,
      wave: Number(word(object, 'order') ?? 0),
      prune: word(object, 'keep') === undefined ? 'yes' : 'confirm',
      delete: word(object, 'keep') === undefined ? 'yes' : 'confirm',
    }),
    howToApprove: { one: 'take the word away', several: 'Take the words away' },
  }
  const world = createDeliveryFixture({ directives })
  const objects = [configMap('kept', {}, { 'other.example/keep': '' }), configMap('b', {}, { 'other.example/order': '-1' })]
  await world.sync(world.delivery('web', objects))
  // The words of Argo CD mean nothing here.
  const strange = configMap('c', {}, { 'argocd.argoproj.io/hook': 'PreSync', 'argocd.argoproj.io/sync-wave': '-5' })
  const wanted = world.delivery('web', [strange])
  const { results } = await world.sync(wanted)
  assert.deepEqual(results.map((result) => `${result.name} ${result.phase} ${result.message}`).sort(), [
    'b Sync pruned',
    'c Sync configmap/c created',
    'kept Sync ignored (requires pruning confirmation: take the word away)',
  ])
  const target = { id: wanted.id, cluster: 'east', tracking: trackingFor('web'), owner: 'web' }
  const withdraw = () => world.deliveries.withdraw(target, { propagation: 'background' })
  assert.equal(await withdraw(), false)
  await world.settle()
  await assert.rejects(withdraw(), { code: 'deletion-not-approved', fix: 'Take the words away' })
})

test('withdraw finds objects of kinds that nobody watches', async () => {
  const world = createDeliveryFixture()
  const { mark } = trackingFor('web')
  const lost = mark({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'lost', namespace: 'shop' } })
  await world.client().create(typeOf('Secret'), lost)
  const target = { id: 'test/web', cluster: 'east', tracking: trackingFor('web'), owner: 'web' }
  assert.equal(await world.deliveries.withdraw(target, { propagation: 'background' }), false)
  assert.equal(await world.deliveries.withdraw(target, { propagation: 'background' }), true)
  assert.equal(world.client().all(typeOf('Secret')).length, 0)
})

test('ignored differences are not counted, and kept on request', async () => {
  const world = createDeliveryFixture()
  const type = typeOf('Deployment')
  const ignore = [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] }]
  const wanted = world.delivery('web', [deployment('web', 'v1')], { ignoreDifferences: ignore })
  await world.sync(wanted)
  await world.client().patch({ type, namespace: 'shop', name: 'web' }, { kind: 'merge', body: { spec: { replicas: 7 } } })
  await world.settle()
  assert.equal((await world.deliveries.compare(wanted)).sync, 'Synced')
  const next = world.delivery('web', [deployment('web', 'v2')], { ignoreDifferences: ignore })
  assert.equal((await world.deliveries.compare(next)).sync, 'OutOfSync')
  await world.sync(next, { options: { respectIgnoreDifferences: true } })
  const live = world.client().peek(type, 'shop/web')!.spec as { replicas: number }
  assert.equal(live.replicas, 7)
})

test('the difference for people shows what a sync would change, and nothing that only the cluster says', async () => {
  const world = createDeliveryFixture()
  const type = typeOf('Deployment')
  const ignore = [{ group: 'apps', kind: 'Deployment', jsonPointers: ['/spec/replicas'] }]
  await world.sync(world.delivery('web', [deployment('web', 'v1')]))
  const where = { type, namespace: 'shop', name: 'web' }
  const body = { spec: { replicas: 7, revisionHistoryLimit: 10 }, status: { replicas: 7 } }
  await world.client().patch(where, { kind: 'merge', body })
  await world.settle()
  const [diff] = await world.deliveries.diff(world.delivery('web', [deployment('web', 'v2')], { ignoreDifferences: ignore }))
  const flat = (value: unknown) => JSON.stringify(value)
  assert.equal(diff?.change, 'change')
  assert.equal(flat(diff?.live).replace('"v1"', '"v2"'), flat(diff?.desired))
  assert.deepEqual(Object.keys(diff?.live?.metadata ?? {}).sort(), ['annotations', 'name', 'namespace'])
  assert.equal(diff?.live?.status, undefined)
})

test('the difference for people masks secrets', async () => {
  const world = createDeliveryFixture()
  const secret = (value: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    data: { password: value },
  })
  await world.sync(world.delivery('web', [secret('b2xk'), configMap('gone')]))
  const diff = await world.deliveries.diff(world.delivery('web', [secret('bmV3'), configMap('new')]))
  assert.deepEqual(
    diff.map((one) => `${one.kind}/${one.name} ${one.change}`),
    ['ConfigMap/gone remove', 'ConfigMap/new add', 'Secret/s change'],
  )
  const text = JSON.stringify(diff)
  assert.ok(!text.includes('b2xk') && !text.includes('bmV3'))
  const masked = diff[2]!
  assert.notDeepEqual(masked.desired?.data, masked.live?.data)
})

test('an object that another delivery owns is reported, and refused on request', async () => {
  const world = createDeliveryFixture()
  await world.sync(world.delivery('one', [configMap('a')]))
  const other = world.delivery('two', [configMap('a', { x: '2' })])
  const comparison = await world.deliveries.compare(other)
  assert.match(comparison.problems[0]!.message, /ConfigMap\/a is part of applications one and two/)
  const refused = await world.sync(other, { options: { failOnSharedResource: true } })
  assert.equal(refused.phase, 'Failed')
  assert.match(refused.message, /Shared resource found/)
})

test('what a cluster had before anyone looked is read once', async () => {
  const world = createDeliveryFixture()
  const type = typeOf('ConfigMap')
  await world.client().create(type, { ...configMap('a', { x: '1' }), metadata: { name: 'a', namespace: 'shop' } })
  // The kind is watched before the delivery that wants `a` comes.
  await world.deliveries.compare(world.delivery('other', [configMap('b')]))
  const wanted = world.delivery('web', [configMap('a', { x: '1' })])
  assert.deepEqual((await world.deliveries.compare(wanted)).objects[0]?.differences.length, 1, 'the mark is missing')
  const gets = world.client().count('get')
  await world.deliveries.compare(wanted)
  assert.equal(world.client().count('get'), gets)
})

test('a first look that came too late is told once, and the next first look in time is not', async () => {
  const world = createDeliveryFixture()
  let release = () => {}
  const held = new Promise<void>((done) => (release = done))
  world.client().intercept = ({ verb }) => (verb === 'list' || verb === 'watch' ? held : undefined)
  const late = world.deliveries.compare(world.delivery('web', [configMap('a')]))
  await world.clock.advance(11_000)
  assert.equal((await late).sync, 'Unknown')
  const before = world.changes.length
  world.client().intercept = undefined
  release()
  await world.clock.advance(60_000)
  assert.deepEqual(world.changes.slice(before), ['east/*'])
  await world.deliveries.compare(world.delivery('other', [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' } }]))
  await world.clock.advance(1000)
  assert.deepEqual(world.changes.slice(before), ['east/*'])
})

test('a kind that nobody wants any more is no longer watched', async () => {
  const world = createDeliveryFixture()
  const wanted = world.delivery('web', [configMap('a'), deployment('web', 'v1')])
  await world.sync(wanted)
  assert.equal(world.client().openWatches, 2)
  // As long as something is left to prune, its kind is looked at.
  const less = world.delivery('web', [configMap('a')])
  await world.deliveries.compare(less)
  await world.clock.advance(601_000)
  assert.equal(world.client().openWatches, 2)
  assert.equal((await world.deliveries.compare(less)).sync, 'OutOfSync')
  await world.sync(less)
  await world.deliveries.compare(world.delivery('web', [configMap('a', { x: '2' })]))
  await world.clock.advance(601_000)
  assert.equal(world.client().openWatches, 1)
  world.deliveries.forget(wanted.id)
  await world.clock.advance(601_000)
  assert.equal(world.client().openWatches, 0)
})

test('many looks at one delivery at a time leave what the last of them wants, and nothing else', async () => {
  const world = createDeliveryFixture()
  const wanted = ['a', 'b', 'c'].map((name) => world.delivery('web', [configMap(name)]))
  await Promise.all(wanted.map((one) => world.deliveries.compare(one)))
  world.changes.length = 0
  await world.client().create(typeOf('ConfigMap'), { ...configMap('b'), metadata: { name: 'b', namespace: 'shop' } })
  await world.settle()
  assert.deepEqual(world.changes, [])
  await world.client().create(typeOf('ConfigMap'), { ...configMap('c'), metadata: { name: 'c', namespace: 'shop' } })
  await world.settle()
  assert.deepEqual(world.changes, ['east/web'])
})
