import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { createWorld, type World } from '../../../test/support/worlds/world.js'
import { chaos } from '../../apiserver/members/nodes/chaos-state.js'
import { clusterProfileType } from '../../dialects/cluster-profile/cluster-profile.js'
import { failCluster, failLink, failNode, healAll, healed, killPod, listChaos, removeNode } from './chaos-actions.js'

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
  await failCluster(hub, namespace, 'a', { api: { kind: 'cut' } })
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
  await failCluster(hub, namespace, 'a', { network: { kind: 'cut' } })
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
    await assert.rejects(failCluster(hub, namespace, name, { api: { kind: 'cut' } }), { code: 'no-chaos-here' })
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

test('a cluster without power does nothing until it has it back', async () => {
  const hub = world.client('hub')
  const a = world.client('a')
  const type = (await a.resources()).forName('deployments')!
  const labels = { app: 'web' }
  const deployment = (name: string) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'c:1' }] } },
    },
  })
  const pods = (name: string) =>
    [...world.clusters.get('a')!.peekAll('pods', 'default')].filter(({ metadata }) => metadata.name.startsWith(`${name}-`)).length
  await failCluster(hub, namespace, 'a', { state: 'stopped' })
  await world.clock.advance(1000)
  // Past the API that answers nobody: what would be found on the disk.
  await a.create(type, deployment('late'))
  await world.clock.advance(120_000)
  assert.equal(pods('late'), 0)
  assert.equal(health('a'), 'Unknown')
  assert.deepEqual(await listChaos(hub, namespace, member), [
    { cluster: 'a', what: 'cluster', state: 'stopped: nothing of it runs' },
  ])
  await failCluster(hub, namespace, 'a', healed)
  await world.clock.advance(120_000)
  assert.equal(pods('late'), 2)
  assert.equal(health('a'), 'Healthy')
})

test('a way that flaps is cut and whole in turn, also the one between two members', async () => {
  const hub = world.client('hub')
  await failCluster(hub, namespace, 'a', { network: { kind: 'flap', downMs: 3000, upMs: 7000 } })
  const seen: boolean[] = []
  for (let second = 0; second < 20; second++) {
    await world.clock.advance(second === 0 ? 500 : 1000)
    seen.push(world.faults('a').isCut)
  }
  const turn = [...Array(3).fill(true), ...Array(7).fill(false)]
  assert.deepEqual(seen, [...turn, ...turn])
  await failLink(hub, namespace, ['a', 'b'], { outage: { kind: 'cut' } })
  // Named the other way round it is the same link, and keeps its other faults.
  await failLink(hub, namespace, ['b', 'a'], { latencyMs: 50 })
  assert.deepEqual(
    (await listChaos(hub, namespace, member)).map(({ cluster, what, state }) => `${cluster} ${what} ${state}`),
    ['a cluster cut for 3s of every 10s off from the hub', 'b link/a cut, slow: 50 ms'],
  )
  for (const pair of [
    ['a', 'a'],
    ['a', 'hub'],
    ['nobody', 'a'],
  ] as const)
    await assert.rejects(failLink(hub, namespace, pair, { latencyMs: 5 }), { code: 'no-chaos-here' })
  // Healing one side heals the link that the other side's profile holds.
  assert.equal(await healAll(hub, namespace, member, 'a'), 2)
  assert.deepEqual(await listChaos(hub, namespace, member), [])
  await world.clock.advance(20_000)
  assert.equal(world.faults('a').isCut, false)
})

test('annotations that mean nothing do nothing', async () => {
  const hub = world.client('hub')
  const [profile] = (await hub.list(clusterProfileType, { namespace })).items.filter((each) => each.metadata.name.startsWith('a'))
  const texts = [
    '{',
    '[]',
    'null',
    '7',
    '{"b":7}',
    '{"b":"nonsense"}',
    `{"b":"${'flap='.repeat(10_000)}"}`,
    '{"__proto__":"cut"}',
  ]
  for (const links of texts) {
    const annotations = {
      'chaos.flotilla.dev/links': links,
      'chaos.flotilla.dev/latency-ms': 'NaN',
      'chaos.flotilla.dev/api': links,
    }
    const target = { type: clusterProfileType, namespace, name: profile!.metadata.name }
    await hub.patch(target, { kind: 'merge', body: { metadata: { annotations } } })
    await world.clock.advance(100)
    assert.equal(world.faults('a').isCut, false)
  }
  await healAll(hub, namespace, member)
  assert.deepEqual(await listChaos(hub, namespace, member), [])
})
