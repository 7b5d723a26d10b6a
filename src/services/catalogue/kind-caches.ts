import { type Clock, sleep } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { Random } from '../../base/random.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { Cache, CacheChange } from '../../kube/informer/cache.js'
import { createCaches } from '../../kube/informer/create-caches.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../kube/object/resource-type.js'
import { cleanObject } from './clean-object.js'

export interface KindCachesOptions {
  readonly client: KubeClient
  /** Kinds that an API has from the start. */
  readonly core: readonly ResourceType[]
  /** Kinds that an API may serve or not, now or later. */
  readonly optional: readonly ResourceType[]
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Ends all caches. */
  readonly signal: AbortSignal
  /** Every change after a kind's first state; a kind that comes late tells its first state so, too. Must only enqueue. */
  readonly onChange: (type: ResourceType, change: CacheChange) => void
  /** A kind that was not served before is now, and has been read. Must only enqueue. */
  readonly onKind?: (type: ResourceType) => void
  /** Whether the core kinds can be read. Must only enqueue. */
  readonly onHealth: (healthy: boolean) => void
}

const definitionType: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
}
/** Kinds of which only the metadata is kept. */
const metadataOnly = new Set(['Node', 'Namespace', 'CustomResourceDefinition', 'Pod'])
const askAgainMs = 5000
const mostBetweenAsksMs = 60_000

/**
 * Caches over some kinds of one API, as far as it serves them. What it does not serve is looked for again when a
 * CustomResourceDefinition of that name comes; where it serves another version of the kind, that one is read.
 */
export class KindCaches {
  readonly #options: KindCachesOptions
  readonly #caches
  readonly #started = new Map<string, Cache>()
  readonly #served = new Map<string, ResourceType>()
  readonly #pending = new Set<string>()
  readonly #wanted: Map<string, ResourceType>
  readonly #unhealthy = new Set<string>()
  readonly #core: Set<string>
  #asking: Promise<void> | undefined
  #askAgain = false
  /** Definitions of kinds that are wanted; discovery tells of a kind some time after its definition is there. */
  #definitions: Cache | undefined
  #misses = 0
  /** Settles once the core kinds and the optional ones that are served have been read. */
  readonly ready: Promise<void>

  constructor(options: KindCachesOptions) {
    this.#options = options
    const { client, clock, random, log, signal } = options
    this.#core = new Set(options.core.map(groupResourceOf))
    this.#wanted = new Map(options.optional.map((type) => [groupResourceOf(type), type]))
    this.#caches = createCaches({
      client,
      clock,
      random,
      log,
      signal,
      transform: (object) => cleanObject(withoutManagedFields(object)),
      onHealth: (type, healthy) => this.#hearHealth(groupResourceOf(type), healthy),
    })
    this.ready = this.#open()
    this.ready.catch(() => {})
  }

  /** The cache of a kind, in whatever version; undefined while it has not been read. */
  of(type: ResourceType): Cache | undefined {
    return this.#started.get(groupResourceOf(type))
  }

  /** The version in which an optional kind is read. */
  servedAs(type: ResourceType): ResourceType | undefined {
    return this.#served.get(groupResourceOf(type))
  }

  get started(): Iterable<[string, Cache]> {
    return this.#started
  }

  get healthy(): boolean {
    return this.#unhealthy.size === 0
  }

  /** Starts more core kinds; resolves when they have been read. */
  async extend(types: readonly ResourceType[]): Promise<void> {
    for (const type of types) this.#core.add(groupResourceOf(type))
    await Promise.all(types.map((type) => this.#start(type, false)))
  }

  /** Reads more optional kinds as soon as they are served. */
  want(types: readonly ResourceType[]): void {
    for (const type of types) {
      const key = groupResourceOf(type)
      if (!this.#started.has(key) && !this.#pending.has(key)) this.#wanted.set(key, type)
    }
    this.lookAgain()
  }

  /** Looks again whether optional kinds are served. */
  lookAgain(): void {
    if (this.#wanted.size === 0) return
    if (this.#asking !== undefined) {
      this.#askAgain = true
      return
    }
    this.#asking = this.#ask(true)
      .catch(() => {})
      .finally(() => {
        this.#asking = undefined
        if (this.#options.signal.aborted) return
        if (this.#askAgain) {
          this.#askAgain = false
          this.lookAgain()
        } else this.#lookLater()
      })
  }

  #lookLater(): void {
    const defined = this.#definitions?.list().some(({ metadata }) => this.#wanted.has(metadata.name)) === true
    if (!defined) this.#misses = 0
    else {
      const delayMs = Math.min(500 * 2 ** this.#misses++, mostBetweenAsksMs)
      const { clock, signal } = this.#options
      sleep(clock, delayMs, signal).then(
        () => this.lookAgain(),
        () => {},
      )
    }
  }

  async #open(): Promise<void> {
    const first = Promise.all(this.#options.core.map((type) => this.#start(type, false)))
    await Promise.all([first, this.#ask(false)])
    if (this.#options.optional.length > 0) void this.#followDefinitions()
  }

  async #ask(late: boolean): Promise<void> {
    const { client, clock, log, signal } = this.#options
    while (!signal.aborted) {
      try {
        const catalogue = await client.resources({ refresh: true, signal })
        const found: ResourceType[] = []
        for (const type of this.#wanted.values()) {
          const served = catalogue.all.filter((each) => each.group === type.group && each.kind === type.kind)
          const best = served.find((each) => each.version === type.version) ?? served[0]
          if (best !== undefined) found.push(best)
        }
        await Promise.all(found.map((type) => this.#start(type, late)))
        return
      } catch (error) {
        signal.throwIfAborted()
        log.debug('cannot read what a cluster serves', { cluster: client.name, error: messageOf(error) })
        await sleep(clock, askAgainMs, signal)
      }
    }
  }

  async #start(type: ResourceType, late: boolean): Promise<void> {
    const key = groupResourceOf(type)
    this.#wanted.delete(key)
    if (this.#started.has(key)) return
    const selector = metadataOnly.has(type.kind) ? { metadataOnly: true } : {}
    if (this.#pending.has(key)) {
      await this.#caches.cache(type, selector)
      return
    }
    this.#pending.add(key)
    const cache = await this.#caches.cache(type, selector)
    this.#pending.delete(key)
    this.#started.set(key, cache)
    this.#served.set(key, type)
    cache.onChange((change) => this.#options.onChange(type, change))
    if (!late) return
    for (const object of cache.list()) this.#options.onChange(type, { type: 'ADDED', object })
    this.#options.onKind?.(type)
  }

  async #followDefinitions(): Promise<void> {
    // Rejects only when the caches end.
    const definitions = await this.#caches.cache(definitionType, { metadataOnly: true }).catch(() => undefined)
    const look = (object: KubeObject) => {
      if (this.#wanted.has(object.metadata.name)) this.lookAgain()
    }
    this.#definitions = definitions
    definitions?.onChange(({ type, object }) => {
      if (type !== 'DELETED') look(object)
    })
    for (const object of definitions?.list() ?? []) look(object)
  }

  #hearHealth(key: string, healthy: boolean): void {
    if (!this.#core.has(key)) return
    const before = this.healthy
    if (healthy) this.#unhealthy.delete(key)
    else this.#unhealthy.add(key)
    if (before !== this.healthy) this.#options.onHealth(this.healthy)
  }
}

function withoutManagedFields(object: KubeObject): KubeObject {
  if (object.metadata.managedFields === undefined) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}
