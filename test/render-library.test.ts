import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { docBlocks } from './support/doc-blocks.js'

const page = 'docs/guides/render-as-a-library.md'
const goldens = 'src/delivery/render/kustomize/goldens'

test('the examples of the guide print what stands below them', () => {
  const blocks = docBlocks(page)
  const examples = blocks.filter((block) => block.language === 'js')
  assert.equal(examples.length, 2)
  for (const example of examples) {
    const output = blocks[blocks.indexOf(example) + 1]!
    assert.equal(output.note, 'output')
    const library = pathToFileURL('dist/src/delivery/render/kustomize/library.js').href
    const text = example.text.replace("'flotilla/render/kustomize'", JSON.stringify(library))
    const result = spawnSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8' })
    assert.equal(result.stdout, output.text, result.stderr)
  }
})

test('package.json leads to the library', () => {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, { default: string }> }
  assert.ok(existsSync(exports['./render/kustomize']!.default))
})

/** The library in one script that sets the global `kustomize`, with nothing of Node. */
async function browserBundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: ['dist/src/delivery/render/kustomize/library.js'],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'kustomize',
    write: false,
    target: 'es2022',
    logLevel: 'error',
  })
  return outputFiles[0]!.text
}

const script = (files: Record<string, string>, path: string) => `
kustomize.buildKustomization(kustomize.createMemoryTree(${JSON.stringify(files)}), ${JSON.stringify(path)},
  {schemas: kustomize.builtInSchemas}).then((built) => kustomize.formatResources(built.objects))`

const golden = {
  files: {
    'kustomization.yaml': readFileSync(join(goldens, 'replacements/input/kustomization.yaml'), 'utf8'),
    'all.yaml': readFileSync(join(goldens, 'replacements/input/all.yaml'), 'utf8'),
    'more.yaml': readFileSync(join(goldens, 'replacements/input/more.yaml'), 'utf8'),
  },
  expected: readFileSync(join(goldens, 'replacements/expected.yaml'), 'utf8'),
}

test('it runs without anything of Node', async () => {
  // All that is passed in is what every browser has; process, Buffer and require are not there.
  const context = createContext({ TextEncoder, TextDecoder, btoa, atob })
  runInContext(await browserBundle(), context, { timeout: 20_000 })
  assert.equal(runInContext('typeof process + typeof Buffer + typeof require', context), 'undefinedundefinedundefined')
  assert.equal(await runInContext(script(golden.files, ''), context), golden.expected)
})

const browser = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
)

test('it runs in a browser', { skip: browser === undefined && 'Chromium is not installed' }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-browser-'))
  try {
    const page = `<pre id="out"></pre><script>${(await browserBundle()).replaceAll('</script', '<\\/script')}</script>
<script>${script(golden.files, '')}.then((text) => { out.textContent = btoa(unescape(encodeURIComponent(text))) })</script>`
    writeFileSync(join(folder, 'page.html'), page)
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--virtual-time-budget=10000', '--dump-dom']
    const { stdout } = spawnSync(browser!, [...flags, `file://${folder}/page.html`], { encoding: 'utf8', timeout: 60_000 })
    const printed = /<pre id="out">([^<]*)<\/pre>/.exec(stdout)?.[1] ?? ''
    assert.equal(Buffer.from(printed, 'base64').toString('utf8'), golden.expected)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
