import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { renderHelmChart } from '../../src/delivery/render/helm/library.js'
import {
  buildKustomization,
  builtInSchemas,
  createMemoryTree,
  formatResources,
} from '../../src/delivery/render/kustomize/library.js'
import { findCharts } from '../support/peers/chart-comparison.js'
import { findChromium, runPage } from '../support/peers/chromium.js'
import { findKustomizations } from '../support/peers/kustomize-comparison.js'

// The renderers as ESM bundles in a real browser: every kustomization and chart of the goldens, and of the fixtures below
// FLOTILLA_INPUTS, must come out with the bytes that they have in Node.
const chromium = findChromium()
const skip = 'path' in chromium ? false : chromium.reason
const inputs = process.env['FLOTILLA_INPUTS']

async function bundle(name: 'kustomize' | 'helm'): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`dist/src/delivery/render/${name}/library.js`],
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    target: 'es2022',
    logLevel: 'error',
  })
  return outputFiles[0]!.text
}

/** Texts of the files below a folder. */
function readFiles(root: string): Record<string, string> {
  const files: Record<string, string> = {}
  for (const entry of readdirSync(root, { recursive: true })) {
    const path = join(root, String(entry))
    if (!String(entry).startsWith('.git/') && existsSync(path) && statSync(path).isFile() && statSync(path).size < 1_000_000)
      files[String(entry).replaceAll('\\', '/')] = readFileSync(path, 'utf8')
  }
  return files
}

interface Case {
  readonly kind: 'kustomize' | 'helm'
  readonly root: number
  readonly path: string
}

async function inNode(trees: readonly ReturnType<typeof createMemoryTree>[], { kind, root, path }: Case): Promise<string> {
  try {
    if (kind === 'helm') return (await renderHelmChart(trees[root]!, path)).text
    return formatResources((await buildKustomization(trees[root]!, path, { schemas: builtInSchemas })).objects)
  } catch (error) {
    return `error: ${(error as Error).message}`
  }
}

const script = `
import { buildKustomization, builtInSchemas, createMemoryTree, formatResources } from './kustomize.js'
import * as helm from './helm.js'
const { roots, cases } = await (await fetch('cases.json')).json()
const trees = roots.map((files) => createMemoryTree(files))
const results = []
for (const { kind, root, path } of cases) {
  try {
    if (kind === 'helm') results.push((await helm.renderHelmChart(trees[root], path)).text)
    else results.push(formatResources((await buildKustomization(trees[root], path, { schemas: builtInSchemas })).objects))
  } catch (error) {
    results.push('error: ' + error.message)
  }
}
await fetch('result', { method: 'POST', body: JSON.stringify({ agent: navigator.userAgent, results }) })
`

test('kustomizations and charts come out of a browser as out of Node', { skip, timeout: 240_000 }, async () => {
  const folders = ['src/delivery/render/kustomize/goldens', 'src/delivery/render/helm/goldens']
  const fixtures = inputs === undefined ? '' : join(inputs, 'fixtures')
  if (existsSync(fixtures)) for (const name of readdirSync(fixtures)) folders.push(join(fixtures, name))
  const roots: Record<string, string>[] = []
  const cases: Case[] = []
  for (const folder of folders) {
    if (!statSync(folder).isDirectory()) continue
    const root = roots.push(readFiles(folder)) - 1
    for (const path of findKustomizations(folder)) cases.push({ kind: 'kustomize', root, path: relative(folder, path) })
    for (const path of findCharts(folder)) cases.push({ kind: 'helm', root, path: relative(folder, path) })
  }
  const trees = roots.map((files) => createMemoryTree(files))
  const expected: string[] = []
  for (const one of cases) expected.push(await inNode(trees, one))
  const scripts = { kustomize: await bundle('kustomize'), helm: await bundle('helm') }
  const files = {
    'index.html': '<!doctype html><meta charset="utf-8"><script type="module" src="page.js"></script>',
    'page.js': script,
    'kustomize.js': scripts.kustomize,
    'helm.js': scripts.helm,
    'cases.json': JSON.stringify({ roots, cases }),
  }
  const { agent, results } = (await runPage('path' in chromium ? chromium.path : '', files)) as {
    agent: string
    results: string[]
  }
  const wrong = cases.filter((_, index) => results[index] !== expected[index])
  assert.deepEqual(
    wrong.map(({ kind, root, path }) => `${kind}: ${folders[root]} ${path}`),
    [],
  )
  const built = (kind: string) =>
    cases.filter((one, index) => one.kind === kind && !expected[index]!.startsWith('error: ')).length
  assert.ok(built('kustomize') > 15 && built('helm') > 5, `${built('kustomize')} kustomizations, ${built('helm')} charts`)
  const size = (text: string) => `${Math.round(text.length / 1024)} KiB, ${Math.round(gzipSync(text).length / 1024)} KiB packed`
  console.log(
    `${/Chrome\/[\d.]+/.exec(agent)?.[0]}: ${built('kustomize')} kustomizations and ${built('helm')} charts, byte for byte`,
  )
  console.log(`bundles: kustomize ${size(scripts.kustomize)}; helm ${size(scripts.helm)}`)
})
