import assert from 'node:assert/strict'
import { test } from 'node:test'
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
    'chart/Chart.yaml': 'name: chart\n',
    'again/a.yaml': map('a', '2'),
    'file.yaml': map('f'),
    'broken/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: [\n',
  },
})
const cache = createRenderCache({ maxEntries: 100 })
const ports = { repositories, cache, renderers: createRenderers({ schemas: builtInSchemas }) }
const render = (...sources: Partial<ApplicationSource>[]) =>
  renderSources(
    ports,
    sources.map((source) => ({ repoURL: url, ...source })),
    { namespace: '' },
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
    [{ path: 'chart' }, /chart is a Helm chart, which this version of Flotilla does not render/],
    [{ chart: 'nginx', path: undefined }, /Helm chart/],
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
    { namespace: '' },
    { revisions: [first] },
  )
  assert.equal(old.objects.length, 2)
  assert.equal((await render({ path: 'plain' })).objects.length, 3)
})
