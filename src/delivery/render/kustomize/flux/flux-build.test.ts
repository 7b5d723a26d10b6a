import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtInSchemas } from '../../../../kube/schema/built-in.js'
import { createMemoryTree } from '../../memory-tree.js'
import { buildForFlux } from './flux-build.js'
import { substituteVariables } from './flux-substitution.js'

const expand = (text: string, variables: Record<string, string> = {}, strict = false) =>
  substituteVariables(text, { variables, strict }, 'test')

test('puts variables in as Flux does', () => {
  const variables = { region: 'eu', name: 'Web-1', empty: '', file: 'a/b.tar.gz', accent: 'été', dirs: 'a/b' }
  const cases: [string, string][] = [
    ['a ${region} b', 'a eu b'],
    ['${missing}', ''],
    ['${missing:=x}-${missing:-y}-${region:=x}-${empty:=z}', 'x-y-eu-z'],
    ['$${region} $region $', '${region} $region $'],
    ['${name^^} ${name,,} ${name,} ${#name}', 'WEB-1 web-1 web-1 5'],
    ['${name#Web-} ${name%-1} ${name:0:3} ${name:4}', '1 Web Web 1'],
    ['${name/-/_} ${name//e/E}', 'Web_1 WEb-1'],
    ['${missing:=${region}-x}', 'eu-x'],
    // Here as `:-`, whatever a shell does.
    ['${region:+set}${missing:+unset}', 'euunset'],
    ['$$ $$${region} ${name/W/$$}', '$ $eu $eb-1'],
    ['${file%.*} ${file%%.*} ${file#*/} ${file##*/} ${file/%gz/xz}', 'a/b.tar a/b b.tar.gz b.tar.gz a/b.tar.xz'],
    ['${name:-3:2}|${name:1:-1}|${name:9}|${name:x}', 'Web-1|eb-||Web-1'],
    ['${accent^} ${#accent} ${accent//é/e}', 'Été 5 ete'],
    ['${name//\\//x}${dirs//\\//-}', 'Web-1a-b'],
  ]
  for (const [text, expected] of cases) assert.equal(expand(text, variables), expected, text)
  assert.throws(() => expand('x\n${missing}', {}, true), /line 2: variable not set \(strict mode\): "missing"/)
  assert.throws(() => expand('${', {}), /unable to parse variable name/)
  assert.throws(() => expand('${a', { a: '1' }), /missing closing brace/)
  for (const text of ['${a-x}', '${a+x}', '${a?x}']) assert.throws(() => expand(text, { a: '1' }), /missing closing brace/)
  for (const text of ['${a/x}', '${a:1:2', '${#}', '${a:é}']) assert.throws(() => expand(text, { a: '1' }), /bad substitution/)
  assert.throws(() => expand('${a:}', { a: '1' }), /unable to parse substitution within function/)
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

test('a Kustomization adds to what is built', async () => {
  const tree = createMemoryTree({
    'app/kustomization.yaml': 'resources: [../pod.yaml]\nimages: [{name: nginx, newTag: "1", digest: "sha256:0"}]\n',
    'pod.yaml': pod('web', 'spec: {containers: [{name: c, image: nginx}]}\n'),
    'more/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -more\n',
  })
  const spec = {
    targetNamespace: 'shop',
    namePrefix: 'eu-',
    images: [{ name: 'nginx', newTag: '2' }],
    components: ['../more', '../none'],
    ignoreMissingComponents: true,
    patches: [{ patch: '[{"op": "add", "path": "/spec/hostNetwork", "value": true}]', target: { kind: 'Pod' } }],
    commonMetadata: { labels: { team: 'a' }, annotations: { note: 'b' } },
    postBuild: { substitute: { tag: '3' } },
  }
  const { objects } = await buildForFlux(tree, 'app', { schemas: builtInSchemas, spec })
  assert.deepEqual(objects, [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'eu-web-more', namespace: 'shop', labels: { team: 'a' }, annotations: { note: 'b' } },
      spec: { containers: [{ name: 'c', image: 'nginx:2' }], hostNetwork: true },
    },
  ])
  const remote = buildForFlux(tree, 'app', { schemas: builtInSchemas, spec: { components: ['https://example.com/x'] } })
  await assert.rejects(remote, /must be local and relative/)
  assert.deepEqual((await buildForFlux(createMemoryTree({ 'a.txt': '' }), '', { schemas: builtInSchemas })).objects, [])
})

test('substitution costs bounded time and space', () => {
  const long = 'ab'.repeat(50_000)
  assert.throws(() => expand('${v##*c}', { v: long }), /takes too many steps/)
  assert.throws(() => expand('${v//a/${v}}', { v: long }), /too many characters|characters come out/)
  assert.throws(() => expand('${v}'.repeat(1000), { v: long }), /characters come out/)
  let state = 1
  for (let round = 0; round < 3000; round++) {
    let text = ''
    for (let at = 0; at < 20; at++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      text += ['${', 'a', '}', ':', '-', '#', '%', '/', '*', '[', '\\', '$', 'é', '='][Math.floor((state / 2 ** 32) * 14)]!
    }
    try {
      expand(text, { a: 'a/b*c' })
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'kustomize-build-failed', text)
    }
  }
})
