import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { FakeKubeClient } from '../../../../test/support/fakes/fake-kube-client.js'
import { silentLog } from '../../../base/log.js'
import { VirtualClock } from '../../../base/virtual-clock.js'
import type { Desired } from '../../../delivery/federation/contract.js'
import { type WorkOrder, workName } from '../work.js'
import { KeptOrders } from './kept-orders.js'
import { createMemoryStore, createSecretStore, type StateStore } from './state-store.js'

const secrets = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }

function order(id: string, generation = 1): WorkOrder {
  const desired: Desired = {
    id,
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { text: 'x'.repeat(1000) } },
    rules: { existing: 'refuse', retain: [], onRemoval: 'delete' },
  }
  return { id, generation, kinds: [{ group: '', kind: 'ConfigMap' }], desired }
}

async function keptIn(store: StateStore) {
  const clock = new VirtualClock({ idle: async () => void (await turn()) })
  const kept = new KeptOrders({ store, clock, log: silentLog, signal: new AbortController().signal })
  await kept.load()
  return { clock, kept }
}

test('Secrets keep texts, packed', async () => {
  const client = new FakeKubeClient({ name: 'member', types: [secrets] })
  const store = createSecretStore({ client, namespace: 'system', prefix: 'agent' })
  assert.equal(await store.read('key'), undefined)
  await store.write('key', 'text')
  await store.write('key', 'other text')
  assert.equal(await store.read('key'), 'other text')
  const [secret] = (await client.list(secrets)).items
  assert.equal(secret?.metadata.name, 'agent-key')
  await store.remove('key')
  await store.remove('key')
  assert.equal(await store.read('key'), undefined)
})

test('orders are there after a restart; a burst of them is a few writes', async () => {
  const store = createMemoryStore()
  const { clock, kept } = await keptIn(store)
  for (let index = 0; index < 300; index++) kept.set(order(`t/ConfigMap/default/${index}`))
  kept.delete(workName('t/ConfigMap/default/7'))
  await clock.advance(2000)
  const again = await keptIn(store)
  assert.equal(again.kept.names().length, 299)
  assert.deepEqual(again.kept.get(workName('t/ConfigMap/default/8')), order('t/ConfigMap/default/8'))
  assert.deepEqual(again.kept.kinds(), [{ group: '', kind: 'ConfigMap' }])
  const texts = new Map(store.texts)
  again.kept.set(order('t/ConfigMap/default/8', 2))
  await again.kept.flush()
  const changed = [...store.texts].filter(([name, text]) => texts.get(name) !== text)
  assert.equal(changed.length, 1)
  again.kept.clear()
  await again.kept.flush()
  assert.deepEqual([...store.texts.keys()], ['index'])
})

test('a store that fails is tried again', async () => {
  const store = createMemoryStore()
  let failing = true
  const { clock, kept } = await keptIn({
    ...store,
    async write(name, text) {
      if (failing) throw new Error('no disk')
      await store.write(name, text)
    },
  })
  kept.set(order('t/ConfigMap/default/1'))
  await clock.advance(5000)
  assert.equal(store.texts.size, 0)
  failing = false
  await clock.advance(60_000)
  assert.equal(store.texts.size, 2)
})
