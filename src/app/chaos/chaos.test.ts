import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createWorld, type World } from '../../../test/support/world.js'
import { chaos } from '../../apiserver/members/nodes/chaos-state.js'
import { failCluster, failNode, healAll, healed, killPod, listChaos, removeNode } from './chaos-actions.js'

let world: World
before(async () => {
  world = await createWorld({ members: { a: { env: 'test' }, b: { env: 'test' } } })
  await world.settle()
})
after(() => world.stop())

const namespace = 'argocd'
const member = async (name: string) => (name === 'in-cluster' ? undefined : world.client(name))
const health = (name: string) => world.hub.inventory.state(name).health

test('a cluster that is cut is Unknown to the hub until it is healed', async () => {
  const hub = world.client('hub')
  assert.equal(health('a'), 'Healthy')
  await failCluster(hub, namespace, 'a', { api: 'cut' })
  await world.settle({ limitSeconds: 180 })
  await world.clock.advance(120_000)
  assert.equal(health('a'), 'Unknown')
  assert.equal(health('b'), 'Healthy')
  assert.deepEqual(await listChaos(hub, namespace, member), [
    { cluster: 'a', what: 'cluster', state: 'cut: its API answers nobody' },
  ])
  await failCluster(hub, namespace, 'a', healed)
  await world.clock.advance(120_000)
  assert.equal(health('a'), 'Healthy')
})

test('a parted network and latency are on the way only; heal finds everything', async () => {
  const hub = world.client('hub')
  await failCluster(hub, namespace, 'a', { network: 'cut' })
  await failCluster(hub, namespace, 'b', { latencyMs: 700 })
  await failNode(world.client('b'), 'node-2', { state: 'crashed', graceSeconds: 0 })
  await world.clock.advance(1000)
  assert.equal(world.faults('a').isCut, true)
  assert.equal(world.faults('b').latencyMs, 700)
  const rows = await listChaos(hub, namespace, member)
  assert.deepEqual(
    rows.map(({ cluster, what, state }) => `${cluster} ${what} ${state}`),
    ['a cluster cut off from the hub', 'b cluster slow: 700 ms', 'b node/node-2 crashed'],
  )
  assert.equal(await healAll(hub, namespace, member), 3)
  assert.equal(world.faults('a').isCut, false)
  assert.deepEqual(await listChaos(hub, namespace, member), [])
  const node = world.clusters.get('b')?.peek('nodes', 'node-2')
  assert.equal(node?.metadata.annotations?.[chaos.graceSeconds], undefined)
})

test('the hub and strangers cannot be cut, pods are killed, nodes are removed', async () => {
  const hub = world.client('hub')
  for (const name of ['hub', 'in-cluster', 'nobody']) {
    await assert.rejects(failCluster(hub, namespace, name, { api: 'cut' }), { code: 'no-chaos-here' })
  }
  await assert.rejects(
    healAll(hub, namespace, async () => undefined, 'nobody'),
    { code: 'no-chaos-here' },
  )
  const b = world.client('b')
  const type = (await b.resources()).forName('pods')!
  const containers = [{ name: 'c', image: 'c:1' }]
  await b.create(type, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default' }, spec: { containers } })
  await world.clock.advance(1000)
  await killPod(b, 'default', 'p')
  assert.equal(world.clusters.get('b')?.peek('pods', 'default/p'), undefined)
  const wait = async () => undefined
  await removeNode(b, 'node-3', { now: false, wait, timeoutMs: 1000 })
  assert.equal(world.clusters.get('b')?.peek('nodes', 'node-3'), undefined)
  await removeNode(b, 'node-2', { now: true, wait, timeoutMs: 1000 })
  assert.equal(world.clusters.get('b')?.peek('nodes', 'node-2'), undefined)
})
