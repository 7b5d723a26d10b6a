import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '../../base/log.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { isExpired } from '../../kube/object/status-error.js'
import type { ClusterChange } from '../contract.js'
import { openFileStorage } from '../storage/file-storage.js'
import { createBootstrapLayer } from './bootstrap-layer.js'
import { createClusterFixture } from './cluster-fixture.js'
import { EventQueue } from './event-queue.js'

const map = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
})

test('a new cluster has what every cluster has', async () => {
  const { client, type, clusters } = await createClusterFixture()
  const names = async (name: string) => (await client.list(type(name))).items.map(({ metadata }) => metadata.name)
  assert.deepEqual(await names('ns'), ['default', 'kube-node-lease', 'kube-public', 'kube-system'])
  assert.deepEqual(await names('svc'), ['kubernetes'])
  assert.deepEqual(await names('endpointslices'), ['kubernetes'])
  assert.deepEqual(await names('pc'), ['system-cluster-critical', 'system-node-critical'])
  for (const name of ['cluster-admin', 'admin', 'edit', 'view', 'system:discovery']) {
    assert.ok((await names('clusterroles')).includes(name), name)
  }
  const role = await client.get({ type: type('clusterroles'), name: 'view' })
  assert.equal(role.metadata.resourceVersion, '1')
  assert.ok(role.metadata.uid)
  const given = await clusters.ensure('given', { uid: '11111111-2222-4333-8444-555555555555' })
  assert.equal(given.peek('namespaces', 'kube-system')?.metadata.uid, '11111111-2222-4333-8444-555555555555')
  assert.equal(await clusters.ensure('given'), given)
  assert.deepEqual(
    clusters.list().map(({ name }) => name),
    ['test', 'given'],
  )
})

test('clusters are apart, and one feed tells of all of them in order', async () => {
  const { clusters, type, clock } = await createClusterFixture()
  const changes: ClusterChange[] = []
  const stop = clusters.onChange((change) => changes.push(change))
  const [left, right] = [await clusters.ensure('left'), await clusters.ensure('right')]
  changes.length = 0
  await left.client().create(type('cm'), map('a'))
  await right.client().create(type('cm'), map('b'))
  await left.client().update(type('cm'), { ...map('a'), data: { x: 'y' } })
  await left.client().delete({ type: type('cm'), namespace: 'default', name: 'a' })
  assert.deepEqual(
    changes.map(({ cluster, groupResource, type: kind, object, previous }) => [
      cluster,
      groupResource,
      kind,
      object.metadata.name,
      previous?.metadata.name,
    ]),
    [
      ['left', 'configmaps', 'ADDED', 'a', undefined],
      ['right', 'configmaps', 'ADDED', 'b', undefined],
      ['left', 'configmaps', 'MODIFIED', 'a', 'a'],
      ['left', 'configmaps', 'DELETED', 'a', 'a'],
    ],
  )
  assert.deepEqual([...left.peekAll('configmaps')], [])
  assert.equal([...right.peekAll('configmaps', 'default')].length, 1)
  stop()
  const watched: string[] = []
  const watching = (async () => {
    for await (const event of right.client().watch(type('cm'), {})) watched.push(event.type)
  })()
  await clock.advance(0)
  await clusters.delete('right')
  await watching
  assert.deepEqual(watched, ['ADDED'])
  assert.equal(clusters.get('right'), undefined)
  const again = await clusters.ensure('right')
  assert.equal(again.peek('configmaps', 'default/b'), undefined)
  assert.equal(changes.length, 4)
})

test('a reader that is too slow is told to list again, after what it has', async () => {
  const queue = new EventQueue()
  const event = { type: 'ADDED', object: map('a') } as const
  assert.equal(queue.push(new Array(60_000).fill(event)), true, 'a whole list may come at once')
  assert.equal((await queue.take())?.length, 60_000)
  assert.equal(queue.push(new Array(50_001).fill(event)), true)
  assert.equal(queue.push([event]), false)
  assert.equal((await queue.take())?.length, 50_001)
  await assert.rejects(queue.take(), isExpired)
})

test('Events go an hour after their last change, and leave no timer', async () => {
  const { client, type, clock } = await createClusterFixture()
  const event = (name: string, count: number): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: 'default' },
    involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
    count,
  })
  await client.create(type('ev'), event('old', 1))
  await client.create(type('ev'), event('again', 1))
  await clock.advance(1_800_000)
  await client.update(type('ev'), event('again', 2))
  const names = async () => (await client.list(type('ev'))).items.map(({ metadata }) => metadata.name)
  await clock.advance(2_200_000)
  assert.deepEqual(await names(), ['again'])
  await clock.advance(2_000_000)
  assert.deepEqual(await names(), [])
  assert.equal(clock.untilNextMs(), undefined)
})

test('closing a client ends its watches and refuses further calls', async () => {
  const { cluster, type, clock } = await createClusterFixture()
  const client = cluster.client()
  const watching = (async () => {
    for await (const event of client.watch(type('cm'), {})) void event
  })()
  await clock.advance(0)
  client.close()
  await watching
  await assert.rejects(client.list(type('cm')), /used after close/)
  assert.equal(await cluster.client().raw('GET', '/healthz'), 'ok')
  assert.equal((JSON.parse(await cluster.client().raw('GET', '/version')) as { major: string }).major, '1')
  await assert.rejects(cluster.client().raw('GET', '/nowhere'), /could not find the requested resource/)
})

test('a fleet on disk is there after a restart', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'logical-test-'))
  try {
    const open = () => openFileStorage({ directory, sync: false, log: silentLog, base: createBootstrapLayer(1_767_225_600_000) })
    let storage = open()
    const first = await createClusterFixture({ storage })
    await first.client.create(first.type('cm'), map('kept'))
    await first.client.delete({ type: first.type('clusterroles'), name: 'edit' })
    const uid = first.cluster.peek('namespaces', 'kube-system')?.metadata.uid
    const { resourceVersion } = (await first.client.list(first.type('cm'))).metadata
    await storage.close()
    storage = open()
    const second = await createClusterFixture({ storage })
    assert.equal(second.cluster.peek('namespaces', 'kube-system')?.metadata.uid, uid)
    assert.ok(second.cluster.peek('configmaps', 'default/kept'))
    assert.equal(second.cluster.peek('clusterroles.rbac.authorization.k8s.io', 'edit'), undefined)
    assert.equal((await second.client.list(second.type('cm'))).metadata.resourceVersion, resourceVersion)
    await storage.close()
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

test('a thousand idle clusters are cheap', async () => {
  const { clusters } = await createClusterFixture()
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  for (let n = 0; n < 1000; n++) await clusters.ensure(`c${n}`)
  globalThis.gc?.()
  const each = (process.memoryUsage().heapUsed - before) / 1000
  assert.ok(each < 60_000, `${Math.round(each)} bytes each`)
})
