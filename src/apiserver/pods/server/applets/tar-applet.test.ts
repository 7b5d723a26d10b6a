import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { VirtualClock } from '../../../../base/virtual-clock.js'
import type { CommandContext, ContainerWorld } from '../shell/shell-context.js'
import { Pipe } from '../shell/streams.js'
import { VirtualFiles } from '../virtual-files.js'
import { tar } from './tar-applet.js'
import { formatTarHead } from './tar-format.js'

let folder: string
let root: string
const long = `${'deep-directory-name/'.repeat(8)}file-with-a-long-name.txt`
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'flotilla-tar-'))
  root = join(folder, 'root')
  mkdirSync(join(root, 'tmp'), { recursive: true })
  writeFileSync(join(folder, 'outside'), 'secret')
})
after(() => rmSync(folder, { recursive: true, force: true }))

async function run(args: string[], input: Buffer = Buffer.alloc(0)): Promise<{ code: number; out: Buffer; err: string }> {
  const [stdin, stdout, stderr] = [new Pipe(), new Pipe(), new Pipe()]
  const gather = async (pipe: Pipe) => {
    const parts: Uint8Array[] = []
    for (let part = await pipe.read(); part !== undefined; part = await pipe.read()) parts.push(part)
    return Buffer.concat(parts)
  }
  const texts = Promise.all([gather(stdout), gather(stderr)])
  const feeding = (async () => {
    for (let at = 0; at < input.length; at += 1000) await stdin.write(input.subarray(at, at + 1000))
    stdin.end()
  })()
  const world: ContainerWorld = {
    files: new VirtualFiles(root, []),
    clock: new VirtualClock({ idle: async () => {} }),
    hostname: 'box',
    user: { id: 0, group: 0, groups: [] },
    address: '127.9.9.9',
    boundPort: (port) => port,
    resolve: async () => [],
    processes: new Map(),
    nextProcess: () => 1,
    searchDomains: [],
    nameServer: undefined,
    exit() {},
  }
  const signal = new AbortController().signal
  const context: CommandContext = { world, stdin, stdout, stderr, env: new Map(), cwd: '/', tty: false, signal }
  let code: number
  let failure = ''
  try {
    code = await tar(args, context)
  } catch (error) {
    code = 1
    failure = String(error)
    stdin.break()
  }
  stdout.end()
  stderr.end()
  await feeding.catch(() => {})
  const [out, err] = await texts
  return { code, out, err: err.toString() + failure }
}

const noTar = spawnSync('tar', ['--version']).status === 0 ? false : 'this machine has no tar'

test('archives of the real tar are extracted, and ours can be read by it', { skip: noTar }, async () => {
  const source = join(folder, 'source')
  mkdirSync(join(source, 'sub', long, '..'), { recursive: true })
  const big = Buffer.alloc(300_001, 'b')
  writeFileSync(join(source, 'big'), big)
  writeFileSync(join(source, 'empty'), '')
  writeFileSync(join(source, 'sub', long), 'deep')
  for (const format of ['gnu', 'pax', 'ustar']) {
    const archive = spawnSync('tar', [`--format=${format}`, '-C', folder, '-cf', '-', 'source'], { maxBuffer: 1e8 })
    if (archive.status !== 0) continue
    rmSync(join(root, 'tmp', 'source'), { recursive: true, force: true })
    const extracted = await run(['-xmf', '-', '-C', '/tmp'], archive.stdout)
    assert.deepEqual([extracted.code, extracted.err], [0, ''])
    assert.ok(readFileSync(join(root, 'tmp/source/big')).equals(big))
    assert.equal(readFileSync(join(root, 'tmp/source/empty')).length, 0)
    assert.equal(readFileSync(join(root, 'tmp/source/sub', long)).toString(), 'deep')
  }
  symlinkSync('big', join(root, 'tmp/source/link'))
  const made = await run(['cf', '-', '/tmp/source'])
  assert.deepEqual([made.code, made.err], [0, "tar: removing leading '/' from member names\n"])
  assert.equal(made.out.length % 512, 0)
  const back = join(folder, 'back')
  mkdirSync(back)
  const read = spawnSync('tar', ['-C', back, '-xf', '-'], { input: made.out })
  assert.equal(read.status, 0, read.stderr.toString())
  assert.ok(readFileSync(join(back, 'tmp/source/link')).equals(big))
  assert.equal(readFileSync(join(back, 'tmp/source/sub', long)).toString(), 'deep')
  const listed = await run(['tf', '-'], made.out)
  assert.match(listed.out.toString(), /^tmp\/source\/big$/m)
})

test('nothing is written outside the container, and broken archives are told', async () => {
  const content = Buffer.alloc(512)
  content.write('evil')
  const member = (name: string) =>
    Buffer.concat([formatTarHead({ name, type: 'file', mode: 0o644, mtimeMs: 0, size: 4, link: '' }), content])
  const up = await run(['xf', '-'], Buffer.concat([member('../../outside'), member('/../x'), Buffer.alloc(1024)]))
  assert.equal(up.code, 0, up.err)
  assert.equal(readFileSync(join(folder, 'outside')).toString(), 'secret')
  assert.equal(readFileSync(join(root, 'outside')).toString(), 'evil')
  const cut = await run(['xf', '-'], member('cut').subarray(0, 514))
  assert.deepEqual([cut.code, /short read/.test(cut.err)], [1, true])
  const wrong = member('wrong')
  wrong[3] = 1
  assert.match((await run(['xf', '-'], wrong)).err, /checksum is wrong/)
  assert.match((await run(['xf', '-'], Buffer.alloc(700, 'noise'))).err, /invalid tar header/)
  assert.match((await run(['cf', '-', '/nothing'])).err, /tar: \/nothing: No such file or directory/)
  assert.match((await run(['cf', '/file.tar', '/tmp'])).err, /pipe only/)
  assert.match((await run(['-z'])).err, /unrecognized option/)
})
