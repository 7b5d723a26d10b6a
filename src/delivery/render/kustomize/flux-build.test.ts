import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtInSchemas } from '../../../kube/schema/built-in.js'
import { createMemoryTree } from '../memory-tree.js'
import { buildForFlux } from './flux-build.js'
import { substituteVariables } from './flux-substitution.js'

const expand = (text: string, variables: Record<string, string> = {}, strict = false) =>
  substituteVariables(text, { variables, strict }, 'test')

test('puts variables in as Flux does', () => {
  const variables = { region: 'eu', name: 'Web-1', empty: '' }
  const cases: [string, string][] = [
    ['a ${region} b', 'a eu b'],
    ['${missing}', ''],
    ['${missing:=x}-${missing:-y}-${region:=x}-${empty:=z}', 'x-y-eu-z'],
    ['$${region} $region $', '${region} $region $'],
    ['${name^^} ${name,,} ${name,} ${#name}', 'WEB-1 web-1 web-1 5'],
    ['${name#Web-} ${name%-1} ${name:0:3} ${name:4}', '1 Web Web 1'],
    ['${name/-/_} ${name//e/E}', 'Web_1 WEb-1'],
    ['${missing:=${region}-x}', 'eu-x'],
    ['${region:+set}${missing:+unset}', 'set'],
  ]
  for (const [text, expected] of cases) assert.equal(expand(text, variables), expected, text)
  assert.throws(() => expand('x\n${missing}', {}, true), /line 2: variable not set \(strict mode\): "missing"/)
  assert.throws(() => expand('${', {}), /missing variable name/)
  assert.throws(() => expand('${a', { a: '1' }), /missing closing brace/)
  assert.throws(() => expand('x', { 'a-b': '1' }), /'a-b' var name is invalid/)
  assert.throws(() => expand('${a:='.repeat(100), {}), /inside of each other/)
  assert.equal(expand('${__proto__:=d}${constructor:=e}'), 'de')
})

const pod = (name: string, more = '') => `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\n${more}`

test('builds a directory without a kustomization, in the order of the files, with variables', async () => {
  const tree = createMemoryTree({
    'apps/b.yaml': pod('b-${cluster}'),
    'apps/a/one.yml': pod('a', '  labels:\n    kustomize.toolkit.fluxcd.io/substitute: disabled\nspec:\n  x: ${cluster}\n'),
    'apps/own/kustomization.yaml': 'resources: [x.yaml]\nnamePrefix: own-\n',
    'apps/own/x.yaml': pod('x'),
    'apps/own/unused.yaml': pod('unused'),
    'apps/notes.txt': 'no manifest',
  })
  const { objects } = await buildForFlux(tree, 'apps', {
    schemas: builtInSchemas,
    substitution: { variables: { cluster: 'c1' } },
  })
  assert.deepEqual(
    objects.map((object) => object.metadata?.name),
    ['a', 'b-c1', 'own-x'],
  )
  assert.deepEqual((objects[0] as { spec?: unknown }).spec, { x: '${cluster}' })
  await assert.rejects(
    buildForFlux(createMemoryTree({ 'x.yaml': 'a: b\n' }), '', { schemas: builtInSchemas }),
    /failed to decode Kubernetes YAML from x.yaml/,
  )
})
