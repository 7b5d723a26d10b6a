import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeKubeClient } from '../../../test/support/fakes/fake-kube-client.js'
import { CodedError } from '../../base/errors.js'
import { silentLog } from '../../base/log.js'
import { createSeededRandom } from '../../base/random.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import { type KubeObject, keyOf } from '../object/kube-object.js'
import { statusErrors } from '../object/status-error.js'
import { createCaches } from './create-caches.js'

const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const idle = () => new Promise<void>((resolve) => setImmediate(resolve))

for (let seed = 1; seed <= 12; seed++) {
  test(`whatever the server and the network do, the cache ends up with what there is (seed ${seed})`, async () => {
    const random = createSeededRandom(seed)
    const chance = (part: number) => random.number() < part
    const clock = new VirtualClock({ idle })
    const client = new FakeKubeClient({ types: [configMaps] })
    client.watchList = chance(0.5)
    const controller = new AbortController()
    const caches = createCaches({ client, clock, random, log: silentLog, signal: controller.signal, pageSize: 4 })
    // Faults hit the informer's requests, not the test's own writes.
    const trouble = (request: { verb: string }) => {
      if (request.verb !== 'list' && request.verb !== 'watch') return
      if (chance(0.15)) throw new CodedError({ code: 'cluster-unreachable', message: 'connection reset' })
      if (chance(0.05)) throw statusErrors.tooManyRequests('slow down', 1)
      if (chance(0.05)) throw statusErrors.internal('etcd')
    }
    client.intercept = trouble
    const pending = caches.cache(configMaps)
    await clock.advance(120_000)
    const cache = await pending
    const told = new Map<string, KubeObject>(cache.list().map((object) => [keyOf(object), object]))
    cache.onChange(({ type, object, previous }) => {
      const key = keyOf(object)
      assert.equal(type === 'ADDED', !told.has(key), `${type} ${key}`)
      if (type !== 'ADDED') assert.equal(previous, told.get(key))
      if (type === 'DELETED') told.delete(key)
      else told.set(key, object)
    })
    for (let step = 0; step < 300; step++) {
      const name = `c${Math.floor(random.number() * 12)}`
      const target = { type: configMaps, namespace: 'ns', name }
      const exists = client.peek(configMaps, `ns/${name}`) !== undefined
      if (!exists)
        await client.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'ns' }, data: {} })
      else if (chance(0.4)) await client.delete(target)
      else await client.patch(target, { kind: 'merge', body: { data: { step: String(step) } } })
      if (chance(0.1))
        client.breakWatches(chance(0.5) ? new CodedError({ code: 'cluster-unreachable', message: 'reset' }) : undefined)
      if (chance(0.05)) client.compact()
      if (chance(0.1)) client.bookmark()
      if (chance(0.3)) await clock.advance(Math.floor(random.number() * 5000))
    }
    client.intercept = undefined
    client.breakWatches()
    await clock.advance(120_000)
    const truth = client.all(configMaps).sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
    assert.deepEqual(cache.list(), truth)
    assert.deepEqual([...told.keys()].sort(), truth.map(keyOf))
    assert.equal(cache.healthy, true)
    assert.equal(client.openWatches, 1)
    controller.abort()
  })
}
