import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Renderer, RenderRequest } from '../../../delivery/render/contract.js'
import { createMemoryTree } from '../../../delivery/render/memory-tree.js'
import type { Tree } from '../../../delivery/render/tree.js'
import { systemClock, systemRandom } from '../../system/system-ports.js'
import { createHubRenderers } from './hub-renderers.js'
import { createPatientRenderers } from './patient-renderers.js'
import { SlowSources } from './slow-sources.js'
import { NoThread } from './thread.js'
import { ThreadPool } from './thread-pool.js'

const inPlace = createHubRenderers({ clock: systemClock, random: systemRandom })
const pool = new ThreadPool({
  file: new URL('./render-thread.js', import.meta.url),
  settings: { remote: false, charts: 'off', stopAtBytes: 512 * 1024 * 1024 },
  endAtBytes: 1024 * 1024 * 1024,
  maxThreads: 1,
  ports: {},
  now: () => Date.now(),
})
after(() => pool.close())
const named = (renderers: readonly Renderer[], name: string) => renderers.find((renderer) => renderer.name === name)!
const request = (tree: Tree, path = '', options = {}): RenderRequest => ({ tree, path, options, target: { namespace: 'n' } })

function readTree(folder: string): Tree {
  const files: Record<string, Uint8Array> = {}
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    if (statSync(join(folder, name)).isFile()) files[name] = readFileSync(join(folder, name))
  return createMemoryTree(files)
}

/** A chart that takes about 20 s for a million turns. */
const burning = (turns: number) =>
  createMemoryTree({
    'Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n',
    'templates/a.yaml': `{{ $s := repeat 2000 "a" }}\n\n\n{{ range until ${turns} }}{{ $x := sha512sum $s }}{{ end }}\n`.concat(
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n',
    ),
  })

test('objects, warnings and errors of a thread are those of a render in place', async () => {
  const charts = 'src/delivery/render/helm/goldens'
  const kustomizations = 'src/delivery/render/kustomize/goldens'
  const cases: [string, RenderRequest][] = []
  const broken = readdirSync(join(charts, 'broken')).map((name) => `broken/${name}`)
  // Keys and passwords are others each time, and certificates.
  for (const name of [...readdirSync(charts), ...broken]) {
    if (!statSync(join(charts, name)).isDirectory() || name === 'crypto' || name === 'broken') continue
    cases.push(['helm', request(readTree(join(charts, name)))])
    cases.push(['helm', request(readTree(join(charts, name)), '', { helm: { version: 'v4', releaseName: 'r' } })])
  }
  for (const name of readdirSync(kustomizations)) {
    const tree = readTree(join(kustomizations, name, 'input'))
    const path = statSync(join(kustomizations, name, 'path.txt'), { throwIfNoEntry: false })
    cases.push(['kustomize', request(tree, path ? readFileSync(join(kustomizations, name, 'path.txt'), 'utf8').trim() : '')])
    cases.push(['kustomize', request(tree, 'no-such')])
    cases.push(['directory', request(tree, '', { directory: { recurse: true } })])
  }
  let failures = 0
  for (const [renderer, asked] of cases) {
    const outcome = await pool.render('s', { renderer, request: asked, maxMilliseconds: 60_000 })
    const apart = 'error' in outcome ? told(outcome.error) : outcome.result
    const here = await named(inPlace, renderer)
      .render(asked)
      .catch((error: unknown) => told(error))
    if ('error' in outcome) failures++
    assert.deepEqual(apart, JSON.parse(JSON.stringify(here)))
  }
  assert.ok(cases.length > 100 && failures > 30, `${cases.length} cases, ${failures} of them errors`)
})

function told(error: unknown): object {
  const { name, message, code, fix } = error as Error & { code: string; fix: string }
  return { name, message, code, ...(fix === undefined ? {} : { fix }) }
}

/** Milliseconds that this process's main thread has worked, where the kernel counts them: the machine may be busy with other tests. */
function workedHere(): number {
  const file = `/proc/self/task/${process.pid}/schedstat`
  const nanoseconds = existsSync(file) ? Number(readFileSync(file, 'latin1').split(' ', 1)[0]) : 0
  return nanoseconds > 0 ? nanoseconds / 1e6 : performance.now()
}

/** The longest work between two turns of a timer, in milliseconds. */
async function longestTurn(run: () => Promise<void>): Promise<number> {
  let longest = 0
  let at = workedHere()
  const beat = setInterval(() => {
    const now = workedHere()
    longest = Math.max(longest, now - at)
    at = now
  }, 5)
  // The beat has to be there before what it measures.
  await new Promise((done) => setTimeout(done, 20))
  longest = 0
  await run()
  await new Promise((done) => setTimeout(done, 20))
  clearInterval(beat)
  return longest
}

test('a chart that takes seconds does not hold up the thread that does all else', async () => {
  const renderers = createPatientRenderers(inPlace, {
    apart: (source, render) => pool.render(source, render),
    maxMilliseconds: () => 1500,
    noThread: (error) => assert.fail(error),
  })
  const helm = named(renderers, 'helm')
  const slow = request(burning(1_000_000))
  const held = await longestTurn(() =>
    assert.rejects(helm.render(slow), /template: c\/templates\/a\.yaml:4:.*: still running when its time was over/),
  )
  assert.ok(held <= 600, `the thread was held for ${held} ms`)
  assert.ok(held > 0)
})

test('a build of many small steps lets others have their turns', async () => {
  const [kustomize] = createPatientRenderers(inPlace, {
    apart: (source, render) => pool.render(source, render),
    maxMilliseconds: () => 5000,
    noThread: (error) => assert.fail(error),
  })
  const files: Record<string, string> = { 'c0/kustomization.yaml': 'namePrefix: x-\nresources: []\n' }
  for (let level = 1; level <= 900; level++) files[`c${level}/kustomization.yaml`] = `resources: [../c${level - 1}]\n`
  const generators = Array.from({ length: 1500 }, (_, index) => `- {name: g${index}, literals: [a=${index}]}\n`)
  files['many/kustomization.yaml'] = `configMapGenerator:\n${generators.join('')}`
  for (const path of ['c900', 'many']) {
    const held = await longestTurn(async () => {
      await kustomize!.render(request(createMemoryTree(files), path))
    })
    assert.ok(held <= 600, `${path}: the thread was held for ${held} ms`)
  }
})

test('what was too slow once begins apart the next time, until it has been quick for a while', async () => {
  let apart = 0
  const renderers = createPatientRenderers(inPlace, {
    apart: async () => {
      apart++
      return { milliseconds: 10, result: { objects: [], warnings: [] } }
    },
    maxMilliseconds: () => 1000,
    noThread: () => {},
    inPlaceMilliseconds: 40,
  })
  const helm = named(renderers, 'helm')
  const slow = { ...request(burning(20_000)), source: 'https://example.com/a' }
  const quick = { ...request(burning(0)), source: 'https://example.com/a' }
  await helm.render(quick)
  assert.equal(apart, 0)
  await helm.render(slow)
  for (let count = 0; count < 9; count++) await helm.render(quick)
  await helm.render({ ...quick, source: 'https://example.com/b' })
  assert.equal(apart, 10)
  await helm.render(quick)
  assert.equal(apart, 10)
})

test('without a thread a render goes on in place', async () => {
  const problems: string[] = []
  const renderers = createPatientRenderers(inPlace, {
    apart: async () => Promise.reject(new NoThread('none left')),
    maxMilliseconds: () => 1000,
    noThread: ({ message }) => problems.push(message),
    inPlaceMilliseconds: 1,
  })
  assert.equal((await named(renderers, 'helm').render(request(burning(2000)))).objects.length, 1)
  assert.deepEqual(problems, ['none left'])
})

test('a source with many slow paths is slow as a whole, and only so many are kept', () => {
  const slow = new SlowSources(2)
  for (let index = 0; index < 8; index++) {
    assert.equal(slow.has('a', 'other'), false)
    slow.add('a', `p${index}`)
  }
  assert.equal(slow.has('a', 'other'), true)
  for (let index = 0; index < 10; index++) slow.wasQuick('a', 'other')
  assert.deepEqual([slow.has('a', 'other'), slow.has('a', 'p0'), slow.has('a', 'p1')], [false, false, true])
  slow.add('b', '')
  slow.add('c', '')
  assert.deepEqual([slow.has('a', 'p1'), slow.has('b', ''), slow.has('c', '')], [false, true, true])
})
