import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { openDirectoryTree } from '../../src/app/rendering/render-directory.js'
import { formatResources } from '../../src/delivery/render/kustomize/build-kustomization.js'
import { buildForFlux } from '../../src/delivery/render/kustomize/flux/flux-build.js'
import type { FluxSpec } from '../../src/delivery/render/kustomize/flux/flux-spec.js'
import { substituteVariables } from '../../src/delivery/render/kustomize/flux/flux-substitution.js'
import { builtInSchemas } from '../../src/kube/schema/built-in.js'
import { askFlux } from '../support/peers/flux-peer.js'
import { findKustomizations, firstDifference } from '../support/peers/kustomize-comparison.js'
import { findPeer } from '../support/peers/real-apiserver.js'
import { randomKustomization } from '../support/random/random-kustomization.js'

// Compares with Flux's own libraries: variables made up of the grammar and of noise, and builds with a `spec`.
const peer = findPeer('flux-kustomize')
const skip = 'path' in peer ? false : `Flux's libraries cannot be had: ${peer.reason}`
const program = 'path' in peer ? peer.path : ''
const [from = 1, to = 60] = (process.env['FLOTILLA_SEEDS'] ?? '').split('-').filter(Boolean).map(Number)

function pickerOf(seed: number): <T>(items: readonly T[]) => T {
  let state = (seed * 2654435761) >>> 0 || 1
  return (items) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return items[Math.floor((state / 2 ** 32) * items.length)]!
  }
}

const variables = { a: 'one', B_2: 'Straße/x.y/Z', empty: '', path: 'a/b/c.tar.gz', n: 'x-1-x-2', num: '010' }
const names = ['a', 'B_2', 'empty', 'path', 'n', 'num', 'missing', 'é', '1', '_', 'a-b', '']
const operators = [
  ':-',
  ':=',
  ':+',
  ':?',
  '=',
  '-',
  '+',
  '?',
  '#',
  '##',
  '%',
  '%%',
  '/',
  '//',
  '/#',
  '/%',
  ':',
  '^',
  '^^',
  ',',
  ',,',
]
const words = [
  '',
  'x',
  'x',
  '*',
  '*.',
  '?',
  '[a-c]',
  '[^a]*',
  '[',
  '\\*',
  '/',
  '\\/',
  '\\\\',
  ':',
  '1',
  '-2',
  '0:2',
  '1:-1',
  '$',
  '$$',
  '}',
  'é',
  ' ',
  '-',
  'y/z',
  '*/',
  '.tar.gz',
  'x/q',
  '+1',
  '9',
]
const noise = ['$', '$$', '${', '}', '{', 'text', '\n', '\\', ':', 'é', '"', '$a', '$${', '#']

function makeExpression(pick: <T>(items: readonly T[]) => T, depth: number): string {
  if (pick([0, 0, 0, 1]) === 1) return pick(noise)
  const operator = pick(['', '', ...operators])
  const word = () => (depth < 2 && pick([0, 0, 0, 1]) === 1 ? makeExpression(pick, depth + 1) : pick(words))
  const rest = operator === '' ? '' : pick([0, 1]) === 0 ? word() : `${word()}${word()}`
  return `\${${pick([0, 0, 0, 0, 0, 0, 1]) === 1 ? '#' : ''}${pick(names)}${operator}${rest}}`
}

test('variables are put in as by Flux', { skip }, () => {
  const texts = Array.from({ length: 20_000 }, (_, seed) => {
    const pick = pickerOf(seed + 1)
    return Array.from({ length: pick([1, 1, 2, 3]) }, () => pick(['', 'k: ']) + makeExpression(pick, 0)).join(' ')
  })
  const requests = texts.map((text, index) => ({ op: 'envsubst', text, variables, strict: index % 3 === 0 }))
  const answers = askFlux(program, requests)
  let expanded = 0
  const wrong: string[] = []
  for (const [index, { text, strict }] of requests.entries()) {
    const { output = '', error } = answers[index]!
    // What is cut inside of a character is no text, which Flux finds a step later.
    if (output.includes('\ufffd')) continue
    let ours: string
    try {
      ours = substituteVariables(text, { variables, strict }, 'test')
    } catch (failure) {
      ours = `error: ${(failure as Error).message.replace(/^.*?line \d+: /, '')}`
    }
    if (error === undefined) expanded++
    const theirs = error === undefined ? output : `error: ${error}`
    if (ours !== theirs) wrong.push(`${JSON.stringify(text)}: Flux ${JSON.stringify(theirs)}, we ${JSON.stringify(ours)}`)
  }
  assert.deepEqual(wrong.slice(0, 20), [], `${wrong.length} of ${texts.length}`)
  assert.ok(expanded > 5000, `only ${expanded} expand`)
})

function makeSpec(seed: number): FluxSpec {
  const pick = pickerOf(seed)
  const maybe = <T>(field: string, values: readonly T[]) => (pick([0, 0, 1]) === 1 ? { [field]: pick(values) } : {})
  return {
    ...maybe('targetNamespace', ['flux', 'shop']),
    ...maybe('namePrefix', ['f-', '']),
    ...maybe('nameSuffix', ['-f']),
    ...maybe('images', [
      [{ name: 'nginx', newTag: 'flux' }],
      [
        { name: 'nginx', newName: 'mirror/nginx' },
        { name: 'busybox', digest: 'sha256:0' },
      ],
    ]),
    ...maybe('patches', [
      [{ patch: '[{"op": "add", "path": "/metadata/annotations/flux", "value": "1"}]', target: { kind: 'Deployment' } }],
      [{ patch: 'kind: any\nmetadata:\n  name: any\n  labels: {patched: "${a}"}\n', target: { kind: 'Service', name: 'w.*' } }],
    ]),
    ...maybe('components', [['../more'], ['../none']]),
    ...maybe('ignoreMissingComponents', [true]),
    ...maybe('buildMetadata', [['originAnnotations'], ['managedByLabel']]),
    ...maybe('postBuild', [{ substitute: { a: '1e3', b: 'two\nlines', c: 'x: y' } }, { substitute: {} }]),
  }
}

async function compareFlux(
  root: string,
  path: string,
  spec: FluxSpec,
): Promise<{ same: boolean; refused: boolean; detail: string }> {
  let ours: string
  try {
    const { tree, path: below } = await openDirectoryTree(path)
    ours = formatResources(
      (await buildForFlux(tree, below, { schemas: builtInSchemas, managedBy: 'kustomize-(devel)', spec })).objects,
    )
  } catch (error) {
    ours = `error: ${(error as Error).message}`
  }
  const [answer] = askFlux(program, [{ op: 'flux', root, path, kustomization: { spec } }])
  const { output = '', error } = answer!
  if (error !== undefined || ours.startsWith('error: '))
    return {
      same: error !== undefined && ours.startsWith('error: '),
      refused: true,
      detail: `Flux: ${error}\nwe: ${ours.slice(0, 500)}`,
    }
  return { same: ours === output, refused: false, detail: firstDifference(output, ours) }
}

const plain: Readonly<Record<string, string>> = {
  'plain/b.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "b-${a:=x}"}\ndata: {n: "${a}", s: "${c:-d}", long: "$${a} ${missing}"}\n',
  'plain/a/z.yml': 'apiVersion: v1\nkind: Service\nmetadata: {name: z}\nspec: {ports: [{port: 80}]}\n',
  'plain/a/own/kustomization.yaml': 'namePrefix: own-\nresources: [w.yaml, ../../../elsewhere.yaml]\n',
  'plain/a/own/w.yaml': 'apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n',
  'plain/notes.txt': 'nothing\n',
  'elsewhere.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: {name: elsewhere}\nstringData: {k: "${a}"}\n',
  'more/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: more-\n',
  'empty/readme.md': 'nothing\n',
  'hollow/kustomization.yaml': 'namePrefix: x-\n',
}

test('sources build as with Flux, with what a Kustomization adds', { skip, timeout: 600_000 }, async () => {
  const root = mkdtempSync(join(tmpdir(), 'flotilla-flux-'))
  const wrong: string[] = []
  let built = 0
  let refused = 0
  try {
    for (let seed = from; seed <= to; seed++) {
      const folder = join(root, `seed-${seed}`)
      mkdirSync(join(folder, '.git'), { recursive: true })
      const { files, path } = randomKustomization(seed)
      for (const [name, text] of Object.entries({ ...plain, ...files })) {
        mkdirSync(dirname(join(folder, name)), { recursive: true })
        writeFileSync(join(folder, name), text)
      }
      for (const directory of seed % 3 === 0 ? ['plain', 'empty', 'hollow'] : [path]) {
        const spec = makeSpec(seed)
        const result = await compareFlux(folder, join(folder, directory), spec)
        if (result.refused) refused++
        else built++
        const crashed = /panic:|number of previous names|missing metadata.name/.test(result.detail)
        if (!result.same && !crashed) wrong.push(`seed ${seed} ${directory} ${JSON.stringify(spec)}\n${result.detail}`)
      }
    }
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
  console.log(`${built} built as with Flux, ${refused} refused by both`)
  assert.deepEqual(wrong, [])
  assert.ok(built > 0)
})

const inputs = process.env['FLOTILLA_INPUTS']
const example = inputs === undefined ? '' : join(inputs, 'fixtures', 'flux2-kustomize-helm-example')
const noExample = existsSync(example) ? false : 'FLOTILLA_INPUTS names no folder with fixtures'

test("the sources of Flux's example build as with Flux", { skip: skip || noExample, timeout: 600_000 }, async () => {
  for (const directory of findKustomizations(example)) {
    const { same, detail } = await compareFlux(example, directory, { postBuild: { substitute: { cluster: 'c1' } } })
    assert.ok(same, `${directory}\n${detail}`)
  }
})
