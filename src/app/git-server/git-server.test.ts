import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { createFleetCa } from '../../apiserver/auth/fleet-ca.js'
import type { Clock } from '../../base/clock.js'
import { silentLog } from '../../base/log.js'
import { createGitServer, type GitServer } from './git-server.js'

const run = promisify(execFile)
const clock: Clock = { now: () => Date.now(), after: () => () => {} }
const token = 'secret-token'
const pushes: string[] = []
let folder: string
let server: GitServer
let port: number
let caPem: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flotilla-git-'))
  const ca = await createFleetCa({ clock })
  caPem = ca.certPem
  await writeFile(join(folder, 'ca.pem'), caPem)
  server = createGitServer({
    root: join(folder, 'repositories'),
    tls: await ca.issueServer({ names: ['127.0.0.1'] }),
    token,
    clock,
    log: silentLog,
    onPush: (name) => pushes.push(name),
    maxPushBytes: 200_000,
  })
  port = (await server.listen({ host: '127.0.0.1', port: 0 })).port
})

after(async () => {
  await server.close()
  await rm(folder, { recursive: true, force: true })
})

async function git(cwd: string, ...args: string[]): Promise<string> {
  const settings = [
    `http.sslCAInfo=${join(folder, 'ca.pem')}`,
    'user.name=test',
    'user.email=test@localhost',
    'commit.gpgsign=false',
    'http.postBuffer=70000',
  ]
  const flags = settings.flatMap((setting) => ['-c', setting])
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  }
  const { stdout } = await run('git', [...flags, ...args], { cwd, env })
  return stdout
}

const urlOf = (name: string, password = token) => `https://flotilla:${password}@127.0.0.1:${port}/${name}.git`

function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: Buffer,
): Promise<{ code: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, ca: caPem, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => (text += chunk))
      response.on('end', () => resolve({ code: response.statusCode ?? 0, body: text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
const basic = { authorization: `Basic ${Buffer.from(`flotilla:${token}`).toString('base64')}` }

test('clone, push and clone again with the real git', async () => {
  const first = await server.ensureRepository('apps/shop', { 'app/a.yaml': 'a: 1\n', 'odd "name".txt': 'x' }, 'Start')
  assert.deepEqual(first, { created: true })
  assert.deepEqual(await server.ensureRepository('apps/shop', { other: '' }), { created: false })

  await git(folder, 'clone', '--quiet', urlOf('apps/shop'), 'work')
  const work = join(folder, 'work')
  assert.equal(await readFile(join(work, 'app/a.yaml'), 'utf8'), 'a: 1\n')
  assert.equal(await readFile(join(work, 'odd "name".txt'), 'utf8'), 'x')
  assert.equal((await git(work, 'log', '--format=%s %an', 'main')).trim(), 'Start Flotilla')

  await writeFile(join(work, 'app/a.yaml'), 'a: 2\n')
  await git(work, 'commit', '--quiet', '-am', 'Change')
  await git(work, 'push', '--quiet', 'origin', 'main')
  assert.deepEqual(pushes, ['apps/shop'])

  await git(folder, '-c', 'protocol.version=0', 'clone', '--quiet', '--depth=1', urlOf('apps/shop'), 'again')
  assert.equal(await readFile(join(folder, 'again/app/a.yaml'), 'utf8'), 'a: 2\n')
  const head = (await git(work, 'rev-parse', 'HEAD')).trim()
  assert.match(await git(work, 'ls-remote', 'origin'), new RegExp(`${head}\trefs/heads/main`))
})

test('refuses wrong tokens, unknown names and ways out of the directory', async () => {
  await server.ensureRepository('known')
  await assert.rejects(git(folder, 'ls-remote', urlOf('known', 'wrong')), /Authentication failed/)
  const refs = '/info/refs?service=git-upload-pack'
  assert.equal((await ask('GET', `/known.git${refs}`)).code, 401)
  assert.equal((await ask('GET', `/known.git${refs}`, basic)).code, 200)
  await symlink('/etc', join(folder, 'repositories', 'link.git'))
  for (const name of ['absent', 'link', '..%2fknown', '%2e%2e/x', '.new-x', 'known.git/objects', '-c', 'a%00b', '%ff']) {
    assert.equal((await ask('GET', `/${name}.git${refs}`, basic)).code, 404, name)
  }
  assert.equal((await ask('GET', '/known.git/info/refs', basic)).code, 403)
  assert.equal((await ask('GET', '/known.git/HEAD', basic)).code, 404)
  assert.equal((await ask('POST', '/known.git/git-upload-pack', basic)).code, 415)
  await assert.rejects(server.ensureRepository('../out'), { code: 'invalid-repository-name' })
  await assert.rejects(server.ensureRepository('a/.git'), { code: 'invalid-repository-name' })
})

test('takes gzip bodies and bounds what they unpack to', async () => {
  await server.ensureRepository('bounded', { a: 'x' })
  const type = { ...basic, 'content-encoding': 'gzip' }
  const body = gzipSync(Buffer.from('0014command=ls-refs\n0000'))
  const listed = await ask(
    'POST',
    '/bounded.git/git-upload-pack',
    { ...type, 'content-type': 'application/x-git-upload-pack-request', 'git-protocol': 'version=2' },
    body,
  )
  assert.equal(listed.code, 200)
  assert.match(listed.body, /refs\/heads\/main/)
  const bomb = await ask(
    'POST',
    '/bounded.git/git-receive-pack',
    { ...type, 'content-type': 'application/x-git-receive-pack-request' },
    gzipSync(Buffer.alloc(50_000_000)),
  )
  assert.notEqual(bomb.code, 500)
  assert.ok(bomb.code === 413 || !/ok refs/.test(bomb.body))
})

test('a push that git sends in chunks is told once', async () => {
  await server.ensureRepository('chunked', { a: 'x' })
  await git(folder, 'clone', '--quiet', urlOf('chunked'), 'chunks')
  const work = join(folder, 'chunks')
  await writeFile(join(work, 'noise'), randomBytes(120_000))
  await git(work, 'add', '.')
  await git(work, 'commit', '--quiet', '-m', 'Noise')
  // A hook in the repository must not run.
  const hook = join(folder, 'repositories/chunked.git/hooks/post-receive')
  await mkdir(join(hook, '..'), { recursive: true })
  await writeFile(hook, `#!/bin/sh\ntouch ${join(folder, 'hooked')}\n`, { mode: 0o755 })
  await git(work, 'push', '--quiet', 'origin', 'main')
  await assert.rejects(readFile(join(folder, 'hooked')), { code: 'ENOENT' })
  assert.deepEqual(
    pushes.filter((name) => name === 'chunked'),
    ['chunked'],
  )
  const head = (await git(work, 'rev-parse', 'HEAD')).trim()
  assert.match(await git(work, 'ls-remote', 'origin'), new RegExp(head))
})

test('what git cannot unpack is told to the client, and to nobody as a push', async () => {
  await server.ensureRepository('broken', { a: 'x' })
  const packet = (text: string) => `${(text.length + 4).toString(16).padStart(4, '0')}${text}`
  const command = `${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/new\0 report-status`
  const type = { ...basic, 'content-type': 'application/x-git-receive-pack-request' }
  const body = Buffer.from(`${packet(command)}0000PACK that is none`)
  const answer = await ask('POST', '/broken.git/git-receive-pack', type, body)
  assert.match(answer.body, /unpack (?!ok)/)
  // A push is told when git has ended, which is after the answer.
  await new Promise((done) => setTimeout(done, 200))
  assert.ok(!pushes.includes('broken'))
})

test('a push larger than the limit changes nothing', async () => {
  await server.ensureRepository('small', { a: 'x' })
  await git(folder, 'clone', '--quiet', urlOf('small'), 'large')
  const work = join(folder, 'large')
  await writeFile(join(work, 'noise'), randomBytes(400_000))
  await git(work, 'add', '.')
  await git(work, 'commit', '--quiet', '-m', 'Large')
  const before = await git(work, 'ls-remote', 'origin')
  await assert.rejects(git(work, 'push', '--quiet', 'origin', 'main'))
  assert.equal(await git(work, 'ls-remote', 'origin'), before)
  await new Promise((done) => setTimeout(done, 200))
  assert.ok(!pushes.includes('small'))
})
