import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { parseBackup } from '../storage/backup.js'
import { type Journal, StorageCore } from '../storage/storage-core.js'
import { WriteRefused } from '../storage/write-refused.js'
import { createBootstrapLayer } from './bootstrap-layer.js'
import { createClusterFixture } from './cluster-fixture.js'
import { eventTtlMs } from './event-expiry.js'

/** A disk that is full when the test says so. */
function openDisk() {
  let isFull: () => boolean = () => false
  const journal: Journal = {
    schedule: queueMicrotask,
    write() {
      if (isFull()) throw new WriteRefused({ code: 'storage-full', message: 'no space' })
    },
    close: async () => undefined,
  }
  return {
    storage: new StorageCore({ journal, base: createBootstrapLayer(0) }),
    fills(when: () => boolean) {
      isFull = when
    },
  }
}

test('Events that could not be deleted on a full disk are deleted later', async () => {
  const { storage, fills } = openDisk()
  const { client, type, cluster, clock } = await createClusterFixture({ storage })
  await client.create(type('events'), {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e', namespace: 'default' },
    involvedObject: { namespace: 'default' },
  } as unknown as KubeObject)
  fills(() => true)
  await clock.advance(eventTtlMs * 2)
  assert.ok(cluster.peek('events', 'default/e'))
  fills(() => false)
  await clock.advance(eventTtlMs * 2)
  assert.equal(cluster.peek('events', 'default/e'), undefined)
})

test('the status of a quota that a full disk refused is written later', async () => {
  const { storage, fills } = openDisk()
  const { client, type, cluster, clock } = await createClusterFixture({ storage })
  await client.create(type('quota'), {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'q', namespace: 'default' },
    spec: { hard: { configmaps: '10' } },
  } as unknown as KubeObject)
  fills(() => true)
  await clock.advance(1000)
  fills(() => false)
  await clock.advance(600_000)
  const status = cluster.peek('resourcequotas', 'default/q')?.['status'] as { used?: Record<string, string> }
  assert.equal(status.used?.['configmaps'], '0')
})

test('what a restore brought back before the disk was full is served', async () => {
  const { storage, fills } = openDisk()
  const { client, type, cluster } = await createClusterFixture({ storage })
  const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  await client.create(type('crd'), {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
    },
  } as unknown as KubeObject)
  const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', namespace: 'default' } }
  await client.create(type('cm'), map)
  const crd = 'customresourcedefinitions.apiextensions.k8s.io'
  const [backup] = parseBackup(Buffer.from([...cluster.backup()].join('')))
  await client.delete({ type: type('cm'), namespace: 'default', name: 'm' })
  await client.delete({ type: type('crd'), name: 'things.example.com' })
  assert.equal(cluster.peek(crd, 'things.example.com'), undefined)
  const definitions = backup!.objects.filter(({ resource }) => resource === crd)
  // The definition in its own group of writes, the rest in one that is refused.
  const objects = [...definitions, ...backup!.objects.filter(({ resource }) => resource !== crd)]
  const few = Array.from({ length: 200 }, (_, n) => {
    const name = `m${n}`
    return { resource: 'configmaps', key: `default/${name}`, object: { ...map, metadata: { ...map.metadata, name } } }
  })
  fills(() => cluster.peek(crd, 'things.example.com') !== undefined && cluster.peek('configmaps', 'default/m199') !== undefined)
  const turn = () => new Promise<void>((done) => setImmediate(done))
  await assert.rejects(cluster.restore({ ...backup!, objects: [...objects, ...few] }, { turn }), WriteRefused)
  assert.ok(cluster.peek(crd, 'things.example.com'))
  assert.ok(cluster.api.catalogue().forName('things'))
})
