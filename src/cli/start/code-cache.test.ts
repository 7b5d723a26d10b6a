import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { codeCacheFolders, openCodeCache } from './code-cache.js'

const root = mkdtempSync(join(tmpdir(), 'flotilla-code-cache-'))
after(() => rmSync(root, { recursive: true, force: true }))
let made = 0
const folder = () => join(root, String(made++))
const text = { build: 'a'.repeat(64), size: 1000, modifiedMs: 123.5 }
const code = Buffer.from('compiled code, as far as the cache knows')

function written() {
  const at = folder()
  const cache = openCodeCache([at], 'v1')
  cache.write('up', text, code)
  return { cache, path: join(at, 'up-v1.cache'), at }
}

test('what was written is read, by its owner alone, and only for the text that it was made of', () => {
  const { cache, path, at } = written()
  assert.deepEqual(cache.read('up', text), code)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  assert.equal(statSync(at).mode & 0o777, 0o700)
  assert.deepEqual(readdirSync(at), ['up-v1.cache'])
  assert.equal(cache.read('down', text), undefined)
  assert.equal(openCodeCache([at], 'v2').read('up', text), undefined)
  for (const other of [{ build: 'b'.repeat(64) }, { size: 1001 }, { modifiedMs: 124 }])
    assert.equal(cache.read('up', { ...text, ...other }), undefined)
  assert.equal((cache.read('up', text) as Buffer).byteOffset % 8, 0)
})

test('a file that is not whole counts as not there, whichever byte is wrong', () => {
  const { cache, path } = written()
  const whole = readFileSync(path)
  for (let index = 0; index < whole.length; index++) {
    // Behind what it says, the header is filled with blanks.
    if (index > 120 && index < 256) continue
    const broken = Buffer.from(whole)
    broken[index] = (broken[index] as number) ^ 0x10
    writeFileSync(path, broken)
    assert.equal(cache.read('up', text), undefined, `byte ${index}`)
  }
  for (const length of [0, 1, 255, 256, whole.length - 1]) {
    writeFileSync(path, whole.subarray(0, length))
    assert.equal(cache.read('up', text), undefined, `${length} bytes`)
  }
  writeFileSync(path, Buffer.concat([whole, Buffer.from('x')]))
  assert.equal(cache.read('up', text), undefined)
  cache.write('up', text, code)
  assert.deepEqual(cache.read('up', text), code)
})

test('a file that others may write or read, that is a link or somebody else’s, is not used', {
  skip: process.platform === 'win32',
}, () => {
  const { cache, path } = written()
  for (const mode of [0o640, 0o604, 0o620, 0o602, 0o644, 0o666]) {
    chmodSync(path, mode)
    assert.equal(cache.read('up', text), undefined, mode.toString(8))
  }
  chmodSync(path, 0o600)
  assert.deepEqual(cache.read('up', text), code)
  renameSync(path, `${path}.away`)
  symlinkSync(`${path}.away`, path)
  assert.equal(cache.read('up', text), undefined)
  rmSync(path)
  renameSync(`${path}.away`, path)
  const uid = process.geteuid
  try {
    process.geteuid = () => 4711
    assert.equal(cache.read('up', text), undefined)
  } finally {
    process.geteuid = uid as () => number
  }
  assert.deepEqual(cache.read('up', text), code)
})

test('where nothing can be written, the next folder is taken, or nothing is kept', () => {
  const file = folder()
  writeFileSync(file, '')
  const good = folder()
  const cache = openCodeCache([join(file, 'x'), good], 'v1')
  cache.write('up', text, code)
  assert.deepEqual(cache.read('up', text), code)
  openCodeCache([join(file, 'x')], 'v1').write('up', text, code)
  assert.equal(openCodeCache([join(file, 'x')], 'v1').read('up', text), undefined)
})

test('a folder that is a link, that others write to, or that is below somebody else’s, is not written to', {
  skip: process.platform === 'win32',
}, () => {
  const open = folder()
  mkdirSync(open)
  chmodSync(open, 0o777)
  const real = folder()
  mkdirSync(real, { mode: 0o700 })
  const link = folder()
  symlinkSync(real, link)
  for (const at of [open, link]) {
    openCodeCache([at], 'v1').write('up', text, code)
    assert.deepEqual(readdirSync(at), [])
  }
  const uid = process.geteuid
  const below = join(folder(), 'x')
  try {
    process.geteuid = () => 4711
    openCodeCache([below], 'v1').write('up', text, code)
  } finally {
    process.geteuid = uid as () => number
  }
  assert.equal(existsSync(below), false)
})

test('files of names that are used no more go, before there are too many', () => {
  const at = folder()
  const cache = openCodeCache([at], 'v1')
  for (let index = 0; index < 300; index++) cache.write(`name-${index}`, text, code)
  assert.ok(readdirSync(at).length <= 256)
  assert.deepEqual(cache.read('name-299', text), code)
})

test('beside a program of one’s own, else under the XDG cache home', () => {
  const home = { XDG_CACHE_HOME: '/home/me/.cache' }
  assert.deepEqual(codeCacheFolders(root, home), [join(root, 'cache'), '/home/me/.cache/flotilla/code'])
  assert.deepEqual(codeCacheFolders(join(root, 'nowhere'), home), ['/home/me/.cache/flotilla/code'])
  assert.deepEqual(codeCacheFolders(join(root, 'nowhere'), { HOME: '/h', XDG_CACHE_HOME: 'no/path' }), [
    '/h/.cache/flotilla/code',
  ])
})

test('processes that write at once leave one whole file, and readers never see a part', async () => {
  const at = folder()
  const module = pathToFileURL(resolve('dist/src/cli/start/code-cache.js')).href
  const script = `
    const { openCodeCache } = await import(${JSON.stringify(module)})
    const cache = openCodeCache([${JSON.stringify(at)}], 'v1')
    const code = Buffer.alloc(200_000, process.argv[1])
    for (let round = 0; round < 40; round++) cache.write('up', ${JSON.stringify(text)}, code)`
  const ends = ['a', 'b', 'c'].map((letter) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, letter], { stdio: 'inherit' })
    return new Promise<number | null>((done) => child.once('exit', done))
  })
  let running = true
  const all = Promise.all(ends).finally(() => {
    running = false
  })
  const cache = openCodeCache([at], 'v1')
  let seen = 0
  while (running) {
    const found = cache.read('up', text)
    if (found) {
      seen++
      assert.equal(found.length, 200_000)
      assert.ok(found.equals(Buffer.alloc(200_000, found[0])))
    } else assert.equal(seen, 0)
    await new Promise((done) => setImmediate(done))
  }
  assert.deepEqual(await all, [0, 0, 0])
  assert.deepEqual(readdirSync(at), ['up-v1.cache'])
})
