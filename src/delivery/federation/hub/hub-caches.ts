import { type Clock, sleep } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import type { Log } from '../../../base/log.js'
import type { Random } from '../../../base/random.js'
import type { KubeClient, ResourceCatalogue } from '../../../kube/client/kube-client.js'
import type { Cache, CacheChange } from '../../../kube/informer/cache.js'
import { createCaches } from '../../../kube/informer/create-caches.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../../kube/object/resource-type.js'

export interface HubCachesOptions {
  readonly client: KubeClient
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
  /** Every change, the first state of a kind included (as ADDED). Must only enqueue. */
  readonly onChange: (type: ResourceType, change: CacheChange) => void
  /** A kind has been read for the first time, or what the hub serves has changed. Must only enqueue. */
  readonly onKinds: () => void
}

const definitionType: ResourceType = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
}
const lookMs = { first: 500, most: 60_000 }
/** So long after the start a kind with a definition that is not served yet is waited for, and so long the definitions themselves. */
const startMs = { kinds: 30_000, definitions: 5_000 }

/**
 * What the hub holds of the kinds that were asked for, as far as it serves them. A kind that is asked for stays: what was read is known
 * also while it cannot be read, and when the kind itself is gone.
 */
export class HubCaches {
  readonly #options: HubCachesOptions
  readonly #caches
  readonly #kinds = new Map<string, { readonly type: ResourceType; cache?: Cache }>()
  /** Asked for, and not served (yet). */
  readonly #missing = new Map<string, ResourceType>()
  #catalogue: ResourceCatalogue | undefined
  #definitions: Cache | undefined
  readonly #openedAt: number
  #reading: Promise<void> | undefined
  #cancelLook: (() => void) | undefined
  #pauseMs = lookMs.first
  #version = 0

  constructor(options: HubCachesOptions) {
    this.#options = options
    const { client, clock, random, log, signal, onKinds } = options
    this.#openedAt = clock.now()
    for (const ms of Object.values(startMs)) clock.after(ms, () => signal.aborted || onKinds())
    this.#caches = createCaches({ client, clock, random, log, signal, transform: withoutManagedFields })
    signal.addEventListener('abort', () => this.#cancelLook?.(), { once: true })
    void this.#open()
  }

  /** Grows with every change of what is known. */
  get version(): number {
    return this.#version
  }

  /**
   * What the hub serves and every kind that is asked for has been read. A kind that has a definition and is not served is no kind
   * that is not there: an API server that has just started does not tell of it yet, and it may hold rules that limit others.
   */
  get complete(): boolean {
    if (this.#catalogue === undefined) return false
    for (const { cache } of this.#kinds.values()) if (cache === undefined) return false
    return !this.#mayStillCome()
  }

  #mayStillCome(): boolean {
    if (this.#missing.size === 0) return false
    const sinceMs = this.#options.clock.now() - this.#openedAt
    if (this.#definitions === undefined) return sinceMs < startMs.definitions
    return sinceMs < startMs.kinds && [...this.#missing.keys()].some((key) => this.#definitions?.get(key) !== undefined)
  }

  /** Kinds that are asked for, are served and have not been read. */
  get unread(): readonly string[] {
    return [...this.#kinds].filter(([, { cache }]) => cache === undefined).map(([key]) => key)
  }

  /** Watches these kinds from now on. */
  want(types: readonly ResourceType[]): void {
    for (const type of types) {
      const key = groupResourceOf(type)
      if (this.#kinds.has(key) || this.#missing.has(key)) continue
      const served = this.#served(type)
      if (served === undefined) this.#missing.set(key, type)
      else this.#start(key, served)
    }
  }

  /** Whether a kind is served, has been read and can be read now: only then is what it lacks not there. */
  isSure(type: { group: string; plural: string }): boolean {
    const key = groupResourceOf(type)
    return (
      this.#catalogue?.all.some((each) => groupResourceOf(each) === key) === true && this.#kinds.get(key)?.cache?.healthy === true
    )
  }

  cache(type: { group: string; plural: string }): Cache | undefined {
    return this.#kinds.get(groupResourceOf(type))?.cache
  }

  objects(type: ResourceType, { namespace, name }: { namespace?: string; name?: string } = {}): readonly KubeObject[] {
    const cache = this.cache(type)
    if (cache === undefined) return []
    if (name === undefined) return cache.list(namespace)
    if (type.namespaced && namespace === undefined) return cache.list().filter((object) => object.metadata.name === name)
    const found = cache.get(type.namespaced ? `${namespace}/${name}` : name)
    return found === undefined ? [] : [found]
  }

  typeOf(apiVersion: string, kind: string): ResourceType | undefined {
    return this.#catalogue?.forKind(apiVersion, kind)
  }

  typeNamed(group: string, plural: string): ResourceType | undefined {
    return this.#catalogue?.all.find((type) => type.group === group && type.plural === plural)
  }

  /** A kind by group and kind, in the version that is read. */
  typeOfKind(group: string, kind: string): ResourceType | undefined {
    for (const { type } of this.#kinds.values()) if (type.group === group && type.kind === kind) return type
    return this.#catalogue?.all.find((type) => type.group === group && type.kind === kind)
  }

  async #open(): Promise<void> {
    const { clock, log, signal } = this.#options
    for (let pauseMs = 500; ; pauseMs = Math.min(30_000, pauseMs * 2)) {
      try {
        await this.#read()
        break
      } catch (error) {
        if (signal.aborted) return
        log.warn('cannot read what the hub serves', { error: messageOf(error), retryMs: pauseMs })
        await sleep(clock, pauseMs, signal).catch(() => {})
      }
    }
    const definitions = await this.#caches.cache(definitionType, { metadataOnly: true }).catch(() => undefined)
    this.#definitions = definitions
    this.#options.onKinds()
    definitions?.onChange(() => this.#lookAgain(true))
    // A definition may have come between the two.
    if (definitions !== undefined && this.#missing.size > 0) this.#lookAgain(true)
  }

  /** Discovery tells of a kind some time after its definition is there. */
  #lookAgain(fresh: boolean): void {
    const { clock, signal } = this.#options
    if (fresh) this.#pauseMs = lookMs.first
    if (signal.aborted || (this.#cancelLook !== undefined && !fresh)) return
    this.#cancelLook?.()
    this.#cancelLook = clock.after(this.#pauseMs, () => {
      this.#cancelLook = undefined
      this.#read().then(
        () => {
          if (this.#missing.size > 0 && this.#pauseMs < lookMs.most) this.#lookAgain(false)
        },
        () => this.#lookAgain(false),
      )
    })
    this.#pauseMs = Math.min(lookMs.most, this.#pauseMs * 2)
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readOnce(): Promise<void> {
    const { client, signal, onKinds } = this.#options
    this.#catalogue = await client.resources({ refresh: true, signal })
    this.#version++
    for (const [key, type] of this.#missing) {
      const served = this.#served(type)
      if (served === undefined) continue
      this.#missing.delete(key)
      this.#start(key, served)
    }
    onKinds()
  }

  /** The version that is asked for, or whichever is served. */
  #served(type: ResourceType): ResourceType | undefined {
    const all = this.#catalogue?.all.filter((each) => each.group === type.group && each.plural === type.plural) ?? []
    return all.find((each) => each.version === type.version) ?? all[0]
  }

  #start(key: string, type: ResourceType): void {
    const kind: { readonly type: ResourceType; cache?: Cache } = { type }
    this.#kinds.set(key, kind)
    const { onChange, onKinds } = this.#options
    this.#caches.cache(type).then(
      (cache) => {
        kind.cache = cache
        this.#version++
        cache.onChange((change) => {
          this.#version++
          onChange(type, change)
        })
        for (const object of cache.list()) onChange(type, { type: 'ADDED', object })
        onKinds()
      },
      // Rejects only when all ends.
      () => {},
    )
  }
}

function withoutManagedFields(object: KubeObject): KubeObject {
  if (object.metadata.managedFields === undefined) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}
