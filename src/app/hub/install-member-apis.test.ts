import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBootstrapLayer } from '../../apiserver/logical/bootstrap-layer.js'
import { createLogicalClusters } from '../../apiserver/logical/logical-clusters.js'
import { createMemoryStorage } from '../../apiserver/storage/memory-storage.js'
import { silentLog } from '../../base/log.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import { mcsCrds } from '../../dialects/mcs/crds.js'
import type { Inventory } from '../../inventory/cluster.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import { crdType } from '../system/core-types.js'
import { systemRandom } from '../system/system-ports.js'
import { installMemberApis } from './install-member-apis.js'

test('members get the kinds when they answer; those that have them keep their own, and one that refuses is asked again', async () => {
  const clock = new VirtualClock({ idle: () => new Promise((done) => setTimeout(done, 5)) })
  const ports = { clock, random: systemRandom, log: silentLog }
  const clusters = createLogicalClusters({ storage: createMemoryStorage({ base: createBootstrapLayer(clock.now()) }), ports })
  const clients = new Map<string, KubeClient>()
  for (const name of ['east', 'west', 'away']) clients.set(name, (await clusters.ensure(name)).client({ name }))
  const own = { ...mcsCrds[0]!, metadata: { ...mcsCrds[0]!.metadata, labels: { by: 'somebody' } } }
  await clients.get('west')!.create(crdType, own)
  const health = new Map<string, 'Healthy' | 'Unknown'>([
    ['east', 'Healthy'],
    ['west', 'Healthy'],
    ['away', 'Unknown'],
  ])
  let refusals = 1
  const listeners = new Set<Parameters<Inventory['onChange']>[0]>()
  const inventory = {
    list: () => [...health.keys()].map((name) => ({ name })),
    find: ({ name = '' }) => (health.has(name) ? { name } : undefined),
    state: (name: string) => ({ health: health.get(name) }),
    client(name: string) {
      if (name === 'east' && refusals-- > 0) throw new Error('not now')
      return clients.get(name)!
    },
    onChange(listener: Parameters<Inventory['onChange']>[0]) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  } as unknown as Inventory
  const ending = new AbortController()
  installMemberApis({ inventory, definitions: mcsCrds, clock, log: silentLog, signal: ending.signal })
  const definitions = async (name: string) =>
    (await clients.get(name)!.list(crdType)).items
      .map(({ metadata }) => `${metadata.name.split('.')[0]} ${metadata.labels?.['by'] ?? ''}`.trim())
      .sort()
  const names = ['serviceexports', 'serviceimports']
  const until = async (name: string, wanted: readonly string[]) => {
    for (let tries = 0; tries < 200; tries++) {
      if (JSON.stringify(await definitions(name)) === JSON.stringify(wanted)) return
      await clock.advance(0)
    }
    assert.deepEqual(await definitions(name), wanted)
  }
  await until(
    'west',
    names.map((name) => (own.metadata.name.startsWith(name) ? `${name} somebody` : name)),
  )
  assert.deepEqual(await definitions('east'), [])
  assert.deepEqual(await definitions('away'), [])
  await clock.advance(31_000)
  await until('east', names)
  health.set('away', 'Healthy')
  for (const listener of listeners) listener({ name: 'away', what: 'health' })
  await until('away', names)
  ending.abort()
  assert.equal(listeners.size, 0)
})
