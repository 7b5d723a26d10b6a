import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtInSchemas } from '../../../kube/schema/built-in.js'
import type { KustomizeOverrides, RemoteSources } from '../contract.js'
import { createMemoryTree } from '../memory-tree.js'
import { createTracingTree } from '../tracing-tree.js'
import { buildKustomization } from './build-kustomization.js'
import { createKustomizeRenderer } from './kustomize-renderer.js'

const manifest = (kind: string, name: string) => `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`
const options = { schemas: builtInSchemas }
const build = (files: Record<string, string>, path = '', more: object = {}) =>
  buildKustomization(createMemoryTree(files), path, { ...options, ...more })
const namesIn = async (result: ReturnType<typeof build>) => (await result).objects.map((object) => object.metadata.name)

test('what does not build says which file and what to do', async () => {
  const cases: [Record<string, string>, string, RegExp][] = [
    [{ 'a/x.yaml': '' }, 'a', /^unable to find one of 'kustomization.yaml'.* in directory 'a'$/],
    [
      { 'kustomization.yaml': 'resources: []\n', Kustomization: 'resources: []\n' },
      '',
      /^Found multiple kustomization files under: \.$/,
    ],
    [{ 'kustomization.yaml': 'kind: Kustomization\n' }, '', /^kustomization\.yaml: kustomization\.yaml is empty$/],
    [{ 'kustomization.yaml': 'resource: []\n' }, '', /^kustomization\.yaml: unknown field "resource"$/],
    [
      { 'kustomization.yaml': 'images: [{name: a, newTag: 1.0}]\n' },
      '',
      /^kustomization\.yaml: images\[0\]\.newTag: expected text, found the number 1$/,
    ],
    [
      { 'kustomization.yaml': 'kind: Deployment\nresources: [x]\n' },
      '',
      /kind should be Kustomization or Component, found Deployment/,
    ],
    [{ 'kustomization.yaml': 'apiVersion: v1\nresources: [x]\n' }, '', /apiVersion for Kustomization should be/],
    [
      { 'kustomization.yaml': 'resources: [gone.yaml]\n' },
      '',
      /^kustomization\.yaml: resources: 'gone\.yaml': gone\.yaml: no such file or directory$/,
    ],
    [
      { 'a/kustomization.yaml': 'resources: [../x.yaml]\n', 'x.yaml': manifest('Pod', 'p') },
      'a',
      /security; file '\.\.\/x\.yaml' is not in or below 'a'/,
    ],
    [
      { 'a/kustomization.yaml': 'configMapGenerator: [{name: x, files: [/etc/passwd]}]\n' },
      'a',
      /security; file '\/etc\/passwd' is not in or below 'a'/,
    ],
    [{ 'a/kustomization.yaml': 'resources: [../../outside]\n' }, 'a', /base '\.\.\/\.\.\/outside' is outside the source/],
    [
      { 'a/kustomization.yaml': 'resources: [..]\n', 'kustomization.yaml': 'resources: [a]\n' },
      '',
      /cycle detected: candidate root '\.' contains visited root 'a'/,
    ],
    [{ 'kustomization.yaml': 'resources: [a.yaml]\n', 'a.yaml': 'a: [\n' }, '', /^a\.yaml:\d+:\d+: /],
    [
      { 'kustomization.yaml': 'resources: [a.yaml]\n', 'a.yaml': 'metadata: {name: x}\n' },
      '',
      /^a\.yaml:1: missing kind in object$/,
    ],
    [
      { 'kustomization.yaml': 'resources: [a.yaml]\n', 'a.yaml': `${manifest('Pod', 'p')}---\nkind: Pod\n` },
      '',
      /^a\.yaml:5: missing metadata\.name in object of kind Pod$/,
    ],
    [
      { 'kustomization.yaml': 'resources: [a.yaml, b.yaml]\n', 'a.yaml': manifest('Pod', 'p'), 'b.yaml': manifest('Pod', 'p') },
      '',
      /already registered id: Pod\.v1\.\[noGrp\]\/p\.\[noNs\] \(from b\.yaml:1; the other is from a\.yaml:1\)/,
    ],
    [{ 'kustomization.yaml': 'helmCharts: [{name: x}]\n' }, '', /must specify --enable-helm/],
    [{ 'kustomization.yaml': 'resources: ["https://github.com/a/b//c?ref=v1"]\n' }, '', /remote bases are switched off here/],
    [
      { 'kustomization.yaml': 'components: [c]\n', 'c/kustomization.yaml': 'resources: []\nnamePrefix: a\n' },
      '',
      /expected kind 'Component' for path 'c'/,
    ],
    [{ 'kustomization.yaml': 'patches: [{patch: "[]", path: x}]\n' }, '', /patch and path can't be set at the same time/],
    [
      { 'kustomization.yaml': `patches: [{patch: '[{"op": "remove", "path": "/a"}]'}]\n` },
      '',
      /must specify a target for JSON patch/,
    ],
    [{ 'kustomization.yaml': 'replicas: [{name: none, count: 1}]\n' }, '', /resource with name none does not match a config/],
    [
      { 'kustomization.yaml': 'secretGenerator: [{name: s, literals: [oops]}]\n' },
      '',
      /invalid literal source oops, expected key=value/,
    ],
    [
      { 'kustomization.yaml': 'transformers: [t.yaml]\n', 't.yaml': 'apiVersion: x/v1\nkind: Program\nmetadata: {name: t}\n' },
      '',
      /x\/v1 Program is no built-in plugin/,
    ],
  ]
  for (const [files, path, message] of cases) {
    await assert.rejects(build(files, path), (error: Error) => {
      assert.equal(error.name, 'Stalled', error.message)
      assert.match(error.message, message)
      return true
    })
  }
})

test('remote bases come through the port, and cannot reach out of their own tree', async () => {
  const trees: Record<string, Record<string, string>> = {
    'https://git.example.com/org/repo v1': {
      'deploy/base/kustomization.yaml': 'resources: [pod.yaml, ../other]\n',
      'deploy/base/pod.yaml': manifest('Pod', 'far'),
      'deploy/other/kustomization.yaml': 'resources: [cm.yaml]\n',
      'deploy/other/cm.yaml': manifest('ConfigMap', 'farther'),
    },
    'https://git.example.com/org/loop ': { 'kustomization.yaml': 'resources: ["https://git.example.com/org/loop"]\n' },
    'https://git.example.com/org/out ': { 'kustomization.yaml': 'resources: [../../etc]\n' },
  }
  const remote: RemoteSources = {
    repository: async ({ repository, ref }) => createMemoryTree(trees[`${repository} ${ref}`] ?? {}),
    file: async (url) => new TextEncoder().encode(manifest('Pod', url.split('/').at(-1)!.replace('.yaml', ''))),
  }
  const on = (url: string) => build({ 'kustomization.yaml': `resources: ["${url}"]\nnamePrefix: p-\n` }, '', { remote })
  assert.deepEqual(await namesIn(on('https://git.example.com/org/repo//deploy/base?ref=v1')), ['p-farther', 'p-far'])
  assert.deepEqual(await namesIn(on('https://web.example.com/a/b/web.yaml')), ['p-web'])
  assert.equal((await on('https://web.example.com/a/b/web.yaml')).isVolatile, true)
  await assert.rejects(on('https://git.example.com/org/loop'), /cycle detected: URI/)
  await assert.rejects(on('https://git.example.com/org/out'), /is outside the source/)
})

test('the order of the files is kept on request', async () => {
  const files = {
    'kustomization.yaml': 'resources: [a.yaml]\n',
    'a.yaml': `${manifest('Pod', 'p')}---\n${manifest('Namespace', 'n')}`,
  }
  assert.deepEqual(await namesIn(build(files)), ['n', 'p'])
  assert.deepEqual(await namesIn(build(files, '', { mode: 'fifo' })), ['p', 'n'])
})

test('only what the build reads is traced', async () => {
  const tree = createTracingTree(
    createMemoryTree({
      'app/kustomization.yaml': 'resources: [../base]\n',
      'base/kustomization.yaml': 'resources: [pod.yaml]\n',
      'base/pod.yaml': manifest('Pod', 'p'),
      'base/unused.yaml': manifest('Pod', 'q'),
    }),
  )
  await buildKustomization(tree, 'app', options)
  const traced = [...tree.trace()].filter(([, hash]) => hash !== undefined).map(([path]) => path)
  assert.ok(traced.includes('base/pod.yaml') && traced.includes('app/kustomization.yaml'))
  assert.ok(!traced.includes('base/unused.yaml'))
})

const overlay = {
  'kustomization.yaml': `resources: [web.yaml]
namePrefix: old-
images: [{name: nginx, newName: mirror/nginx, newTag: "1"}, {name: side, newTag: "5"}]
replicas: [{name: web, count: 1}]
commonLabels: {team: a}
`,
  'web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers: [{name: c, image: nginx}, {name: s, image: side}]
`,
  'part/kustomization.yaml': 'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [cm.yaml]\n',
  'part/cm.yaml': manifest('ConfigMap', 'part'),
}
const withOverrides = async (kustomize: KustomizeOverrides) => {
  const { objects } = await createKustomizeRenderer(options).render({
    tree: createMemoryTree(overlay),
    path: '',
    options: { kustomize },
    target: { namespace: 'default' },
  })
  return objects.find((object) => object.kind === 'Deployment') as unknown as {
    metadata: { name: string; namespace?: string; labels?: object; annotations?: object }
    spec: { replicas: number; selector?: { matchLabels?: object }; template: { spec: { containers: { image: string }[] } } }
  }
}

test('overrides edit the top kustomization as kustomize edit does', async () => {
  const web = await withOverrides({
    namePrefix: 'new-',
    nameSuffix: '-x',
    images: ['nginx=*:1.27', 'extra:1'],
    replicas: [{ name: 'web', count: '3' }],
    commonLabels: { tier: 'front' },
    commonAnnotations: { a: 'b' },
    namespace: 'prod',
    patches: [{ target: { kind: 'Deployment' }, patch: '[{"op": "add", "path": "/spec/paused", "value": true}]' }],
    components: ['part'],
  })
  assert.equal(web.metadata.name, 'new-web-x')
  assert.equal(web.metadata.namespace, 'prod')
  assert.deepEqual(web.metadata.labels, { team: 'a', tier: 'front' })
  assert.deepEqual(web.spec.selector?.matchLabels, { team: 'a', tier: 'front' })
  assert.deepEqual(web.metadata.annotations, { a: 'b' })
  assert.equal(web.spec.replicas, 3)
  assert.deepEqual(
    web.spec.template.spec.containers.map((container) => container.image),
    ['mirror/nginx:1.27', 'side:5'],
  )
  assert.equal((web.spec as unknown as { paused: boolean }).paused, true)
})

test('overrides that collide are errors unless forced, missing components can be passed over', async () => {
  await assert.rejects(withOverrides({ commonLabels: { team: 'b' } }), /label team already in kustomization file/)
  assert.deepEqual((await withOverrides({ commonLabels: { team: 'b' }, forceCommonLabels: true })).metadata.labels, { team: 'b' })
  const loose = await withOverrides({ commonLabels: { x: 'y' }, labelWithoutSelector: true, labelIncludeTemplates: true })
  assert.deepEqual(loose.spec.selector?.matchLabels, { team: 'a' })
  await assert.rejects(
    withOverrides({ commonLabels: { x: 'y' }, labelIncludeTemplates: true }),
    /needs kustomize.labelWithoutSelector/,
  )
  await assert.rejects(withOverrides({ components: ['gone'] }), /components: 'gone'/)
  assert.equal((await withOverrides({ components: ['gone', 'part'], ignoreMissingComponents: true })).metadata.name, 'old-web')
  await assert.rejects(withOverrides({ images: ['nginx'] }), /invalid image nginx/)
  await assert.rejects(withOverrides({ replicas: [{ name: 'web', count: 'many' }] }), /expected a whole number for web/)
})

test('a directory with a kustomization file is detected', async () => {
  const renderer = createKustomizeRenderer(options)
  const tree = createMemoryTree({
    'a/Kustomization': '',
    'b/kustomization.yml': '',
    'c/kustomization.yaml/x': '',
    'd/pod.yaml': '',
  })
  assert.deepEqual(await Promise.all(['a', 'b', 'c', 'd', ''].map((path) => renderer.detects(tree, path))), [
    true,
    true,
    false,
    false,
    false,
  ])
})

test('hostile names and patterns do no harm', async () => {
  const { objects } = await build({
    'kustomization.yaml': `resources: [a.yaml]\ncommonLabels: {__proto__: x, constructor: zz}\npatches:\n- target: {name: "(a+)+$"}\n  patch: "kind: X\\nmetadata: {name: x, annotations: {__proto__: z}}"\n`,
    'a.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${'a'.repeat(60)}b}\n`,
  })
  assert.deepEqual(Object.keys(objects[0]!.metadata.labels ?? {}), ['__proto__', 'constructor'])
  assert.equal(({} as Record<string, unknown>)['x'], undefined)
})
