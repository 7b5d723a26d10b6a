import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Inventory } from '../../../inventory/cluster.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { Application } from '../kinds/application.js'
import { contextOf } from './target-state.js'

const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { token: 'x' }, count: 3 }
const client = {
  resources: async () => ({
    all: [
      { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
      { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true },
      { group: '', version: 'v1', kind: 'Node', plural: 'nodes', namespaced: false },
    ],
  }),
  list: async () => ({
    items: [{ metadata: { name: 'a', namespace: 'shop' } }, { metadata: { name: 'b', namespace: 'kube-system' } }],
  }),
  get: async () => secret,
} as unknown as KubeClient
const inventory = { state: () => ({}), client: () => client } as unknown as Inventory
const project = {
  metadata: { name: 'shop' },
  spec: {
    destinations: [{ name: 'east', namespace: 'shop' }],
    namespaceResourceBlacklist: [{ group: '', kind: 'ConfigMap' }],
  },
} as unknown as NonNullable<Parameters<typeof contextOf>[3]>
const cluster = { name: 'east' } as Parameters<typeof contextOf>[1]
const application = (annotations: Record<string, string>) =>
  ({ metadata: { name: 'web', annotations }, spec: { destination: { namespace: 'shop' } } }) as unknown as Application

test('charts look up nothing, unless their Application asks for it', async () => {
  assert.equal(contextOf(application({}), cluster, { inventory }, project).target.lookup, undefined)
  assert.equal(
    contextOf(application({ 'flotilla.dev/helm-lookup': 'yes' }), cluster, { inventory }, project).target.lookup,
    undefined,
  )
  const { lookup } = contextOf(application({ 'flotilla.dev/helm-lookup': 'destination' }), cluster, { inventory }, project).target
  assert.deepEqual(await lookup?.('v1', 'Secret', 'shop', 's'), { ...secret, count: 3n })
  const asked = application({ 'flotilla.dev/helm-lookup': 'destination' })
  assert.equal(contextOf(asked, cluster, { inventory }, undefined).target.lookup, undefined)
  for (const [kind, namespace, name] of [
    ['Secret', 'kube-system', 's'],
    ['Secret', 'kube-system', ''],
    ['Node', '', 'n'],
    ['ConfigMap', 'shop', 'c'],
  ] as const)
    await assert.rejects(lookup?.('v1', kind, namespace, name) ?? Promise.resolve(), /is not permitted in project/, kind)
  const all = (await lookup?.('v1', 'Secret', '', '')) as { items: unknown[] }
  assert.deepEqual(all.items, [{ metadata: { name: 'a', namespace: 'shop' } }])
  await assert.rejects(lookup?.('no/v1', 'X', '', '') ?? Promise.resolve(), /could not find the requested resource/)
})
