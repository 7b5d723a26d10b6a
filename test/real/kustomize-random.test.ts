import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { type Comparison, compareBuilds, findKustomizations, formatVerdicts } from '../support/peers/kustomize-comparison.js'
import { findPeer } from '../support/peers/real-apiserver.js'
import { randomKustomization } from '../support/random/random-kustomization.js'

// Kustomizations made up from seeds, all layers of them, built by the real kustomize and by us: written as JSON, and in YAML of
// all styles with what is less common. FLOTILLA_SEEDS=FROM-TO chooses the seeds; FLOTILLA_KUBECTL=1 adds kubectl's kustomize.
const [from = 1, to = 60] = (process.env['FLOTILLA_SEEDS'] ?? '').split('-').filter(Boolean).map(Number)

/** Where the real one ends for reasons of its own: it loses count of the names that an object has had, or cannot read what it wrote. */
const isCrash = ({ theirs }: Comparison) =>
  /panic:|number of previous names|missing metadata.name|invalid map key|Error: yaml: line|Error: map\[string\]/.test(
    theirs.stderr,
  )

async function compareSeeds(program: readonly string[], style: 'plain' | 'styled', last: number): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'flotilla-kustomize-'))
  const results: Comparison[] = []
  try {
    for (let seed = from; seed <= last; seed++) {
      const folder = join(root, `seed-${seed}`)
      mkdirSync(join(folder, '.git'), { recursive: true })
      for (const [path, text] of Object.entries(randomKustomization(seed, style).files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), text)
      }
      for (const directory of findKustomizations(folder)) results.push(await compareBuilds(program, directory))
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
  console.log(formatVerdicts(new Map([[`${style} seeds`, results]])))
  const wrong = results.filter((one) => !['identical bytes', 'refused by both'].includes(one.verdict) && !isCrash(one))
  assert.deepEqual(
    wrong.map(({ directory, verdict, detail }) => `${verdict}: ${directory.slice(root.length)}\n${detail}`),
    [],
  )
  assert.ok(results.some((one) => one.verdict === 'identical bytes'))
}

for (const name of ['kustomize', 'kubectl-1.37', 'kubectl-1.29'] as const) {
  const peer = findPeer(name)
  const noPeer = 'path' in peer ? false : `${name} cannot be had: ${peer.reason}`
  const isKubectl = name !== 'kustomize'
  const skip = noPeer || (isKubectl && process.env['FLOTILLA_KUBECTL'] === undefined && 'FLOTILLA_KUBECTL is not set')
  const program = 'path' in peer ? [peer.path, isKubectl ? 'kustomize' : 'build'] : []
  for (const style of ['plain', 'styled'] as const)
    test(`kustomizations made up from seeds (${style}) build as with ${name}`, { skip, timeout: 3_600_000 }, () =>
      compareSeeds(program, style, to),
    )
}
