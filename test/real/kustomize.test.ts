import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { buildKustomization, formatResources } from '../../src/delivery/render/kustomize/build-kustomization.js'
import { createMemoryTree } from '../../src/delivery/render/memory-tree.js'
import type { Tree } from '../../src/delivery/render/tree.js'
import { builtInSchemas } from '../../src/kube/schema/built-in.js'

// Compares with the real kustomize: what both build must be the same byte for byte, what one refuses the other must refuse.
const goldens = 'src/delivery/render/kustomize/goldens'
const version = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' })
const noKubectl = version.status === 0 ? false : 'kubectl is not installed'
const inputs = process.env['FLOTILLA_INPUTS']
const fixtures = inputs === undefined ? undefined : join(inputs, 'fixtures')
const noFixtures = fixtures !== undefined && existsSync(fixtures) ? false : 'FLOTILLA_INPUTS names no folder with fixtures'

function readTree(root: string): Tree {
  const files: Record<string, Uint8Array> = {}
  for (const entry of readdirSync(root, { recursive: true })) {
    const path = join(root, String(entry))
    if (statSync(path).isFile()) files[String(entry).replaceAll('\\', '/')] = readFileSync(path)
  }
  return createMemoryTree(files)
}

async function compare(tree: Tree, root: string, path: string): Promise<'same' | 'both refuse'> {
  const real = spawnSync('kubectl', ['kustomize', join(root, path)], { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  let ours: string | Error
  try {
    ours = formatResources((await buildKustomization(tree, path, { schemas: builtInSchemas })).objects)
  } catch (error) {
    ours = error as Error
  }
  if (real.status !== 0) {
    assert.ok(ours instanceof Error, `${path}: kubectl refuses: ${real.stderr}`)
    return 'both refuse'
  }
  assert.ok(!(ours instanceof Error), `${path}: we refuse: ${ours instanceof Error ? ours.message : ''}`)
  assert.equal(ours, real.stdout, path)
  return 'same'
}

test('every golden is what kubectl kustomize prints', { skip: noKubectl }, async () => {
  for (const name of readdirSync(goldens)) {
    const root = join(goldens, name, 'input')
    const pathFile = join(goldens, name, 'path.txt')
    const path = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : ''
    assert.equal(await compare(readTree(root), root, path), 'same', name)
  }
})

test('every kustomization of real applications builds as with kubectl', { skip: noKubectl || noFixtures }, async () => {
  let same = 0
  for (const repository of readdirSync(fixtures!)) {
    const root = join(fixtures!, repository)
    if (!statSync(root).isDirectory()) continue
    const tree = readTree(root)
    for (const entry of readdirSync(root, { recursive: true })) {
      const file = String(entry).replaceAll('\\', '/')
      if (!/(^|\/)(kustomization\.ya?ml|Kustomization)$/.test(file)) continue
      const directory = dirname(file)
      if ((await compare(tree, root, directory === '.' ? '' : directory)) === 'same') same++
    }
  }
  assert.ok(same > 20, `only ${same} kustomizations were built by both`)
})
