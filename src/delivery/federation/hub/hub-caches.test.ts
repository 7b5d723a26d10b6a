import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMemberWorld } from '../../../../test/support/worlds/member-world.js'
import { silentLog } from '../../../base/log.js'
import { createSeededRandom } from '../../../base/random.js'
import type { KubeClient, ResourceCatalogue } from '../../../kube/client/kube-client.js'
import { defineCustomResource } from '../../../kube/object/custom-resource-definition.js'
import { HubCaches } from './hub-caches.js'

const ruleType = { group: 'shop.example', version: 'v1', kind: 'Rule', plural: 'rules', namespaced: false }
const otherType = { group: 'shop.example', version: 'v1', kind: 'Other', plural: 'others', namespaced: false }
const definitionType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
}

async function open(change: (client: KubeClient) => Partial<KubeClient>) {
  const world = await createMemberWorld()
  const { clock, client } = world
  await client.create(definitionType, defineCustomResource(ruleType, { properties: { spec: { type: 'object' } } }))
  await world.settle(2)
  const ending = new AbortController()
  const changed = change(client)
  const hub = new Proxy(client, {
    get: (target, key) => {
      const value = Reflect.get(changed, key) ?? Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  let news = 0
  const caches = new HubCaches({
    client: hub,
    clock,
    random: createSeededRandom(1),
    log: silentLog,
    signal: ending.signal,
    onChange: () => {},
    onKinds: () => {
      news++
    },
  })
  const stop = () => {
    ending.abort(new Error('stopped'))
    world.stop()
  }
  return { world, caches, stop, news: () => news }
}

test('kinds that nobody has defined are not waited for', async () => {
  const { world, caches, stop } = await open(() => ({}))
  caches.want([ruleType, otherType])
  await world.settle(1)
  assert.equal(caches.complete, true)
  assert.equal(caches.isSure(ruleType), true)
  stop()
})

test('a kind with a definition that discovery does not tell of yet is waited for, but not for ever', async () => {
  let tells = false
  const without = (catalogue: ResourceCatalogue): ResourceCatalogue => ({
    ...catalogue,
    all: catalogue.all.filter(({ group }) => tells || group !== ruleType.group),
  })
  const late = (client: KubeClient) => ({
    resources: async (options?: Parameters<KubeClient['resources']>[0]) => without(await client.resources(options)),
  })
  for (const comes of [true, false]) {
    tells = false
    const { world, caches, stop, news } = await open(late)
    caches.want([ruleType, otherType])
    await world.settle(20)
    assert.equal(caches.complete, false)
    const before = news()
    tells = comes
    await world.settle(20)
    assert.equal(caches.complete, true)
    assert.equal(caches.isSure(ruleType), comes)
    assert.ok(news() > before, 'it is told that there is something to decide by now')
    stop()
  }
})

test('where definitions cannot be read, it goes on after five seconds', async () => {
  const isDefinition = ({ kind }: { kind: string }) => kind === definitionType.kind
  const { world, caches, stop, news } = await open((client) => ({
    list: (type, ...rest) => (isDefinition(type) ? Promise.reject(new Error('no')) : client.list(type, ...rest)),
    watch: (type, ...rest) => {
      if (isDefinition(type)) throw new Error('no')
      return client.watch(type, ...rest)
    },
  }))
  caches.want([ruleType, otherType])
  await world.settle(3)
  assert.equal(caches.complete, false)
  const before = news()
  await world.settle(3)
  assert.equal(caches.complete, true)
  assert.ok(news() > before)
  stop()
})
