import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSeededRandom } from '../../../base/random.js'
import type { KubeObject, WatchEvent } from '../../../kube/object/kube-object.js'
import { isExpired, StatusError } from '../../../kube/object/status-error.js'
import { type ClusterFixture, createClusterFixture } from '../../logical/cluster-fixture.js'
import { createMemoryStorage } from '../../storage/memory-storage.js'

const map = (name: string, labels?: Record<string, string>, namespace = 'default'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, ...(labels ? { labels } : {}) },
})
const names = (list: { items: KubeObject[] }) => list.items.map(({ metadata }) => metadata.name)
const fails = (code: number, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof StatusError, String(error))
  assert.equal(error.httpCode, code)
  assert.match(error.message, message)
  return true
}

/** Collects the events of a watch in the background. */
function follow(fixture: ClusterFixture, options: Parameters<ClusterFixture['client']['watch']>[1], name = 'cm') {
  const events: WatchEvent[] = []
  const stop = new AbortController()
  const watch = { ended: false, error: undefined as unknown }
  const done = (async () => {
    try {
      for await (const event of fixture.client.watch(fixture.type(name), { ...options, signal: stop.signal })) events.push(event)
    } catch (error) {
      watch.error = error
    }
    watch.ended = true
  })()
  const text = () =>
    events.map(({ type, object }) =>
      type === 'BOOKMARK' ? `BOOKMARK ${object.metadata.resourceVersion}` : `${type} ${(object as KubeObject).metadata.name}`,
    )
  return { events, text, stop: () => stop.abort(), done, watch }
}

describe('list', () => {
  test('selects by labels and fields', async () => {
    const { client, type } = await createClusterFixture()
    await client.create(type('cm'), map('a', { app: 'web', tier: 'front' }))
    await client.create(type('cm'), map('b', { app: 'web' }))
    await client.create(type('cm'), map('c'))
    await client.create(type('cm'), map('a', { app: 'web' }, 'kube-system'))
    assert.deepEqual(names(await client.list(type('cm'), { labelSelector: 'app=web,!tier' })), ['b', 'a'])
    assert.deepEqual(names(await client.list(type('cm'), { fieldSelector: 'metadata.name=a' })), ['a', 'a'])
    assert.deepEqual(names(await client.list(type('cm'), { namespace: 'default', fieldSelector: 'metadata.name!=a' })), [
      'b',
      'c',
    ])
    assert.deepEqual(names(await client.list(type('cm'), { fieldSelector: 'metadata.namespace=kube-system' })), ['a'])
    assert.deepEqual(names(await client.list(type('cm'), { namespace: 'default', fieldSelector: 'metadata.name=nobody' })), [])
    await assert.rejects(
      client.list(type('cm'), { fieldSelector: 'spec.x=1' }),
      fails(400, /^"spec\.x" is not a known field selector: only "metadata\.name", "metadata\.namespace"$/),
    )
    await assert.rejects(client.list(type('cm'), { labelSelector: 'a in (' }), fails(400, /unable to parse requirement/))
    const secret = (name: string, kind: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: 'default' },
      type: kind,
      stringData: { k: 'ü' },
    })
    await client.create(type('secret'), secret('s', 'example.com/x'))
    const made = await client.create(type('secret'), secret('t', 'Opaque'))
    assert.deepEqual(made['data'], { k: 'w7w=' })
    assert.equal(made['stringData'], undefined)
    assert.deepEqual(names(await client.list(type('secret'), { fieldSelector: 'type=example.com/x' })), ['s'])
  })

  test('pages show one revision while history lasts, then the newest state on request', async () => {
    const { client, type } = await createClusterFixture({
      storage: createMemoryStorage({ historyPerCluster: 20 }),
    })
    for (let n = 0; n < 9; n++) await client.create(type('cm'), map(`m${n}`))
    const first = await client.list(type('cm'), { limit: 4 })
    assert.deepEqual(names(first), ['m0', 'm1', 'm2', 'm3'])
    assert.equal(first.metadata.remainingItemCount, 5)
    await client.delete({ type: type('cm'), namespace: 'default', name: 'm5' })
    await client.create(type('cm'), map('m45'))
    const next = first.metadata.continue!
    const second = await client.list(type('cm'), { limit: 4, continue: next })
    assert.deepEqual(names(second), ['m4', 'm5', 'm6', 'm7'])
    assert.equal(second.metadata.resourceVersion, first.metadata.resourceVersion)
    const last = await client.list(type('cm'), { limit: 4, continue: second.metadata.continue! })
    assert.deepEqual(names(last), ['m8'])
    assert.equal(last.metadata.continue, undefined)
    for (let n = 0; n < 30; n++) await client.create(type('cm'), map(`z${n}`))
    await assert.rejects(client.list(type('cm'), { continue: next }), (error) => {
      assert.ok(isExpired(error))
      const { metadata } = (error as StatusError).status
      const token = (metadata as { continue?: string }).continue
      assert.ok(token)
      return true
    })
    const error = await client.list(type('cm'), { continue: next }).catch((thrown: StatusError) => thrown)
    const token = (error as StatusError).status.metadata.continue!
    assert.deepEqual(names(await client.list(type('cm'), { continue: token, limit: 3 })), ['m4', 'm45', 'm6'])
    for (const bad of ['x', 'e30', Buffer.from('{"v":"meta.k8s.io/v1","rv":3,"start":"../x"}').toString('base64url')]) {
      await assert.rejects(client.list(type('cm'), { continue: bad }), fails(400, /continue key is not valid/))
    }
  })

  test('resource versions', async () => {
    const { client, type, clock } = await createClusterFixture()
    const one = await client.create(type('cm'), map('one'))
    await client.create(type('cm'), map('two'))
    const at = one.metadata.resourceVersion!
    const exact = await client.list(type('cm'), { resourceVersion: at, resourceVersionMatch: 'Exact' })
    assert.deepEqual(names(exact), ['one'])
    assert.equal(exact.metadata.resourceVersion, at)
    assert.deepEqual(names(await client.list(type('cm'), { resourceVersion: at })), ['one', 'two'])
    assert.deepEqual(names(await client.list(type('cm'), { resourceVersion: at, limit: 5 })), ['one'])
    const future = client.list(type('cm'), { resourceVersion: '9999' })
    await assert.rejects(
      client.list(type('cm'), { resourceVersion: '9999', resourceVersionMatch: 'Exact' }),
      fails(500, /future revision/),
    )
    const rejected = assert.rejects(future, (error) => {
      fails(504, /Too large resource version: 9999, current: 10/)(error)
      assert.equal((error as StatusError).status.details?.causes?.[0]?.reason, 'ResourceVersionTooLarge')
      return true
    })
    await clock.advance(3000)
    await rejected
    await assert.rejects(client.list(type('cm'), { resourceVersion: 'x' }), fails(400, /invalid resource version/))
    await assert.rejects(
      client.list(type('cm'), { resourceVersionMatch: 'Exact' }),
      fails(422, /resourceVersionMatch is forbidden unless resourceVersion is provided/),
    )
    await assert.rejects(
      client.list(type('cm'), { resourceVersionMatch: 'Exact', resourceVersion: '0' }),
      fails(422, /"exact" is forbidden for resourceVersion "0"/),
    )
  })

  test('any past revision is what a twin remembered', async () => {
    const { client, type, cluster } = await createClusterFixture()
    const random = createSeededRandom(3)
    const past = new Map<string, string>()
    for (let step = 0; step < 200; step++) {
      const name = `m${Math.floor(random.number() * 12)}`
      const namespace = random.number() < 0.5 ? 'default' : 'kube-system'
      const found = cluster.peek('configmaps', `${namespace}/${name}`)
      if (found === undefined) await client.create(type('cm'), map(name, undefined, namespace))
      else if (random.number() < 0.4) await client.delete({ type: type('cm'), namespace, name })
      else await client.update(type('cm'), { ...found, data: { step: String(step) } })
      const now = await client.list(type('cm'))
      past.set(now.metadata.resourceVersion!, JSON.stringify(now.items))
    }
    for (const [resourceVersion, items] of past) {
      const list = await client.list(type('cm'), { resourceVersion, resourceVersionMatch: 'Exact' })
      assert.equal(JSON.stringify(list.items), items)
      const paged: KubeObject[] = []
      let token: string | undefined
      do {
        const page = await client.list(type('cm'), token ? { continue: token, limit: 3 } : { resourceVersion, limit: 3 })
        paged.push(...page.items)
        token = page.metadata.continue
      } while (token)
      assert.equal(JSON.stringify(paged), items)
    }
  })
})

describe('watch', () => {
  test('tells what is there, then what changes, in its own view', async () => {
    const fixture = await createClusterFixture()
    const { client, type, clock } = fixture
    await client.create(type('cm'), map('a', { app: 'web' }))
    const all = follow(fixture, {})
    const web = follow(fixture, { labelSelector: 'app=web' })
    const one = follow(fixture, { namespace: 'default', fieldSelector: 'metadata.name=b' })
    await clock.advance(0)
    await client.create(type('cm'), map('b'))
    const b = await client.update(type('cm'), map('b', { app: 'web' }))
    await client.update(type('cm'), map('b', { app: 'web', more: 'x' }))
    const left = await client.update(type('cm'), map('b', { app: 'db' }))
    await client.delete({ type: type('cm'), namespace: 'default', name: 'b' })
    await client.create(type('cm'), map('b', undefined, 'kube-system'))
    await clock.advance(0)
    assert.deepEqual(all.text(), ['ADDED a', 'ADDED b', 'MODIFIED b', 'MODIFIED b', 'MODIFIED b', 'DELETED b', 'ADDED b'])
    assert.deepEqual(web.text(), ['ADDED a', 'ADDED b', 'MODIFIED b', 'DELETED b'])
    assert.deepEqual(one.text(), ['ADDED b', 'MODIFIED b', 'MODIFIED b', 'MODIFIED b', 'DELETED b'])
    const gone = web.events[3]!.object as KubeObject
    assert.deepEqual(gone.metadata.labels, { app: 'web', more: 'x' })
    assert.equal(gone.metadata.resourceVersion, left.metadata.resourceVersion)
    const resumed = follow(fixture, { resourceVersion: b.metadata.resourceVersion!, labelSelector: 'app=web' })
    await clock.advance(0)
    assert.deepEqual(resumed.text(), ['MODIFIED b', 'DELETED b'])
    for (const watch of [all, web, one, resumed]) {
      watch.stop()
      await watch.done
    }
  })

  test('WatchList ends its first part with an annotated bookmark', async () => {
    const fixture = await createClusterFixture()
    const { client, type, clock } = fixture
    await client.create(type('cm'), map('a'))
    const initial = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: true } as const
    const watch = follow(fixture, initial)
    await clock.advance(0)
    await client.create(type('cm'), map('b'))
    await clock.advance(0)
    assert.deepEqual(watch.text(), ['ADDED a', 'BOOKMARK 9', 'ADDED b'])
    const mark = watch.events[1]!.object.metadata as { annotations?: Record<string, string> }
    assert.deepEqual(mark.annotations, { 'k8s.io/initial-events-end': 'true' })
    const bad = follow(fixture, { sendInitialEvents: true })
    await bad.done
    assert.ok(bad.watch.error instanceof StatusError && bad.watch.error.httpCode === 422)
    watch.stop()
    await watch.done
  })

  test('bookmarks come each minute and before the deadline; timeouts end the watch', async () => {
    const fixture = await createClusterFixture()
    const { client, type, clock } = fixture
    const watch = follow(fixture, { resourceVersion: '8', allowWatchBookmarks: true, timeoutSeconds: 150 })
    const silent = follow(fixture, { resourceVersion: '8', timeoutSeconds: 90 })
    await clock.advance(61_000)
    await client.create(type('ns'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } })
    await clock.advance(60_000)
    assert.deepEqual(watch.text(), ['BOOKMARK 8', 'BOOKMARK 9'])
    assert.equal(silent.watch.ended, true)
    assert.deepEqual(silent.text(), [])
    await clock.advance(60_000)
    assert.equal(watch.watch.ended, true)
    assert.deepEqual(watch.text(), ['BOOKMARK 8', 'BOOKMARK 9', 'BOOKMARK 9'])
    assert.equal(clock.untilNextMs(), undefined, 'no timer is left')
  })

  test('410 when the history does not reach back', async () => {
    const fixture = await createClusterFixture({ storage: createMemoryStorage({ historyPerCluster: 5 }) })
    const { client, type } = fixture
    for (let n = 0; n < 10; n++) await client.create(type('cm'), map(`m${n}`))
    const old = follow(fixture, { resourceVersion: '3' })
    await old.done
    assert.ok(isExpired(old.watch.error))
    assert.match(String((old.watch.error as Error).message), /too old resource version: 3/)
  })

  test('what asks for a revision that is not there yet waits for it', async () => {
    const fixture = await createClusterFixture()
    const { client, type, clock } = fixture
    const made = await client.create(type('cm'), map('first'))
    const next = String(Number(made.metadata.resourceVersion) + 1)
    const early = follow(fixture, { resourceVersion: next })
    const list = client.list(type('cm'), { resourceVersion: next })
    await clock.advance(0)
    await client.create(type('cm'), map('second'))
    await client.create(type('cm'), map('third'))
    assert.deepEqual(names(await list), ['first', 'second'])
    await clock.advance(0)
    early.stop()
    await early.done
    assert.deepEqual(early.text(), ['ADDED third'])
  })

  test('watches of everything agree with the lists around them, whatever happens', async () => {
    const fixture = await createClusterFixture()
    const { client, type, clock, cluster } = fixture
    const random = createSeededRandom(11)
    const selectors = ['', 'app=web', 'app!=web', 'app in (web,db)', '!app']
    const follower = (labelSelector: string) => follow(fixture, labelSelector === '' ? {} : { labelSelector })
    const watches = selectors.map((selector) => ({ selector, watch: follower(selector) }))
    for (let step = 0; step < 300; step++) {
      const name = `m${Math.floor(random.number() * 8)}`
      const app = [undefined, 'web', 'db'][Math.floor(random.number() * 3)]
      const labels = app === undefined ? undefined : { app, step: String(step) }
      const exists = cluster.peek('configmaps', `default/${name}`) !== undefined
      if (!exists) await client.create(type('cm'), map(name, labels))
      else if (random.number() < 0.3) await client.delete({ type: type('cm'), namespace: 'default', name })
      else await client.update(type('cm'), map(name, labels))
      if (step % 50 === 25) {
        const selector = selectors[step % selectors.length]!
        watches.push({ selector, watch: follower(selector) })
      }
    }
    await clock.advance(0)
    for (const { selector, watch } of watches) {
      const state = new Map<string, KubeObject>()
      for (const event of watch.events) {
        const object = event.object as KubeObject
        const present = state.has(object.metadata.name)
        assert.equal(event.type === 'ADDED', !present, `${selector}: ${event.type} of ${object.metadata.name}`)
        if (event.type === 'DELETED') state.delete(object.metadata.name)
        else state.set(object.metadata.name, object)
      }
      const listed = await client.list(type('cm'), { labelSelector: selector })
      assert.deepEqual(
        [...state.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1)),
        listed.items,
      )
      const revisions = watch.events.slice(8).map(({ object }) => Number(object.metadata.resourceVersion))
      assert.deepEqual(
        revisions,
        [...revisions].sort((a, b) => a - b),
      )
      watch.stop()
      await watch.done
    }
  })
})
