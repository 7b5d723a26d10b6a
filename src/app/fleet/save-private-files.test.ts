import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { systemClock, systemRandom } from '../system/system-ports.js'
import { openDataDirectory } from './data-directory.js'
import { openFleetPki } from './fleet-pki.js'
import { savePrivateFiles } from './save-private-files.js'

const root = mkdtempSync(join(tmpdir(), 'flotilla-files-'))
after(() => rmSync(root, { recursive: true, force: true }))

test('files are there whole, for their owner alone, and nothing beside them', async () => {
  const folder = mkdtempSync(join(root, 'a-'))
  writeFileSync(join(folder, 'one'), 'old and longer', { mode: 0o644 })
  await savePrivateFiles(
    ['one', 'two', 'none'].map((name) => ({ path: join(folder, name), text: name === 'none' ? '' : `${name} ü` })),
  )
  assert.deepEqual(readdirSync(folder).sort(), ['none', 'one', 'two'])
  assert.equal(readFileSync(join(folder, 'one'), 'utf8'), 'one ü')
  assert.equal(readFileSync(join(folder, 'none'), 'utf8'), '')
  assert.equal(statSync(join(folder, 'one')).mode & 0o777, 0o600)
  await savePrivateFiles([])
})

test('where one cannot be written, none is', async () => {
  const folder = mkdtempSync(join(root, 'b-'))
  writeFileSync(join(folder, 'one'), 'old')
  const files = ['one', 'gone/two'].map((name) => ({ path: join(folder, name), text: 'new' }))
  await assert.rejects(savePrivateFiles(files), { code: 'ENOENT' })
  assert.deepEqual(readdirSync(folder), ['one'])
  assert.equal(readFileSync(join(folder, 'one'), 'utf8'), 'old')
})

test('the keys of a fleet are on the disk when it says so, and the same when it starts again', async () => {
  const directory = openDataDirectory(mkdtempSync(join(root, 'c-')))
  const ports = { clock: systemClock, random: systemRandom }
  mkdirSync(directory.file('pki'))
  writeFileSync(join(directory.file('pki'), 'ca.key.4711.next'), 'of a process that was killed')
  const pki = await openFleetPki(directory, ports)
  await pki.saved
  const names = ['admin', 'ca', 'server'].flatMap((name) => [`${name}.crt`, `${name}.key`])
  assert.deepEqual(
    readdirSync(directory.file('pki')).sort(),
    [...names, 'git.token', 'hub.token', 'storage.key', 'tokens.key'].sort(),
  )
  const again = await openFleetPki(directory, ports)
  assert.deepEqual(JSON.parse(JSON.stringify(again)), JSON.parse(JSON.stringify(pki)))
  // Two that come at once end with one pair of files.
  const [, last] = await Promise.all([again.serverFor(['10.1.2.3']), again.serverFor(['10.1.2.4'])])
  assert.equal(readFileSync(join(directory.file('pki'), 'server.crt'), 'utf8'), last.certPem)
  assert.equal(readFileSync(join(directory.file('pki'), 'server.key'), 'utf8'), last.keyPem)
})
