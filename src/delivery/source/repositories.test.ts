import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
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
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Clock } from '../../base/clock.js'
import { silentLog } from '../../base/log.js'
import type { RepositoryCredentials } from './contract.js'
import { createRepositories } from './repositories.js'

const clock: Clock = {
  now: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
const environment = { PATH: process.env.PATH ?? '/usr/bin:/bin' }
const home = mkdtempSync(join(tmpdir(), 'flotilla-git-'))
const work = join(home, 'work')
const bare = join(home, 'origin.git')
const url = `file://${bare}`

function git(...args: string[]): string {
  return execFileSync('git', ['-C', work, ...args], {
    encoding: 'utf8',
    env: {
      ...environment,
      HOME: home,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'Ada',
      GIT_AUTHOR_EMAIL: 'ada@example.com',
      GIT_COMMITTER_NAME: 'Ada',
      GIT_COMMITTER_EMAIL: 'ada@example.com',
      GIT_AUTHOR_DATE: '2026-01-02T03:04:05Z',
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
}

function push(file: string, text: string, message: string): string {
  writeFileSync(join(work, file), text)
  git('add', '-A')
  git('commit', '-q', '-m', message)
  git('push', '-q', bare, 'HEAD:main')
  return git('rev-parse', 'HEAD')
}

let cacheCount = 0
function open(more: Partial<Parameters<typeof createRepositories>[0]> = {}) {
  return createRepositories({
    directory: join(home, `cache-${++cacheCount}`),
    clock,
    log: silentLog,
    credentials: () => undefined,
    advice: { authentication: (url) => `log in to ${url}`, notFound: 'look again', certificate: 'trust it' },
    environment,
    ...more,
  })
}

before(() => {
  mkdirSync(join(work, 'app'), { recursive: true })
  mkdirSync(join(work, 'shared'))
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', bare], { env: { ...environment, HOME: home } })
  git('init', '-q', '-b', 'main')
  writeFileSync(join(work, 'shared/values.yaml'), 'a: 1\n')
  writeFileSync(join(work, 'app/ümlaut.yaml'), 'x: y\n')
  writeFileSync(join(work, 'app/empty.yaml'), '')
  symlinkSync('../shared/values.yaml', join(work, 'app/link.yaml'))
  symlinkSync('../../../etc/passwd', join(work, 'app/escape.yaml'))
  symlinkSync('/etc/passwd', join(work, 'app/absolute.yaml'))
  symlinkSync('loop', join(work, 'app/loop'))
  symlinkSync('../shared', join(work, 'app/folder'))
  push('app/a.yaml', 'kind: A\n', 'first\n\nbody')
  git('tag', 'v1.0.0')
  git('tag', '-a', '-m', 'annotated', 'v1.1.0')
  git('push', '-q', bare, '--tags')
})
after(() => rmSync(home, { recursive: true, force: true }))

test('files are read at a commit, links inside the tree only', async () => {
  const repositories = open()
  const commit = await repositories.resolve(url, '')
  assert.equal(commit, git('rev-parse', 'HEAD'))
  const tree = await repositories.tree(url, commit)
  const text = async (path: string) => {
    const bytes = await tree.read(path)
    return bytes && new TextDecoder().decode(bytes)
  }
  assert.equal(tree.id, git('rev-parse', 'HEAD^{tree}'))
  assert.equal(await text('app/a.yaml'), 'kind: A\n')
  assert.equal(await text('app/ümlaut.yaml'), 'x: y\n')
  assert.equal(await text('app/empty.yaml'), '')
  assert.equal(await text('app/link.yaml'), 'a: 1\n')
  assert.equal(await text('app/folder/values.yaml'), 'a: 1\n')
  for (const path of [
    'app/escape.yaml',
    'app/absolute.yaml',
    'app/loop',
    '../x',
    '/etc/passwd',
    'app/../app/a.yaml',
    'app//a.yaml',
    'no',
  ])
    assert.equal(await text(path), undefined, path)
  assert.equal(await tree.hash('app'), git('rev-parse', 'HEAD:app'))
  assert.equal(await tree.hash('app/link.yaml'), git('rev-parse', 'HEAD:shared/values.yaml'))
  assert.equal(await tree.hash('nope'), undefined)
  assert.deepEqual(
    (await tree.list('app'))?.map((entry) => `${entry.name} ${entry.kind}`),
    [
      'a.yaml file',
      'absolute.yaml symlink',
      'empty.yaml file',
      'escape.yaml symlink',
      'folder symlink',
      'link.yaml symlink',
      'loop symlink',
      'ümlaut.yaml file',
    ],
  )
  assert.equal(await tree.list('app/a.yaml'), undefined)
  const description = await repositories.describe(url, commit)
  assert.deepEqual(description, { author: 'Ada <ada@example.com>', date: '2026-01-02T03:04:05Z', message: 'first\n\nbody' })
  repositories.close()
})

test('revisions: tags, ranges, abbreviations, and a helpful error', async () => {
  const repositories = open()
  const head = git('rev-parse', 'HEAD')
  for (const revision of ['v1.0.0', 'v1.1.0', '~1.0', '^1', 'refs/heads/main', 'main', head, head.slice(0, 8)])
    assert.equal(await repositories.resolve(url, revision), head, revision)
  await assert.rejects(repositories.resolve(url, 'mains'), /unable to resolve 'mains' to a commit SHA in .*; it has main, /)
  await assert.rejects(repositories.resolve(url, 'abcdef012'), { code: 'revision-not-found' })
  await assert.rejects(repositories.tree(url, 'f'.repeat(40)), { code: 'commit-not-found' })
  assert.equal(statSync(join(home, `cache-${cacheCount}`)).mode & 0o777, 0o700)
  repositories.close()
})

test('knowledge of a remote is kept for the polling interval; refresh and notify end it', async () => {
  const repositories = open({ pollSeconds: 600 })
  const first = await repositories.resolve(url, 'main')
  const second = push('app/b.yaml', 'kind: B\n', 'second')
  assert.equal(await repositories.resolve(url, 'main'), first)
  assert.equal(await repositories.resolve(url, 'main', { refresh: true }), second)
  assert.ok(await (await repositories.tree(url, second)).read('app/b.yaml'), 'the new commit is fetched')
  const third = push('app/c.yaml', 'kind: C\n', 'third')
  const told: string[] = []
  repositories.onChange((change) => told.push(change.url))
  repositories.notify(`${url}/`)
  assert.deepEqual(told, [url])
  assert.equal(await repositories.resolve(url, 'main'), third)
  repositories.close()
})

test('an answer from before a push is not taken for the state after it', async () => {
  const slow = join(home, 'slow-git')
  const [seen, go] = [join(home, 'slow-seen'), join(home, 'slow-go')]
  // Answers what it saw before it was told to go on.
  writeFileSync(
    slow,
    `#!/bin/sh\nsaid=$(git "$@") || exit\nif [ "$1" = ls-remote ]; then touch ${seen}; until [ -e ${go} ]; do sleep 0.02; done; fi\nprintf "%s\\n" "$said"\n`,
    { mode: 0o755 },
  )
  const repositories = open({ pollSeconds: 600, git: slow })
  const before = git('rev-parse', 'HEAD')
  const asking = repositories.resolve(url, 'main')
  for (let turn = 0; turn < 1000 && !existsSync(seen); turn++) await new Promise((resolve) => setTimeout(resolve, 10))
  const next = push('app/race.yaml', 'kind: R\n', 'race')
  repositories.notify(url)
  writeFileSync(go, '')
  assert.equal(await asking, before)
  assert.equal(await repositories.resolve(url, 'main'), next)
  repositories.close()
})

test('a repository that nobody asks for any more is forgotten, and known again when somebody asks', async () => {
  let hours = 0
  const waiting = new Set<() => void>()
  const later: Clock = {
    now: () => Date.now() + hours * 3_600_000,
    after: (_delayMs, run) => {
      waiting.add(run)
      return () => waiting.delete(run)
    },
  }
  let asked = 0
  const repositories = open({
    clock: later,
    local: () => {
      asked++
      return bare
    },
  })
  await repositories.resolve(url, 'main')
  await repositories.resolve(url, 'main')
  assert.equal(asked, 1)
  hours = 2
  for (const run of [...waiting]) run()
  assert.equal(await repositories.resolve(url, 'main'), git('rev-parse', 'HEAD'))
  assert.equal(asked, 2)
  repositories.close()
})

test('a prefix stands for all repositories below it', async () => {
  const repositories = open()
  await repositories.resolve(url, 'main')
  const told: string[] = []
  repositories.onChange((change) => told.push(change.url))
  repositories.notify(`file://${home}`)
  assert.deepEqual(told, [])
  repositories.notify(`file://${home}`, { below: true })
  repositories.notify(`file://${home.slice(0, -1)}`, { below: true })
  assert.deepEqual(told, [url])
  repositories.close()
})

test('a repository that can be read again is told of, though nothing in it has moved', async () => {
  const repositories = open({ pollSeconds: 0.1 })
  await repositories.resolve(url, 'main')
  const told: string[] = []
  repositories.onChange((change) => told.push(change.url))
  renameSync(bare, `${bare}.away`)
  try {
    await assert.rejects(repositories.resolve(url, 'main', { refresh: true }), { code: 'repository-not-found' })
  } finally {
    renameSync(`${bare}.away`, bare)
  }
  for (let turn = 0; turn < 1000 && told.length === 0; turn++) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual(told, [url])
  repositories.close()
})

test('polling tells of moved references', async () => {
  const repositories = open({ pollSeconds: 0.1 })
  await repositories.resolve(url, 'main')
  const told = new Promise<string>((resolve) => repositories.onChange((change) => resolve(change.url)))
  const commit = push('app/d.yaml', 'kind: D\n', 'fourth')
  let late: NodeJS.Timeout | undefined
  // It also holds the event loop: what polls does not.
  const nothing = new Promise((resolve) => {
    late = setTimeout(() => resolve('nothing'), 20_000)
  })
  assert.equal(await Promise.race([told, nothing]), url)
  clearTimeout(late)
  assert.equal(await repositories.resolve(url, 'main'), commit)
  repositories.close()
})

test('what a refresh has found first is still told to everybody else', async () => {
  const repositories = open({ pollSeconds: 0.6 })
  await repositories.resolve(url, 'main')
  const told: string[] = []
  repositories.onChange((change) => told.push(change.url))
  const commit = push('app/refreshed.yaml', 'kind: R\n', 'refreshed')
  // A question that polling has asked just before may still give the old answer.
  const refreshed = () => repositories.resolve(url, 'main', { refresh: true }).catch(({ code }: { code: string }) => code)
  const find = async (wanted: string) => {
    for (let turn = 0; turn < 100 && (await refreshed()) !== wanted; turn++)
      await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await find(commit)
  for (let turn = 0; turn < 1000 && told.length === 0; turn++) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual(told, [url])
  told.length = 0
  renameSync(bare, `${bare}.away`)
  try {
    await find('repository-not-found')
  } finally {
    renameSync(`${bare}.away`, bare)
  }
  await find(commit)
  for (let turn = 0; turn < 1000 && told.length === 0; turn++) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual(told, [url])
  repositories.close()
})

test("the fleet's own repositories are read in place", async () => {
  const served = 'http://127.0.0.1:1/fleet.git'
  const repositories = open({ local: (asked) => (asked === served ? bare : undefined) })
  const commit = await repositories.resolve(served, 'main')
  assert.ok(await (await repositories.tree(served, commit)).read('app/a.yaml'))
  const next = push('app/e.yaml', 'kind: E\n', 'fifth')
  repositories.notify(served)
  assert.equal(await repositories.resolve(served, 'main'), next)
  assert.ok(await (await repositories.tree(served, next)).read('app/e.yaml'), 'the open reader sees new objects')
  repositories.close()
})

test('failures say who must act', async () => {
  const repositories = open({ timeoutSeconds: 5 })
  await assert.rejects(repositories.resolve(`file://${home}/nothing.git`, ''), { code: 'repository-not-found' })
  await assert.rejects(repositories.resolve('http://127.0.0.1:1/x.git', ''), { code: 'repository-unreachable' })
  await assert.rejects(repositories.resolve('--upload-pack=touch', ''), { code: 'repository-url' })
  repositories.close()
})

test('credentials travel in a header to the host they are for, and are in no argument, message or file', async () => {
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization)
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const asked: string[] = []
  const credentials: RepositoryCredentials = (of) => {
    asked.push(of)
    return { username: 'bob', password: 'hunter2' }
  }
  const repositories = open({ credentials, timeoutSeconds: 10 })
  await assert.rejects(repositories.resolve(`${base}/x.git`, ''), (error: Error & { code: string }) => {
    assert.equal(error.code, 'repository-authentication')
    assert.ok(!`${error.message}${error.stack}`.includes('hunter2'))
    return true
  })
  assert.deepEqual(asked, [`${base}/x.git`])
  assert.ok(seen.includes(`Basic ${Buffer.from('bob:hunter2').toString('base64')}`))
  repositories.close()
  await new Promise((resolve) => server.close(resolve))
})

test('a mirror left broken by a killed process is made again', async () => {
  const directory = join(home, 'cache-broken')
  const first = open({ directory })
  const commit = await first.resolve(url, 'main')
  await first.tree(url, commit)
  first.close()
  const mirror = readdirSync(directory).find((name) => name.endsWith('.git'))!
  const next = push('app/f.yaml', 'kind: F\n', 'sixth')
  writeFileSync(join(directory, mirror, 'packed-refs.lock'), '')
  writeFileSync(join(directory, mirror, 'refs/heads/main.lock'), '')
  const second = open({ directory })
  assert.ok(await (await second.tree(url, await second.resolve(url, 'main'))).read('app/f.yaml'))
  assert.equal(readFileSync(join(directory, mirror, 'refs/heads/main'), 'utf8').trim(), next)
  second.close()
})
