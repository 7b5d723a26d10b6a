import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { silentLog } from '../../base/log.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { formatBackup, parseBackup } from './backup.js'
import { openFileStorage } from './file-storage.js'
import { createMemoryStorage } from './memory-storage.js'
import { createRecordSeal } from './record-seal.js'

const directory = mkdtempSync(join(tmpdir(), 'integers-test-'))
after(() => rmSync(directory, { recursive: true, force: true }))
const spec = { big: 9007199254740993n, least: -(2n ** 63n), most: 2n ** 63n - 1n, text: '9007199254740993', small: 1 }
const object: KubeObject = { apiVersion: 'example.com/v1', kind: 'Thing', metadata: { name: 'a' }, spec }

test('integers of 64 bits survive the log, a snapshot and a seal', async () => {
  const open = (rotateBytes: number) =>
    openFileStorage({
      directory,
      sync: false,
      log: silentLog,
      rotateBytes,
      seal: createRecordSeal([{ id: 'k1', secret: Buffer.alloc(32, 'k1') }]),
    })
  const first = open(1 << 20)
  for (const resource of ['things', 'secrets']) await first.open('c').commit({ resource, key: 'a', expected: '', object })
  await first.close()
  for (const rotateBytes of [1, 1 << 20]) {
    const next = open(rotateBytes)
    for (const resource of ['things', 'secrets']) assert.deepEqual(next.open('c').get(resource, 'a')?.['spec'], spec)
    await next.open('c').commit({ resource: 'others', key: `${rotateBytes}`, expected: '', object })
    await next.close()
  }
})

test('and a backup', async () => {
  const storage = createMemoryStorage({})
  await storage.open('c').commit({ resource: 'things', key: 'a', expected: '', object })
  const text = [...formatBackup([storage.open('c')])].join('')
  assert.ok(text.includes('9223372036854775807'))
  const stored = parseBackup(Buffer.from(text))[0]?.objects.find(({ resource }) => resource === 'things')
  assert.deepEqual(stored?.object?.['spec'], spec)
})
