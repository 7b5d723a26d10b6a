import assert from 'node:assert/strict'
import fs, { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, test } from 'node:test'
import { CodedError } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { Storage } from './contract.js'
import { openFileStorage } from './file-storage.js'
import { WriteRefused } from './write-refused.js'

const root = mkdtempSync(join(tmpdir(), 'disk-faults-'))
let directories = 0
const newDirectory = () => join(root, `d${directories++}`)
const real = { ...fs, open: fs.promises.open }
afterEach(() => {
  Object.assign(fs, { writeSync: real.writeSync, openSync: real.openSync, fsyncSync: real.fsyncSync })
  Object.assign(fs, { fdatasync: real.fdatasync, fdatasyncSync: real.fdatasyncSync, fsync: real.fsync })
  fs.promises.open = real.open
  syncBuiltinESMExports()
})
after(() => rmSync(root, { recursive: true, force: true }))

/** The operating system as it is, but for what is given: as a failing disk answers. */
function disk(
  faults: Partial<Record<'writeSync' | 'openSync' | 'fsync' | 'fsyncSync' | 'fdatasync' | 'fdatasyncSync', unknown>>,
): void {
  Object.assign(fs, faults)
  syncBuiltinESMExports()
}

const errno = (code: string) => Object.assign(new Error(`${code}: fault of the disk`), { code })
const warnings: string[] = []
const log: Log = { ...(await import('../../base/log.js')).silentLog, warn: (text) => void warnings.push(text) }
const open = (directory: string, options: { sync?: boolean; rotateBytes?: number } = {}) =>
  openFileStorage({ directory, sync: false, log, ...options })
const object = (name: string, value: unknown = 1): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'a' },
  data: value,
})
const put = (storage: Storage, name: string, value?: unknown) =>
  storage.open('c').commit({ resource: 'maps', key: `a/${name}`, expected: '', object: object(name, value) })
const names = (storage: Storage) => [...storage.open('c').scan('maps', '')].map(({ metadata }) => metadata.name)
const coded = (code: string) => (error: unknown) => error instanceof CodedError && error.code === code

/** What a new process finds in the directory. */
async function found(directory: string): Promise<string[]> {
  const storage = open(directory)
  try {
    return names(storage)
  } finally {
    await storage.close()
  }
}

test('short writes are continued: what is acknowledged is whole', async () => {
  const directory = newDirectory()
  const storage = open(directory)
  let writes = 0
  disk({
    writeSync: (file: number, data: Buffer, at: number) => {
      writes++
      return real.writeSync(file, data, at, Math.min(7, data.length - at))
    },
  })
  await Promise.all([put(storage, 'one', 'é'.repeat(50)), put(storage, 'two')])
  assert.ok(writes > 20)
  await storage.close()
  assert.deepEqual(await found(directory), ['one', 'two'])
})

test('a disk that fills in the middle of a record leaves nothing of it, and takes the next write', async () => {
  const directory = newDirectory()
  const storage = open(directory)
  await put(storage, 'before')
  let short = true
  disk({
    writeSync: (file: number, data: Buffer, at: number) => {
      if (!short) throw errno('ENOSPC')
      short = false
      return real.writeSync(file, data, at, 20)
    },
  })
  await assert.rejects(put(storage, 'lost'), (error) => error instanceof WriteRefused && error.code === 'storage-full')
  assert.deepEqual(names(storage), ['before'])
  disk({ writeSync: real.writeSync })
  await put(storage, 'after')
  await storage.close()
  assert.deepEqual(await found(directory), ['after', 'before'])
})

test('a disk that cannot write ends all writes; what was acknowledged stays, and nothing else', async () => {
  const directory = newDirectory()
  const storage = open(directory)
  await put(storage, 'before')
  disk({
    writeSync: (file: number, data: Buffer, at: number) => {
      if (at > 0) throw errno('EIO')
      return real.writeSync(file, data, 0, 30)
    },
  })
  await assert.rejects(put(storage, 'lost'), coded('storage-write-failed'))
  disk({ writeSync: real.writeSync })
  await assert.rejects(put(storage, 'later'), /EIO/)
  assert.deepEqual(names(storage), ['before'])
  await storage.close().catch(() => undefined)
  assert.deepEqual(await found(directory), ['before'])
})

test('after a sync that failed nothing is acknowledged, read or found again, even where a second sync would succeed', async () => {
  const directory = newDirectory()
  const storage = open(directory, { sync: true })
  await put(storage, 'before')
  let syncs = 0
  disk({
    fdatasync: (_file: number, done: (error: Error | null) => void) => {
      syncs++
      setImmediate(done, syncs === 1 ? errno('EIO') : null)
    },
  })
  const cluster = storage.open('c')
  const lost = put(storage, 'lost')
  // It comes while the other is on its way to the disk, and a reader that has seen both waits for both.
  await new Promise((done) => setImmediate(done))
  const gathered = put(storage, 'gathered')
  const read = cluster.durable(cluster.revision())
  const heard: string[] = []
  cluster.onChange(({ key }) => heard.push(key))
  for (const outcome of [lost, gathered, read]) await assert.rejects(outcome!, coded('storage-write-failed'))
  await assert.rejects(put(storage, 'later'), coded('storage-write-failed'))
  assert.equal(syncs, 1, 'a second sync proves nothing')
  assert.deepEqual(heard, [])
  assert.deepEqual(names(storage), ['before'])
  await storage.close()
  assert.deepEqual(await found(directory), ['before'])
})

test('what a killed process left in the page cache is made durable before anybody is told of it', async () => {
  const directory = newDirectory()
  const storage = open(directory)
  await put(storage, 'unsynced')
  await storage.close()
  let synced = 0
  disk({
    fdatasyncSync: (file: number) => {
      synced++
      real.fdatasyncSync(file)
    },
  })
  await open(directory, { sync: true }).close()
  assert.equal(synced, 2, 'at the opening, at the close')
  disk({
    fdatasyncSync: () => {
      throw errno('EIO')
    },
  })
  assert.throws(() => open(directory, { sync: true }), coded('storage-write-failed'))
})

test('the first write of all is acknowledged when the name of its file is durable too', async () => {
  let answer: ((error: Error | null) => void) | undefined
  const directory = newDirectory()
  disk({ fsync: (_: number, done: (error: Error | null) => void) => void (answer = done) })
  const storage = open(directory, { sync: true })
  let told = false
  const first = put(storage, 'one').then(() => {
    told = true
  })
  await new Promise((done) => setTimeout(done, 20))
  assert.equal(told, false)
  answer!(null)
  await first
  await put(storage, 'two')
  await storage.close()
  assert.deepEqual(await found(directory), ['one', 'two'])

  disk({ fsync: (_: number, done: (error: Error | null) => void) => done(errno('EIO')) })
  const broken = newDirectory()
  const other = open(broken, { sync: true })
  await assert.rejects(put(other, 'one'), coded('storage-write-failed'))
  await other.close()
  assert.deepEqual(await found(broken), [])
})

test('where the next segment cannot begin, the present one goes on', async () => {
  for (const faults of [
    {
      openSync: (path: string, flags: string, mode?: number) => {
        if (flags === 'a') throw errno('ENOSPC')
        return real.openSync(path, flags, mode)
      },
    },
    {
      fsyncSync: () => {
        throw errno('EIO')
      },
    },
  ]) {
    const directory = newDirectory()
    const storage = open(directory, { sync: true, rotateBytes: 10 })
    await put(storage, 'one')
    disk(faults)
    warnings.length = 0
    await put(storage, 'two')
    await put(storage, 'three')
    assert.match(warnings[0]!, /a snapshot could not be written/)
    assert.deepEqual(readdirSync(directory), ['log-0000000001'])
    disk({ openSync: real.openSync, fsyncSync: real.fsyncSync })
    assert.deepEqual(names(storage), ['one', 'three', 'two'])
    await put(storage, 'zz')
    await storage.close()
    assert.deepEqual(await found(directory), ['one', 'three', 'two', 'zz'])
  }
})

test('a snapshot that the disk does not take in full is none, and the log stays; short writes are continued', async () => {
  for (const fault of ['short', 'full', 'sync']) {
    const directory = newDirectory()
    const storage = open(directory, { rotateBytes: 10 })
    await put(storage, 'one', 'x'.repeat(100))
    let left = 2
    fs.promises.open = async (...args) => {
      const file = await real.open(...args)
      const write = file.write.bind(file) as (data: Buffer, at: number, length?: number) => Promise<{ bytesWritten: number }>
      Object.assign(file, {
        write: (data: Buffer, at = 0) => {
          if (fault === 'full' && left-- <= 0) return Promise.reject(errno('ENOSPC'))
          return write(data, at, fault === 'sync' ? undefined : Math.min(11, data.length - at))
        },
      } satisfies { write: unknown } as Partial<FileHandle>)
      if (fault === 'sync') file.sync = () => Promise.reject(errno('EIO'))
      return file
    }
    syncBuiltinESMExports()
    await put(storage, 'two')
    await storage.close()
    const files = readdirSync(directory)
    const snapshots = files.filter((name) => name.startsWith('snapshot'))
    assert.equal(snapshots.length, fault === 'short' ? 1 : 0, `${fault}: ${files.join()}`)
    assert.ok(!files.some((name) => name.endsWith('.partial')))
    if (fault !== 'short') assert.ok(files.includes('log-0000000001'))
    fs.promises.open = real.open
    syncBuiltinESMExports()
    assert.deepEqual(await found(directory), ['one', 'two'], fault)
  }
})
