import { type ChildProcess, fork } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createBootstrapLayer } from '../src/apiserver/logical/bootstrap-layer.js'
import { createLogicalClusters } from '../src/apiserver/logical/logical-clusters.js'
import { createMemoryStorage } from '../src/apiserver/storage/memory-storage.js'
import { type AgentPlace, createAgentHub } from '../src/app/agent/agent-hub.js'
import { throughAgents } from '../src/app/agent/through-agents.js'
import { startFederation } from '../src/app/federation/start-federation.js'
import { installDefinitions } from '../src/app/hub/install-hub.js'
import { namespaceType, secretType } from '../src/app/system/core-types.js'
import { systemClock, systemRandom } from '../src/app/system/system-ports.js'
import { agentCrds } from '../src/areas/agent/definitions.js'
import { createJoinToken } from '../src/areas/agent/join/join-token.js'
import { silentLog } from '../src/base/log.js'
import { placementCrd, placementDecisionCrd } from '../src/dialects/placement/placement-crd.js'
import { placementDialect } from '../src/dialects/placement/placement-dialect.js'
import { placementType } from '../src/dialects/placement/resource-types.js'
import { createInventory } from '../src/inventory/create-inventory.js'
import type { KubeClient } from '../src/kube/client/kube-client.js'
import { createCaches } from '../src/kube/informer/create-caches.js'
import { type AskMembers, epochMs, type MembersSay, residentMegabytes } from './agents-members.support.js'
import type { BenchResult } from './contract.js'
import { typeOfKind } from './federation.support.js'

const namespace = 'argocd'
const alone = 20
const together = 100
const some = alone + together
const all = Number(process.env['FLOTILLA_BENCH_AGENTS'] ?? 1000)
const changes = 20
const ports = { clock: systemClock, random: systemRandom, log: silentLog }

/**
 * Clusters that come by agents: hub in this process, members and agents in another, TLS and WebSockets on loopback between them. Each
 * member is an embedded API server, which its agent reaches in process for what it keeps, and over TLS for the hub's requests.
 */
export async function run(): Promise<BenchResult[]> {
  setFlagsFromString('--expose-gc')
  Object.assign(globalThis, { gc: runInNewContext('gc') })
  const alive = setInterval(() => {}, 1000)
  const members = startMembers()
  const stored = await createStored()
  let hub = await startHub(stored)
  try {
    const names = Array.from({ length: all }, (_, index) => `edge-${index}`)
    const first = names.slice(alone, some)
    await members.ask({ do: 'prepare', names }, 'prepared')
    await place(stored, 'first')
    const tokens = await makeTokens(stored, first)
    const empty = { hub: residentMegabytes(), members: await members.memory() }
    const joined: number[] = []
    for (const name of names.slice(0, alone)) {
      const [token] = await makeTokens(stored, [name])
      const { at } = await members.arrived('first', 1)
      const from = epochMs()
      await members.ask({ do: 'start', agents: agentsOf([name], [token!], placeFor(hub.places, 0)) }, 'started')
      joined.push(...Object.values(await at).map((each) => each - from))
    }
    const { at: arriving } = await members.arrived('first', together)
    const used = process.cpuUsage()
    const begun = epochMs()
    await members.ask({ do: 'start', agents: agentsOf(first, tokens, placeFor(hub.places, 0)) }, 'started')
    const registered = Object.values(await arriving).map((at) => at - begun)
    const { user, system } = process.cpuUsage(used)
    await hub.complete(some)
    const changed = await change(stored, members, some, 'small')

    for (let at = some; at < all; at += together) {
      const more = names.slice(at, at + together)
      const { places } = hub
      await members.ask({ do: 'start', agents: agentsOf(more, await makeTokens(stored, more), placeFor(places, at)) }, 'started')
      await hub.complete(at + more.length)
    }
    const changedAll = await change(stored, members, all, 'large')
    await rest5s()
    const full = { hub: residentMegabytes(), members: await members.memory() }

    hub.stop()
    await rest5s()
    const ports = hub.places.map((each) => each.port)
    const back = epochMs()
    hub = await startHub(stored, ports)
    const connected = (await hub.connected(all)) - back
    await hub.complete(all)
    const complete = epochMs() - back
    const each = (kind: keyof typeof full) => ((full[kind] - empty[kind]) / all) * 1024
    return [
      {
        name: 'agents: a cluster joins, from the start of its agent to the object that belongs there, p50',
        unit: 'ms',
        measured: quantile(joined, 0.5),
      },
      {
        name: 'agents: the same, p99',
        unit: 'ms',
        measured: quantile(joined, 0.99),
        target: { atMost: 2000 },
        note: `${alone} clusters, one after the other`,
      },
      {
        name: `agents: ${together} clusters join at once, from the start of their agents to the object that belongs there, p50`,
        unit: 'ms',
        measured: quantile(registered, 0.5),
      },
      {
        name: 'agents: the same, p99',
        unit: 'ms',
        measured: quantile(registered, 0.99),
        target: { atMost: 2000 },
        note: `keys, tokens that approve, certificates, tunnels, probes, one ConfigMap each; ${((user + system) / 1000 / together).toFixed(0)} ms of processor time of the hub for each`,
      },
      ...latencies(some, changed),
      ...latencies(all, changedAll),
      {
        name: `agents: a hub that was away is back; until all ${all} agents are connected`,
        unit: 's',
        measured: connected / 1000,
        target: { atMost: 60 },
        note: 'agents wait 1 s, 2 s, ... up to a minute between tries, half of it by chance',
      },
      {
        name: 'agents: and until each has told how all of its copies stand',
        unit: 's',
        measured: complete / 1000,
        target: { atMost: 90 },
      },
      {
        name: 'agents: memory of the hub for each agent, its Works and Leases included',
        unit: 'KiB',
        measured: each('hub'),
        target: { atMost: 1024 },
        note: `${full.hub.toFixed(0)} MB with ${all}, ${empty.hub.toFixed(0)} MB with none`,
      },
      {
        name: 'agents: memory of an agent, with what its member stores, all agents in one process',
        unit: 'KiB',
        measured: each('members'),
        note: `${full.members.toFixed(0)} MB with ${all}, ${empty.members.toFixed(0)} MB with none`,
      },
    ]
  } finally {
    hub.stop()
    members.stop()
    clearInterval(alive)
  }
}

function latencies(count: number, times: readonly number[]): BenchResult[] {
  const name = `agents: an object of the hub in each of ${count} clusters with agents`
  return [
    { name: `${name}, p50`, unit: 'ms', measured: quantile(times, 0.5) },
    {
      name: `${name}, p99`,
      unit: 'ms',
      measured: quantile(times, 0.99),
      ...(count === some ? { target: { atMost: 1000 } } : {}),
      note: `${times.length / count} objects, one after the other; a Work each and its report are written on the hub`,
    },
  ]
}

/** Milliseconds from the write on the hub to each copy. */
async function change(hub: KubeClient, members: Members, count: number, prefix: string): Promise<number[]> {
  const times: number[] = []
  for (let index = 0; index < (count === all ? changes / 4 : changes); index++) {
    const name = `${prefix}-${index}`
    const { at: arriving } = await members.arrived(name, count)
    const from = epochMs()
    await place(hub, name)
    times.push(...Object.values(await arriving).map((at) => at - from))
    await new Promise((done) => setTimeout(done, count === all ? 5000 : 500))
  }
  return times
}

/** The hub's API with all that it holds; it outlives hubs. */
async function createStored(): Promise<KubeClient> {
  const clusters = createLogicalClusters({ storage: createMemoryStorage({ base: createBootstrapLayer(Date.now()) }), ports })
  const hub = (await clusters.ensure('hub')).client({ name: 'hub' })
  await installDefinitions(hub, [...agentCrds, placementCrd, placementDecisionCrd])
  await hub.create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  await hub.create(placementType, {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'Placement',
    metadata: { name: 'everywhere', namespace: 'default' },
    spec: {},
  })
  return hub
}

async function place(hub: KubeClient, name: string): Promise<void> {
  await hub.create(typeOfKind('ConfigMap'), {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', labels: { 'flotilla.dev/placement': 'everywhere' } },
    data: { text: 'x'.repeat(500) },
  })
}

async function makeTokens(hub: KubeClient, names: readonly string[]): Promise<string[]> {
  const texts: string[] = []
  for (const cluster of names) {
    const { text, secret } = createJoinToken({ ...ports, nowMs: Date.now(), ttlMs: 600_000, namespace, cluster, approves: true })
    await hub.create(secretType, secret)
    texts.push(text)
  }
  return texts
}

function agentsOf(names: readonly string[], tokens: readonly string[], { url, caHash }: AgentPlace) {
  return names.map((name, index) => ({ name, token: tokens[index]!, url, caHash }))
}

/** By turns. */
function placeFor(places: readonly AgentPlace[], at: number): AgentPlace {
  return places[Math.floor(at / together) % places.length]!
}

/** Two fronts: one takes 600 requests to join a minute of one address, and all agents have the same. */
async function startHub(hub: KubeClient, places: readonly number[] = [0, 0]) {
  const stopping = new AbortController()
  const { signal } = stopping
  setMaxListeners(0, signal)
  const caches = createCaches({ client: hub, ...ports, signal })
  const agentHub = await createAgentHub({ hub, namespace, caches, ports, signal })
  const inventory = createInventory({
    sources: [agentHub.source],
    hub,
    connect: throughAgents(() => hub, agentHub, { log: silentLog }),
    ...ports,
    signal,
  })
  await inventory.whenReady
  agentHub.agents.onChange((name) => {
    if (agentHub.agents.get(name) === undefined) inventory.suspect(name)
    else inventory.heard(name)
  })
  await startFederation({
    hub,
    namespace,
    inventory,
    dialects: [placementDialect],
    openMember: (cluster) => agentHub.member(cluster.name),
    ports,
    signal,
  })
  const open: AgentPlace[] = []
  for (const port of places) open.push(await agentHub.listen({ host: '127.0.0.1', port }, inventory))
  const until = async (holds: () => boolean) => {
    const end = Date.now() + 240_000
    while (!holds()) {
      if (Date.now() > end) throw new Error(`${agentHub.agents.list().length} agents are here after four minutes`)
      await new Promise((done) => setTimeout(done, 20))
    }
    return epochMs()
  }
  return {
    places: open,
    stop: () => stopping.abort(),
    connected: (count: number) => until(() => agentHub.agents.list().length === count),
    complete: (count: number) =>
      until(() => agentHub.agents.list().filter(({ heartbeat }) => heartbeat?.isComplete === true).length === count),
  }
}

type Members = ReturnType<typeof startMembers>

function startMembers() {
  const path = fileURLToPath(new URL('./agents-members.support.js', import.meta.url))
  const child: ChildProcess = fork(path, ['members'], { execArgv: ['--expose-gc'] })
  const listeners = new Set<(message: MembersSay) => void>()
  child.on('message', (message: MembersSay) => {
    for (const listener of listeners) listener(message)
  })
  let ended: (error: Error) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    ended = reject
  })
  failed.catch(() => {})
  child.on('exit', (code) => ended(new Error(`the process of the members has ended (${code})`)))
  function hear<T>(pick: (message: MembersSay) => T | undefined): Promise<T> {
    const heard = new Promise<T>((done) => {
      const listener = (message: MembersSay) => {
        const found = pick(message)
        if (found === undefined) return
        listeners.delete(listener)
        done(found)
      }
      listeners.add(listener)
    })
    return Promise.race([heard, failed])
  }
  const ask = async (what: AskMembers, said: MembersSay['said']) => {
    const heard = hear((message) => (message.said === said ? true : undefined))
    child.send(what)
    await heard
  }
  return {
    ask,
    /** Resolves when the members look out for it: `at` is then heard when it has come to all of them. */
    async arrived(object: string, count: number) {
      const at = hear((message) => (message.said === 'arrived' && message.object === object ? message.at : undefined))
      const awaiting = hear((message) => (message.said === 'awaiting' && message.object === object ? true : undefined))
      child.send({ do: 'await', object, count } satisfies AskMembers)
      await awaiting
      return { at }
    },
    async memory() {
      const heard = hear((message) => (message.said === 'memory' ? message.megabytes : undefined))
      child.send({ do: 'memory' } satisfies AskMembers)
      return heard
    },
    stop: () => child.kill(),
  }
}

const rest5s = () => new Promise((done) => setTimeout(done, 5000))

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
