import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findCorpus } from '../support/peers/kustomization-corpus.js'
import { type Comparison, compareBuilds, findKustomizations, formatVerdicts } from '../support/peers/kustomize-comparison.js'
import { findPeer } from '../support/peers/real-apiserver.js'

// Compares with the real kustomize: what both build must be the same byte for byte, what one refuses the other must refuse.
// FLOTILLA_INPUTS/fixtures holds real applications. Public repositories are fetched into a cache where the network allows it, and a
// dozen kustomizations of each are compared; all of them with FLOTILLA_KUSTOMIZATIONS, which names any folder of repositories.
const goldens = 'src/delivery/render/kustomize/goldens'
const peer = findPeer('kustomize')
const program = 'path' in peer ? [peer.path, 'build'] : []
const noPeer = 'path' in peer ? false : `kustomize cannot be had: ${peer.reason}`
const inputs = process.env['FLOTILLA_INPUTS']
const fixtures = inputs === undefined ? undefined : join(inputs, 'fixtures')
const noFixtures = fixtures !== undefined && existsSync(fixtures) ? false : 'FLOTILLA_INPUTS names no folder with fixtures'
const perRepository = process.env['FLOTILLA_KUSTOMIZATIONS'] === undefined ? 12 : Number.POSITIVE_INFINITY
// Parts of paths to look at, separated by commas; with details of all verdicts.
const only = process.env['FLOTILLA_ONLY']?.split(',')

/** Compares all kustomizations below a folder, prints the table, and answers with what is not as it should be. */
async function compareAll(
  program: readonly string[],
  root: string,
  limit = Number.POSITIVE_INFINITY,
): Promise<{ compared: number; wrong: Comparison[] }> {
  const groups = new Map<string, Comparison[]>()
  const wrong: Comparison[] = []
  let compared = 0
  for (const name of readdirSync(root).sort()) {
    if (!statSync(join(root, name)).isDirectory()) continue
    const all = findKustomizations(join(root, name))
    const step = Math.max(1, all.length / limit)
    for (let at = 0; at < all.length; at += step) {
      const directory = all[Math.floor(at)]!
      if (only !== undefined && !only.some((part) => directory.includes(part))) continue
      const result = await compareBuilds(program, directory)
      groups.set(name, [...(groups.get(name) ?? []), result])
      compared++
      if (!['identical bytes', 'refused by both'].includes(result.verdict)) wrong.push(result)
      else if (only !== undefined) console.log(`${result.verdict}: ${directory}\n${result.detail}`)
    }
  }
  console.log(formatVerdicts(groups))
  for (const one of wrong) console.log(`${one.verdict}: ${one.directory}\n${one.detail}\n`)
  return { compared, wrong }
}

test('every golden is what kustomize prints', { skip: noPeer }, async () => {
  for (const name of readdirSync(goldens)) {
    const root = join(goldens, name, 'input')
    const pathFile = join(goldens, name, 'path.txt')
    const path = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : ''
    const { verdict, detail } = await compareBuilds(program, join(root, path))
    assert.equal(verdict, 'identical bytes', `${name}: ${detail}`)
  }
})

test('every kustomization of real applications builds as with kustomize', { skip: noPeer || noFixtures }, async () => {
  const { compared, wrong } = await compareAll(program, fixtures!)
  assert.deepEqual(
    wrong.map((one) => one.directory),
    [],
  )
  assert.ok(only !== undefined || compared > 20, `only ${compared} kustomizations`)
})

test('kustomizations of public repositories build as with kustomize', { skip: noPeer, timeout: 3_600_000 }, async (context) => {
  const corpus = findCorpus()
  if ('reason' in corpus) return context.skip(corpus.reason)
  const { compared, wrong } = await compareAll(program, corpus.folder, perRepository)
  assert.deepEqual(
    wrong.map((one) => one.directory),
    [],
  )
  assert.ok(only !== undefined || compared > 40, `only ${compared} kustomizations`)
})

for (const name of ['kubectl-1.37', 'kubectl-1.29'] as const) {
  const kubectl = findPeer(name)
  const noKubectl = 'path' in kubectl ? false : `${name} cannot be had: ${kubectl.reason}`
  test(`every kustomization of real applications builds as with ${name}`, { skip: noKubectl || noFixtures }, async () => {
    const { wrong } = await compareAll(['path' in kubectl ? kubectl.path : '', 'kustomize'], fixtures!)
    assert.deepEqual(
      wrong.map((one) => one.directory),
      [],
    )
  })
}
