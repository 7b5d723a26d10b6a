import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { openDirectoryTree } from '../../src/app/rendering/render-directory.js'
import type { KustomizeOverrides } from '../../src/delivery/render/contract.js'
import { buildKustomization, formatResources } from '../../src/delivery/render/kustomize/build-kustomization.js'
import { builtInSchemas } from '../../src/kube/schema/built-in.js'
import { firstDifference } from '../support/peers/kustomize-comparison.js'
import { findPeer } from '../support/peers/real-apiserver.js'
import { randomKustomization } from '../support/random/random-kustomization.js'
import { SeededChoice } from '../support/random/seeded-choice.js'

// Argo CD's source.kustomize: what `kustomize edit` makes of a checkout, and `kustomize build` of that, against our overrides.
const peer = findPeer('kustomize')
const skip = 'path' in peer ? false : `kustomize cannot be had: ${peer.reason}`
const program = 'path' in peer ? peer.path : ''
const [from = 1, to = 60] = (process.env['FLOTILLA_SEEDS'] ?? '').split('-').filter(Boolean).map(Number)

function makeOverrides(seed: number): KustomizeOverrides {
  const choice = new SeededChoice(seed + 77)
  const maybe = <T>(field: keyof KustomizeOverrides, values: readonly T[]) =>
    choice.maybe(0.35) ? { [field]: choice.pick(values) } : {}
  const withoutSelector = choice.maybe(0.5)
  return {
    ...maybe('namePrefix', ['argo-', 'a.']),
    ...maybe('nameSuffix', ['-argo']),
    ...maybe('namespace', ['argo', 'shop']),
    ...maybe('images', [
      ['nginx:9'],
      ['nginx=mirror/nginx:9', 'busybox@sha256:0'],
      ['registry.io/team/app=*:2'],
      ['nginx'],
      ['nginx=other'],
    ]),
    ...maybe('replicas', [[{ name: 'web', count: 3 }], [{ name: 'db', count: '2' }]]),
    ...maybe('commonLabels', [{ argo: 'yes' }, { team: 'argo' }, { argo: 'a', zoo: 'z' }]),
    ...maybe('forceCommonLabels', [true]),
    ...(withoutSelector ? { labelWithoutSelector: true } : {}),
    ...(withoutSelector && choice.maybe(0.4) ? { labelIncludeTemplates: true } : {}),
    ...maybe('commonAnnotations', [{ argo: '1' }, { note: 'x: y' }]),
    ...maybe('forceCommonAnnotations', [true]),
    ...maybe('components', [['../more'], ['../more', '../more']]),
  }
}

/** The commands that Argo CD runs, in its order. */
function commandsOf(overrides: KustomizeOverrides): string[][] {
  const { images = [], replicas = [], commonLabels = {}, commonAnnotations = {}, components = [] } = overrides
  const pairs = (map: Readonly<Record<string, string>>) => Object.entries(map).map(([key, value]) => `${key}:${value}`)
  const commands: string[][] = []
  if (overrides.namePrefix) commands.push(['set', 'nameprefix', '--', overrides.namePrefix])
  if (overrides.nameSuffix) commands.push(['set', 'namesuffix', '--', overrides.nameSuffix])
  if (images.length > 0) commands.push(['set', 'image', ...images])
  if (replicas.length > 0) commands.push(['set', 'replicas', ...replicas.map(({ name, count }) => `${name}=${count}`)])
  if (Object.keys(commonLabels).length > 0) {
    const flags = [
      ...(overrides.forceCommonLabels ? ['--force'] : []),
      ...(overrides.labelWithoutSelector ? ['--without-selector'] : []),
      ...(overrides.labelIncludeTemplates ? ['--include-templates'] : []),
    ]
    commands.push(['add', 'label', ...flags, ...pairs(commonLabels)])
  }
  if (Object.keys(commonAnnotations).length > 0)
    commands.push(['add', 'annotation', ...(overrides.forceCommonAnnotations ? ['--force'] : []), ...pairs(commonAnnotations)])
  if (overrides.namespace) commands.push(['set', 'namespace', '--', overrides.namespace])
  if (components.length > 0) commands.push(['add', 'component', ...components])
  return commands
}

function edited(directory: string, overrides: KustomizeOverrides): { text?: string; problem?: string } {
  for (const command of commandsOf(overrides)) {
    const done = spawnSync(program, ['edit', ...command], { cwd: directory, encoding: 'utf8' })
    if (done.status !== 0) return { problem: `${command.join(' ')}: ${done.stderr.trim()}` }
  }
  const built = spawnSync(program, ['build', '.'], { cwd: directory, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  return built.status === 0 ? { text: built.stdout } : { problem: built.stderr.trim() }
}

test('overrides are what kustomize edit does', { skip, timeout: 1_200_000 }, async () => {
  const root = mkdtempSync(join(tmpdir(), 'flotilla-edit-'))
  const wrong: string[] = []
  const counts = { built: 0, refused: 0 }
  try {
    for (let seed = from; seed <= to; seed++) {
      const { files, path } = randomKustomization(seed)
      const folder = join(root, `seed-${seed}`)
      mkdirSync(join(folder, '.git'), { recursive: true })
      const more = 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncommonAnnotations: {more: "1"}\n'
      for (const [name, text] of Object.entries({ ...files, 'more/kustomization.yaml': more })) {
        mkdirSync(dirname(join(folder, name)), { recursive: true })
        writeFileSync(join(folder, name), text)
      }
      const overrides = makeOverrides(seed)
      const { tree, path: below } = await openDirectoryTree(join(folder, path))
      const managedBy = `kustomize-v${/-(\d+\.\d+\.\d+)$/.exec(program)?.[1]}`
      const ours = await buildKustomization(tree, below, { schemas: builtInSchemas, managedBy, overrides }).then(
        ({ objects }) => formatResources(objects),
        (error: unknown) => error as Error,
      )
      const { text, problem } = edited(join(folder, path), overrides)
      const what = `seed ${seed} ${JSON.stringify(overrides)}`
      if (text === undefined && ours instanceof Error) counts.refused++
      else if (text === undefined) {
        if (!/panic:|number of previous names|missing metadata.name/.test(problem ?? ''))
          wrong.push(`${what}: only kustomize: ${problem}`)
      } else if (ours instanceof Error) wrong.push(`${what}: only we: ${ours.message}`)
      else if (ours !== text) wrong.push(`${what}: ${firstDifference(text, ours)}`)
      else counts.built++
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
  console.log(`${counts.built} built as after kustomize edit, ${counts.refused} refused by both`)
  assert.deepEqual(wrong, [])
  assert.ok(counts.built > 0)
})
