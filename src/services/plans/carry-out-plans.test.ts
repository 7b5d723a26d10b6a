import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeKubeClient } from '../../../test/support/fakes/fake-kube-client.js'
import { silentLog } from '../../base/log.js'
import { VirtualClock } from '../../base/virtual-clock.js'
import type { Inventory } from '../../inventory/cluster.js'
import type { CacheChange } from '../../kube/informer/cache.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isNotFound, statusErrors } from '../../kube/object/status-error.js'
import type { FleetObserver } from '../catalogue/fleet-observer.js'
import type { PlannedWrite, Planner } from '../model/planned-write.js'
import { carryOutPlans } from './carry-out-plans.js'

const widgetType: ResourceType = {
  group: 'x.io',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  namespaced: true,
  subresources: ['status'],
}
const noteType: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const widget = (name: string, size: number): KubeObject => ({
  apiVersion: 'x.io/v1',
  kind: 'Widget',
  metadata: { name, namespace: 'shop' },
  spec: { size },
})

/** One cluster, whose caches show what it holds only when told to look. */
async function world() {
  const client = new FakeKubeClient({ name: 'east', types: [widgetType, noteType] })
  const hub = new FakeKubeClient({ name: 'hub', types: [widgetType, noteType] })
  const clock = new VirtualClock({ idle: () => new Promise((done) => setImmediate(done)) })
  const stop = new AbortController()
  let cached: readonly KubeObject[] = []
  const read: ResourceType[] = []
  let tellMember: (() => void) | undefined
  let tellHub: (() => void) | undefined
  const state = { wanted: new Map<string, number>(), needed: true, sizeOnHub: undefined as unknown }
  const cluster = {
    name: 'east',
    objects: (type: ResourceType, where: { name?: string } = {}) =>
      type.kind === 'Widget' ? cached.filter(({ metadata }) => where.name === undefined || metadata.name === where.name) : [],
  }
  const facts = {
    clusters: [cluster],
    cluster: (name: string) => (name === 'east' ? cluster : undefined),
    hubObjects: () => [],
    readAlso: (types: readonly ResourceType[]) => read.push(...types),
  } as unknown as FleetObserver
  const note = { place: 'hub', type: noteType, namespace: 'shop', name: 'note' }
  const planner: Planner = {
    name: 'widgets',
    memberKinds: [widgetType],
    isNeeded: () => state.needed,
    lookups: () => [note],
    plan({ fleet, lookedUp }) {
      state.sizeOnHub = lookedUp(note)?.['data']
      const writes: PlannedWrite[] = []
      const place = { place: 'east', type: widgetType }
      const seen = new Map(
        fleet
          .cluster('east')!
          .objects(widgetType)
          .map((each) => [each.metadata.name, each]),
      )
      for (const [name, size] of state.wanted) {
        const object = seen.get(name)
        if (object === undefined) writes.push({ ...place, action: 'create', object: widget(name, size) })
        else if ((object['spec'] as { size: number }).size !== size)
          writes.push({ ...place, action: 'patch', seen: object, body: { spec: { size } } })
      }
      for (const [name, object] of seen) if (!state.wanted.has(name)) writes.push({ ...place, action: 'delete', seen: object })
      return writes
    },
  }
  const plans = carryOutPlans({
    planners: [planner],
    catalogue: {
      facts,
      onCluster: () => () => {},
      onHub: (listener) => {
        tellHub = listener
        return () => {}
      },
      onMember: (listener) => {
        tellMember = () => listener(cluster as never, widgetType, {} as CacheChange)
        return () => {}
      },
    },
    inventory: { client: () => client } as unknown as Inventory,
    hub,
    clock,
    log: silentLog,
    signal: stop.signal,
  })
  return {
    client,
    hub,
    clock,
    state,
    plans,
    read,
    stop,
    tellHub: () => tellHub!(),
    /** The caches catch up. */
    async look() {
      cached = (await client.list(widgetType)).items
      tellMember!()
      await clock.advance(100)
    },
    names: async () =>
      (await client.list(widgetType)).items
        .map(({ metadata, spec }) => `${metadata.name} ${(spec as { size: number }).size}`)
        .sort(),
    sent: () =>
      client.requests.filter(({ verb }) => verb !== 'list' && verb !== 'get').map(({ verb, name }) => `${verb} ${name}`),
  }
}

test('what is wanted is made, changed and removed, and then nothing is written', async () => {
  const { state, clock, look, names, sent, read, plans, tellHub } = await world()
  state.wanted.set('a', 1).set('b', 1)
  await clock.advance(100)
  assert.deepEqual(read, [widgetType])
  assert.deepEqual(await names(), ['a 1', 'b 1'])
  await look()
  state.wanted.set('a', 2).delete('b')
  tellHub()
  await clock.advance(100)
  assert.deepEqual(await names(), ['a 2'])
  await look()
  const before = sent().length
  for (let turn = 0; turn < 3; turn++) await look()
  assert.equal(sent().length, before)
  assert.equal(plans.writes, 4)
  assert.equal(plans.idle, true)
})

test('nothing is planned on caches that do not show the last writes; after some time they are believed', async () => {
  const { state, clock, look, sent, tellHub } = await world()
  state.wanted.set('a', 1)
  await clock.advance(100)
  for (let turn = 0; turn < 3; turn++) {
    tellHub()
    await clock.advance(100)
  }
  assert.deepEqual(sent(), ['create a'])
  await look()
  assert.deepEqual(sent(), ['create a'])
  state.wanted.set('b', 1)
  tellHub()
  await clock.advance(100)
  // The event of b never comes: what is there already is found there.
  await clock.advance(20_000)
  tellHub()
  await clock.advance(2000)
  assert.ok(sent().filter((each) => each === 'create b').length > 1)
})

test('a write that fails is tried again, and harms no other', async () => {
  const { client, state, clock, look, names } = await world()
  let broken = true
  client.intercept = ({ verb, name }) => {
    if (broken && verb === 'create' && name === 'a') throw statusErrors.internal('disk full')
  }
  state.wanted.set('a', 1).set('b', 1)
  await clock.advance(100)
  assert.deepEqual(await names(), ['b 1'])
  broken = false
  await look()
  await clock.advance(1500)
  assert.deepEqual(await names(), ['a 1', 'b 1'])
})

test('lookups are read each time; what cannot be read stops the plan', async () => {
  const { hub, state, clock, tellHub, names } = await world()
  hub.intercept = ({ verb }) => {
    if (verb === 'get') throw statusErrors.internal('not now')
  }
  state.wanted.set('a', 1)
  await clock.advance(300)
  assert.deepEqual(await names(), [])
  hub.intercept = undefined
  await hub.create(noteType, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'note', namespace: 'shop' },
    data: { size: 'large' },
  })
  tellHub()
  await clock.advance(1500)
  assert.deepEqual(state.sizeOnHub, { size: 'large' })
  assert.deepEqual(await names(), ['a 1'])
})

test('a planner that was needed cleans up behind itself; one that never was does nothing', async () => {
  const first = await world()
  first.state.needed = false
  first.state.wanted.set('a', 1)
  await first.clock.advance(1000)
  assert.deepEqual(first.read, [])
  await assert.rejects(first.client.get({ type: widgetType, namespace: 'shop', name: 'a' }), isNotFound)
  first.state.needed = true
  first.tellHub()
  await first.clock.advance(100)
  await first.look()
  first.state.needed = false
  first.state.wanted.clear()
  first.tellHub()
  await first.clock.advance(1000)
  assert.deepEqual(await first.names(), [])
  first.stop.abort()
})
