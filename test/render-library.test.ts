import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
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
  assert.equal(examples.length, 3)
  for (const example of examples) {
    const output = blocks[blocks.indexOf(example) + 1]!
    assert.equal(output.note, 'output')
    const text = example.text.replace(/'flotilla\/render\/(\w+)'/, (_, name) =>
      JSON.stringify(pathToFileURL(`dist/src/delivery/render/${name}/library.js`).href),
    )
    const result = spawnSync(process.execPath, ['--input-type=module', '-e', text], { encoding: 'utf8' })
    assert.equal(result.stdout, output.text, result.stderr)
  }
})

test('package.json leads to the libraries', () => {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, { default: string }> }
  for (const name of ['kustomize', 'helm']) assert.ok(existsSync(exports[`./render/${name}`]!.default), name)
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
