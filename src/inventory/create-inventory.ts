import { setMaxListeners } from 'node:events'
import { backoffDelayMs } from '../base/backoff.js'
import type { Clock } from '../base/clock.js'
import { compareText } from '../base/compare-text.js'
import { CodedError, messageOf, Stalled } from '../base/errors.js'
import { canonicalJson } from '../base/json.js'
import type { Log } from '../base/log.js'
import type { Random } from '../base/random.js'
import type { KubeClient } from '../kube/client/kube-client.js'
import { apiVersionOf } from '../kube/object/kube-object.js'
import { WorkQueue } from '../kube/queue/work-queue.js'
import type { Cluster, ClusterState, ConnectCluster, Inventory, InventorySource } from './cluster.js'
import { isInCluster, normalizeServer } from './in-cluster.js'
import { mergeSources } from './merge-sources.js'
import { type ProbeResult, probeCluster } from './probe.js'

export interface InventoryOptions {
  readonly sources: readonly InventorySource[]
  /** The API that the sources live on: the cluster `in-cluster`, and every cluster whose server says so. */
  readonly hub: KubeClient
  readonly connect: ConnectCluster
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Ends all probing and closes all clients but the hub's. */
  readonly signal: AbortSignal
  readonly probing?: {
    /** Between two looks at a cluster that answers (default 30 s, ± 10 %). */
    readonly intervalMs?: number
    readonly timeoutMs?: number
    /** Clusters looked at at a time (default 16). */
    readonly concurrency?: number
    /** The longest pause for one that does not answer (default 2 min). */
    readonly longestPauseMs?: number
  }
}

export type CreatedInventory = Inventory &
  Required<Pick<Inventory, 'lifetime' | 'suspect' | 'heard'>> & {
    /** Resolves when `ready` is true. */
    readonly whenReady: Promise<void>
  }

/** Capabilities are read again this often. */
const discoverMs = 10 * 60_000

interface Member {
  cluster: Cluster
  /** What the client was made from. */
  readonly identity: string
  readonly client: KubeClient | undefined
  readonly lifetime: AbortController
  state: ClusterState
  failures: number
  /** When its capabilities were last read (epoch ms). */
  discoveredAt?: number
}

/**
 * The fleet: merges what the sources know, keeps one client for each cluster as long as its address and credentials stay,
 * and probes them all with one timer. A cluster that stops answering stays in the fleet as Unknown; a broken one is Degraded
 * with the reason and harms no other.
 */
export function createInventory(options: InventoryOptions): CreatedInventory {
  return new ProbingInventory(options)
}

class ProbingInventory implements CreatedInventory {
  readonly #options: InventoryOptions
  readonly #members = new Map<string, Member>()
  readonly #listeners = new Set<(change: { name: string; what: 'joined' | 'left' | 'changed' | 'health' }) => void>()
  readonly #queue: WorkQueue
  readonly #served = new Map<string, readonly string[]>()
  readonly whenReady: Promise<void>
  #list: readonly Cluster[] = []
  #byServer = new Map<string, Cluster>()
  #ready = false
  #pending = false
  #shadowed = ''

  constructor(options: InventoryOptions) {
    this.#options = options
    const { clock, random, signal, sources } = options
    setMaxListeners(0, signal)
    this.#queue = new WorkQueue({ clock, random, onReady: () => queueMicrotask(() => this.#pump()) })
    signal.addEventListener('abort', () => this.#close(), { once: true })
    for (const source of sources) {
      const off = source.onChange(() => this.#rebuildSoon())
      signal.addEventListener('abort', off, { once: true })
    }
    this.whenReady = Promise.all(sources.map((source) => source.ready)).then(() => {
      this.#ready = true
      this.#rebuild()
    })
    this.whenReady.catch((error: unknown) => {
      if (!signal.aborted) options.log.error('inventory source cannot be read', { problem: messageOf(error) })
    })
  }

  get ready(): boolean {
    return this.#ready
  }

  list(): readonly Cluster[] {
    return this.#list
  }

  find(by: { name?: string; server?: string }): Cluster | undefined {
    if (by.name) return this.#members.get(by.name)?.cluster
    return by.server ? this.#byServer.get(normalizeServer(by.server)) : undefined
  }

  state(name: string): ClusterState {
    return (
      this.#members.get(name)?.state ?? {
        health: 'Unknown',
        reason: 'NotFound',
        message: `no cluster is named ${name}`,
        since: 0,
      }
    )
  }

  client(name: string): KubeClient {
    const member = this.#members.get(name)
    if (member === undefined) {
      throw new Stalled({
        code: 'cluster-not-found',
        message: `no cluster of the fleet is named "${name}"`,
        fix: 'Correct the name, or add the cluster.',
      })
    }
    if (member.client === undefined) {
      throw new Stalled({
        code: 'cluster-broken',
        message: `cluster ${name} (${member.cluster.source}): ${member.state.message}`,
        fix: `Correct ${member.cluster.source}.`,
      })
    }
    return member.client
  }

  lifetime(name: string): AbortSignal {
    return this.#members.get(name)?.lifetime.signal ?? AbortSignal.abort(new Error(`no cluster is named ${name}`))
  }

  suspect(name: string): void {
    const member = this.#members.get(name)
    // One that is known to be away has its own, slower rhythm.
    if (member?.client !== undefined && member.failures === 0) this.#queue.addAfter(name, 250)
  }

  heard(name: string): void {
    const member = this.#members.get(name)
    if (member?.client === undefined || member.state.health === 'Healthy') return
    // Its pauses begin anew, too.
    member.failures = 0
    this.#queue.add(name)
  }

  onChange(listener: (change: { name: string; what: 'joined' | 'left' | 'changed' | 'health' }) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #rebuildSoon(): void {
    if (this.#pending || !this.#ready) return
    this.#pending = true
    queueMicrotask(() => {
      this.#pending = false
      if (!this.#options.signal.aborted) this.#rebuild()
    })
  }

  #rebuild(): void {
    const { log, sources } = this.#options
    const { clusters, shadowed } = mergeSources(sources.map((source) => source.list()))
    const complaint = shadowed.map(({ cluster, by }) => `${cluster.source} (name ${by.name} belongs to ${by.source})`).join(', ')
    if (complaint !== this.#shadowed && complaint !== '')
      log.warn('clusters left out: their names are taken', { clusters: complaint })
    this.#shadowed = complaint
    this.#list = clusters
    this.#byServer = new Map()
    for (const cluster of clusters) {
      const server = normalizeServer(cluster.server)
      if (!this.#byServer.has(server)) this.#byServer.set(server, cluster)
    }
    const names = new Set(clusters.map((cluster) => cluster.name))
    for (const [name, member] of this.#members) {
      if (names.has(name)) continue
      this.#members.delete(name)
      this.#disengage(name, member)
      this.#announce(name, 'left')
    }
    for (const cluster of clusters) this.#update(cluster)
  }

  #update(cluster: Cluster): void {
    const { name } = cluster
    const before = this.#members.get(name)
    if (before?.cluster === cluster) return
    const identity = canonicalJson([cluster.connection ?? null, normalizeServer(cluster.server), cluster.problem ?? null])
    if (before !== undefined && before.identity === identity) {
      const same = canonicalJson(before.cluster) === canonicalJson(cluster)
      before.cluster = cluster
      if (!same) this.#announce(name, 'changed')
      return
    }
    if (before !== undefined) this.#disengage(name, before)
    this.#members.set(name, this.#engage(cluster, identity))
    this.#announce(name, before === undefined ? 'joined' : 'changed')
  }

  #engage(cluster: Cluster, identity: string): Member {
    const since = this.#options.clock.now()
    const lifetime = new AbortController()
    setMaxListeners(0, lifetime.signal)
    try {
      const client = this.#connect(cluster)
      this.#queue.add(cluster.name)
      const state: ClusterState = { health: 'Pending', reason: 'Connecting', message: 'not asked yet', since }
      return { cluster, identity, client, lifetime, state, failures: 0 }
    } catch (error) {
      const reason = cluster.problem?.reason ?? (error instanceof CodedError ? pascal(error.code) : 'InvalidConnection')
      const state: ClusterState = { health: 'Degraded', reason, message: messageOf(error), since }
      return { cluster, identity, client: undefined, lifetime, state, failures: 0 }
    }
  }

  #connect(cluster: Cluster): KubeClient {
    if (cluster.problem !== undefined) throw new CodedError({ code: 'cluster-broken', message: cluster.problem.message })
    if (isInCluster(cluster.server)) return this.#options.hub
    if (cluster.connection === undefined) {
      throw new CodedError({ code: 'no-connection', message: `${cluster.source} does not say how to reach the cluster` })
    }
    return this.#options.connect(cluster, cluster.connection)
  }

  #disengage(name: string, member: Member): void {
    this.#queue.forget(name)
    member.lifetime.abort(new Error(`cluster ${name} has left the fleet or is reached in another way now`))
    if (member.client !== this.#options.hub) member.client?.close()
  }

  #pump(): void {
    const most = this.#options.probing?.concurrency ?? 16
    while (this.#queue.workingCount < most) {
      const name = this.#queue.take()
      if (name === undefined) return
      void this.#probe(name)
    }
  }

  async #probe(name: string): Promise<void> {
    const member = this.#members.get(name)
    try {
      if (member?.client === undefined) return
      const { clock, probing } = this.#options
      const { signal } = member.lifetime
      const result = await probeCluster(member.client, { clock, timeoutMs: probing?.timeoutMs ?? 10_000, signal })
      if (signal.aborted || this.#members.get(name) !== member) return
      const { version } = member.state
      this.#take(name, member, result)
      // An upgraded server serves other kinds, and definitions come and go.
      const upgraded = version?.gitVersion !== member.state.version?.gitVersion
      const due = member.discoveredAt === undefined || clock.now() - member.discoveredAt >= discoverMs
      if (result.health === 'Healthy' && (upgraded || due)) await this.#discover(member)
    } finally {
      this.#queue.done(name)
      this.#pump()
    }
  }

  /** Reads what a cluster serves. It is told with the next change; one that cannot be read now is asked again later. */
  async #discover(member: Member): Promise<void> {
    member.discoveredAt = this.#options.clock.now()
    try {
      const catalogue = await member.client?.resources({ refresh: true, signal: member.lifetime.signal })
      if (catalogue === undefined) return
      const versions = new Set(catalogue.all.map(({ group, version }) => apiVersionOf(group, version)))
      const apiVersions = this.#shareList([...versions].sort(compareText))
      if (member.state.apiVersions !== apiVersions) member.state = { ...member.state, apiVersions }
    } catch (error) {
      member.discoveredAt = undefined
      if (!member.lifetime.signal.aborted) {
        this.#options.log.debug('cannot read what a cluster serves', { cluster: member.cluster.name, error: messageOf(error) })
      }
    }
  }

  /** Most clusters of a fleet serve the same: one list for all of them. */
  #shareList(list: readonly string[]): readonly string[] {
    const text = list.join(' ')
    const known = this.#served.get(text)
    if (known !== undefined) return known
    // Upgrades and definitions leave lists behind that nobody has any more.
    if (this.#served.size >= 256) this.#served.clear()
    this.#served.set(text, list)
    return list
  }

  #take(name: string, member: Member, result: ProbeResult): void {
    const { clock, random, probing } = this.#options
    const now = clock.now()
    const before = member.state
    member.failures = result.health === 'Healthy' ? 0 : member.failures + 1
    if (member.failures === 0) {
      this.#queue.addAfter(name, Math.round((probing?.intervalMs ?? 30_000) * (0.9 + 0.2 * random.number())))
    } else if (member.failures === 1 && before.health === 'Healthy') {
      // One lost answer is not yet a lost cluster: look again at once.
      this.#queue.addAfter(name, 1000)
      return
    } else {
      // The second look was after 1 s, the next ones after 1, 2, 4 s and so on: most cuts are short.
      const pauses = { baseMs: 500, maxMs: probing?.longestPauseMs ?? 120_000 }
      this.#queue.addAfter(name, backoffDelayMs(member.failures, random, pauses))
    }
    const version = result.version ?? before.version
    member.state = {
      health: result.health,
      reason: result.reason,
      message: result.message,
      ...(version === undefined ? {} : { version }),
      ...(before.apiVersions === undefined ? {} : { apiVersions: before.apiVersions }),
      ...(result.answered ? { lastSeen: now } : before.lastSeen === undefined ? {} : { lastSeen: before.lastSeen }),
      since: before.health === result.health ? before.since : now,
    }
    if (
      before.health !== result.health ||
      before.reason !== result.reason ||
      version?.gitVersion !== before.version?.gitVersion
    ) {
      this.#options.log.info('cluster health', {
        cluster: name,
        health: result.health,
        reason: result.reason,
        message: result.message,
      })
      this.#announce(name, 'health')
    }
  }

  #announce(name: string, what: 'joined' | 'left' | 'changed' | 'health'): void {
    for (const listener of this.#listeners) {
      try {
        listener({ name, what })
      } catch (error) {
        this.#options.log.error('inventory listener failed', { cluster: name, problem: messageOf(error) })
      }
    }
  }

  #close(): void {
    this.#queue.close()
    for (const [name, member] of this.#members) this.#disengage(name, member)
  }
}

function pascal(code: string): string {
  return code.replace(/(^|-)([a-z0-9])/g, (_match, _dash, letter: string) => letter.toUpperCase())
}
