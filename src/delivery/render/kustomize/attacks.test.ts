import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtInSchemas } from '../../../kube/schema/built-in.js'
import { createMemoryTree } from '../memory-tree.js'
import type { BuildLimits } from './build-budget.js'
import { buildKustomization, formatResources } from './build-kustomization.js'

// What a hostile repository may hold: each is refused, or built as if it were harmless, in bounded time.
const build = async (files: Record<string, string>, path = '', limits: BuildLimits = {}) =>
  formatResources((await buildKustomization(createMemoryTree(files), path, { schemas: builtInSchemas, ...limits })).objects)
const configMap = (data: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n${data}`
const one = (data: string, kustomization = '') => ({
  'kustomization.yaml': `resources: [c.yaml]\n${kustomization}`,
  'c.yaml': configMap(data),
})

async function within(ms: number, run: () => Promise<unknown>): Promise<void> {
  const start = performance.now()
  await run()
  const took = performance.now() - start
  assert.ok(took < ms, `took ${took.toFixed(0)} ms`)
}

test('anchors that multiply are refused', async () => {
  let text = '  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n'
  for (let level = 1; level < 12; level++)
    text += `  a${level}: &a${level} [${Array(10)
      .fill(`*a${level - 1}`)
      .join(', ')}]\n`
  await within(5000, () => assert.rejects(build(one(text)), { name: 'Stalled' }))
  await within(5000, () => assert.rejects(build({ 'kustomization.yaml': `x:\n${text}resources: []\n` }), { name: 'Stalled' }))
  await assert.rejects(build(one('  a: &a {b: *a}\n')), { name: 'Stalled' })
})

test('deep nesting and endless lines end', async () => {
  await within(5000, () => assert.rejects(build(one(`  a: ${'['.repeat(50_000)}\n`)), { name: 'Stalled' }))
  await within(5000, () => assert.rejects(build(one(`  a: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`)), { name: 'Stalled' }))
  await within(5000, () => assert.rejects(build(one(`  a: ${'{a: '.repeat(20_000)}\n`)), { name: 'Stalled' }))
  await within(8000, () => build(one(`  a: ${'x'.repeat(8_000_000)}\n`)))
  await within(5000, () => assert.rejects(build(one(`  a: ${'x'.repeat(33 * 1024 * 1024)}\n`)), { name: 'Stalled' }))
})

test('bases that name themselves, each other, or too many are refused', async () => {
  await assert.rejects(build({ 'kustomization.yaml': 'resources: [.]\n' }), /cycle detected/)
  await assert.rejects(
    build({ 'a/kustomization.yaml': 'resources: [../b]\n', 'b/kustomization.yaml': 'resources: [../a]\n' }, 'a'),
    /cycle detected/,
  )
  await assert.rejects(
    build(
      { 'a/kustomization.yaml': 'components: [../b]\n', 'b/kustomization.yaml': 'kind: Component\ncomponents: [../b]\n' },
      'a',
    ),
    /cycle detected/,
  )
  // Each level names the one below twice: 2^30 builds, if each were done.
  const files: Record<string, string> = { 'l0/kustomization.yaml': 'namePrefix: x-\nresources: []\n' }
  for (let level = 1; level <= 30; level++)
    files[`l${level}/kustomization.yaml`] = `namePrefix: x-\nresources: [../l${level - 1}, ../l${level - 1}]\n`
  await within(20_000, () => assert.rejects(build(files, 'l30'), /more than 10000 kustomizations/))
  const chain: Record<string, string> = { 'c0/kustomization.yaml': 'namePrefix: x-\nresources: []\n' }
  for (let level = 1; level <= 3000; level++) chain[`c${level}/kustomization.yaml`] = `resources: [../c${level - 1}]\n`
  await within(20_000, () => assert.rejects(build(chain, 'c3000'), /more than 1000 deep/))
})

test('paths cannot leave the source', async () => {
  for (const path of ['/etc/passwd', '../../etc/passwd', 'a/../../x', '..', '../', '/', './../..', 'x\0y']) {
    for (const field of [
      'resources',
      'components',
      'crds',
      'configurations',
      'transformers',
      'generators',
      'patchesStrategicMerge',
    ]) {
      await assert.rejects(
        build({ 'kustomization.yaml': `${field}: [${JSON.stringify(path)}]\n` }),
        { name: 'Stalled' },
        `${field} ${path}`,
      )
    }
    for (const entry of [`files: [${JSON.stringify(path)}]`, `envs: [${JSON.stringify(path)}]`]) {
      await assert.rejects(build({ 'kustomization.yaml': `configMapGenerator: [{name: a, ${entry}}]\n` }), { name: 'Stalled' })
    }
    await assert.rejects(build({ ...one('  a: b\n', `patches: [{path: ${JSON.stringify(path)}}]\n`) }), { name: 'Stalled' })
    await assert.rejects(build({ 'kustomization.yaml': `openapi: {path: ${JSON.stringify(path)}}\nresources: []\n` }), {
      name: 'Stalled',
    })
  }
})

test('patterns of selectors are linear', async () => {
  const name = `${'a'.repeat(60)}!`
  const files = (pattern: string) => ({
    'kustomization.yaml': `resources: [c.yaml]\npatches:\n- target: {kind: ConfigMap, name: ${JSON.stringify(pattern)}}\n  patch: '[{"op": "remove", "path": "/data"}]'\nimages: [{name: ${JSON.stringify(pattern)}, newTag: x}]\n`,
    'c.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${JSON.stringify(name)}}\ndata: {a: b}\nspec: {containers: [{image: ${JSON.stringify(name)}}]}\n`,
  })
  for (const pattern of ['(a+)+b', '(a|a)*b', '(a*)*b', '(.*a){25}b']) await within(3000, () => build(files(pattern)))
  for (const pattern of ['(', '(?=a)', '\\1', '[', 'a{99999}']) {
    await assert.rejects(build(files(pattern)), { name: 'Stalled' }, pattern)
  }
})

test('names of prototypes are names like others', async () => {
  const text = await build({
    ...one('  __proto__: polluted\n  constructor: x\n'),
    'kustomization.yaml': `resources: [c.yaml]
commonLabels: {__proto__: a, constructor: b}
commonAnnotations: {toString: c}
configMapGenerator: [{name: g, literals: [__proto__=1, hasOwnProperty=2]}]
patches:
- patch: '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "__proto__": {"polluted": "true"}, "data": {"valueOf": "p"}}'
- target: {kind: ConfigMap, name: c}
  patch: '[{"op": "add", "path": "/metadata/__proto__", "value": {"polluted": "yes"}}, {"op": "add", "path": "/constructor", "value": {"prototype": {"polluted": 1}}}]'
replacements:
- sourceValue: x
  targets: [{select: {kind: ConfigMap, name: c}, fieldPaths: [data.__proto__, __proto__.polluted], options: {create: true}}]
`,
  })
  assert.match(text, /__proto__: x/)
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
  assert.equal((Object.prototype as unknown as Record<string, unknown>)['polluted'], undefined)
  await assert.rejects(
    build({ 'kustomization.yaml': '__proto__: {resources: [x]}\nresources: []\n' }),
    /unknown field "__proto__"/,
  )
  await assert.rejects(build({ 'kustomization.yaml': 'constructor: 1\nresources: []\n' }), /unknown field "constructor"/)
})

test('programs are not run', async () => {
  const plugin = (more: string) => `apiVersion: example.com/v1\nkind: Evil\nmetadata:\n  name: e\n${more}`
  const cases = [
    plugin('argsOneLiner: touch /tmp/x\n'),
    plugin('  annotations:\n    config.kubernetes.io/function: |\n      exec: {path: ./evil.sh}\n'),
    plugin('  annotations:\n    config.kubernetes.io/function: |\n      container: {image: evil}\n'),
  ]
  for (const text of cases) {
    for (const field of ['generators', 'transformers', 'validators']) {
      const files = { 'kustomization.yaml': `${field}: [p.yaml]\n`, 'p.yaml': text }
      await assert.rejects(build(files), { code: 'kustomize-plugin' })
    }
  }
})

test('what multiplies is bounded, and the message names the place', async () => {
  const small = (files: Record<string, string>, path = '') => build(files, path, { maxCharacters: 4 * 1024 * 1024 })
  const twice = (target: string) => `- source: {kind: ConfigMap, fieldPath: data}
  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.${target}], options: {create: true}}]
`
  const doubling = `replacements:\n${Array.from({ length: 60 }, (_, index) => twice(`x${index}`)).join('')}`
  const tooMuch = /replacements of .*field "data\.x\d+".* reads and writes more than \d+ characters/
  await within(15_000, () => assert.rejects(small(one('  a: b\n', doubling)), tooMuch))
  const itself = `- source: {kind: ConfigMap, fieldPath: data.a}
  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.a], options: {delimiter: "|", index: 99999}}]
`
  await within(15_000, () =>
    assert.rejects(small(one('  a: b\n', `replacements:\n${itself.repeat(60)}`)), /more than \d+ characters/),
  )
  const copies = Array.from({ length: 60 }, (_, index) => ({ op: 'copy', from: '/data', path: `/data/x${index}` }))
  const patch = `patches:\n- target: {kind: ConfigMap}\n  patch: '${JSON.stringify(copies)}'\n`
  await within(15_000, () => assert.rejects(build(one('  a: b\n', patch)), /exceeding the limit/))
  const files: Record<string, string> = {
    'base/kustomization.yaml': 'resources: [c.yaml]\n',
    'base/c.yaml': configMap(`  a: ${'x'.repeat(100_000)}\n`),
  }
  const overlays = Array.from({ length: 100 }, (_, index) => `o${index}`)
  for (const name of overlays) files[`${name}/kustomization.yaml`] = `namePrefix: ${name}-\nresources: [../base]\n`
  files['all/kustomization.yaml'] = `resources: [${overlays.map((name) => `../${name}`).join(', ')}]\n`
  await within(15_000, () =>
    assert.rejects(small(files, 'all'), /base\/kustomization.yaml: resources: 'c.yaml': .* more than \d+ characters/),
  )
  const vars = `vars: [{name: A, objref: {kind: ConfigMap, name: c, apiVersion: v1}, fieldref: {fieldpath: data.a}}]
configurations: [k.yaml]
`
  const bomb = {
    ...one(`  a: ${'y'.repeat(100_000)}\n  b: ${'$(A)x'.repeat(400)}\n`, vars),
    'k.yaml': 'varReference: [{path: data/b, kind: ConfigMap}]\n',
  }
  await within(15_000, () => assert.rejects(small(bomb), /more than \d+ characters/))
})

test('time is limited where there is a clock', async () => {
  let now = 0
  const clock = { elapsed: () => now++, maxMilliseconds: 10 }
  const text = `patches:\n${`- {target: {kind: ConfigMap}, patch: '[{"op": "add", "path": "/data/x", "value": "y"}]'}\n`.repeat(50)}`
  const tree = createMemoryTree(one('  a: b\n', text))
  await assert.rejects(
    buildKustomization(tree, '', { schemas: builtInSchemas, ...clock }),
    /PatchTransformer: the build takes longer than 0.01 s/,
  )
})

test('files of generators stay below their kustomization, and are text of any kind', async () => {
  for (const field of ['files', 'envs']) {
    for (const path of ['../x', '/etc/passwd', 'a/../../x', 'k=../x']) {
      const kustomization = `configMapGenerator: [{name: g, ${field}: [${JSON.stringify(path)}]}]\n`
      await assert.rejects(build({ 'in/kustomization.yaml': kustomization, x: 'secret\n' }, 'in'), { name: 'Stalled' }, path)
    }
  }
})

test('noise ends as a build or as an error, and never otherwise', async () => {
  const parts = [
    'resources',
    'patches',
    ':',
    '- ',
    '\n',
    '  ',
    '{',
    '}',
    '[',
    ']',
    'c.yaml',
    '"',
    "'",
    '|',
    '>',
    '&a',
    '*a',
    '#',
    '__proto__',
    'replacements',
    'op',
    '$patch',
    '~',
    '\t',
    '0',
    '!!int',
    '---',
  ]
  let state = 7
  const pick = (count: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * count)
  }
  const noise = () => Array.from({ length: 1 + pick(25) }, () => parts[pick(parts.length)]).join('')
  const start = performance.now()
  for (let round = 0; round < 1500 && performance.now() - start < 3000; round++) {
    const files = { ...one('  a: b\n', round % 3 === 0 ? noise() : ''), 'p.yaml': noise() }
    if (round % 3 === 1) files['c.yaml'] = noise()
    if (round % 3 === 2)
      files['kustomization.yaml'] = `resources: [c.yaml]\npatches: [{path: p.yaml, target: {kind: ConfigMap}}]\n`
    await build(files).catch((error: unknown) => assert.equal((error as Error).name, 'Stalled', JSON.stringify(files)))
  }
})
