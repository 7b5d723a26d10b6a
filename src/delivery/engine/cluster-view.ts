import { backoffDelayMs } from '../../base/backoff.js'
import { type Clock, sleep } from '../../base/clock.js'
import { CodedError, messageOf, Waiting } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { Random } from '../../base/random.js'
import type { KubeClient, ResourceCatalogue } from '../../kube/client/kube-client.js'
import { runReflector } from '../../kube/informer/reflector.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { kindKeyOf, type ResourceType } from '../../kube/object/resource-type.js'
import { StatusError } from '../../kube/object/status-error.js'
import type { Tracking } from '../delivery.js'
import type { Directives } from '../directives.js'
import type { DeliveryCluster } from './clusters.js'
import type { DesiredEntry } from './desired-entry.js'
import { LiveKind } from './live-kind.js'

export interface ClusterViewOptions {
  readonly cluster: DeliveryCluster
  readonly client: KubeClient
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly directives: Directives
  readonly trackings: ReadonlyMap<string, Pick<Tracking, 'owner'>>
  /** Requests to the cluster at a time. */
  readonly concurrency: number
  readonly requestTimeoutMs: number
  /** A request was not answered. */
  unanswered(): void
  /** An object of this owner has changed; undefined: anything may have. */
  changed(owner: string | undefined): void
}

/** After a request that was not answered, the cluster is left alone for so long; twice as long after the next, and so on. */
const rest = { baseMs: 1_000, maxMs: 5_000, jitter: 0 }
/** What was not served a moment ago is not asked for again at once. */
const catalogueRefreshMs = 5_000

/**
 * All that is known of one cluster: what is desired there, what is there of the kinds that deliveries use, and the requests
 * under way. It lives as long as the cluster is in the fleet with the same definition.
 */
export class ClusterView {
  readonly name: string
  readonly #options: ClusterViewOptions
  readonly #kinds = new Map<string, LiveKind>()
  readonly #watches = new Map<LiveKind, AbortController>()
  readonly #desired = new Map<string, DesiredEntry[]>()
  readonly #ended = new AbortController()
  #running = 0
  readonly #queue: (() => void)[] = []
  #owed = false
  #restUntil = 0
  #restReason = ''
  #unanswered = 0
  readonly #recovered = new Set<() => void>()
  #refreshedAt = Number.NEGATIVE_INFINITY
  #refreshing: Promise<ResourceCatalogue> | undefined

  constructor(options: ClusterViewOptions) {
    this.#options = options
    this.name = options.cluster.name
  }

  get client(): KubeClient {
    return this.#options.client
  }
  get cluster(): DeliveryCluster {
    return this.#options.cluster
  }
  get directives(): Directives {
    return this.#options.directives
  }
  get kinds(): Iterable<LiveKind> {
    return this.#kinds.values()
  }
  get signal(): AbortSignal {
    return this.#ended.signal
  }

  /** The cluster is known to answer again: nobody waits any longer before asking it. */
  recover(): void {
    this.#restUntil = 0
    this.#unanswered = 0
    for (const listener of [...this.#recovered]) listener()
  }

  end(): void {
    this.#ended.abort(new Waiting({ code: 'cluster-left', message: `cluster ${this.name} has left the fleet or has changed` }))
  }

  desired(identity: string): readonly DesiredEntry[] {
    return this.#desired.get(identity) ?? []
  }

  addDesired(entry: DesiredEntry): void {
    const entries = this.#desired.get(entry.identity)
    if (entries === undefined) this.#desired.set(entry.identity, [entry])
    else if (!entries.includes(entry)) entries.push(entry)
  }

  removeDesired(entry: DesiredEntry): void {
    const entries = this.#desired.get(entry.identity)
    if (entries === undefined) return
    const left = entries.filter((other) => other !== entry)
    if (left.length === 0) this.#desired.delete(entry.identity)
    else this.#desired.set(entry.identity, left)
  }

  /** What the cluster serves; asked anew when `missing` finds something that should be there. */
  async catalogue(missing?: (catalogue: ResourceCatalogue) => boolean): Promise<ResourceCatalogue> {
    const known = await this.request((signal) => this.client.resources({ signal }))
    const { clock } = this.#options
    if (!missing?.(known) || clock.now() - this.#refreshedAt < catalogueRefreshMs) return known
    return this.refreshCatalogue()
  }

  refreshCatalogue(): Promise<ResourceCatalogue> {
    this.#refreshedAt = this.#options.clock.now()
    this.#refreshing ??= this.request((signal) => this.client.resources({ refresh: true, signal })).finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  /** The kind as it is known, watched from now on. Whether it is complete, its `synced` tells. */
  watch(type: ResourceType): LiveKind {
    const key = kindKeyOf(type)
    const known = this.#kinds.get(key)
    if (known) return known
    const { clock, random, log, directives, trackings, cluster } = this.#options
    const kind = new LiveKind({
      type,
      directives,
      trackings,
      desired: (identity) => this.desired(identity),
      changed: (owner) => this.#options.changed(owner),
      healthChanged: (first) => {
        // Who waited for the first state has it now; who has given up waiting is owed a word.
        if (first && !this.#owed) return
        this.#owed = false
        this.#options.changed(undefined)
      },
    })
    this.#kinds.set(key, kind)
    const watching = new AbortController()
    this.#watches.set(kind, watching)
    const signal = AbortSignal.any([this.#ended.signal, watching.signal])
    const scopes = cluster.namespaces.length > 0 && type.namespaced ? cluster.namespaces : ['']
    for (const { scope, sink } of scopes.map((scope) => ({ scope, sink: kind.sink(scope) }))) {
      void runReflector<KubeObject>({
        client: this.client,
        type,
        ...(scope === '' ? {} : { selector: { namespace: scope } }),
        sink,
        clock,
        random,
        log: log.with({ cluster: this.name }),
        signal,
        onRecovered: (listener) => {
          this.#recovered.add(listener)
          return () => this.#recovered.delete(listener)
        },
      })
    }
    return kind
  }

  /** Ends the watches of kinds that are not in use: a watch is a stream on the cluster and a record of each object. */
  keepOnly(used: ReadonlySet<LiveKind>): void {
    for (const [key, kind] of this.#kinds) {
      if (used.has(kind)) continue
      this.#kinds.delete(key)
      this.#watches.get(kind)?.abort()
      this.#watches.delete(kind)
    }
  }

  /** A kind that is watched under any version. */
  watched(group: string, kind: string): LiveKind | undefined {
    for (const known of this.#kinds.values()) if (known.type.group === group && known.type.kind === kind) return known
    return undefined
  }

  /** Resolves when all kinds are complete: false when they are not after `waitMs`. */
  async synced(kinds: readonly LiveKind[], waitMs: number): Promise<boolean> {
    const waiting = kinds.filter((kind) => !kind.synced)
    if (waiting.length === 0) return true
    const giveUp: (() => void)[] = []
    const all = Promise.all(waiting.map((kind) => new Promise<void>((resolve) => giveUp.push(kind.onceSynced(resolve)))))
    const late = new AbortController()
    try {
      const complete = await Promise.race([
        all.then(() => true),
        sleep(this.#options.clock, waitMs, late.signal).then(
          () => false,
          () => false,
        ),
      ])
      if (!complete) this.#owed = true
      return complete
    } finally {
      late.abort()
      for (const stop of giveUp) stop()
    }
  }

  /**
   * Runs a request with a bound on how many run at once and on how long each may take. A cluster that did not answer is not
   * asked for a while: throws Waiting at once then, so that a dead cluster holds nobody up.
   */
  async request<T>(run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, concurrency, requestTimeoutMs } = this.#options
    this.#checkRest()
    if (this.#running >= concurrency) await new Promise<void>((resolve) => this.#queue.push(resolve))
    else this.#running++
    const limit = new AbortController()
    const timeout = new CodedError({
      code: 'cluster-unreachable',
      message: `cluster ${this.name} did not answer within ${requestTimeoutMs / 1000} s`,
    })
    const stop = () => limit.abort(this.#ended.signal.reason)
    this.#ended.signal.addEventListener('abort', stop, { once: true })
    const cancel = clock.after(requestTimeoutMs, () => limit.abort(timeout))
    try {
      this.#checkRest()
      if (this.#ended.signal.aborted) throw this.#ended.signal.reason
      const answer = await run(limit.signal)
      this.#unanswered = 0
      return answer
    } catch (error) {
      if (this.#ended.signal.aborted) throw this.#ended.signal.reason
      const unanswered =
        limit.signal.aborted ||
        (!(error instanceof StatusError) && error instanceof CodedError && error.code === 'cluster-unreachable')
      if (unanswered) {
        // Those that were under way together are one failure.
        if (clock.now() >= this.#restUntil) this.#unanswered++
        this.#restUntil = clock.now() + backoffDelayMs(this.#unanswered, this.#options.random, rest)
        this.#restReason = messageOf(limit.signal.aborted ? timeout : error)
        this.#options.unanswered()
        this.#checkRest()
      }
      throw error
    } finally {
      cancel()
      this.#ended.signal.removeEventListener('abort', stop)
      const next = this.#queue.shift()
      if (next) next()
      else this.#running--
    }
  }

  #checkRest(): void {
    const left = this.#restUntil - this.#options.clock.now()
    if (left > 0) throw new Waiting({ code: 'cluster-unreachable', message: this.#restReason, retryAfterMs: left })
  }
}
