import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { systemClock, systemRandom } from '../../../src/app/system/system-ports.js'
import { sleep } from '../../../src/base/clock.js'
import { silentLog } from '../../../src/base/log.js'
import type { KubeClient } from '../../../src/kube/client/kube-client.js'
import { createCaches } from '../../../src/kube/informer/create-caches.js'
import type { KubeObject, WatchEvent } from '../../../src/kube/object/kube-object.js'
import { isAlreadyExists, isConflict, isNotFound, StatusError } from '../../../src/kube/object/status-error.js'

export const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const namespace = 'default'

const configMap = (name: string, data: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels: { suite: 'contract' } },
  data,
})

/** What every KubeClient promises, asked of one of them. The cluster has a namespace `default`. */
export function describeKubeClient(kind: string, open: () => KubeClient): void {
  describe(kind, () => {
    let client: KubeClient
    const prefix = kind.replace(/\W/g, '').toLowerCase()
    const target = (name: string) => ({ type: configMaps, namespace, name: `${prefix}-${name}` })
    before(() => {
      client = open()
    })
    after(() => client.close())

    test('what is created is got, listed and deleted', async () => {
      const created = await client.create(configMaps, configMap(`${prefix}-a`, { x: '1' }))
      assert.ok(created.metadata.uid)
      assert.match(created.metadata.resourceVersion ?? '', /^\d+$/)
      const got = await client.get(target('a'))
      assert.deepEqual(got['data'], { x: '1' })
      assert.deepEqual([got.apiVersion, got.kind], ['v1', 'ConfigMap'])
      const list = await client.list(configMaps, { namespace, labelSelector: 'suite=contract' })
      const item = list.items.find(({ metadata }) => metadata.name === `${prefix}-a`)
      assert.deepEqual([item?.apiVersion, item?.kind], ['v1', 'ConfigMap'], 'items know their type')
      await assert.rejects(client.create(configMaps, configMap(`${prefix}-a`)), (error) => isAlreadyExists(error))
      await assert.rejects(client.delete(target('a'), { preconditions: { uid: 'other' } }), (error) => isConflict(error))
      await client.delete(target('a'))
      await assert.rejects(client.get(target('a')), (error) => isNotFound(error) && (error as StatusError).httpCode === 404)
      await assert.rejects(client.delete(target('a')), (error) => isNotFound(error))
    })

    test('updates and patches', async () => {
      const created = await client.create(configMaps, configMap(`${prefix}-p`, { a: '1', b: '2' }))
      const merged = await client.patch(target('p'), { kind: 'merge', body: { data: { a: null, c: '3' } } })
      assert.deepEqual(merged['data'], { b: '2', c: '3' })
      const updated = await client.update(configMaps, { ...merged, data: { d: '4' } })
      assert.deepEqual(updated['data'], { d: '4' })
      await assert.rejects(client.update(configMaps, { ...created, data: {} }), (error) => isConflict(error))
      const body = { metadata: { resourceVersion: created.metadata.resourceVersion }, data: { e: '5' } }
      await assert.rejects(client.patch(target('p'), { kind: 'merge', body }), (error) => isConflict(error))
      const operations = [
        { op: 'test', path: '/data/d', value: '4' },
        { op: 'replace', path: '/data/d', value: '6' },
      ]
      assert.deepEqual((await client.patch(target('p'), { kind: 'json', operations }))['data'], { d: '6' })
      const same = await client.patch(target('p'), { kind: 'merge', body: { data: { d: '6' } } })
      const again = await client.patch(target('p'), { kind: 'merge', body: { data: { d: '6' } } })
      assert.equal(again.metadata.resourceVersion, same.metadata.resourceVersion, 'no change, no new version')
      await client.delete(target('p'))
    })

    test('a dry run stores nothing', async () => {
      await client.create(configMaps, configMap(`${prefix}-dry`), { dryRun: true })
      await assert.rejects(client.get(target('dry')), (error) => isNotFound(error))
    })

    test('finalizers hold what is deleted', async () => {
      const object = configMap(`${prefix}-f`)
      object.metadata.finalizers = ['example.com/hold']
      await client.create(configMaps, object)
      await client.delete(target('f'))
      const held = await client.get(target('f'))
      assert.ok(held.metadata.deletionTimestamp)
      await client.patch(target('f'), { kind: 'merge', body: { metadata: { finalizers: null } } })
      await assert.rejects(client.get(target('f')), (error) => isNotFound(error))
    })

    test('pages add up', async () => {
      const names = Array.from({ length: 7 }, (_unused, index) => `${prefix}-page-${index}`)
      const labels = { page: prefix }
      for (const name of names) await client.create(configMaps, { ...configMap(name), metadata: { name, namespace, labels } })
      const found: string[] = []
      let next: string | undefined
      let pages = 0
      do {
        const page = await client.list(configMaps, { namespace, labelSelector: `page=${prefix}`, limit: 3, continue: next })
        found.push(...page.items.map(({ metadata }) => metadata.name))
        next = page.metadata.continue || undefined
        pages++
      } while (next !== undefined)
      assert.deepEqual(found, names)
      assert.equal(pages, 3)
    })

    const make = (name: string) => ({
      ...configMap(name),
      metadata: { name: `${prefix}-${name}`, namespace, labels: { watched: prefix } },
    })
    const selected = { namespace, labelSelector: `watched=${prefix}` }

    test('a WatchList gives the present state and says where it ends, or is refused with 422', async () => {
      await client.create(configMaps, make('l1'))
      const initial = { sendInitialEvents: true, allowWatchBookmarks: true, resourceVersionMatch: 'NotOlderThan' } as const
      const seen: string[] = []
      try {
        for await (const event of client.watch(configMaps, { ...selected, ...initial })) {
          seen.push(describeEvent(event))
          if (event.type === 'BOOKMARK') break
        }
        assert.deepEqual(seen, [`ADDED ${prefix}-l1`, 'BOOKMARK end'])
      } catch (error) {
        assert.ok(error instanceof StatusError && error.httpCode === 422, String(error))
      }
      await client.delete(target('l1'))
    })

    test('a watch tells what came after its version, and resumes where it was', async () => {
      await client.create(configMaps, make('w1'))
      const { metadata } = await client.list(configMaps, selected)
      await client.create(configMaps, make('w2'))
      await client.patch(target('w1'), { kind: 'merge', body: { metadata: { labels: { watched: null } } } })
      const stop = new AbortController()
      const options = { ...selected, signal: stop.signal }
      const seen: string[] = []
      let version = ''
      for await (const event of client.watch(configMaps, { ...options, resourceVersion: metadata.resourceVersion })) {
        version = event.object.metadata.resourceVersion ?? ''
        seen.push(describeEvent(event))
        if (event.type === 'DELETED') break
      }
      assert.deepEqual(seen, [`ADDED ${prefix}-w2`, `DELETED ${prefix}-w1`], 'out of the selector is gone')
      await client.delete(target('w2'))
      for await (const event of client.watch(configMaps, { ...options, resourceVersion: version })) {
        assert.equal(describeEvent(event), `DELETED ${prefix}-w2`)
        stop.abort()
      }
      await client.delete(target('w1'))
    })

    test('discovery and version', async () => {
      const catalogue = await client.resources()
      assert.equal(catalogue.forKind('v1', 'ConfigMap')?.plural, 'configmaps')
      assert.equal(catalogue.forKind('v1', 'Nonsense'), undefined)
      assert.equal(catalogue.forName('configmaps')?.kind, 'ConfigMap')
      assert.match((await client.version()).gitVersion, /^v1\.\d+/)
      assert.match(await client.raw('GET', '/readyz'), /^ok/)
    })

    test('caches stand on it', async () => {
      const stop = new AbortController()
      const caches = createCaches({ client, clock: systemClock, random: systemRandom, log: silentLog, signal: stop.signal })
      await client.create(configMaps, configMap(`${prefix}-c1`))
      const cache = await caches.cache(configMaps, { namespace, labelSelector: 'suite=contract' })
      assert.ok(cache.get(`${namespace}/${prefix}-c1`))
      await client.create(configMaps, configMap(`${prefix}-c2`))
      await client.delete(target('c1'))
      const until = systemClock.now() + 30_000
      while (cache.get(`${namespace}/${prefix}-c1`) && systemClock.now() < until) await sleep(systemClock, 5)
      assert.ok(cache.get(`${namespace}/${prefix}-c2`))
      assert.equal(cache.get(`${namespace}/${prefix}-c1`), undefined)
      assert.equal(cache.healthy, true)
      stop.abort()
    })
  })
}

function describeEvent(event: WatchEvent): string {
  if (event.type !== 'BOOKMARK') return `${event.type} ${event.object.metadata.name}`
  return `BOOKMARK ${event.object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true' ? 'end' : ''}`
}
