import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openCodeCache } from './code-cache.js'
import { createPartLoader, openPack } from './program-pack.js'

const root = mkdtempSync(join(tmpdir(), 'flotilla-pack-'))
after(() => rmSync(root, { recursive: true, force: true }))
const path = join(root, 'pack.cjs')
const cache = openCodeCache([join(root, 'cache')], 'v1')

function writePack(letter: string, mark = letter.repeat(64)): void {
  const parts = `"./a.js"(require, module, exports) { exports.letter = () => "${letter}"; exports.url = arguments[3] }`
  writeFileSync(path, `/*! flotilla pack ${mark} */\n({\n${parts}\n})\n`)
  utimesSync(path, 1000, 1000)
}

function letterOf(pack: ReturnType<typeof openPack>): string {
  const part = createPartLoader(
    (name) => pack.parts[name]!,
    () => undefined,
    'file:///x',
  )('./a.js') as { letter: () => string }
  return part.letter()
}

test('a pack is compiled once, and again when its text is another, be it as long and as old', () => {
  writePack('a')
  const first = openPack(path, 'up', cache)
  assert.equal(first.cached, false)
  assert.equal(letterOf(first), 'a')
  first.keep()
  const second = openPack(path, 'up', cache)
  assert.equal(second.cached, true)
  assert.equal(letterOf(second), 'a')
  // What is there is not written again.
  const [file] = readdirSync(join(root, 'cache'))
  const { ino } = statSync(join(root, 'cache', file!))
  second.keep()
  assert.equal(statSync(join(root, 'cache', file!)).ino, ino)

  writePack('b')
  const changed = openPack(path, 'up', cache)
  assert.equal(changed.cached, false)
  assert.equal(letterOf(changed), 'b')
  changed.keep()
  assert.equal(openPack(path, 'up', cache).cached, true)
})

test('code of another V8 is refused and replaced', () => {
  writePack('c')
  const text = { build: 'c'.repeat(64), size: statSync(path).size, modifiedMs: 1_000_000 }
  cache.write('up', text, Buffer.alloc(4096, 7))
  assert.ok(cache.read('up', text))
  const pack = openPack(path, 'up', cache)
  assert.equal(pack.cached, false)
  assert.equal(letterOf(pack), 'c')
  pack.keep()
  assert.equal(openPack(path, 'up', cache).cached, true)
})

test('a text without a mark runs and is not kept', () => {
  writePack('d', 'no digest')
  const pack = openPack(path, 'other', cache)
  assert.equal(letterOf(pack), 'd')
  pack.keep()
  assert.equal(openPack(path, 'other', cache).cached, false)
})

test('parts are evaluated once, when they are asked for; other names are Node’s', () => {
  const order: string[] = []
  const require = createPartLoader(
    (name) => (_, module) => {
      order.push(name)
      module.exports = { name }
    },
    (name) => `builtin ${name}`,
    'file:///x',
  )
  assert.equal(require('node:fs'), 'builtin node:fs')
  assert.equal((require('./b.js') as { name: string }).name, './b.js')
  assert.equal(require('./b.js'), require('./b.js'))
  assert.deepEqual(order, ['./b.js'])
})
