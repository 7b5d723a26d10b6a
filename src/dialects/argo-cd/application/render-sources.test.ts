import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../../base/random.js'
import { VirtualClock } from '../../../base/virtual-clock.js'
import { createRenderCache } from '../../../delivery/render/render-cache.js'
import { createRenderers } from '../../../delivery/render/renderers.js'
import { createMemoryRepositories } from '../../../delivery/source/memory-repositories.js'
import { builtInSchemas } from '../../../kube/schema/built-in.js'
import type { ApplicationSource } from '../kinds/application.js'
import { renderSources } from './render-sources.js'

const url = 'https://git.example/fleet'
const map = (name: string, value = '1') => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {x: "${value}"}\n`
const repositories = createMemoryRepositories({ clock: new VirtualClock({ idle: async () => {} }) })
repositories.commit({
  url,
  files: {
    'plain/a.yaml': map('a'),
    'plain/b.yaml': map('b'),
    'custom/kustomization.yaml': 'namePrefix: x-\nresources: [a.yaml]\n',
    'custom/a.yaml': map('a'),
    'chart/Chart.yaml': 'apiVersion: v2\nname: chart\nversion: 1.0.0\n',
    'chart/values.yaml': 'x: default\nonly: chart\n',
    'chart/values-a.yaml': 'x: from-a\n',
    'chart/crds/c.yaml': map('crd'),
    'chart/templates/map.yaml':
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "{{ .Release.Name }}"}\ndata: {x: "{{ .Values.x }}", ns: "{{ .Release.Namespace }}", v: "{{ .Capabilities.KubeVersion }}", l: {{ .Values.l | toJson | quote }}, f: {{ .Values.f | default "" | quote }}}\n',
    'chart/templates/test.yaml': 'apiVersion: v1\nkind: Pod\nmetadata: {name: t, annotations: {helm.sh/hook: test}}\n',
    'envs/production.yaml': 'x: production\n',
    'envs/more.yaml': 'only: more\n',
    'again/a.yaml': map('a', '2'),
    'file.yaml': map('f'),
    'broken/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: [\n',
  },
})
const cache = createRenderCache({ maxEntries: 100 })
const ports = {
  repositories,
  cache,
  renderers: createRenderers({
    schemas: builtInSchemas,
    helm: { clock: { now: () => 0 }, random: createSeededRandom(1) },
  }),
}
const render = (...sources: Partial<ApplicationSource>[]) =>
  renderSources(
    ports,
    sources.map((source) => ({ repoURL: url, ...source })),
    { releaseName: 'web', target: { namespace: 'shop', kubeVersion: 'v1.31.2' } },
  )

test('a kustomization is built, plain files are taken as they are, settings decide', async () => {
  const custom = await render({ path: 'custom' })
  assert.deepEqual([custom.types, custom.objects.map((object) => object.metadata.name)], [['Kustomize'], ['x-a']])
  const plain = await render({ path: './plain/' })
  assert.deepEqual([plain.types, plain.objects.map((object) => object.metadata.name)], [['Directory'], ['a', 'b']])
  assert.equal(plain.digest, (await render({ path: 'plain' })).digest)
  assert.notEqual(plain.digest, custom.digest)
  const overridden = await render({ path: 'custom', kustomize: { nameSuffix: '-y' } })
  assert.deepEqual(
    overridden.objects.map((object) => object.metadata.name),
    ['x-a-y'],
  )
})

test('of several sources the last wins, and it is told', async () => {
  const both = await render({ path: 'plain' }, { path: 'again' }, { ref: 'values' })
  assert.deepEqual(
    both.objects.map((object) => `${object.metadata.name} ${(object.data as { x: string }).x}`),
    ['a 2', 'b 1'],
  )
  assert.deepEqual(both.repeated, ['/ConfigMap//a'])
  assert.equal(both.revisions.length, 3)
  assert.deepEqual(both.types, ['Directory', 'Directory'])
})

test('faults are told in upstream`s words', async () => {
  const cases: [Partial<ApplicationSource>, RegExp][] = [
    [{ path: 'nope' }, /failed to generate manifest for source 1 of 1: nope: app path does not exist/],
    [{ path: 'file.yaml' }, /app path is not a directory/],
    [{ path: '/etc' }, /app path is absolute/],
    [{ path: '../etc' }, /app path outside root/],
    [{ path: 'chart', helm: { valueFiles: ['nope.yaml'] } }, /chart: open nope.yaml: no such file or directory/],
    [{ path: 'chart', helm: { valueFiles: ['../../x.yaml'] } }, /value file ..\/..\/x.yaml leads out of the repository/],
    [{ path: 'chart', helm: { valueFiles: ['https://x.example/v.yaml'] } }, /files at URLs are not fetched/],
    [{ path: 'chart', helm: { valueFiles: ['$v/x.yaml'] } }, /no source has a 'ref' field/],
    [{ path: 'chart', helm: { parameters: [{ name: 'a[', value: '1' }] } }, /failed parsing --set data/],
    [{ path: 'plain', helm: { releaseName: 'x' } }, /Chart.yaml file is missing/],
    [{ chart: 'nginx', path: undefined }, /chart nginx of .* is in a chart repository/],
    [{ path: 'plain', kustomize: { namePrefix: 'x' } }, /kustomization file not found in the path/],
    [{ path: 'plain', targetRevision: 'nope' }, /unable to resolve 'nope' to a commit SHA/],
    [{ path: 'plain', repoURL: 'https://git.example/other' }, /repository not found/],
    [{ path: 'broken' }, /broken\/a.yaml/],
  ]
  for (const [source, message] of cases) await assert.rejects(render(source), message)
})

test('a given revision wins over the target revision', async () => {
  const first = await repositories.resolve(url, 'main')
  repositories.commit({ url, files: { 'plain/c.yaml': map('c') } })
  const old = await renderSources(
    ports,
    [{ repoURL: url, path: 'plain', targetRevision: 'main' }],
    { releaseName: 'web', target: { namespace: '' } },
    { revisions: [first] },
  )
  assert.equal(old.objects.length, 2)
  assert.equal((await render({ path: 'plain' })).objects.length, 3)
})

test('a chart is rendered with the settings of source.helm', async () => {
  const plain = await render({ path: 'chart' })
  assert.deepEqual(plain.types, ['Helm'])
  assert.deepEqual(
    plain.objects.map((object) => `${object.kind} ${object.metadata.name}`),
    ['ConfigMap crd', 'ConfigMap web', 'Pod t'],
  )
  assert.deepEqual(plain.objects[1]!.data, { x: 'default', ns: 'shop', v: 'v1.31.2', l: 'null', f: '' })
  const data = async (helm: Record<string, unknown>, ...more: Partial<ApplicationSource>[]) => {
    const { objects } = await render({ path: 'chart', helm: { skipCrds: true, skipTests: true, ...helm } }, ...more)
    assert.equal(objects.length, 1)
    return objects[0]!.data as Record<string, string>
  }
  assert.equal((await data({ valueFiles: ['values-a.yaml'] })).x, 'from-a')
  assert.equal(
    (await data({ valueFiles: ['values-a.yaml', '/envs/*.yaml', 'nope.yaml'], ignoreMissingValueFiles: true })).x,
    'production',
  )
  assert.equal((await data({ valueFiles: ['values-a.yaml'], values: 'x: text' })).x, 'text')
  assert.equal((await data({ values: 'x: text', valuesObject: { x: 'object' } })).x, 'object')
  assert.equal((await data({ valuesObject: { x: 'object' }, parameters: [{ name: 'x', value: 'a,b' }] })).x, 'a,b')
  const lists = await data({
    parameters: [{ name: 'l', value: '{1,2}' }],
    fileParameters: [{ name: 'f', path: '../envs/more.yaml' }],
  })
  assert.equal(lists.f!.trim(), 'only: more')
  assert.equal(lists.l, '[1,2]')
  assert.equal((await data({ namespace: 'other', kubeVersion: '1.29' })).ns, 'other')
  assert.equal((await data({ kubeVersion: '1.29' })).v, 'v1.29')
  assert.equal((await data({ valueFiles: ['$env/envs/production.yaml'] }, { ref: 'env' })).x, 'production')
  const named = await render({ path: 'chart', helm: { releaseName: 'named', skipCrds: true, skipTests: true } })
  assert.equal(named.objects[0]!.metadata.name, 'named')
})

test('values of another source are those of the revision that is told for it', async () => {
  const moving = createMemoryRepositories({ clock: new VirtualClock({ idle: async () => {} }) })
  const values = 'https://git.example/values'
  const first = moving.commit({ url: values, files: { 'v.yaml': 'x: old\n' } })
  const second = moving.commit({ url: values, files: { 'v.yaml': 'x: new\n' } })
  // The repository moves between two questions, as it does while one look waits for another repository.
  const answers = [first, second]
  const rendered = await renderSources(
    {
      ...ports,
      repositories: {
        resolve: async (from, ...more) => (from === values ? answers.shift()! : repositories.resolve(from, ...more)),
        tree: (from, commit) => (from === values ? moving : repositories).tree(from, commit),
      },
    },
    [
      { repoURL: url, path: 'chart', helm: { valueFiles: ['$values/v.yaml'] } },
      { repoURL: values, ref: 'values' },
    ],
    { releaseName: 'web', target: { namespace: 'shop' } },
  )
  const used = (rendered.objects.find((object) => object.metadata.name === 'web')!.data as { x: string }).x
  assert.equal(used, rendered.revisions[1] === first ? 'old' : 'new')
})
