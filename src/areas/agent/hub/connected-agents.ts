import type { Duplex } from 'node:stream'
import { type Clock, formatTime } from '../../../base/clock.js'
import { CodedError } from '../../../base/errors.js'
import type { Log } from '../../../base/log.js'
import type { Tunnel } from '../tunnel/tunnel.js'
import type { AgentSight } from './pulled-member.js'

/** One agent that is here. */
export interface ConnectedAgent {
  readonly cluster: string
  readonly tunnel: Tunnel
  readonly since: number
  /** What it has said of itself last. */
  heartbeat?: AgentHeartbeat
}

/** What agents say of themselves, every half minute. */
export interface AgentHeartbeat {
  readonly agentVersion: string
  /** All copies in its cluster have been read and told. */
  readonly isComplete: boolean
  /** Whether its own API server answers; the message where it does not. */
  readonly problem?: string
}

/** How often all tunnels are looked at: one timer for the fleet. */
const beatMs = 5_000

/** The agents that are connected to this hub, one a cluster. */
export class ConnectedAgents {
  readonly #clock: Clock
  readonly #log: Log
  readonly #agents = new Map<string, ConnectedAgent>()
  readonly #left = new Map<string, { at: number; why: string }>()
  readonly #listeners = new Map<string, Set<() => void>>()
  readonly #everyone = new Set<(cluster: string) => void>()
  readonly #startedAt: number
  #isBeating = false

  constructor(options: { clock: Clock; log: Log; signal: AbortSignal }) {
    const { clock, signal } = options
    this.#clock = clock
    this.#log = options.log
    this.#startedAt = clock.now()
    signal.addEventListener('abort', () => {
      for (const { tunnel } of [...this.#agents.values()]) tunnel.close('the hub stops')
    })
  }

  #beat(): void {
    for (const { tunnel } of [...this.#agents.values()]) tunnel.beat()
    this.#isBeating = this.#agents.size > 0
    if (this.#isBeating) this.#clock.after(beatMs, () => this.#beat())
  }

  /** The newest connection of a cluster counts: an older one may be one that died without a word. */
  add(cluster: string, tunnel: Tunnel): ConnectedAgent {
    const before = this.#agents.get(cluster)
    const agent: ConnectedAgent = { cluster, tunnel, since: this.#clock.now() }
    this.#agents.set(cluster, agent)
    if (!this.#isBeating) this.#beat()
    if (before !== undefined) {
      this.#log.warn('an agent has connected again while it was connected: two with one key?', { cluster })
      before.tunnel.close('replaced by a newer connection of the same cluster')
    }
    this.#left.delete(cluster)
    void tunnel.closed.then((why) => {
      if (this.#agents.get(cluster) !== agent) return
      this.#agents.delete(cluster)
      this.#left.set(cluster, { at: this.#clock.now(), why })
      this.#log.info('an agent has gone', { cluster, why })
      this.#announce(cluster)
    })
    this.#log.info('an agent has come', { cluster })
    this.#announce(cluster)
    return agent
  }

  get(cluster: string): ConnectedAgent | undefined {
    return this.#agents.get(cluster)
  }

  list(): readonly ConnectedAgent[] {
    return [...this.#agents.values()]
  }

  heard(agent: ConnectedAgent, heartbeat: AgentHeartbeat): void {
    const before = agent.heartbeat
    agent.heartbeat = heartbeat
    if (before?.isComplete !== heartbeat.isComplete || before?.problem !== heartbeat.problem) this.#announce(agent.cluster)
  }

  /** Ends the connection of a cluster that may not come any more. */
  expel(cluster: string, why: string): void {
    this.#agents.get(cluster)?.tunnel.close(why)
  }

  /** A stream to the cluster's API server, as a socket. Throws `cluster-unreachable` when no agent is here. */
  dial(cluster: string): Duplex {
    const agent = this.#agents.get(cluster)
    if (agent === undefined) {
      throw new CodedError({
        code: 'cluster-unreachable',
        message: `cluster ${cluster}: ${this.absence(cluster)}`,
        fix: 'Look at the log of the agent in the cluster (flotilla agent run).',
      })
    }
    return agent.tunnel.open()
  }

  absence(cluster: string): string | undefined {
    if (this.#agents.has(cluster)) return undefined
    const left = this.#left.get(cluster)
    return left === undefined
      ? `its agent has not connected since this hub started (${formatTime(this.#startedAt)})`
      : `its agent is away since ${formatTime(left.at)} (${left.why})`
  }

  sight(cluster: string): AgentSight {
    return {
      absence: () => this.absence(cluster),
      isComplete: () => this.#agents.get(cluster)?.heartbeat?.isComplete === true,
      onChange: (listener) => {
        let listeners = this.#listeners.get(cluster)
        if (listeners === undefined) this.#listeners.set(cluster, (listeners = new Set()))
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    }
  }

  /** Hears of every cluster whose agent came, went, or has news of itself. */
  onChange(listener: (cluster: string) => void): () => void {
    this.#everyone.add(listener)
    return () => this.#everyone.delete(listener)
  }

  #announce(cluster: string): void {
    for (const listener of this.#listeners.get(cluster) ?? []) listener()
    for (const listener of this.#everyone) listener(cluster)
  }
}
