import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Worker } from 'node:worker_threads'

/** A copy of the program as it is shipped: whoever builds meanwhile does not disturb it. */
const root = mkdtempSync(join(tmpdir(), 'flotilla-program-'))
const folder = join(root, 'dist/bundle')
const cache = join(folder, 'cache')
const packs = ['flotilla.cjs', 'apiserver.cjs', 'fleet.cjs']
let build = ''

before(() => {
  mkdirSync(folder, { recursive: true })
  cpSync('bin', join(root, 'bin'), { recursive: true })
  cpSync('dist/bundle/start.cjs', join(folder, 'start.cjs'))
  build = /"([0-9a-f]{12})"/.exec(readFileSync(join(folder, 'start.cjs'), 'utf8'))?.[1] as string
  mkdirSync(join(folder, build))
  for (const pack of [...packs, 'render-thread.js']) cpSync(join('dist/bundle', build, pack), join(folder, build, pack))
})
after(() => rmSync(root, { recursive: true, force: true }))

interface Result {
  readonly code: number | null
  readonly out: string
}

function flotilla(args: readonly string[], node: readonly string[] = [], env: Record<string, string> = {}): Promise<Result> {
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [...node, join(root, 'bin/flotilla.js'), ...args],
      { env: { ...process.env, NODE_OPTIONS: '', XDG_CACHE_HOME: join(root, 'xdg'), ...env } },
      (_, out, err) => done({ code: child.exitCode, out: out + err }),
    )
  })
}

const version = { code: 0, out: '0.1.0\n' }
const files = () =>
  readdirSync(cache)
    .sort()
    .map((name) => ({ name, ino: statSync(join(cache, name)).ino }))

test('the program starts from its packs alone, and keeps what it compiled for the next start', async () => {
  assert.deepEqual(await flotilla(['--version']), version)
  const [file, ...more] = files()
  assert.deepEqual(more, [])
  assert.match(file!.name, /^flotilla-v\d+\.\d+\.\d+-\w+\.cache$/)
  assert.equal(statSync(join(cache, file!.name)).mode & 0o777, 0o600)
  // It is used: nothing is written again.
  assert.deepEqual(await flotilla(['--version']), version)
  assert.deepEqual(files(), [file])
})

test('a file that is damaged, stale or open to others is replaced, and what is in it not run', async () => {
  await flotilla(['--version'])
  const path = join(cache, files()[0]!.name)
  const whole = readFileSync(path)
  const damage: Record<string, () => void> = {
    'a bit': () => {
      const broken = Buffer.from(whole)
      broken[whole.length >> 1] = (broken[whole.length >> 1] as number) ^ 1
      writeFileSync(path, broken)
    },
    half: () => writeFileSync(path, whole.subarray(0, whole.length >> 1)),
    empty: () => writeFileSync(path, ''),
    'another build': () => {
      const other = Buffer.from(whole)
      other.write('0'.repeat(64), whole.indexOf('1 ') + 2)
      writeFileSync(path, other)
    },
    'open to others': () => chmodSync(path, 0o666),
  }
  for (const [what, harm] of Object.entries(damage)) {
    rmSync(path)
    writeFileSync(path, whole, { mode: 0o600 })
    harm()
    const before = statSync(path).ino
    assert.deepEqual(await flotilla(['--version']), version, what)
    assert.notEqual(statSync(path).ino, before, `${what}: written anew`)
    assert.equal(statSync(path).mode & 0o777, 0o600, what)
    const after = statSync(path).ino
    assert.deepEqual(await flotilla(['--version']), version)
    assert.equal(statSync(path).ino, after, `${what}: used again`)
  }
})

test('processes that start at once are not in each other’s way', async () => {
  rmSync(cache, { recursive: true, force: true })
  const results = await Promise.all(Array.from({ length: 4 }, () => flotilla(['--version'])))
  for (const result of results) assert.deepEqual(result, version)
  assert.equal(files().length, 1)
  assert.deepEqual(await flotilla(['--version']), version)
})

test('without the cache, and where none can be kept, it starts all the same', async () => {
  rmSync(cache, { recursive: true, force: true })
  assert.deepEqual(await flotilla(['--version'], [], { NODE_DISABLE_COMPILE_CACHE: '1' }), version)
  assert.ok(!readdirSync(folder).includes('cache'))
  writeFileSync(cache, 'in the way')
  writeFileSync(join(root, 'xdg'), 'in the way')
  assert.deepEqual(await flotilla(['--version']), version)
  rmSync(cache)
  rmSync(join(root, 'xdg'))
})

test('traces name functions, and sources where Node is asked to map them', async () => {
  const data = join(root, 'data')
  mkdirSync(data)
  // Where the keys are to be: no error of the program's own.
  writeFileSync(join(data, 'pki'), '')
  const args = ['apiserver', '--data-dir', data]
  const plain = await flotilla(args, [], { FLOTILLA_DEBUG: '1' })
  assert.equal(plain.code, 1)
  assert.match(plain.out, /at \S*openFleetPki \(.*apiserver\.cjs:\d+:\d+\)/)
  for (const pack of packs) cpSync(join('dist/bundle', build, `${pack}.map`), join(folder, build, `${pack}.map`))
  const mapped = await flotilla(args, ['--enable-source-maps'], { FLOTILLA_DEBUG: '1' })
  assert.match(mapped.out, /src\/app\/fleet\/fleet-pki\.ts:\d+:\d+/)
})

test('the threads of a hub start beside the packs', async () => {
  writeFileSync(join(root, 'dist/package.json'), '{"type":"module"}')
  const settings = { remote: false, charts: 'local', stopAtBytes: 2 ** 29 }
  const thread = new Worker(join(folder, build, 'render-thread.js'), { workerData: settings })
  const [message] = (await once(thread, 'message')) as [{ type: string }]
  assert.equal(message.type, 'ready')
  await thread.terminate()
})
