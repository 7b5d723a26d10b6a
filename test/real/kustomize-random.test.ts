import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { type Comparison, compareBuilds, findKustomizations, formatVerdicts } from '../support/kustomize-comparison.js'
import { randomKustomization } from '../support/random-kustomization.js'
import { findPeer } from '../support/real-apiserver.js'

// Kustomizations made up from seeds, all layers of them, built by the real kustomize and by us. FLOTILLA_SEEDS=FROM-TO
// chooses the seeds.
const peer = findPeer('kustomize')
const noPeer = 'path' in peer ? false : `kustomize cannot be had: ${peer.reason}`
const [from = 1, to = 60] = (process.env['FLOTILLA_SEEDS'] ?? '').split('-').filter(Boolean).map(Number)
// Strange by intent, and written otherwise by us (docs/reference/kustomize.md, limits).
const known = new Set([117, 212])

test('kustomizations made up from seeds build as with kustomize', { skip: noPeer }, async () => {
  const root = mkdtempSync(join(tmpdir(), 'flotilla-kustomize-'))
  const results: Comparison[] = []
  try {
    for (let seed = from; seed <= to; seed++) {
      if (known.has(seed)) continue
      const folder = join(root, `seed-${seed}`)
      mkdirSync(join(folder, '.git'), { recursive: true })
      for (const [path, text] of Object.entries(randomKustomization(seed).files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), text)
      }
      const program = 'path' in peer ? [peer.path, 'build'] : []
      for (const directory of findKustomizations(folder)) results.push(await compareBuilds(program, directory))
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
  console.log(formatVerdicts(new Map([['seeds', results]])))
  // Some make the real one lose count of the names an object has had; that end is its own.
  const crashed = ({ theirs }: Comparison) => /panic:|number of previous names|missing metadata.name/.test(theirs.stderr)
  const wrong = results.filter((one) => !['identical bytes', 'refused by both'].includes(one.verdict) && !crashed(one))
  assert.deepEqual(
    wrong.map(({ directory, verdict, detail }) => `${verdict}: ${directory.slice(root.length)}\n${detail}`),
    [],
  )
  assert.ok(results.some((one) => one.verdict === 'identical bytes'))
})
