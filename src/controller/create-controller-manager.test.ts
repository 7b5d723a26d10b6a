import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeKubeClient } from '../../test/support/fakes/fake-kube-client.js'
import { CodedError, Stalled, Waiting } from '../base/errors.js'
import { silentLog } from '../base/log.js'
import { createSeededRandom } from '../base/random.js'
import { VirtualClock } from '../base/virtual-clock.js'
import { createCaches } from '../kube/informer/create-caches.js'
import type { Condition, KubeObject } from '../kube/object/kube-object.js'
import { changed } from './changed.js'
import type { ControllerDefinition, ReconcileContext, ReconcileResult } from './contract.js'
import { createControllerManager } from './create-controller-manager.js'
import { defineController } from './define-controller.js'
import { onEvent } from './on-event.js'

const widgets = { group: 'x', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true, subresources: ['status'] }
const gadgets = { group: 'x', version: 'v1', kind: 'Gadget', plural: 'gadgets', namespaced: true }
const events = { group: '', version: 'v1', kind: 'Event', plural: 'events', namespaced: true }
const idle = () => new Promise<void>((resolve) => setImmediate(resolve))

interface Widget extends KubeObject {
  spec: { size: number; gadget?: string }
  status?: { size?: number; conditions?: Condition[] }
}
interface Services {
  readonly greeting: string
}

function widget(name: string, size = 1, more: Partial<Widget['metadata']> = {}): Widget {
  return { apiVersion: 'x/v1', kind: 'Widget', metadata: { name, namespace: 'ns', ...more }, spec: { size } }
}

type Parts = Partial<Omit<ControllerDefinition<Widget, Services>, 'name'>>
async function setup(parts: Parts, objects: Widget[] = [widget('a')]) {
  const clock = new VirtualClock({ idle })
  const client = new FakeKubeClient({ types: [widgets, gadgets] })
  const type = parts.for ?? widgets
  for (const object of objects) await client.create(type, object)
  client.requests.length = 0
  const controller = new AbortController()
  const { signal } = controller
  const random = createSeededRandom(5)
  const caches = createCaches({ client, clock, random, log: silentLog, signal })
  const services: Services = { greeting: 'hello' }
  const manager = createControllerManager({ hub: client, caches, clock, random, log: silentLog, services })
  const seen: string[] = []
  const reconcile = parts.reconcile
  manager.add(
    defineController<Widget, Services>({
      name: 'x/widgets',
      for: widgets,
      ...parts,
      async reconcile(object, context) {
        seen.push(object.metadata.name)
        return reconcile?.(object, context)
      },
    }),
  )
  await manager.start(signal)
  await manager.settled()
  const target = (name: string) => ({ type, namespace: 'ns', name })
  return {
    clock,
    client,
    manager,
    seen,
    target,
    metrics: () => manager.metrics()[0]!,
    set: (name: string, body: unknown) => client.patch(target(name), { kind: 'merge', body }),
    live: (name: string) => client.peek(type, `ns/${name}`) as Widget | undefined,
    stop: () => controller.abort(),
  }
}

const sizeInStatus = async (object: Widget): Promise<ReconcileResult<Widget>> => ({ status: { size: object.spec.size } })

test('every object is looked at once, and again when it changes; the status is written once and wakes no one', async () => {
  const world = await setup({ reconcile: sizeInStatus }, [widget('a'), widget('b', 2)])
  assert.deepEqual(world.seen, ['a', 'b'])
  assert.equal(world.client.count('patch'), 2)
  const patch = world.client.requests.find((request) => request.verb === 'patch')
  assert.deepEqual([patch?.name, patch?.subresource], ['a', 'status'])
  assert.deepEqual(patch?.body, { kind: 'merge', body: { status: { size: 1 } } })
  assert.equal((patch?.options as { fieldManager?: string } | undefined)?.fieldManager, 'x/widgets')
  await world.set('a', { spec: { size: 7 } })
  await world.manager.settled()
  assert.deepEqual(world.seen, ['a', 'b', 'a'])
  assert.deepEqual(world.live('a')?.status, { size: 7 })
  await world.set('a', { metadata: { labels: { x: 'y' } } })
  await world.manager.settled()
  assert.equal(world.metrics().writes, 3, 'a status that is the same is not written')
  assert.equal(world.metrics().reconciles, 4)
  world.stop()
})

test('a reconcile sees its own status even before the cache does', async () => {
  const seen: (number | undefined)[] = []
  const world = await setup({
    async reconcile(object, { enqueue, key }) {
      seen.push(object.status?.size)
      if (seen.length < 4) enqueue(key)
      return { status: { size: (object.status?.size ?? 0) + 1 } }
    },
  })
  assert.deepEqual(seen, [undefined, 1, 2, 3])
  world.stop()
})

test('conditions keep their transition times until the status turns', async () => {
  const world = await setup({
    async reconcile(object) {
      const status = object.spec.size > 5 ? 'False' : 'True'
      return { conditions: [{ type: 'Ready', status, reason: 'Sized', message: `size ${object.spec.size}` }] }
    },
  })
  const first = world.live('a')?.status?.conditions?.[0]
  assert.equal(first?.lastTransitionTime, '2026-01-01T00:00:00Z')
  await world.clock.advance(60_000)
  await world.set('a', { spec: { size: 2 } })
  await world.manager.settled()
  assert.deepEqual(world.live('a')?.status?.conditions, [{ ...first, message: 'size 2' }])
  await world.set('a', { spec: { size: 9 } })
  await world.manager.settled()
  assert.equal(world.live('a')?.status?.conditions?.[0]?.lastTransitionTime, '2026-01-01T00:01:00Z')
  world.stop()
})

test('without a status subresource one patch carries everything, and holds only for what was seen', async () => {
  let interfere: (() => Promise<unknown>) | undefined
  const served: string[] = []
  const world = await setup(
    {
      for: gadgets,
      async reconcile(object) {
        const refresh = object.metadata.annotations?.['refresh']
        await interfere?.()
        interfere = undefined
        if (refresh !== undefined) served.push(refresh)
        if (refresh === undefined) return { status: { size: object.spec.size } }
        return {
          status: { size: object.spec.size },
          patch: { metadata: { annotations: { refresh: null } } },
        }
      },
    },
    [widget('a', 3, { annotations: { refresh: 'normal' } })],
  )
  assert.equal(world.client.count('patch'), 1)
  assert.deepEqual(world.live('a')?.status, { size: 3 })
  assert.equal(world.live('a')?.metadata.annotations?.['refresh'], undefined)
  // Set anew while the reconcile runs: the removal must not swallow it.
  let looks = 0
  interfere = () => world.set('a', { metadata: { annotations: { refresh: 'hard', looks: String(++looks) } } })
  await world.set('a', { metadata: { annotations: { refresh: 'normal' } } })
  await world.manager.settled()
  assert.equal(world.metrics().conflicts, 1)
  assert.deepEqual(served, ['normal', 'normal', 'hard'])
  assert.equal(world.live('a')?.metadata.annotations?.['refresh'], undefined)
  assert.equal(looks, 1)
  world.stop()
})

test('errors back off, Stalled waits for a change, Waiting for its time, panics are counted', async () => {
  let problem: Error | undefined = new CodedError({ code: 'odd', message: 'odd thing' })
  const world = await setup({
    async reconcile() {
      if (problem) throw problem
      return undefined
    },
    failed: (object, error) => ({ status: { ...object.status, size: (error as Error).message.length } }),
  })
  await world.clock.advance(10_000)
  assert.ok(world.metrics().errors >= 5 && world.metrics().errors <= 8, String(world.metrics().errors))
  assert.equal(world.live('a')?.status?.size, 9, 'failed() told it')
  assert.equal(world.client.all(events).length, 1, 'one Event for a lasting failure')

  problem = new Stalled({ code: 'no-such-project', message: 'project x is not there', fix: 'Create it.' })
  await world.clock.advance(600_000)
  const looks = world.seen.length
  await world.clock.advance(3_600_000)
  assert.equal(world.seen.length, looks, 'no retry')
  assert.equal(world.metrics().stalled, 1)
  const event = world.client.all(events)[1]
  assert.equal(event?.['reason'], 'NoSuchProject')
  assert.equal(event?.['message'], 'project x is not there Create it.')

  problem = new Waiting({ code: 'later', message: 'later', retryAfterMs: 5000 })
  await world.set('a', { spec: { size: 2 } })
  await world.manager.settled()
  const before = world.seen.length
  await world.clock.advance(25_001)
  assert.equal(world.seen.length - before, 5)

  problem = new TypeError('x is undefined')
  await world.clock.advance(5000)
  assert.ok(world.metrics().panics >= 1)
  assert.match(world.metrics().lastProblem, /x is undefined/)
  problem = undefined
  await world.clock.advance(300_000)
  assert.equal(world.metrics().delayed, 0)
  world.stop()
})

test('`again` sets the next look, replaced by whatever the next look says', async () => {
  const at: number[] = []
  const world = await setup({
    async reconcile(_object, { clock }) {
      at.push(clock.now())
      return { again: clock.now() + 60_000 }
    },
  })
  const start = at[0]!
  await world.clock.advance(30_000)
  await world.set('a', { spec: { size: 2 } })
  await world.manager.settled()
  await world.clock.advance(100_000)
  assert.deepEqual(
    at.map((time) => time - start),
    [0, 30_000, 90_000],
  )
  world.stop()
})

test('finalizers are added, served in order, retried, and removed one by one', async () => {
  const log: string[] = []
  let ready = false
  const world = await setup({
    finalizer: {
      names: ['x/one', 'x/two'],
      adds: true,
      async finalize(_object, name) {
        log.push(name)
        return name !== 'x/two' || ready
      },
    },
  })
  assert.deepEqual(world.live('a')?.metadata.finalizers, ['x/one', 'x/two'])
  assert.equal(world.seen.length, 1)
  await world.client.delete(world.target('a'))
  await world.manager.settled()
  assert.deepEqual(log, ['x/one', 'x/two'])
  assert.deepEqual(world.live('a')?.metadata.finalizers, ['x/two'])
  ready = true
  await world.clock.advance(1000)
  assert.equal(world.live('a'), undefined)
  assert.equal(log.filter((name) => name === 'x/one').length, 1)
  assert.equal(world.seen.length, 1, 'what is being deleted is not reconciled')
  world.stop()
})

test('finalizers of others are left alone', async () => {
  const world = await setup({ finalizer: { names: ['x/one'], finalize: async () => true } }, [
    widget('a', 1, { finalizers: ['other/keeps'] }),
  ])
  assert.deepEqual(world.live('a')?.metadata.finalizers, ['other/keeps'])
  await world.client.delete(world.target('a'))
  await world.manager.settled()
  assert.deepEqual(world.live('a')?.metadata.finalizers, ['other/keeps'])
  assert.equal(world.client.count('patch'), 0)
  world.stop()
})

test('sources: changes of other objects, both as they are and as they were, and whatever calls back', async () => {
  let call: (() => void) | undefined
  const forGadget = (name: string) => (object: Widget) => object.spec.gadget === name
  const world = await setup(
    {
      watches: [
        changed<KubeObject, Widget, Services>(gadgets, (gadget, { objects }) =>
          [...objects()].filter(forGadget(String(gadget['for']))).map((object) => `ns/${object.metadata.name}`),
        ),
        onEvent<Widget, Services>('bell', ({ greeting }, { enqueue }) => {
          assert.equal(greeting, 'hello')
          call = () => enqueue('ns/c')
          return () => {
            call = undefined
          }
        }),
      ],
    },
    [{ ...widget('a'), spec: { size: 1, gadget: 'g1' } }, { ...widget('b'), spec: { size: 1, gadget: 'g2' } }, widget('c')],
  )
  world.seen.length = 0
  await world.client.create(gadgets, { apiVersion: 'x/v1', kind: 'Gadget', metadata: { name: 'g', namespace: 'ns' }, for: 'g1' })
  await world.manager.settled()
  assert.deepEqual(world.seen, ['a'])
  await world.client.patch({ type: gadgets, namespace: 'ns', name: 'g' }, { kind: 'merge', body: { for: 'g2' } })
  await world.manager.settled()
  assert.deepEqual(world.seen, ['a', 'b', 'a'])
  call?.()
  await world.manager.settled()
  assert.equal(world.seen.at(-1), 'c')
  world.stop()
  assert.equal(call, undefined, 'unsubscribed with the signal')
})

test('work is bounded and the same object never runs twice at a time', async () => {
  let running = 0
  let most = 0
  const inHand = new Set<string>()
  const world = await setup(
    {
      concurrency: 3,
      async reconcile(object, { enqueue }) {
        assert.ok(!inHand.has(object.metadata.name))
        inHand.add(object.metadata.name)
        most = Math.max(most, ++running)
        if (object.spec.size === 1) enqueue(`ns/${object.metadata.name}`)
        await idle()
        running--
        inHand.delete(object.metadata.name)
        return object.spec.size === 1 ? { patch: { spec: { size: 2 } } } : undefined
      },
    },
    Array.from({ length: 20 }, (_unused, index) => widget(`w${index}`)),
  )
  assert.equal(most, 3)
  assert.equal(world.metrics().panics, 0)
  assert.ok(world.seen.length >= 40)
  world.stop()
})

test('`changed` decides which changes matter; a deletion always does', async () => {
  const gone: string[] = []
  const world = await setup({
    changed: (before, now) => before.spec.size !== now.spec.size,
    gone: (key) => gone.push(key),
  })
  await world.set('a', { metadata: { labels: { a: 'b' } } })
  await world.manager.settled()
  assert.equal(world.seen.length, 1)
  await world.set('a', { spec: { size: 4 } })
  await world.manager.settled()
  assert.equal(world.seen.length, 2)
  await world.client.delete(world.target('a'))
  await world.manager.settled()
  assert.equal(world.seen.length, 2)
  assert.deepEqual(gone, ['ns/a'])
  world.stop()
})

test('an Event that repeats is counted, and the hub that refuses Events harms nothing', async () => {
  const record = (_object: Widget, { event }: ReconcileContext<Widget>) => {
    event('Normal', 'Looked', 'I looked')
    return Promise.resolve(undefined)
  }
  const world = await setup({ reconcile: record })
  for (let round = 0; round < 5; round++) {
    world.manager.enqueue('x/widgets', 'ns/a')
    await world.manager.settled()
    await world.clock.advance(30_000)
  }
  const all = world.client.all(events)
  assert.equal(all.length, 1)
  assert.equal(all[0]?.['count'], 6)
  assert.deepEqual(all[0]?.['source'], { component: 'x/widgets' })
  world.client.intercept = (request) => {
    if (request.resource === 'events') throw new CodedError({ code: 'no', message: 'no events here' })
  }
  await world.client.create(widgets, widget('b'))
  await world.manager.settled()
  assert.equal(world.manager.droppedEvents, 1)
  assert.equal(world.metrics().errors + world.metrics().panics, 0)
  world.stop()
})
