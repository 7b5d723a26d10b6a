import { type AgentHub, type AgentListenOptions, type AgentPlace, createAgentHub } from '../../../src/app/agent/agent-hub.js'
import { type StartAgentOptions, startAgent } from '../../../src/app/agent/start-agent.js'
import { throughAgents } from '../../../src/app/agent/through-agents.js'
import { installDefinitions } from '../../../src/app/hub/install-hub.js'
import { namespaceType, secretType } from '../../../src/app/system/core-types.js'
import { createSystemClientPorts } from '../../../src/app/system/system-client-ports.js'
import { systemClock, systemRandom } from '../../../src/app/system/system-ports.js'
import { agentCrds } from '../../../src/areas/agent/definitions.js'
import { createJoinToken } from '../../../src/areas/agent/join/join-token.js'
import type { RequestRules } from '../../../src/areas/agent/member/request-rules.js'
import { createMemoryStore } from '../../../src/areas/agent/member/state-store.js'
import { agentClusterType } from '../../../src/areas/agent/resource-types.js'
import { silentLog } from '../../../src/base/log.js'
import { type CreatedInventory, createInventory, type InventoryOptions } from '../../../src/inventory/create-inventory.js'
import type { Connection } from '../../../src/kube/client/connection.js'
import { createHttpClient } from '../../../src/kube/client/http-client.js'
import type { KubeClient } from '../../../src/kube/client/kube-client.js'
import { createCaches } from '../../../src/kube/informer/create-caches.js'
import { isAlreadyExists } from '../../../src/kube/object/status-error.js'

const namespace = 'argocd'
const ports = { clock: systemClock, random: systemRandom, log: silentLog }

/** A hub that lets agents come, over real sockets on loopback. */
export interface AgentFleet {
  readonly hub: KubeClient
  readonly agentHub: AgentHub
  readonly inventory: CreatedInventory
  readonly place: AgentPlace
  /** A token, as `flotilla agent token create` makes it. */
  token(options?: { ttlMs?: number; cluster?: string; approves?: boolean }): Promise<string>
  approve(cluster: string, approved?: boolean): Promise<void>
  /** The hub goes: its front, its tunnels, its watches. What it stores stays. */
  stop(): void
}

export async function startAgentFleet(
  hub: KubeClient,
  listen: Partial<AgentListenOptions> = {},
  probing: InventoryOptions['probing'] = { intervalMs: 1000, longestPauseMs: 500 },
): Promise<AgentFleet> {
  const stopping = new AbortController()
  const { signal } = stopping
  for (const name of [namespace]) {
    await hub.create(namespaceType, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error
    })
  }
  await installDefinitions(hub, agentCrds)
  await hub.resources({ refresh: true })
  const caches = createCaches({ client: hub, ...ports, signal })
  const agentHub = await createAgentHub({ hub, namespace, caches, ports, signal })
  const inventory = createInventory({
    sources: [agentHub.source],
    hub,
    connect: throughAgents(() => hub, agentHub, { log: silentLog }),
    ...ports,
    signal,
    probing,
  })
  await inventory.whenReady
  agentHub.agents.onChange((name) => {
    if (agentHub.agents.get(name) === undefined) inventory.suspect(name)
    else inventory.heard(name)
  })
  const place = await agentHub.listen({ host: '127.0.0.1', port: 0, ...listen }, inventory)
  return {
    hub,
    agentHub,
    inventory,
    place,
    async token({ ttlMs = 60_000, ...more } = {}) {
      const { text, secret } = createJoinToken({ random: systemRandom, nowMs: systemClock.now(), ttlMs, namespace, ...more })
      await hub.create(secretType, secret)
      return text
    },
    async approve(cluster, approved = true) {
      await hub.patch({ type: agentClusterType, name: cluster }, { kind: 'merge', body: { spec: { approved } } })
    },
    stop: () => stopping.abort(),
  }
}

/** An agent for a member at this address. */
export function runTestAgent(
  fleet: Pick<AgentFleet, 'place'>,
  options: {
    name: string
    connection: Connection
    token?: string
    store?: StartAgentOptions['store']
    rules?: RequestRules
    place?: StartAgentOptions['place']
    onWait?: (message: string) => void
  },
): { readonly ended: Promise<void>; readonly store: StartAgentOptions['store']; stop(): Promise<void> } {
  const stopping = new AbortController()
  const { name, connection, token, store = createMemoryStore(), rules = { access: 'full', impersonation: true } } = options
  const clientPorts = createSystemClientPorts({})
  const client = createHttpClient({ name, connection, ports: clientPorts })
  const { url, caHash } = fleet.place
  const ended = startAgent({
    name,
    place: options.place ?? { url, caHash },
    ...(token === undefined ? {} : { token }),
    store,
    client,
    connection,
    clientPorts,
    rules,
    ports,
    signal: stopping.signal,
    ...(options.onWait === undefined ? {} : { onWait: options.onWait }),
  })
  ended.catch(() => {})
  return {
    ended,
    store,
    async stop() {
      stopping.abort()
      await ended.catch(() => {})
      client.close()
    },
  }
}

/** Waits until something holds; fails with its name. */
export async function until<T>(what: string, holds: () => T | Promise<T>, withinMs = 15_000): Promise<NonNullable<T>> {
  const end = systemClock.now() + withinMs
  let last: unknown
  for (;;) {
    try {
      const value = await holds()
      if (value) return value as NonNullable<T>
      last = undefined
    } catch (error) {
      last = error
    }
    if (systemClock.now() > end)
      throw new Error(`${what}: not within ${withinMs} ms${last === undefined ? '' : ` (${String(last)})`}`)
    await new Promise((done) => setTimeout(done, 25))
  }
}

export function connectionOf(server: { port: number; caPem: string; token: string }): Connection {
  return {
    server: `https://127.0.0.1:${server.port}`,
    tls: { insecure: false, caPem: server.caPem },
    auth: { kind: 'bearer', token: server.token },
  }
}
