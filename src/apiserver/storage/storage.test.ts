import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { CodedError } from '../../base/errors.js'
import { silentLog } from '../../base/log.js'
import { createSeededRandom } from '../../base/random.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { BaseLayer, Storage, StoredChange } from './contract.js'
import { openFileStorage } from './file-storage.js'
import { createMemoryStorage } from './memory-storage.js'
import { Superseded } from './superseded.js'

const root = mkdtempSync(join(tmpdir(), 'storage-test-'))
after(() => rmSync(root, { recursive: true, force: true }))
let directories = 0
const newDirectory = () => join(root, `s${directories++}`)

const object = (name: string, value: unknown, resourceVersion?: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'a', ...(resourceVersion ? { resourceVersion } : {}) },
  data: value,
})
const base: BaseLayer = new Map([
  [
    'roles',
    new Map([
      ['admin', object('admin', 'base', '1')],
      ['edit', object('edit', 'base', '1')],
      ['view', object('view', 'base', '1')],
    ]),
  ],
])
const dump = (storage: Storage, resources = ['maps', 'roles']) =>
  storage.clusters().map((name) => {
    const cluster = storage.open(name)
    return { name, revision: cluster.revision(), objects: resources.map((resource) => [...cluster.scan(resource, '')]) }
  })

const open = (directory: string, more: { rotateBytes?: number; sync?: boolean } = {}) =>
  openFileStorage({ directory, sync: false, log: silentLog, base, ...more })

for (const [name, create] of [
  ['memory', () => createMemoryStorage({ base })],
  ['file', () => open(newDirectory())],
  ['file with sync', () => open(newDirectory(), { sync: true })],
] as const) {
  describe(`${name} storage`, () => {
    test('compares and sets', async () => {
      const storage = create()
      const cluster = storage.open('c')
      const first = await cluster.commit({ resource: 'maps', key: 'a/x', expected: '', object: object('x', 1) })
      assert.equal(first.metadata.resourceVersion, '2')
      assert.throws(
        () => cluster.commit({ resource: 'maps', key: 'a/x', expected: '', object: object('x', 2) }),
        (error) => error instanceof Superseded && error.current === first,
      )
      assert.throws(() => cluster.commit({ resource: 'maps', key: 'a/x', expected: '1', object: object('x', 2) }), Superseded)
      assert.throws(() => cluster.commit({ resource: 'maps', key: 'a/y', expected: '', object: undefined }), Superseded)
      const pending = cluster.commit({ resource: 'maps', key: 'a/x', expected: '2', object: object('x', 2) })
      assert.equal(cluster.get('maps', 'a/x')?.metadata.resourceVersion, '3', 'visible before it is durable')
      assert.deepEqual([...(cluster.since(2) ?? [])], [], 'but not in the durable history')
      assert.equal([...(cluster.since(2, { pending: true }) ?? [])].length, 1)
      await pending
      assert.equal([...(cluster.since(2) ?? [])].length, 1)
      const last = await cluster.commit({ resource: 'maps', key: 'a/x', expected: '3', object: undefined })
      assert.equal(last.metadata.resourceVersion, '4')
      assert.equal(cluster.get('maps', 'a/x'), undefined)
      await storage.close()
    })

    test('tells listeners of durable changes in order, and keeps history', async () => {
      const storage = create()
      const cluster = storage.open('c')
      const heard: StoredChange[] = []
      const stop = cluster.onChange((change) => heard.push(change))
      const writes = [1, 2, 3].map((n) =>
        cluster.commit({ resource: 'maps', key: `a/${n}`, expected: '', object: object(String(n), n) }),
      )
      assert.equal(heard.length, 0)
      await writes[0]
      assert.deepEqual(
        heard.map((change) => [change.revision, change.type, change.key]),
        [
          [2, 'ADDED', 'a/1'],
          [3, 'ADDED', 'a/2'],
          [4, 'ADDED', 'a/3'],
        ],
      )
      assert.deepEqual([...cluster.since(1)!], heard)
      await cluster.commit({ resource: 'maps', key: 'a/2', expected: '3', object: undefined })
      assert.equal(heard[3]?.type, 'DELETED')
      assert.equal(heard[3]?.object.metadata.resourceVersion, '5')
      assert.equal(heard[3]?.previous?.metadata.resourceVersion, '3')
      stop()
      await cluster.commit({ resource: 'maps', key: 'a/4', expected: '', object: object('4', 4) })
      assert.equal(heard.length, 4)
      await storage.close()
    })

    test('the base layer is shared, changed and deleted for one cluster only', async () => {
      const storage = create()
      const [left, right] = [storage.open('left'), storage.open('right')]
      await left.commit({ resource: 'roles', key: 'edit', expected: '1', object: object('edit', 'mine') })
      await left.commit({ resource: 'roles', key: 'admin', expected: '1', object: undefined })
      await left.commit({ resource: 'roles', key: 'extra', expected: '', object: object('extra', 'mine') })
      const values = (cluster: typeof left) => [...cluster.scan('roles', '')].map((item) => [item.metadata.name, item['data']])
      assert.deepEqual(values(left), [
        ['edit', 'mine'],
        ['extra', 'mine'],
        ['view', 'base'],
      ])
      assert.equal(left.count('roles', ''), 3)
      assert.equal(right.count('roles', ''), 3)
      assert.deepEqual(
        values(right).map(([key]) => key),
        ['admin', 'edit', 'view'],
      )
      assert.deepEqual(storage.clusters(), ['left'])
      await left.commit({ resource: 'roles', key: 'admin', expected: '', object: object('admin', 'again') })
      assert.equal(left.get('roles', 'admin')?.['data'], 'again')
      await storage.drop('left')
      assert.deepEqual(storage.clusters(), [])
      assert.equal(storage.open('left').get('roles', 'admin')?.['data'], 'base')
      await storage.close()
    })
  })
}

test('history is bounded by cluster and in all', async () => {
  const storage = createMemoryStorage({ historyPerCluster: 1000, historyTotal: 1500 })
  for (const name of ['a', 'b', 'c']) {
    const cluster = storage.open(name)
    for (let n = 0; n < 2000; n++) {
      void cluster.commit({ resource: 'maps', key: `a/${n}`, expected: '', object: object(String(n), n) })
    }
    await cluster.commit({ resource: 'maps', key: 'a/last', expected: '', object: object('last', 0) })
  }
  assert.equal(storage.open('a').since(1), undefined)
  assert.equal([...storage.open('a').since(2002 - 1000)!].length, 1000)
  assert.equal(storage.open('c').since(2002 - 500), undefined, 'the total is used up by then')
  assert.equal([...storage.open('c').since(2002 - 100)!].length, 100)
})

test('a reopened directory holds everything, over rotations, drops and tombstones', async () => {
  const directory = newDirectory()
  const random = createSeededRandom(7)
  let storage = open(directory, { rotateBytes: 4000 })
  for (let round = 0; round < 12; round++) {
    for (let n = 0; n < 60; n++) {
      const cluster = storage.open(`c${Math.floor(random.number() * 3)}`)
      const [resource, key] = random.number() < 0.2 ? ['roles', 'edit'] : ['maps', `a/${Math.floor(random.number() * 20)}`]
      const current = cluster.get(resource!, key!)
      const gone = current !== undefined && random.number() < 0.3
      const write = cluster.commit({
        resource: resource!,
        key: key!,
        expected: current?.metadata.resourceVersion ?? '',
        object: gone ? undefined : object(key!, { round, text: 'ünï\u2028 "x"\n' }),
      })
      if (random.number() < 0.3) await write
    }
    if (round === 5) await storage.drop('c1')
    const before = dump(storage)
    await storage.close()
    storage = open(directory, { rotateBytes: 4000 })
    assert.deepEqual(dump(storage), before)
  }
  assert.ok(readdirSync(directory).some((name) => name.startsWith('snapshot-')))
  assert.ok(readdirSync(directory).length <= 3, readdirSync(directory).join(' '))
  for (const name of readdirSync(directory)) assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600)
  assert.equal(statSync(directory).mode & 0o777, 0o700)
  await storage.close()
})

test('history survives a restart as far as the log goes', async () => {
  const directory = newDirectory()
  let storage = open(directory)
  for (const n of [1, 2, 3]) {
    await storage.open('c').commit({ resource: 'maps', key: `a/${n}`, expected: '', object: object(String(n), n) })
  }
  await storage.close()
  storage = open(directory)
  assert.deepEqual(
    [...storage.open('c').since(2)!].map((change) => [change.type, change.key, change.revision]),
    [
      ['ADDED', 'a/2', 3],
      ['ADDED', 'a/3', 4],
    ],
  )
  await storage.close()
})

test('every cut and every flipped byte at the end of the log loses the damaged records only', async () => {
  const directory = newDirectory()
  const storage = open(directory)
  for (let n = 0; n < 5; n++) {
    await storage.open('c').commit({ resource: 'maps', key: `a/${n}`, expected: '', object: object(String(n), n) })
  }
  await storage.close()
  const file = join(directory, readdirSync(directory)[0]!)
  const whole = readFileSync(file)
  const ends = [...whole].flatMap((byte, index) => (byte === 0x0a ? [index + 1] : []))
  for (let cut = ends[2]!; cut <= whole.length; cut += 7) {
    writeFileSync(file, whole.subarray(0, cut))
    const reopened = open(directory)
    assert.equal(reopened.open('c').count('maps', ''), ends.filter((end) => end <= cut).length, `cut at ${cut}`)
    const more = reopened.open('c')
    await more.commit({ resource: 'maps', key: 'a/new', expected: '', object: object('new', 1) })
    await reopened.close()
    const again = open(directory)
    assert.ok(again.open('c').get('maps', 'a/new'), 'appends go behind the cut')
    await again.close()
  }
  for (let at = ends[3]!; at < whole.length; at += 11) {
    const bent = Buffer.from(whole)
    bent[at] = bent[at]! ^ 0x10
    writeFileSync(file, bent)
    const reopened = open(directory)
    assert.equal(reopened.open('c').count('maps', ''), 4)
    await reopened.close()
  }
})

test('damage in the middle of the last segment is an error, and the file stays as it is', async () => {
  const directory = newDirectory()
  const storage = open(directory)
  for (let n = 0; n < 5; n++) {
    await storage.open('c').commit({ resource: 'maps', key: `a/${n}`, expected: '', object: object(String(n), n) })
  }
  await storage.close()
  const file = join(directory, readdirSync(directory)[0]!)
  const whole = readFileSync(file)
  const second = whole.indexOf(0x0a) + 1
  for (const bytes of [Buffer.from('X'), Buffer.from('\n\n'), Buffer.from('deadbeef')]) {
    const bent = Buffer.from(whole)
    bytes.copy(bent, second)
    writeFileSync(file, bent)
    assert.throws(() => open(directory), new RegExp(`the record at byte ${second} is damaged, and acknowledged writes follow it`))
    assert.deepEqual(readFileSync(file), bent)
  }
  // A page that never reached the disk: nothing of that write was acknowledged, though its end may be there.
  const hole = Buffer.from(whole)
  hole.fill(0, second, second + 20)
  writeFileSync(file, hole)
  const reopened = open(directory)
  assert.equal(reopened.open('c').count('maps', ''), 1)
  await reopened.close()
})

test('damage that acknowledged writes follow is an error, not a silent loss', async () => {
  const directory = newDirectory()
  let storage = open(directory, { rotateBytes: 200 })
  for (let n = 0; n < 4; n++) {
    await storage.open('c').commit({ resource: 'maps', key: `a/${n}`, expected: '', object: object(String(n), n) })
  }
  await storage.close()
  const snapshot = readdirSync(directory).find((name) => name.startsWith('snapshot-'))!
  const path = join(directory, snapshot)
  const whole = readFileSync(path)
  writeFileSync(path, whole.subarray(0, whole.length - 5))
  assert.throws(() => open(directory), /the record at byte \d+ is damaged/)
  writeFileSync(path, whole)
  appendFileSync(`${path}.partial`, 'left over')
  storage = open(directory)
  assert.equal(storage.open('c').count('maps', ''), 4)
  assert.ok(!readdirSync(directory).some((name) => name.endsWith('.partial')))
  await storage.close()
})

test('a full disk fails the writes that it cannot take, and all after them', {
  skip: !existsSync('/dev/full'),
}, async () => {
  const directory = newDirectory()
  const storage = open(directory, { rotateBytes: 10 })
  const cluster = storage.open('c')
  const commit = (key: string) => cluster.commit({ resource: 'maps', key, expected: '', object: object(key, 1) })
  await commit('a/1')
  symlinkSync('/dev/full', join(directory, 'log-0000000002'))
  await assert.rejects(commit('a/2'), (error) => error instanceof CodedError && error.code === 'storage-write-failed')
  await assert.rejects(commit('a/3'), /was not made durable: ENOSPC/)
  await storage.close().catch(() => undefined)
  rmSync(join(directory, 'log-0000000002'))
  const reopened = open(directory)
  assert.ok(reopened.open('c').get('maps', 'a/1'))
  assert.equal(reopened.open('c').get('maps', 'a/3'), undefined)
  await reopened.close()
})

test('an object that has no text fails alone', async () => {
  const storage = open(newDirectory())
  const cluster = storage.open('c')
  const endless = object('endless', {})
  endless['data'] = endless
  const fine = cluster.commit({ resource: 'maps', key: 'a/fine', expected: '', object: object('fine', 1) })
  assert.throws(() => cluster.commit({ resource: 'maps', key: 'a/endless', expected: '', object: endless }), TypeError)
  assert.equal(cluster.get('maps', 'a/endless'), undefined)
  await fine
  await cluster.commit({ resource: 'maps', key: 'a/more', expected: '', object: object('more', 1) })
  await storage.close()
})

test('kill -9 in a storm of writes loses nothing that was acknowledged', async () => {
  const directory = newDirectory()
  const code = `
    const { openFileStorage } = await import(${JSON.stringify(new URL('./file-storage.js', import.meta.url).href)})
    const { silentLog } = await import(${JSON.stringify(new URL('../../base/log.js', import.meta.url).href)})
    const { writeSync } = await import('node:fs')
    const storage = openFileStorage({ directory: ${JSON.stringify(directory)}, sync: false, log: silentLog, rotateBytes: 200000 })
    let round = 0
    const one = async (worker) => {
      const cluster = storage.open('c' + (worker % 3))
      for (let n = 1; ; n++) {
        const key = 'a/w' + worker
        const now = cluster.get('maps', key)
        await cluster.commit({ resource: 'maps', key, expected: now?.metadata.resourceVersion ?? '', object: {
          apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'w' + worker }, data: { n, pad: 'x'.repeat(200), same: n } } })
        writeSync(1, worker + ' ' + n + '\\n')
      }
    }
    for (let worker = 0; worker < 16; worker++) void one(worker)`
  for (const runMs of [60, 150]) {
    rmSync(directory, { recursive: true, force: true })
    const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    let output = ''
    await new Promise<void>((resolve) => {
      let started = false
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString()
        if (started || new Set(output.match(/^\d+(?= \d+\n)/gm)).size < 16) return
        setTimeout(() => child.kill('SIGKILL'), runMs)
        started = true
      })
      child.on('close', () => resolve())
    })
    const acknowledged = new Map<string, number>()
    for (const line of output.split('\n').slice(0, -1)) {
      const [worker, n] = line.split(' ')
      acknowledged.set(worker!, Number(n))
    }
    assert.ok(acknowledged.size === 16)
    const storage = open(directory)
    for (const [worker, n] of acknowledged) {
      const found = storage.open(`c${Number(worker) % 3}`).get('maps', `a/w${worker}`)
      const data = found?.['data'] as { n: number; same: number }
      assert.ok(data.n >= n, `worker ${worker}: acknowledged ${n}, found ${data.n}`)
      assert.ok(data.n <= n + 1, 'at most the one write that was under way')
      assert.equal(data.same, data.n)
    }
    await storage.close()
  }
})
