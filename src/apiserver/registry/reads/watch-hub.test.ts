import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { createBootstrapLayer } from '../../logical/bootstrap-layer.js'
import { createClusterFixture } from '../../logical/cluster-fixture.js'
import { type Journal, StorageCore } from '../../storage/storage-core.js'
import { WriteRefused } from '../../storage/write-refused.js'

/** A disk that takes its time: each write ends when the test says so. */
async function slowDisk(historyPerCluster: number) {
  let slow = false
  let end: (error?: unknown) => void = () => undefined
  const journal: Journal = {
    schedule: queueMicrotask,
    write: () =>
      slow
        ? new Promise((resolve, reject) => {
            end = (error) => (error === undefined ? resolve() : reject(error))
          })
        : undefined,
    close: async () => undefined,
  }
  const storage = new StorageCore({ journal, base: createBootstrapLayer(0), historyPerCluster })
  const { client, cluster, type } = await createClusterFixture({ storage })
  const turn = () => new Promise((done) => setImmediate(done))
  return {
    create: (name: string) =>
      client.create(type('cm'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } }),
    revision: () => String(storage.open('test').durableRevision()),
    watch(options: object) {
      const names: (string | undefined)[] = []
      const ending = new AbortController()
      const context = { user: { name: 'ann', groups: [] }, warn() {}, signal: ending.signal }
      const sink = (events: readonly { type: string; object: unknown }[]) => {
        for (const { object } of events) names.push((object as KubeObject).metadata.name)
      }
      const ended = cluster.api.watch(context, type('cm'), { namespace: 'default', ...options }, sink)
      ended.catch(() => undefined)
      return { names, ended, stop: () => ending.abort() }
    },
    slow(on: boolean) {
      slow = on
    },
    async end(error?: unknown) {
      await turn()
      end(error)
      await turn()
    },
  }
}

test('a watch from now that began before a write was refused sees the one that comes in its place', async () => {
  const disk = await slowDisk(1000)
  disk.slow(true)
  const lost = assert.rejects(disk.create('lost'), WriteRefused)
  await Promise.resolve()
  const { names, stop } = disk.watch({ sendInitialEvents: false, resourceVersionMatch: 'NotOlderThan' })
  await disk.end(new WriteRefused({ code: 'storage-full', message: 'no space' }))
  await lost
  disk.slow(false)
  await disk.create('kept')
  await new Promise((done) => setImmediate(done))
  stop()
  assert.deepEqual(names, ['kept'])
})

test('a watch from the newest durable revision begins while more changes are under way than the history keeps', async () => {
  const disk = await slowDisk(2)
  await disk.create('first')
  const resourceVersion = disk.revision()
  disk.slow(true)
  const created = ['a', 'b', 'c', 'd'].map((name) => disk.create(name))
  await Promise.resolve()
  const { names, ended, stop } = disk.watch({ resourceVersion })
  await disk.end()
  await Promise.all(created)
  stop()
  await ended
  assert.deepEqual(names, ['a', 'b', 'c', 'd'])
})
