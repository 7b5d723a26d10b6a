import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { silentLog } from '../../base/log.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { formatBackup, parseBackup, restoreBackup } from './backup.js'
import type { BaseLayer, ClusterStorage, StoredChange } from './contract.js'
import { openFileStorage } from './file-storage.js'
import { formatRecord } from './log-record.js'
import { createMemoryStorage } from './memory-storage.js'
import { createRecordSeal, type SealKey } from './record-seal.js'

const root = mkdtempSync(join(tmpdir(), 'seal-test-'))
after(() => rmSync(root, { recursive: true, force: true }))
const key = (id: string): SealKey => ({ id, secret: Buffer.alloc(32, id) })
const object = (kind: string, name: string, text: string): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'a', uid: `uid-of-${name}` },
  data: { text },
})
const base: BaseLayer = new Map([
  [
    'roles',
    new Map(
      ['admin', 'edit'].map((name) => [name, { ...object('Role', name, 'base'), metadata: { name, resourceVersion: '1' } }]),
    ),
  ],
])
const put = (cluster: ClusterStorage, resource: string, value: KubeObject) =>
  cluster.commit({
    resource,
    key: `a/${value.metadata.name}`,
    expected: cluster.get(resource, `a/${value.metadata.name}`)?.metadata.resourceVersion ?? '',
    object: value,
  })
const textsIn = (directory: string) =>
  readdirSync(directory)
    .map((name) => readFileSync(join(directory, name), 'utf8'))
    .join('')

test('secrets are in no file in the clear, through log, snapshot and rotation of keys', async () => {
  const directory = join(root, 'sealed')
  const open = (keys: [SealKey, ...SealKey[]], rotateBytes = 1 << 20) =>
    openFileStorage({ directory, sync: false, log: silentLog, rotateBytes, seal: createRecordSeal(keys) })
  const first = open([key('k1')])
  await put(first.open('c'), 'secrets', object('Secret', 'token', 'hunter2'))
  await put(first.open('c'), 'configmaps', object('ConfigMap', 'plain', 'readable'))
  await first.close()
  assert.ok(textsIn(directory).includes('readable'))
  assert.ok(!textsIn(directory).includes('hunter2'))

  // A new key: what was sealed with the old one opens, and the next snapshot seals all with the new one.
  const second = open([key('k2'), key('k1')], 1)
  assert.deepEqual(second.open('c').get('secrets', 'a/token')?.['data'], { text: 'hunter2' })
  await put(second.open('c'), 'configmaps', object('ConfigMap', 'more', 'x'))
  await put(second.open('c'), 'configmaps', object('ConfigMap', 'more', 'y'))
  await second.close()
  assert.ok(!textsIn(directory).includes('hunter2'))
  const third = open([key('k2')])
  assert.deepEqual(third.open('c').get('secrets', 'a/token')?.['data'], { text: 'hunter2' })
  await third.close()
  assert.throws(() => open([key('k3')]), { code: 'storage-sealed', message: /sealed with key k2, which is not there/ })
  assert.throws(() => open([{ id: 'k2', secret: Buffer.alloc(32, 'wrong') }]), { code: 'storage-sealed' })
  assert.throws(() => openFileStorage({ directory, sync: false, log: silentLog }), { code: 'storage-sealed' })
})

test('a sealed text opens only where it belongs', () => {
  const seal = createRecordSeal([key('k1')])
  const { sealed } = seal.seal('text', 'c secrets a/one at revision 3')
  assert.equal(seal.open('k1', sealed, 'c secrets a/one at revision 3'), 'text')
  assert.throws(() => seal.open('k1', sealed, 'c secrets a/two at revision 3'), { code: 'storage-sealed' })
  assert.throws(() => seal.open('k1', sealed.slice(4), 'c secrets a/one at revision 3'), { code: 'storage-sealed' })
  assert.throws(() => seal.open('k1', '', 'c secrets a/one at revision 3'), { code: 'storage-sealed' })
})

test('a restored cluster is what it was; watches see how it came there', async () => {
  const storage = createMemoryStorage({ base })
  const cluster = storage.open('c')
  await put(cluster, 'maps', object('ConfigMap', 'kept', 'one'))
  await put(cluster, 'maps', object('ConfigMap', 'changed', 'before'))
  await put(cluster, 'maps', object('ConfigMap', 'deleted', 'back again'))
  await cluster.commit({ resource: 'roles', key: 'edit', expected: '1', object: undefined })
  const backup = Buffer.from([...formatBackup([cluster, storage.open('other')])].join(''))
  const then = { maps: plain(cluster, 'maps'), roles: plain(cluster, 'roles') }

  await put(cluster, 'maps', object('ConfigMap', 'changed', 'after'))
  await put(cluster, 'maps', object('ConfigMap', 'new', 'x'))
  await cluster.commit({
    resource: 'maps',
    key: 'a/deleted',
    expected: cluster.get('maps', 'a/deleted')!.metadata.resourceVersion!,
    object: undefined,
  })
  await cluster.commit({ resource: 'roles', key: 'admin', expected: '1', object: object('Role', 'admin', 'mine') })
  await cluster.commit({ resource: 'roles', key: 'edit', expected: '', object: object('Role', 'edit', 'mine') })

  const events: string[] = []
  cluster.onChange(({ type, resource, key: of }: StoredChange) => events.push(`${type} ${resource} ${of}`))
  const revision = cluster.revision()
  const [saved] = parseBackup(backup)
  const changes = {
    written: ['maps a/changed', 'maps a/deleted', 'roles admin'],
    deleted: ['maps a/new', 'roles edit'],
  }
  assert.deepEqual(await restoreBackup(cluster, saved!, { dryRun: true }), changes)
  assert.equal(cluster.revision(), revision)
  assert.deepEqual(await restoreBackup(cluster, saved!), changes)
  assert.deepEqual({ maps: plain(cluster, 'maps'), roles: plain(cluster, 'roles') }, then)
  assert.equal(cluster.revision(), revision + 5)
  assert.deepEqual(events.sort(), [
    'ADDED maps a/deleted',
    'DELETED maps a/new',
    'DELETED roles edit',
    'MODIFIED maps a/changed',
    'MODIFIED roles admin',
  ])
  assert.deepEqual(await restoreBackup(cluster, saved!), { written: [], deleted: [] })

  const copy = storage.open('copy')
  assert.equal((await restoreBackup(copy, saved!)).written.length, 3)
  assert.deepEqual({ maps: plain(copy, 'maps'), roles: plain(copy, 'roles') }, then)
})

test('a backup whose objects are none, or are of other names, is refused', () => {
  const record = (key: string, object: unknown) =>
    formatRecord(['r', 'a', 1]) + formatRecord(['p', 'a', 1, 'pods', key, object as KubeObject]) + formatRecord(['end', 2])
  const pod = (metadata: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata })
  const good = pod({ name: 'x', namespace: 'n', uid: '9f1c-1', resourceVersion: '1' })
  assert.equal(parseBackup(Buffer.from(record('n/x', good))).length, 1)
  const bad: [string, unknown][] = [
    ['n/x', {}],
    ['n/x', []],
    ['n/y', good],
    ['x', good],
    ['n/x', pod({ name: 'x', namespace: 'n', uid: '../../../home' })],
    ['n/x', pod({ name: 'x', namespace: 'n', uid: 7 })],
    ['n/x', { metadata: good.metadata }],
  ]
  for (const [key, object] of bad) assert.throws(() => parseBackup(Buffer.from(record(key, object))), /is no object of this name/)
})

test('a backup that is not whole is refused', async () => {
  const cluster = createMemoryStorage({ base }).open('c')
  for (let index = 0; index < 5; index++) await put(cluster, 'maps', object('ConfigMap', `m${index}`, 'x'))
  const bytes = Buffer.from([...formatBackup([cluster])].join(''))
  assert.equal(parseBackup(bytes)[0]?.objects.length, 5)
  for (let cut = 0; cut < bytes.length - 1; cut += 7) {
    assert.throws(() => parseBackup(bytes.subarray(0, cut)), { code: 'backup-damaged' }, `cut at ${cut}`)
    const flipped = Buffer.from(bytes)
    flipped[cut] = flipped[cut]! ^ 1
    assert.throws(() => parseBackup(flipped), { code: 'backup-damaged' }, `flipped at ${cut}`)
  }
})

function plain(cluster: ClusterStorage, resource: string) {
  return [...cluster.scan(resource, '')].map(({ metadata, ...rest }) => ({
    ...rest,
    metadata: { ...metadata, resourceVersion: '' },
  }))
}
