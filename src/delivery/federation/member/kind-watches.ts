import { type Clock, sleep } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import type { Log } from '../../../base/log.js'
import type { Random } from '../../../base/random.js'
import type { KubeClient, ResourceCatalogue } from '../../../kube/client/kube-client.js'
import type { CacheChange } from '../../../kube/informer/cache.js'
import { createCaches } from '../../../kube/informer/create-caches.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../../kube/object/resource-type.js'
import { StatusError } from '../../../kube/object/status-error.js'

export interface KindWatchesOptions {
  readonly client: KubeClient
  /** Only objects with this label and value are watched. */
  readonly labelSelector: string
  readonly trim: (object: KubeObject) => KubeObject
  /** Must only enqueue; what is there at first is told as ADDED. */
  readonly onChange: (type: ResourceType, change: CacheChange) => void
  /** A kind has been read for the first time, or what the cluster serves has been read again. */
  readonly onKinds: () => void
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
}

/** Pauses between looks for kinds that are not served. */
const lookPausesMs = { first: 2000, most: 60_000 }

/** One watch for each kind of which a cluster has or gets copies, and what the cluster serves. */
export class KindWatches {
  readonly #options: KindWatchesOptions
  readonly #caches
  readonly #kinds = new Map<string, { read: boolean }>()
  #catalogue: ResourceCatalogue | undefined
  #reading: Promise<void> | undefined
  #cancelLook: (() => void) | undefined
  #pauseMs = lookPausesMs.first
  #readAt = Number.NEGATIVE_INFINITY

  constructor(options: KindWatchesOptions) {
    this.#options = options
    const { client, clock, random, log, signal, trim } = options
    this.#caches = createCaches({ client, clock, random, log, signal, transform: trim })
    signal.addEventListener('abort', () => this.#cancelLook?.(), { once: true })
  }

  /** Whether every kind that is watched has been read. */
  get allRead(): boolean {
    for (const { read } of this.#kinds.values()) if (!read) return false
    return true
  }

  /** Whether the copies of a kind are known; starts to watch it. */
  isRead(type: ResourceType): boolean {
    const key = groupResourceOf(type)
    let kind = this.#kinds.get(key)
    if (kind === undefined) {
      kind = { read: false }
      this.#kinds.set(key, kind)
      void this.#watch(type, kind)
    }
    return kind.read
  }

  /** What the cluster serves, as read last; undefined before. Throws when it cannot be read. */
  async typeOf(apiVersion: string, kind: string): Promise<ResourceType | undefined> {
    if (this.#catalogue === undefined) {
      this.#reading ??= this.#read(false).finally(() => {
        this.#reading = undefined
      })
      await this.#reading
    }
    return this.#catalogue?.forKind(apiVersion, kind)
  }

  /** What the cluster serves has changed, or may have: it is read again, seldom when that is of no avail. */
  lookAgain(soon = false): void {
    const { clock, signal, log, onKinds } = this.#options
    if (signal.aborted || (this.#cancelLook !== undefined && !soon)) return
    this.#cancelLook?.()
    if (soon) this.#pauseMs = lookPausesMs.first
    const delayMs = soon ? Math.max(200, this.#readAt + 1000 - clock.now()) : this.#pauseMs
    this.#pauseMs = Math.min(lookPausesMs.most, this.#pauseMs * 2)
    this.#cancelLook = clock.after(delayMs, () => {
      this.#cancelLook = undefined
      this.#read(true).then(onKinds, (error: unknown) => {
        log.debug('cannot read what a cluster serves', { error: messageOf(error) })
        this.lookAgain()
      })
    })
  }

  /** Watches those of the kinds that there are copies of. Resolves when that is known. */
  async survey(types: readonly { readonly group: string; readonly kind: string }[]): Promise<void> {
    for (const { group, kind } of types) {
      const type = await this.#insist(async () => {
        await this.typeOf('v1', 'Namespace')
        return this.#catalogue?.all.find((each) => each.group === group && each.kind === kind)
      })
      if (type === undefined || this.#kinds.has(groupResourceOf(type))) continue
      const { client, labelSelector, signal } = this.#options
      const any = await this.#insist(async () => {
        try {
          const { items } = await client.list(type, { labelSelector, limit: 1, metadataOnly: true, signal })
          return items.length > 0
        } catch (error) {
          // It is listed nowhere (a kind that can only be made), or no longer served.
          if (error instanceof StatusError && (error.httpCode === 404 || error.httpCode === 405)) return false
          throw error
        }
      })
      if (any) this.isRead(type)
    }
  }

  async #insist<T>(read: () => Promise<T>): Promise<T> {
    const { clock, signal } = this.#options
    for (let pauseMs = 500; ; pauseMs = Math.min(30_000, pauseMs * 2)) {
      try {
        return await read()
      } catch {
        signal.throwIfAborted()
        await sleep(clock, pauseMs, signal)
      }
    }
  }

  async #read(refresh: boolean): Promise<void> {
    const { client, clock, signal } = this.#options
    this.#catalogue = await client.resources({ refresh, signal })
    this.#readAt = clock.now()
  }

  async #watch(type: ResourceType, kind: { read: boolean }): Promise<void> {
    const { labelSelector, onChange, onKinds } = this.#options
    // Rejects only when all ends.
    const cache = await this.#caches.cache(type, { labelSelector }).catch(() => undefined)
    if (cache === undefined) return
    for (const object of cache.list()) onChange(type, { type: 'ADDED', object })
    cache.onChange((change) => onChange(type, change))
    kind.read = true
    onKinds()
  }
}
