import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  type Answering,
  type ChartServer,
  digestOf,
  startChartServer,
  startRegistry,
} from '../../../../test/support/fakes/chart-server.js'
import { packChart } from '../../../../test/support/fakes/pack-chart.js'
import { type Stalled, Waiting } from '../../../base/errors.js'
import { VirtualClock } from '../../../base/virtual-clock.js'
import { createChartRepositories } from './chart-repositories.js'
import type { ChartCredentials, ChartLimits } from './contract.js'
import { httpGet } from './http-get.js'

const directory = mkdtempSync(join(tmpdir(), 'flotilla-charts-'))
const servers: ChartServer[] = []
after(async () => {
  rmSync(directory, { recursive: true, force: true })
  await Promise.all(servers.map((server) => server.close()))
})

const chart = (version: string) =>
  packChart('web', { 'Chart.yaml': `apiVersion: v2\nname: web\nversion: ${version}\n`, 'templates/a.yaml': 'a: 1\n' })
const versions = ['1.0.0', '1.10.0', '1.9.0', '2.0.0-rc.1'] as const
const archives = new Map(versions.map((version) => [version as string, chart(version)]))

function index(address: (version: string) => string, digest = true): string {
  const entries = versions.map(
    (version) =>
      `  - apiVersion: v2\n    name: web\n    version: ${version}\n${digest ? `    digest: ${digestOf(archives.get(version)!)}\n` : ''}    urls:\n    - ${address(version)}\n`,
  )
  return `apiVersion: v1\nentries:\n  api:\n  - name: api\n    version: 1.0.0\n  web:\n${entries.join('')}generated: "2026-01-01T00:00:00Z"\n`
}

async function serve(answer: Answering, options: { tls?: boolean } = {}): Promise<ChartServer> {
  const server = await startChartServer(answer, options)
  servers.push(server)
  return server
}

let folders = 0
function open(
  credentials?: (repository: string) => ChartCredentials | undefined,
  more: { limits?: ChartLimits; directory?: string; clock?: VirtualClock } = {},
) {
  return createChartRepositories({
    directory: more.directory ?? join(directory, String(++folders)),
    get: httpGet,
    clock: more.clock ?? new VirtualClock({ idle: async () => {} }),
    credentials: credentials ?? (() => undefined),
    advice: { authentication: (url) => `Add a Secret for ${url}`, certificate: 'Add its authority' },
    ...(more.limits ? { limits: more.limits } : {}),
  })
}

const file = (path: string): string | undefined => /web-(.*)\.tgz$/.exec(path)?.[1]

test('a chart of an HTTP repository: constraints, relative addresses, digests, one request each', async () => {
  const server = await serve((path) =>
    path === '/stable/index.yaml'
      ? { body: index((version) => `charts/web-${version}.tgz`), headers: { etag: '"1"' } }
      : path.startsWith('/stable/charts/')
        ? { body: archives.get(file(path)!)! }
        : { status: 404 },
  )
  const cache = join(directory, 'shared')
  const repositories = open(undefined, { directory: cache })
  const web = { repository: `${server.url}/stable/`, chart: 'web' }
  assert.equal(await repositories.resolve(web, '^1.0'), '1.10.0')
  assert.equal(await repositories.resolve(web, '*'), '1.10.0')
  assert.equal(await repositories.resolve(web, '>=2.0.0-0'), '2.0.0-rc.1')
  assert.equal(await repositories.resolve(web, '1.9'), '1.9.0')
  assert.equal(await repositories.resolve(web, '1.2.3'), '1.2.3')
  const tree = await repositories.tree(web, '1.9.0')
  assert.match(Buffer.from((await tree.read('Chart.yaml'))!).toString(), /version: 1\.9\.0/)
  assert.equal(await repositories.tree(web, '1.9.0'), tree)
  assert.deepEqual(
    server.asked.map(({ path }) => path),
    ['/stable/index.yaml', '/stable/charts/web-1.9.0.tgz'],
  )
  await assert.rejects(repositories.tree(web, '3.0.0'), (error: Stalled) => {
    assert.equal(error.code, 'chart-not-found')
    return /chart "web" of http:\/\/127.0.0.1:\d+\/stable\/ has no version "3.0.0"/.test(error.message)
  })
  await assert.rejects(repositories.resolve({ ...web, chart: 'nope' }, '*'), /chart "nope" not found in .*\/stable/)
  await assert.rejects(repositories.resolve(web, '^9'), /no version that matches "\^9" among 4/)
  await assert.rejects(repositories.resolve(web, 'what?'), /invalid revision "what\?": improper constraint/)
  // A second process finds the archive on disk, and only there when its bytes are still right.
  server.asked.length = 0
  await open(undefined, { directory: cache }).tree(web, '1.9.0')
  assert.deepEqual(
    server.asked.map(({ path }) => path),
    ['/stable/index.yaml'],
  )
  for (const name of readdirSync(cache)) writeFileSync(join(cache, name), 'spoiled')
  await open(undefined, { directory: cache }).tree(web, '1.9.0')
  assert.equal(server.asked.at(-1)?.path, '/stable/charts/web-1.9.0.tgz')
})

test('what is not what the index says is refused, and so is what is too large, too slow, or no archive', async () => {
  let mode = 'wrong'
  const server = await serve((path) => {
    if (path.endsWith('index.yaml')) return mode === 'endless' ? 'hang' : { body: index((v) => `web-${v}.tgz`, mode !== 'text') }
    return mode === 'hang'
      ? 'hang'
      : { body: mode === 'wrong' ? chart('6.6.6') : mode === 'text' ? 'no archive' : chart('1.0.0') }
  })
  const web = { repository: server.url, chart: 'web' }
  await assert.rejects(open().tree(web, '1.9.0'), (error: Waiting) => {
    assert.ok(error instanceof Waiting)
    return /chart web 1.9.0 of .*: what was downloaded has sha256 [0-9a-f]{64}, it should have [0-9a-f]{64}/.test(error.message)
  })
  mode = 'text'
  await assert.rejects(open().tree(web, '1.9.0'), /chart "web" of .* 1.9.0: gzip: invalid header/)
  await assert.rejects(open(undefined, { limits: { maxIndexBytes: 100 } }).tree(web, '1.9.0'), /larger than 100 bytes/)
  await assert.rejects(open(undefined, { limits: { maxArchiveBytes: 5 } }).tree(web, '1.9.0'), /larger than 5 bytes/)
  mode = 'hang'
  await assert.rejects(open(undefined, { limits: { timeoutMs: 150 } }).tree(web, '1.9.0'), /no whole answer within 0.15 s/)
  mode = 'endless'
  const stopping = new AbortController()
  const waiting = open().resolve(web, '*', { signal: stopping.signal })
  setTimeout(() => stopping.abort(new Error('enough')), 20)
  await assert.rejects(waiting, /enough/)
})

test('credentials stay with the repository, unless they are to be passed on; redirects drop them', async () => {
  const other = await serve((path) => ({ body: archives.get(file(path)!)! }))
  let redirect = ''
  const server = await serve((path, { headers }) => {
    if (headers.authorization !== `Basic ${Buffer.from('me:se cret').toString('base64')}`) return { status: 401 }
    if (path.endsWith('index.yaml'))
      return { body: index((version) => (version === '1.9.0' ? `${other.url}/web-1.9.0.tgz` : `web-${version}.tgz`)) }
    return { status: 302, headers: { location: redirect } }
  })
  const mine = () => ({ username: 'me', password: 'se cret' })
  const web = { repository: server.url, chart: 'web' }
  await assert.rejects(open().resolve(web, '*'), (error: Stalled) => {
    assert.equal(error.code, 'chart-repository-authentication')
    assert.match(error.fix ?? '', /Add a Secret for http:\/\/127/)
    return true
  })
  await open(mine).tree(web, '1.9.0')
  assert.equal(other.asked.at(-1)?.authorization, undefined)
  await open(mine).tree({ ...web, passCredentials: true }, '1.9.0')
  assert.match(other.asked.at(-1)?.authorization ?? '', /^Basic /)
  redirect = `${other.url}/web-1.0.0.tgz`
  await open(mine).tree(web, '1.0.0')
  assert.equal(other.asked.at(-1)?.authorization, undefined)
  redirect = '/again'
  await assert.rejects(open(mine).tree(web, '1.0.0'), /redirects more than 10 times/)
  redirect = 'file:///etc/passwd'
  await assert.rejects(open(mine).tree(web, '1.0.0'), /charts are read over https and http, not file/)
  // In the address itself they are credentials as well, and no error repeats them.
  const inUrl = server.url.replace('//', '//me:se%20cret@')
  assert.equal(await open().resolve({ repository: inUrl, chart: 'web' }, '^1'), '1.10.0')
  await assert.rejects(open().tree({ repository: `${inUrl}?token=hidden`, chart: 'nope' }, '1.0.0'), (error: Error) => {
    assert.doesNotMatch(error.message, /cret|hidden/)
    return true
  })
})

test('TLS: the authority that the repository is given, or none', async () => {
  const server = await serve(
    (path) => (path === '/index.yaml' ? { body: index((v) => `web-${v}.tgz`) } : { body: archives.get(file(path)!)! }),
    {
      tls: true,
    },
  )
  const web = { repository: server.url, chart: 'web' }
  await assert.rejects(open().resolve(web, '*'), (error: Stalled) => error.code === 'chart-repository-certificate')
  assert.equal(await open(() => ({ caPem: server.caPem! })).resolve(web, '*'), '1.10.0')
  assert.equal(await open(() => ({ insecure: true })).resolve(web, '*'), '1.10.0')
})

test('what is published is noticed without being asked for, and unchanged indexes cost nothing', async () => {
  let text = index((version) => `web-${version}.tgz`)
  const server = await serve((_path, { headers }) => {
    const etag = `"${digestOf(text)}"`
    return headers['if-none-match'] === etag ? { status: 304 } : { body: text, headers: { etag } }
  })
  const clock = new VirtualClock({ idle: () => new Promise((done) => setTimeout(done, 30)) })
  const repositories = open(undefined, { clock })
  const told: string[] = []
  repositories.onChange(({ url }) => told.push(url))
  const web = { repository: server.url, chart: 'web' }
  await Promise.all([repositories.resolve(web, '^1'), repositories.resolve(web, '^1')])
  assert.equal(server.asked.length, 1)
  await clock.advance(180_000)
  assert.deepEqual([server.asked.length, told], [2, []])
  text = text.replace('1.10.0', '1.11.0')
  await clock.advance(180_000)
  assert.deepEqual(told, [server.url])
  assert.equal(await repositories.resolve(web, '^1'), '1.11.0')
  repositories.notify(server.url)
  assert.deepEqual(told, [server.url, server.url])
  repositories.close()
})

test('a registry: tags are versions, tokens, pages, digests, one blob for all', async () => {
  const charts = {
    'team/charts/web:1.2.0': chart('1.2.0'),
    'team/charts/web:1.3.0_build.1': chart('1.3.0+build.1'),
    'team/charts/web:latest': chart('0.0.1'),
  }
  const server = await startRegistry({ charts, password: 'pw', pageSize: 1 })
  servers.push(server)
  const mine = { username: 'robot', password: 'pw', plainHttp: true }
  for (const repository of [`oci://${server.host}/team/charts`, `${server.host}/team/charts`]) {
    const web = { repository, chart: 'web' }
    const repositories = open(() => mine)
    assert.equal(await repositories.resolve(web, '^1.2'), '1.3.0+build.1')
    const tree = await repositories.tree(web, '1.3.0+build.1')
    assert.match(Buffer.from((await tree.read('Chart.yaml'))!).toString(), /version: 1\.3\.0\+build\.1/)
  }
  const whole = { repository: `oci://${server.host}/team/charts/web`, chart: '' }
  assert.ok(await open(() => mine).tree(whole, '1.2.0'))
  await assert.rejects(
    open(() => ({ ...mine, password: 'no' })).tree(whole, '1.2.0'),
    /authentication required for http:.*\/token/,
  )
  await assert.rejects(open(() => mine).tree(whole, '7.0.0'), (error: Stalled) => error.code === 'chart-not-found')
  await assert.rejects(
    open(() => mine).resolve({ ...whole, chart: 'nope' }, '*'),
    /chart oci:.*\/web\/nope: .* is not there: 404/,
  )
  assert.ok(server.asked.every(({ path, authorization }) => path.startsWith('/token') || !authorization?.startsWith('Basic')))
})

test('a registry: what is wrong is refused', async () => {
  const charts = { 'charts/web:1.0.0': chart('1.0.0') }
  const plain = { plainHttp: true }
  const spoiled = await startRegistry({ charts, corrupt: () => chart('6.6.6') })
  const image = await startRegistry({ charts, configType: 'application/vnd.oci.image.config.v1+json' })
  const tls = await startRegistry({ charts, tls: true })
  servers.push(spoiled, image, tls)
  const web = ({ host }: ChartServer) => ({ repository: `oci://${host}/charts`, chart: 'web' })
  await assert.rejects(open(() => plain).tree(web(spoiled), '1.0.0'), /its layer: what was downloaded has sha256/)
  await assert.rejects(
    open(() => plain).tree(web(image), '1.0.0'),
    /is no Helm chart: its configuration has the media type "application\/vnd.oci/,
  )
  const wrong = `sha256:${'0'.repeat(64)}`
  await assert.rejects(open(() => plain).tree(web(image), wrong), (error: Stalled) => error.code === 'chart-not-found')
  assert.ok(await open(() => ({ caPem: tls.caPem! })).tree(web(tls), '1.0.0'))
  await assert.rejects(
    open(() => plain).tree({ repository: 'oci://registry.example.test/charts', chart: 'web' }, '1.0.0'),
    /set to be spoken to without TLS, which is done on this machine only/,
  )
})
