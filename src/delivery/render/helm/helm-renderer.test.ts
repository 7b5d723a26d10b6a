import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '../../../base/random.js'
import { createMemoryTree } from '../memory-tree.js'
import { createRenderCache } from '../render-cache.js'
import { createHelmRenderer } from './helm-renderer.js'

const tree = createMemoryTree({
  'Chart.yaml': 'apiVersion: v2\nname: c\nversion: 1.0.0\n',
  'values.yaml': 'a: {b: null, c: 1}\n---\nd: 2\n',
  'templates/a.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  values: {{ .Values | toJson | quote }}\n  token: {{ ((lookup "v1" "Secret" "ns" "s").data | default dict).token | default "new" }}\n',
})
const renderer = createHelmRenderer({ clock: { now: () => 0 }, random: createSeededRandom(1) })
const request = { tree, path: '', options: {}, target: { namespace: 'ns' } }
const dataOf = (result: { objects: readonly object[] }) => (result.objects[0] as { data?: unknown }).data

test('source.helm.version v4: the rules of Helm 4', async () => {
  assert.deepEqual(dataOf(await renderer.render(request)), { values: '{"a":{"b":null,"c":1}}', token: 'new' })
  const four = await renderer.render({ ...request, options: { helm: { version: 'v4' } } })
  assert.deepEqual(dataOf(four), { values: '{"a":{"c":1},"d":2}', token: 'new' })
})

test('what is looked up in a destination is in the result, and that is neither kept nor shared', async () => {
  const cache = createRenderCache({ maxEntries: 10 })
  const render = (token: string) =>
    cache.render(renderer, { ...request, target: { namespace: 'ns', lookup: async () => ({ data: { token } }) } })
  const [one, two] = await Promise.all([render('one'), render('two')])
  assert.equal((dataOf(one) as { token: string }).token, 'one')
  assert.equal((dataOf(two) as { token: string }).token, 'two')
  assert.equal(one.isVolatile, true)
  assert.equal((dataOf(await cache.render(renderer, request)) as { token: string }).token, 'new')
  assert.equal(cache.statistics().entries, 1)
})
