import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeKubeClient } from '../../../test/support/fakes/fake-kube-client.js'
import { silentLog } from '../../base/log.js'
import { createSeededRandom } from '../../base/random.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import type { WatchOptions } from '../client/kube-client.js'
import type { KubeObject } from '../object/kube-object.js'
import { statusErrors } from '../object/status-error.js'
import type { Cache } from './cache.js'
import { createCaches } from './create-caches.js'

const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const idle = () => new Promise<void>((resolve) => setImmediate(resolve))

function configMap(name: string, data: Record<string, string> = {}, namespace = 'default'): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels: { app: name } }, data }
}

async function setup(options: { objects?: number; watchList?: boolean } = {}) {
  const clock = new VirtualClock({ idle })
  const client = new FakeKubeClient({ types: [configMaps] })
  client.watchList = options.watchList ?? true
  for (let index = 0; index < (options.objects ?? 2); index++) await client.create(configMaps, configMap(`c${index}`))
  client.requests.length = 0
  const controller = new AbortController()
  const { signal } = controller
  const caches = createCaches({ client, clock, random: createSeededRandom(3), log: silentLog, signal, pageSize: 3 })
  return { clock, client, caches, stop: () => controller.abort(new Error('stopped')) }
}

const names = (cache: Cache) => cache.list().map((object) => object.metadata.name)
const watches = (client: FakeKubeClient) =>
  client.requests.filter((request) => request.verb === 'watch').map((request) => request.options as WatchOptions)

test('one WatchList gives the state and the changes, however many ask', async () => {
  const { client, caches, stop } = await setup()
  const [cache, same] = await Promise.all([caches.cache(configMaps), caches.cache(configMaps)])
  assert.equal(cache, same)
  assert.deepEqual(names(cache), ['c0', 'c1'])
  const seen: string[] = []
  cache.onChange(({ type, object, previous }) =>
    seen.push(`${type} ${object.metadata.name} ${previous?.metadata.resourceVersion ?? '-'}`),
  )
  await client.create(configMaps, configMap('b'))
  await client.patch({ type: configMaps, namespace: 'default', name: 'c0' }, { kind: 'merge', body: { data: { x: '1' } } })
  await client.delete({ type: configMaps, namespace: 'default', name: 'c1' })
  await idle()
  assert.deepEqual(seen, ['ADDED b -', 'MODIFIED c0 1', 'DELETED c1 2'])
  assert.deepEqual(names(cache), ['b', 'c0'])
  assert.deepEqual(cache.get('default/c0')?.['data'], { x: '1' })
  assert.equal(cache.healthy, true)
  assert.equal(client.requests.filter((request) => request.verb === 'watch').length, 1)
  assert.equal(client.count('list'), 0)
  stop()
  await idle()
  assert.equal(client.openWatches, 0)
  await assert.rejects(caches.cache({ ...configMaps, kind: 'Other', plural: 'others' }), /stopped/)
})

test('a server without WatchList is listed in pages', async () => {
  const { client, caches, stop } = await setup({ objects: 8, watchList: false })
  const cache = await caches.cache(configMaps)
  assert.equal(cache.list().length, 8)
  assert.equal(client.count('list'), 3)
  await idle()
  assert.equal(watches(client).at(-1)?.resourceVersion, '8')
  await client.create(configMaps, configMap('later'))
  await idle()
  assert.equal(cache.list().length, 9)
  stop()
})

test('pages that expire are replaced by one whole list', async () => {
  const { client, caches, stop } = await setup({ objects: 8, watchList: false })
  let pages = 0
  client.intercept = (request) => {
    if (request.verb !== 'list') return
    if (++pages === 2) throw statusErrors.expired('too old')
  }
  const cache = await caches.cache(configMaps)
  assert.equal(cache.list().length, 8)
  assert.equal(pages, 3)
  stop()
})

test('a watch that ends resumes after the last version, bookmarks included', async () => {
  const { client, caches, clock, stop } = await setup()
  const cache = await caches.cache(configMaps)
  for (let index = 0; index < 5; index++) await client.create({ ...configMaps, plural: 'others' }, configMap(`o${index}`))
  client.bookmark()
  await idle()
  client.breakWatches()
  await clock.advance(1000)
  assert.deepEqual(
    watches(client).map((options) => options.resourceVersion),
    [undefined, '7'],
  )
  await client.create(configMaps, configMap('later'))
  await idle()
  assert.deepEqual(names(cache), ['c0', 'c1', 'later'])
  assert.equal(client.count('list'), 0, 'a clean end needs no look at the whole')
  stop()
})

test('the last state stays while the server is away, and what happened meanwhile is caught up', async () => {
  const { client, caches, clock, stop } = await setup()
  const cache = await caches.cache(configMaps)
  const seen: string[] = []
  cache.onChange(({ type, object }) => seen.push(`${type} ${object.metadata.name}`))
  client.cut()
  await clock.advance(60_000)
  assert.equal(cache.healthy, false)
  assert.match(cache.problem ?? '', /does not answer/)
  assert.deepEqual(names(cache), ['c0', 'c1'])
  const attempts = client.count('list')
  assert.ok(attempts >= 4 && attempts <= 14, `${attempts} attempts in a minute`)
  client.reconnect()
  await client.delete({ type: configMaps, namespace: 'default', name: 'c0' })
  await clock.advance(31_000)
  assert.equal(cache.healthy, true)
  assert.equal(cache.problem, undefined)
  assert.deepEqual(seen, ['DELETED c0'])
  stop()
})

test('410 reads the state again and tells the difference only', async () => {
  const { client, caches, clock, stop } = await setup({ objects: 3 })
  const cache = await caches.cache(configMaps)
  const seen: string[] = []
  cache.onChange(({ type, object }) => seen.push(`${type} ${object.metadata.name}`))
  client.cut()
  client.reconnect()
  await client.delete({ type: configMaps, namespace: 'default', name: 'c0' })
  await client.create(configMaps, configMap('new'))
  client.compact()
  await clock.advance(2000)
  assert.deepEqual(seen, ['ADDED new', 'DELETED c0'])
  assert.deepEqual(names(cache), ['c1', 'c2', 'new'])
  stop()
})

test('a server that expires everything at once is not asked in a hot loop', async () => {
  const { client, caches, clock, stop } = await setup()
  await caches.cache(configMaps)
  client.intercept = (request) => {
    if (request.verb === 'watch' && !(request.options as WatchOptions).sendInitialEvents) throw statusErrors.expired('too old')
    if (request.verb === 'watch') throw statusErrors.expired('too old')
  }
  client.breakWatches()
  await clock.advance(60_000)
  assert.ok(client.count('watch') < 20, `${client.count('watch')} watches`)
  stop()
})

test('a silent stream is taken for dead and opened again', async () => {
  const { client, caches, clock, stop } = await setup()
  const cache = await caches.cache(configMaps)
  await clock.advance(85_000)
  client.bookmark()
  await clock.advance(85_000)
  assert.equal(client.count('watch'), 1)
  await clock.advance(20_000)
  assert.equal(client.count('watch'), 2)
  assert.equal(client.count('list'), 1, 'one look whether the server answers')
  assert.equal(cache.healthy, true)
  stop()
})

test('a server that never ends the initial events is listed instead', async () => {
  const { client, caches, clock, stop } = await setup()
  const broken = client.watch.bind(client)
  client.watch = (type, options) => broken(type, { ...options, sendInitialEvents: false })
  const pending = caches.cache(configMaps)
  await clock.advance(101_000)
  assert.deepEqual(names(await pending), ['c0', 'c1'])
  assert.equal(client.count('list'), 1)
  stop()
})

test('retryAfterSeconds is obeyed', async () => {
  const { client, caches, clock, stop } = await setup()
  client.intercept = () => {
    throw statusErrors.tooManyRequests('slow down', 20)
  }
  const pending = caches.cache(configMaps)
  await clock.advance(19_000)
  assert.equal(client.requests.length, 1)
  client.intercept = undefined
  await clock.advance(2000)
  assert.equal((await pending).list().length, 2)
  stop()
})

test('indexes follow the objects', async () => {
  const { client, caches, stop } = await setup()
  const cache = await caches.cache(configMaps)
  cache.addIndex('app', (object) => Object.values(object.metadata.labels ?? {}))
  const found = (app: string) => cache.byIndex('app', app).map((object) => object.metadata.name)
  assert.deepEqual(found('c0'), ['c0'])
  const target = { type: configMaps, namespace: 'default', name: 'c0' }
  await client.patch(target, { kind: 'merge', body: { metadata: { labels: { app: 'c1' } } } })
  await idle()
  assert.deepEqual(found('c0'), [])
  assert.deepEqual(found('c1'), ['c1', 'c0'])
  await client.delete({ type: configMaps, namespace: 'default', name: 'c1' })
  await idle()
  assert.deepEqual(found('c1'), ['c0'])
  stop()
})

test('lists by namespace are narrow and stay as they were handed out', async () => {
  const { client, caches, stop } = await setup()
  await client.create(configMaps, configMap('x', {}, 'def'))
  const cache = await caches.cache(configMaps)
  const before = cache.list('default')
  await client.create(configMaps, configMap('c2'))
  await idle()
  assert.equal(before.length, 2)
  assert.equal(cache.list('default').length, 3)
  assert.equal(cache.list('def').length, 1)
  assert.equal(cache.list().length, 4)
  stop()
})

test('selectors make caches of their own, and a transform decides what is kept', async () => {
  const clock = new VirtualClock({ idle })
  const client = new FakeKubeClient({ types: [configMaps] })
  await client.create(configMaps, configMap('a', { big: 'x'.repeat(100) }))
  await client.create(configMaps, configMap('b'))
  const controller = new AbortController()
  const caches = createCaches({
    client,
    clock,
    random: createSeededRandom(3),
    log: silentLog,
    signal: controller.signal,
    transform: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }),
  })
  const selected = await caches.cache(configMaps, { labelSelector: 'app=a' })
  const all = await caches.cache(configMaps)
  assert.deepEqual(names(selected), ['a'])
  assert.deepEqual(names(all), ['a', 'b'])
  assert.equal(selected.get('default/a')?.['data'], undefined)
  controller.abort()
})

test('a listener that throws harms no other', async () => {
  const { client, caches, stop } = await setup()
  const cache = await caches.cache(configMaps)
  let heard = 0
  cache.onChange(() => {
    throw new Error('bad listener')
  })
  const off = cache.onChange(() => heard++)
  await client.create(configMaps, configMap('n1'))
  await idle()
  off()
  await client.create(configMaps, configMap('n2'))
  await idle()
  assert.equal(heard, 1)
  stop()
})
