import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Inventory } from '../../../inventory/cluster.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { Application } from '../kinds/application.js'
import { contextOf } from './target-state.js'

const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { token: 'x' }, count: 3 }
const client = {
  resources: async () => ({ all: [{ group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }] }),
  get: async () => secret,
} as unknown as KubeClient
const inventory = { state: () => ({}), client: () => client } as unknown as Inventory
const cluster = { name: 'east' } as Parameters<typeof contextOf>[1]
const application = (annotations: Record<string, string>) =>
  ({ metadata: { name: 'web', annotations }, spec: { destination: { namespace: 'shop' } } }) as unknown as Application

test('charts look up nothing, unless their Application asks for it', async () => {
  assert.equal(contextOf(application({}), cluster, { inventory }).target.lookup, undefined)
  assert.equal(contextOf(application({ 'flotilla.dev/helm-lookup': 'yes' }), cluster, { inventory }).target.lookup, undefined)
  const { lookup } = contextOf(application({ 'flotilla.dev/helm-lookup': 'destination' }), cluster, { inventory }).target
  assert.deepEqual(await lookup?.('v1', 'Secret', 'shop', 's'), { ...secret, count: 3n })
  await assert.rejects(lookup?.('no/v1', 'X', '', '') ?? Promise.resolve(), /could not find the requested resource/)
})
