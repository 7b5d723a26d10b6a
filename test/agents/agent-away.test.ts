// A fleet under virtual time: one member is pushed, one is fetched for by its agent. Agent and hub go away for long, one after the other.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { createFaultyClient } from '../../src/app/chaos/faulty-client.js'
import { Keeper } from '../../src/areas/agent/member/keeper.js'
import { runAgent } from '../../src/areas/agent/member/run-agent.js'
import { createMemoryStore } from '../../src/areas/agent/member/state-store.js'
import { agentClusterType, clusterNamespace, workType } from '../../src/areas/agent/resource-types.js'
import { createMemoryLinks, type MemoryLinks } from '../../src/areas/agent/tunnel/memory-link.js'
import { CodedError } from '../../src/base/errors.js'
import { silentLog } from '../../src/base/log.js'
import { createSeededRandom } from '../../src/base/random.js'
import { createMember } from '../../src/delivery/federation/member/create-member.js'
import type { KubeObject } from '../../src/kube/object/kube-object.js'
import { isNotFound } from '../../src/kube/object/status-error.js'
import { createWorld, type World } from '../support/worlds/world.js'

const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const placements = { group: 'flotilla.dev', version: 'v1alpha1', kind: 'Placement', plural: 'placements', namespaced: true }
const dayMs = 86_400_000

/** The agent of `edge`: everything but sockets and HTTP. */
function agentOf(world: World, store = createMemoryStore()) {
  const { clock } = world
  const random = createSeededRandom(11)
  let stopping = new AbortController()
  let links: MemoryLinks | undefined
  const state = { isCut: false, connections: 0 }
  const apiProxy = createServer((_request, response) => response.writeHead(503).end())
  return {
    state,
    start() {
      stopping = new AbortController()
      const { signal } = stopping
      const ports = { clock, random, log: silentLog }
      const keeper = new Keeper({
        createMember: (hub, kinds) =>
          createMember({ cluster: 'edge', client: world.client('edge'), hub, kinds, ...ports, signal }),
        store,
        ...ports,
        signal,
      })
      void keeper.start().then(() =>
        runAgent({
          connect: async () => {
            if (state.isCut) throw new CodedError({ code: 'hub-unreachable', message: 'no way to the hub' })
            state.connections++
            links = createMemoryLinks()
            world.hub.agents!.accept('edge', links.hub, async () => '')
            return links.agent
          },
          keeper,
          apiProxy,
          agentVersion: 'test',
          problem: async () => undefined,
          upkeep: async () => {},
          ...ports,
          signal,
        }),
      )
    },
    stop: () => stopping.abort(),
    /** The network is gone, and nobody is told. */
    cut() {
      state.isCut = true
      links?.hub.cut()
    },
    mend() {
      state.isCut = false
    },
  }
}

async function createAgentWorld() {
  let way: ReturnType<typeof createFaultyClient> | undefined
  const random = createSeededRandom(4)
  const world = await createWorld({
    members: { push: { env: 'production' } },
    agents: {
      around: (name) => {
        way = createFaultyClient(
          world.client(name),
          () => random.number(),
          (delayMs, run) => void world.clock.after(delayMs, run),
        )
        return way.client
      },
    },
  })
  await world.clusters.ensure('edge')
  await world.client('hub').create(agentClusterType, {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'AgentCluster',
    metadata: { name: 'edge' },
    spec: { approved: true, key: `sha256:${'0'.repeat(64)}` },
  })
  const agent = agentOf(world)
  agent.start()
  await world.settle()
  await world.client('hub').create(placements, {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'Placement',
    metadata: { name: 'all', namespace: 'default' },
    spec: {},
  })
  return {
    world,
    agent,
    setWay(cut: boolean) {
      if (cut) way?.faults.cut()
      else way?.faults.heal()
    },
  }
}

const placed = (name: string, text: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', labels: { 'flotilla.dev/placement': 'all' } },
  data: { text },
})

async function textOn(world: World, cluster: string, name: string): Promise<string | undefined> {
  try {
    const found = await world.client(cluster).get({ type: configMaps, namespace: 'default', name })
    return (found['data'] as { text: string }).text
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

async function setText(world: World, cluster: string, name: string, text: string): Promise<void> {
  await world.client(cluster).patch({ type: configMaps, namespace: 'default', name }, { kind: 'merge', body: { data: { text } } })
}

test('an agent that is away for a day: nothing is concluded, its member stays right, it catches up', async () => {
  const { world, agent, setWay } = await createAgentWorld()
  const hub = world.client('hub')
  await hub.create(configMaps, placed('one', 'first'))
  await hub.create(configMaps, placed('two', 'second'))
  await world.settle()
  assert.equal(await textOn(world, 'push', 'one'), 'first')
  assert.equal(await textOn(world, 'edge', 'one'), 'first')

  agent.cut()
  setWay(true)
  await world.clock.advance(2 * 60_000)
  assert.match(world.hub.agents!.agents.absence('edge') ?? '', /its agent is away since .* \(nothing heard for 4\d s\)/)
  assert.notEqual(world.hub.inventory.state('edge').health, 'Healthy')
  await setText(world, 'hub', 'one', 'changed')
  await hub.delete({ type: configMaps, namespace: 'default', name: 'two' })
  await hub.create(configMaps, placed('three', 'third'))
  await world.clock.advance(60_000)
  await setText(world, 'edge', 'one', 'drift')
  await world.clock.advance(60_000)
  // What was ordered last is what the member has, whoever changes it there.
  assert.equal(await textOn(world, 'edge', 'one'), 'first')
  await world.clock.advance(dayMs)
  assert.equal(await textOn(world, 'push', 'one'), 'changed')
  assert.equal(await textOn(world, 'edge', 'one'), 'first')
  assert.equal(await textOn(world, 'edge', 'two'), 'second')
  assert.equal(await textOn(world, 'push', 'three'), 'third')
  const lastSeen = await hub.get({
    type: { group: 'coordination.k8s.io', version: 'v1', kind: 'Lease', plural: 'leases', namespaced: true },
    namespace: clusterNamespace('edge'),
    name: 'flotilla-agent',
  })
  const renewed = Date.parse((lastSeen['spec'] as { renewTime: string }).renewTime)
  assert.ok(world.clock.now() - renewed > dayMs)

  agent.mend()
  setWay(false)
  await world.clock.advance(3 * 60_000)
  await world.settle()
  assert.equal(agent.state.connections, 2)
  assert.equal(await textOn(world, 'edge', 'one'), 'changed')
  assert.equal(await textOn(world, 'edge', 'two'), undefined)
  assert.equal(await textOn(world, 'edge', 'three'), 'third')
  const { items } = await hub.list(workType, { namespace: clusterNamespace('edge') })
  assert.deepEqual(items.map((work) => (work['status'] as { state: string }).state).sort(), ['Applied', 'Applied'])
  agent.stop()
  await world.stop()
})

test('a hub that is away: the agent keeps its member right, also through a start of its own', async () => {
  const { world, agent } = await createAgentWorld()
  await world.client('hub').create(configMaps, placed('one', 'first'))
  await world.settle()
  assert.equal(await textOn(world, 'edge', 'one'), 'first')
  await world.restartHub(async () => {
    agent.state.isCut = true
    await world.clock.advance(30 * 60_000)
    await setText(world, 'edge', 'one', 'drift')
    await world.clock.advance(60_000)
    assert.equal(await textOn(world, 'edge', 'one'), 'first')
    agent.stop()
    await world.client('edge').delete({ type: configMaps, namespace: 'default', name: 'one' })
    await world.clock.advance(1000)
    assert.equal(await textOn(world, 'edge', 'one'), undefined)
    agent.start()
    await world.clock.advance(30 * 60_000)
    assert.equal(await textOn(world, 'edge', 'one'), 'first')
  })
  agent.mend()
  await world.clock.advance(3 * 60_000)
  await world.settle()
  await setText(world, 'hub', 'one', 'second')
  await world.settle()
  assert.equal(await textOn(world, 'edge', 'one'), 'second')
  agent.stop()
  await world.stop()
})
