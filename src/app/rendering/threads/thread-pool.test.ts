import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { RemoteSources, RenderRequest } from '../../../delivery/render/contract.js'
import { createMemoryTree } from '../../../delivery/render/memory-tree.js'
import { NoThread } from './thread.js'
import { ThreadPool, type ThreadPoolOptions } from './thread-pool.js'

const mebibyte = 1024 * 1024
const pools: ThreadPool[] = []
after(() => Promise.all(pools.map((pool) => pool.close())))
const open = (options: Partial<ThreadPoolOptions> = {}) => {
  const pool = new ThreadPool({
    file: new URL('./render-thread.js', import.meta.url),
    settings: { remote: false, charts: 'off', stopAtBytes: 512 * mebibyte },
    endAtBytes: 1024 * mebibyte,
    maxThreads: 1,
    ports: {},
    now: () => Date.UTC(2026, 1, 3),
    ...options,
  })
  pools.push(pool)
  return pool
}
const failing = new URL('./threads-that-fail.support.js', import.meta.url)
const plain = createMemoryTree({})
const at = (path: string, maxMilliseconds = 60_000) => ({
  renderer: 'helm',
  maxMilliseconds,
  request: { tree: plain, path, options: {}, target: { namespace: '' } } satisfies RenderRequest,
})
const chart = (template: string) => ({
  tree: createMemoryTree({
    'c/Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n',
    'c/templates/a.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: "${template}"}\n`,
  }),
  path: 'c',
  options: {},
  target: { namespace: 'n' },
})
const errorOf = async (outcome: Promise<object>) => ((await outcome) as { error?: Error & { code: string } }).error!

test('a render that takes all its time, or all its memory, is stopped, and the error names template and line', async () => {
  const settings = { remote: false, charts: 'off', stopAtBytes: 100 * mebibyte } as const
  const pool = open({ settings, graceMilliseconds: 60_000 })
  const slow = '{{ $s := repeat 2000 "a" }}{{ range until 1000000 }}{{ $x := sha512sum $s }}{{ end }}'
  const late = await errorOf(pool.render('s', { renderer: 'helm', maxMilliseconds: 300, request: chart(slow) }))
  assert.match(late.message, /^c: rendering c\/templates\/a\.yaml failed: template: c\/templates\/a\.yaml:4:.*its time was over/)
  const large = '{{ $k := dict }}{{ range $i := until 1000000 }}{{ $_ := set $k (toString $i) (list $i) }}{{ end }}'
  const full = await errorOf(pool.render('s', { renderer: 'helm', maxMilliseconds: 30_000, request: chart(large) }))
  assert.match(full.message, /^c: rendering .*template: c\/templates\/a\.yaml:4:.*: takes more than 100 MiB of memory$/)
  assert.deepEqual([late.code, late.name, pool.threads], ['helm-template-failed', 'HelmError', 1])
})

test('a thread that says nothing any more, or fills its memory, is ended, and the next render has another one', async () => {
  const pool = open({ file: failing, endAtBytes: 32 * mebibyte, graceMilliseconds: 200 })
  const silent = await errorOf(pool.render('s', at('loop', 100)))
  assert.deepEqual(
    [silent.code, silent.message],
    ['render-time', 'loop: rendering it (helm) took longer than 0.1 s and was ended'],
  )
  const full = await errorOf(pool.render('s', at('fill')))
  assert.deepEqual(
    [full.code, full.message],
    ['render-memory', 'fill: rendering it (helm) took more than 32 MiB of memory and was ended'],
  )
  assert.equal((await errorOf(pool.render('s', at('throw')))).code, 'render-thread')
  assert.equal(await errorOf(pool.render('s', at('well'))), undefined)
})

test('a thread that ends while nothing is rendered in it is replaced by the next render', async () => {
  const pool = open({ file: failing, graceMilliseconds: 200 })
  assert.equal(await errorOf(pool.render('s', at('later'))), undefined)
  await new Promise((done) => setTimeout(done, 200))
  const next = pool.render('s', at('well', 500))
  const late = new Promise<'late'>((done) => setTimeout(done, 3000, 'late').unref())
  assert.notEqual(await Promise.race([next, late]), 'late')
  assert.equal(await errorOf(next), undefined)
  assert.equal(pool.threads, 1)
})

test('sources take turns, and who has many renders waits for itself', async () => {
  const pool = open({ file: failing, maxWaitingOfSource: 2, maxWaiting: 3 })
  const order: string[] = []
  const render = async (source: string, path: string) => {
    await pool.render(source, at(path))
    order.push(path)
  }
  const all = [render('a', 'a1'), render('a', 'a2'), render('a', 'a3'), render('b', 'b1')]
  for (const source of ['a', 'c'])
    await assert.rejects(render(source, 'x'), { name: 'Waiting', code: 'render-queue-full', retryAfterMs: 15_000 })
  await Promise.all(all)
  assert.deepEqual(order, ['a1', 'b1', 'a2', 'a3'])
})

test('threads begin with the first render, and end when there was none for a while, or with the pool', async () => {
  const pool = open({ file: failing, idleMilliseconds: 50 })
  assert.equal(pool.threads, 0)
  await pool.render('s', at('one'))
  assert.equal(pool.threads, 1)
  while (pool.threads > 0) await new Promise((done) => setTimeout(done, 20))
  const underWay = errorOf(pool.render('s', at('loop')))
  const waiting = assert.rejects(pool.render('s', at('two')), { name: 'Waiting' })
  await pool.close()
  assert.equal((await underWay).message, 'nothing is rendered any more: the hub stops')
  await waiting
  await assert.rejects(pool.render('s', at('three')), { name: 'Waiting' })
  await assert.rejects(open({ file: new URL('./none.js', import.meta.url) }).render('s', at('x')), NoThread)
})

test('a render in a thread reads clusters, repositories and charts through the hub', async () => {
  const encode = (text: string) => new TextEncoder().encode(text)
  const remote: RemoteSources = {
    repository: async ({ repository, ref }) =>
      createMemoryTree({
        'base/kustomization.yaml': `configMapGenerator: [{name: base, literals: ['from=${repository}@${ref}']}]\n`,
      }),
    file: async (url) => encode(`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: file}\ndata: {url: "${url}"}\n`),
  }
  const pull = async ({ name }: { name: string }) => ({
    tree: createMemoryTree({
      [`${name}/Chart.yaml`]: `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`,
      [`${name}/values.yaml`]: 'a: 1\n',
      [`${name}/templates/a.yaml`]: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\n',
    }),
    path: name,
  })
  const pool = open({
    settings: { remote: true, charts: 'fetched', stopAtBytes: 512 * mebibyte },
    ports: { remote, pull },
  })
  const kustomization = [
    'resources: ["https://example.com/org/repo//base?ref=v1", "https://example.com/x.yaml"]',
    'helmCharts: [{name: web, repo: "https://charts.example.com", releaseName: rel}]\n',
  ].join('\n')
  const request = {
    tree: createMemoryTree({ 'kustomization.yaml': kustomization }),
    path: '',
    options: {},
    target: { namespace: '' },
  }
  const built = await pool.render('s', { renderer: 'kustomize', maxMilliseconds: 60_000, request })
  assert.ok('result' in built, String((built as { error?: unknown }).error))
  const names = built.result.objects.map(({ metadata }) => metadata.name.replace(/-\w{10}$/, ''))
  assert.deepEqual([names.sort(), built.result.isVolatile], [['base', 'file', 'rel'], true])

  const live = chart('{{ (lookup "v1" "Secret" "n" "s").data.n }} {{ now | date "2006-01" }}')
  const lookup = async (...asked: string[]) => ({ data: { n: 2n ** 60n, asked } })
  const found = await pool.render('s', {
    renderer: 'helm',
    maxMilliseconds: 60_000,
    request: { ...live, target: { namespace: 'n', lookup } },
  })
  assert.ok('result' in found, String((found as { error?: unknown }).error))
  assert.deepEqual(found.result.objects[0]!['data'], { x: '1152921504606846976 2026-02' })
  const refused = async () => Promise.reject(new Error('the cluster is away'))
  const error = await errorOf(
    pool.render('s', {
      renderer: 'helm',
      maxMilliseconds: 60_000,
      request: { ...live, target: { namespace: 'n', lookup: refused } },
    }),
  )
  assert.match(error.message, /error calling lookup: the cluster is away/)
})
