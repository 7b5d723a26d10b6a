import { createDynamicAdmission } from '../../../src/apiserver/admission/dynamic-admission.js'
import type { LogicalClusters } from '../../../src/apiserver/contract.js'
import { createBootstrapLayer } from '../../../src/apiserver/logical/bootstrap-layer.js'
import { createLogicalClusters } from '../../../src/apiserver/logical/logical-clusters.js'
import { withCustomResources } from '../../../src/apiserver/logical/with-custom-resources.js'
import { startMembers } from '../../../src/apiserver/members/start-members.js'
import { createMemoryStorage } from '../../../src/apiserver/storage/memory-storage.js'
import type { HubAgentOptions } from '../../../src/app/agent/through-agents.js'
import { createFaultyClient, type Faults } from '../../../src/app/chaos/faulty-client.js'
import { setWay } from '../../../src/app/chaos/fleet-chaos.js'
import { followChaos } from '../../../src/app/chaos/follow-chaos.js'
import { hubUser } from '../../../src/app/fleet/embedded-api.js'
import { registerMembers } from '../../../src/app/fleet/register-members.js'
import { type Hub, startHub } from '../../../src/app/hub/hub.js'
import { installHub } from '../../../src/app/hub/install-hub.js'
import { memberCrds } from '../../../src/app/services/service-dialects.js'
import { type Log, silentLog } from '../../../src/base/log.js'
import { createSeededRandom } from '../../../src/base/random.js'
import { VirtualClock } from '../../../src/base/virtual-clock.js'
import { createMemoryRepositories, type MemoryRepositories } from '../../../src/delivery/source/memory-repositories.js'
import type { KubeClient } from '../../../src/kube/client/kube-client.js'

/** A whole fleet in memory, under virtual time: no sockets, no files, no git. The same seed gives the same run. */
export interface World {
  readonly clock: VirtualClock
  readonly clusters: LogicalClusters
  readonly repositories: MemoryRepositories
  readonly hub: Hub
  /** Ends the hub's controllers and starts them anew: what it knew beside its API is lost. `between` runs while there is none. */
  restartHub(between?: () => Promise<void>): Promise<void>
  /** A client past all faults: what kubectl on the spot would see. */
  client(cluster: string): KubeClient
  faults(member: string): Faults
  /** Lets time pass until nothing has changed anywhere for `quietSeconds`, at most `limitSeconds`. */
  settle(options?: { quietSeconds?: number; limitSeconds?: number }): Promise<void>
  /** Adds a member to the world and registers it. */
  join(name: string, labels: Record<string, string>): Promise<void>
  stop(): Promise<void>
}

export interface WorldOptions {
  readonly members: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly seed?: number
  readonly log?: Log
  /** Changes that are kept for watches, of all clusters together (default: as in a real fleet). */
  readonly history?: number
  /** Lets clusters be reached by agents (default: no). */
  readonly agents?: HubAgentOptions
  /** Keeps leases for source clusters (default: no). */
  readonly leases?: boolean
}

const namespace = 'argocd'
const token = 'world'

export async function createWorld(options: WorldOptions): Promise<World> {
  const random = createSeededRandom(options.seed ?? 1)
  const clock = new VirtualClock({ idle })
  const ports = { clock, random, log: options.log ?? silentLog }
  const stopping = new AbortController()
  const clusters = createLogicalClusters({
    storage: createMemoryStorage({
      base: withCustomResources(createBootstrapLayer(clock.now()), memberCrds, clock.now()),
      freeze: true,
      ...(options.history === undefined ? {} : { historyPerCluster: options.history, historyTotal: options.history }),
    }),
    ports,
    policies: createDynamicAdmission({ clock }).policies,
  })
  let changes = 0
  clusters.onChange(() => {
    changes++
  })
  await clusters.ensure('hub')
  const faults = new Map<string, Faults>()
  const clients = new Map<string, KubeClient>()
  const names = new Map<string, string>()
  const hubClient = clusters.get('hub')!.client({ user: hubUser, name: 'hub' })
  await installHub(hubClient, { namespace })

  async function join(name: string, labels: Readonly<Record<string, string>>): Promise<void> {
    const cluster = await clusters.ensure(name)
    const faulty = createFaultyClient(
      cluster.client({ user: hubUser, name }),
      () => random.number(),
      (delayMs, run) => void clock.after(delayMs, run),
    )
    const server = `https://${name}.test:6443`
    // A hub that is started anew has the same way to the cluster.
    clients.set(name, { ...faulty.client, close() {} })
    faults.set(name, faulty.faults)
    names.set(server, name)
    await registerMembers(hubClient, { namespace, members: [{ name, server, labels, token, caPem: '' }] })
  }
  for (const [name, labels] of Object.entries(options.members)) await join(name, labels)

  // As in a real fleet: what `flotilla chaos` writes on the hub takes effect.
  const members = startMembers({ clusters, ports, signal: stopping.signal, renewLeasesEverySeconds: 0, events: 'warnings' })
  const stopped = new Set<string>()
  followChaos(
    clusters,
    'hub',
    (name, chaos) => {
      const way = faults.get(name)
      if (way === undefined) return
      setWay(way, chaos)
      if (chaos.stopped === stopped.has(name)) return
      if (chaos.stopped) {
        stopped.add(name)
        members.halt(name)
      } else {
        stopped.delete(name)
        members.resume(name)
      }
    },
    clock,
  )
  const repositories = createMemoryRepositories({ clock })
  let hubStopping = new AbortController()
  // The hub draws lots of its own: what is chosen in clusters does not depend on how much the hub does.
  const hubPorts = { ...ports, random: createSeededRandom((options.seed ?? 1) + 7919) }
  const start = () => {
    hubStopping = new AbortController()
    return startHub({
      hub: hubClient,
      namespace,
      openRepositories: () => repositories,
      connect: (_cluster, connection) => clients.get(names.get(connection.server) ?? '') ?? refuse(connection.server),
      ports: hubPorts,
      // Worlds are waited for until nothing is written any more.
      leases: options.leases ?? false,
      ...(options.agents && { agents: options.agents }),
      signal: hubStopping.signal,
    })
  }
  let hub = await start()
  return {
    clock,
    clusters,
    repositories,
    get hub() {
      return hub
    },
    async restartHub(between = async () => {}) {
      hubStopping.abort()
      await clock.advance(1000)
      await between()
      const starting = start()
      await clock.advance(1000)
      hub = await starting
    },
    client: (name) => clusters.get(name)!.client({ user: hubUser, name }),
    faults: (name) => faults.get(name)!,
    join,
    async settle({ quietSeconds = 12, limitSeconds = 3600 } = {}) {
      const end = clock.now() + limitSeconds * 1000
      let quietFrom = clock.now()
      let before = -1
      while (clock.now() < end) {
        await clock.advance(500)
        if (changes !== before) {
          before = changes
          quietFrom = clock.now()
        } else if (clock.now() - quietFrom >= quietSeconds * 1000) return
      }
    },
    async stop() {
      hubStopping.abort()
      stopping.abort()
      members.stop()
      await clock.advance(0)
    },
  }
}

/** Promises settle within a few turns of the event loop: nothing here waits for the outside. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((done) => setImmediate(done))
}

function refuse(server: string): never {
  throw new Error(`nobody is at ${server}`)
}
