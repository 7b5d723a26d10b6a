import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { BaseLayer } from './contract.js'
import { type HistoryLimits, type Journal, type JournalEntry, StorageCore } from './storage-core.js'
import { WriteRefused } from './write-refused.js'

const object = (name: string, value: unknown, resourceVersion?: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...(resourceVersion ? { resourceVersion } : {}) },
  data: value,
})
const base: BaseLayer = new Map([['maps', new Map([['old', object('old', 'base', '1')]])]])

/** A journal whose writes the test ends, well or badly. */
function openCore(limits: HistoryLimits = {}) {
  const written: JournalEntry[][] = []
  let end: ((error?: unknown) => void) | undefined
  const journal: Journal = {
    schedule: queueMicrotask,
    write(entries) {
      written.push([...entries])
      return new Promise((resolve, reject) => {
        end = (error) => (error === undefined ? resolve() : reject(error))
      })
    },
    close: async () => undefined,
  }
  const core = new StorageCore({ journal, base, ...limits })
  return {
    core,
    written,
    async end(error?: unknown) {
      while (end === undefined) await Promise.resolve()
      const ending = end
      end = undefined
      ending(error)
      for (let turn = 0; turn < 5; turn++) await Promise.resolve()
    },
  }
}

const full = () => new WriteRefused({ code: 'storage-full', message: 'no space' })
const values = (core: StorageCore, cluster = 'c') =>
  [...core.open(cluster).scan('maps', '')].map((each) => [each.metadata.name, each['data']])

test('what a full disk refuses never happened, with all that came after it; later writes succeed', async () => {
  const { core, end, written } = openCore()
  const cluster = core.open('c')
  const first = cluster.commit({ resource: 'maps', key: 'a', expected: '', object: object('a', 1) })
  await end()
  await first
  const undone: string[] = []
  cluster.onUndone((changes) => undone.push(...changes.map(({ type, key }) => `${type} ${key}`)))
  const lost = [
    cluster.commit({ resource: 'maps', key: 'a', expected: '2', object: object('a', 2) }),
    cluster.commit({ resource: 'maps', key: 'b', expected: '', object: object('b', 1) }),
    cluster.commit({ resource: 'maps', key: 'old', expected: '1', object: undefined }),
  ]
  while (written.length < 2) await Promise.resolve()
  // These come while the others are being written, and know of them.
  lost.push(cluster.commit({ resource: 'maps', key: 'a', expected: '3', object: undefined }))
  lost.push(cluster.commit({ resource: 'maps', key: 'old', expected: '', object: object('old', 'mine') }))
  const read = cluster.durable(cluster.revision())
  assert.equal(cluster.durable(2), undefined)
  assert.deepEqual(
    values(core),
    [
      ['b', 1],
      ['old', 'mine'],
    ],
    'visible at once',
  )
  const outcomes = Promise.allSettled([...lost, read])
  await end(full())
  for (const outcome of await outcomes) assert.equal((outcome as PromiseRejectedResult).reason?.code, 'storage-full')
  assert.deepEqual(undone, ['ADDED old', 'DELETED a', 'DELETED old', 'ADDED b', 'MODIFIED a'])
  assert.deepEqual(values(core), [
    ['a', 1],
    ['old', 'base'],
  ])
  assert.equal(cluster.revision(), 2)
  assert.deepEqual(
    [...cluster.since(1, { pending: true })!].map(({ revision }) => revision),
    [2],
  )
  const again = cluster.commit({ resource: 'maps', key: 'a', expected: '2', object: object('a', 'again') })
  await end()
  assert.equal((await again).metadata.resourceVersion, '3')
  assert.deepEqual(
    [...cluster.since(1)!].map(({ revision }) => revision),
    [2, 3],
  )
})

test('a tombstone over the base layer comes back too', async () => {
  const { core, end } = openCore()
  const cluster = core.open('c')
  const gone = cluster.commit({ resource: 'maps', key: 'old', expected: '1', object: undefined })
  await end()
  await gone
  const lost = cluster.commit({ resource: 'maps', key: 'old', expected: '', object: object('old', 'new') })
  const outcome = assert.rejects(lost, /no space/)
  await end(full())
  await outcome
  assert.deepEqual(values(core), [])
})

test('a cluster whose drop was refused stays dropped: the drop is written before anything else', async () => {
  const { core, end, written } = openCore()
  const first = core.open('c').commit({ resource: 'maps', key: 'a', expected: '', object: object('a', 1) })
  await end()
  await first
  const dropped = assert.rejects(core.drop('c'), /no space/)
  await end(full())
  await dropped
  const again = core.open('c').commit({ resource: 'maps', key: 'b', expected: '', object: object('b', 1) })
  await end()
  await again
  assert.deepEqual(
    written.at(-1)!.map((entry) => ('dropped' in entry ? `dropped ${entry.dropped}` : entry.key)),
    ['dropped c', 'b'],
  )
  const later = core.open('c').commit({ resource: 'maps', key: 'c', expected: '', object: object('c', 1) })
  await end()
  await later
  assert.equal(written.at(-1)!.length, 1)
})

test('after any other failure nothing more is taken, and what was durable can still be read', async () => {
  const { core, end } = openCore()
  const cluster = core.open('c')
  const first = cluster.commit({ resource: 'maps', key: 'a', expected: '', object: object('a', 1) })
  await end()
  await first
  const lost = assert.rejects(cluster.commit({ resource: 'maps', key: 'b', expected: '', object: object('b', 1) }), /broken/)
  await end(new Error('the disk is broken'))
  await lost
  await assert.rejects(cluster.commit({ resource: 'maps', key: 'b', expected: '', object: object('b', 1) }), /broken/)
  assert.deepEqual(values(core), [
    ['a', 1],
    ['old', 'base'],
  ])
  assert.equal(cluster.durable(cluster.revision()), undefined)
})

test('after a refusal of more changes than the history keeps, watches go on from what is there', async () => {
  const { core, end } = openCore({ historyPerCluster: 2 })
  const cluster = core.open('c')
  const first = cluster.commit({ resource: 'maps', key: 'a', expected: '', object: object('a', 1) })
  await end()
  await first
  const lost = ['b', 'c', 'd', 'e'].map((key) =>
    assert.rejects(cluster.commit({ resource: 'maps', key, expected: '', object: object(key, 1) }), WriteRefused),
  )
  await end(full())
  await Promise.all(lost)
  const from = cluster.revision()
  assert.deepEqual([...(cluster.since(from) ?? ['forgotten'])], [])
  const next = cluster.commit({ resource: 'maps', key: 'f', expected: '', object: object('f', 1) })
  await end()
  await next
  assert.deepEqual(
    [...(cluster.since(from) ?? [])].map(({ key }) => key),
    ['f'],
  )
})

test('who waits for a change of a cluster that was dropped is told when the disk refuses it', async () => {
  const { core, end } = openCore()
  const cluster = core.open('c')
  const lost = assert.rejects(cluster.commit({ resource: 'maps', key: 'a', expected: '', object: object('a', 1) }), WriteRefused)
  const drop = assert.rejects(core.drop('c'), WriteRefused)
  let ended = false
  const waiting = Promise.resolve(cluster.durable(cluster.revision())).finally(() => {
    ended = true
  })
  waiting.catch(() => undefined)
  await end(full())
  await Promise.all([lost, drop])
  await new Promise((done) => setImmediate(done))
  assert.ok(ended)
})

test('a drop that was refused is acknowledged when it is repeated and durable, and not before', async () => {
  const { core, end, written } = openCore()
  const first = core.open('c').commit({ resource: 'maps', key: 'a', expected: '', object: object('a', 1) })
  await end()
  await first
  const refused = assert.rejects(core.drop('c'), WriteRefused)
  await end(full())
  await refused
  let acknowledged = false
  const again = core.drop('c').then(() => {
    acknowledged = true
  })
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  assert.equal(acknowledged, false)
  await end()
  await again
  assert.ok(written.at(-1)?.some((entry) => 'dropped' in entry && entry.dropped === 'c'))
})
