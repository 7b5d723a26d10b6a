import { backoffDelayMs } from '../../base/backoff.js'
import { type Clock, sleep } from '../../base/clock.js'
import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { Random } from '../../base/random.js'
import type { KubeClient, ListOptions } from '../client/kube-client.js'
import { type KubeObject, keyOf, type WatchEvent } from '../object/kube-object.js'
import type { ResourceType } from '../object/resource-type.js'
import { isExpired, StatusError } from '../object/status-error.js'
import type { CacheSelector } from './cache.js'

export interface ReflectorOptions<T extends KubeObject> {
  readonly client: KubeClient
  readonly type: ResourceType
  readonly selector?: CacheSelector
  readonly sink: ReflectorSink<T>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Ends the reflector. */
  readonly signal: AbortSignal
  /** Objects in one page of a list (default 500). */
  readonly pageSize?: number
  /** A stream that is silent for so long is taken for dead (default 90 s; servers send bookmarks about every minute). */
  readonly idleTimeoutMs?: number
  /** Calls the listener when the server is known to answer again: who waits to try again does so at once. */
  readonly onRecovered?: (listener: () => void) => () => void
}

/** Takes what the reflector sees, in order. */
export interface ReflectorSink<T extends KubeObject> {
  /** The whole state: what is not in `objects` is gone. */
  replace(objects: Iterable<T>): void
  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void
  /** Whether the server can be read. The state seen so far stays as it is while it cannot. */
  health(healthy: boolean, problem?: string): void
}

const initialEventsEnd = 'k8s.io/initial-events-end'
const retryBackoff = { baseMs: 500, maxMs: 30_000, jitter: 0.5 }

/**
 * Keeps a sink in step with one resource of an API until the signal aborts; never throws. Reads the present state with a
 * WatchList where the server takes it (422 Invalid: it does not) and with a paged list otherwise, follows it with a watch,
 * and resumes after the last resourceVersion (bookmarks count) when a stream ends. The whole state is read again only when
 * the server's history does not reach back far enough (410).
 */
export async function runReflector<T extends KubeObject>(options: ReflectorOptions<T>): Promise<void> {
  await new Reflector(options).run()
}

class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>
  /** Undefined: the present state must be read (again). */
  #resourceVersion: string | undefined
  #failures = 0
  #watchListRefused = false

  constructor(options: ReflectorOptions<T>) {
    this.#options = options
  }

  async run(): Promise<void> {
    const { signal } = this.#options
    while (!signal.aborted) {
      try {
        await this.#round()
      } catch (error) {
        if (signal.aborted) return
        await this.#recover(error)
      }
    }
  }

  async #round(): Promise<void> {
    if (this.#resourceVersion === undefined && this.#watchListRefused) await this.#list()
    else if (this.#failures > 0 && this.#resourceVersion !== undefined) await this.#probe()
    await this.#follow()
  }

  async #recover(error: unknown): Promise<void> {
    const { random, log, type, sink } = this.#options
    if (isExpired(error)) {
      this.#resourceVersion = undefined
      // The first relist is at once; a server that expires what it has just given is not asked in a hot loop.
      if (this.#failures++ === 0) return
    } else if (this.#resourceVersion === undefined && refusesWatchList(error) && !this.#watchListRefused) {
      this.#watchListRefused = true
      return
    } else {
      this.#failures++
      const problem = messageOf(error)
      sink.health(false, problem)
      log.debug('watch interrupted', { resource: type.plural, group: type.group, failures: this.#failures, problem })
    }
    const asked = error instanceof StatusError ? (error.status.details?.retryAfterSeconds ?? 0) * 1000 : 0
    const delay = Math.max(asked, backoffDelayMs(this.#failures, random, retryBackoff))
    await this.#pause(delay)
  }

  async #pause(delayMs: number): Promise<void> {
    const { clock, signal, onRecovered } = this.#options
    const over = new AbortController()
    const end = () => over.abort()
    const leave = onRecovered?.(end)
    signal.addEventListener('abort', end, { once: true })
    await sleep(clock, delayMs, over.signal).catch(() => {})
    signal.removeEventListener('abort', end)
    leave?.()
  }

  #listOptions(): ListOptions {
    const { selector, signal } = this.#options
    return { ...selector, signal }
  }

  /** One object is enough to learn that the server answers again: the watch then resumes where it was. */
  async #probe(): Promise<void> {
    const { client, type, sink } = this.#options
    await client.list(type, { ...this.#listOptions(), limit: 1 })
    sink.health(true)
  }

  async #list(): Promise<void> {
    const { client, type, sink } = this.#options
    const limit = this.#options.pageSize ?? 500
    let objects: T[] = []
    let page = await client.list<T>(type, { ...this.#listOptions(), limit })
    objects = objects.concat(page.items)
    while (page.metadata.continue) {
      try {
        page = await client.list<T>(type, { ...this.#listOptions(), limit, continue: page.metadata.continue })
        objects = objects.concat(page.items)
      } catch (error) {
        if (!isExpired(error)) throw error
        // The list is too long for the server's history: pages of different states would not add up to one state.
        page = await client.list<T>(type, this.#listOptions())
        objects = page.items
      }
    }
    sink.replace(objects)
    sink.health(true)
    this.#resourceVersion = page.metadata.resourceVersion
  }

  /** Follows one stream to its end. */
  async #follow(): Promise<void> {
    const { client, type, clock, random, sink, signal } = this.#options
    const initial = this.#resourceVersion === undefined
    const collected = initial ? new Map<string, T>() : undefined
    const stream = new StreamLife(clock, signal, Math.ceil((this.#options.idleTimeoutMs ?? 90_000) * (1 + random.number() / 10)))
    const openedAt = clock.now()
    let pending = collected
    let events = 0
    try {
      const watch = client.watch<T>(type, {
        ...this.#listOptions(),
        signal: stream.signal,
        allowWatchBookmarks: true,
        timeoutSeconds: 300 + Math.floor(random.number() * 300),
        ...(initial
          ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
          : { resourceVersion: this.#resourceVersion }),
      })
      for await (const event of watch) {
        stream.touch()
        if (signal.aborted) return
        events++
        if (pending === undefined) {
          this.#take(event)
          this.#failures = 0
        } else if (collect(pending, event)) {
          sink.replace(pending.values())
          sink.health(true)
          this.#resourceVersion = event.object.metadata.resourceVersion
          pending = undefined
        }
      }
    } catch (error) {
      if (!stream.idle || signal.aborted) throw error
    } finally {
      stream.end()
    }
    if (signal.aborted) return
    if (pending !== undefined) {
      // A server that takes sendInitialEvents but never says when they end would hang us for ever: list instead.
      this.#watchListRefused = true
      return
    }
    if (stream.idle) this.#failures = Math.max(1, this.#failures)
    else if (events > 0 || clock.now() - openedAt >= 1000) this.#failures = 0
    else {
      // An end at once, again and again, must not become a hot loop.
      this.#failures++
      await this.#pause(backoffDelayMs(this.#failures, random, retryBackoff))
    }
  }

  #take(event: WatchEvent<T>): void {
    const { resourceVersion } = event.object.metadata
    if (resourceVersion) this.#resourceVersion = resourceVersion
    this.#options.sink.health(true)
    if (event.type !== 'BOOKMARK') this.#options.sink.apply(event.type, event.object)
  }
}

/** Adds an event to the initial state; true when the state is complete. */
function collect<T extends KubeObject>(into: Map<string, T>, event: WatchEvent<T>): boolean {
  if (event.type === 'BOOKMARK') return event.object.metadata.annotations?.[initialEventsEnd] === 'true'
  if (event.type === 'DELETED') into.delete(keyOf(event.object))
  else into.set(keyOf(event.object), event.object)
  return false
}

function refusesWatchList(error: unknown): boolean {
  return error instanceof StatusError && (error.httpCode === 422 || error.httpCode === 400)
}

/** The signal of one stream: aborts with the reflector, or when nothing has come for too long (`idle` is then true). */
class StreamLife {
  readonly #controller = new AbortController()
  readonly #clock: Clock
  readonly #idleMs: number
  readonly #outer: AbortSignal
  readonly #onAbort = () => this.#controller.abort(this.#outer.reason)
  #lastAt: number
  #cancel: () => void
  idle = false

  constructor(clock: Clock, outer: AbortSignal, idleMs: number) {
    this.#clock = clock
    this.#idleMs = idleMs
    this.#outer = outer
    this.#lastAt = clock.now()
    this.#cancel = clock.after(idleMs, () => this.#look())
    if (outer.aborted) this.#onAbort()
    else outer.addEventListener('abort', this.#onAbort, { once: true })
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  touch(): void {
    this.#lastAt = this.#clock.now()
  }

  end(): void {
    this.#cancel()
    this.#outer.removeEventListener('abort', this.#onAbort)
    this.#controller.abort()
  }

  // One timer that looks when it fires costs less than one timer for each event.
  #look(): void {
    const silentMs = this.#clock.now() - this.#lastAt
    if (silentMs < this.#idleMs) {
      this.#cancel = this.#clock.after(this.#idleMs - silentMs, () => this.#look())
      return
    }
    this.idle = true
    this.#controller.abort(new Error('the watch was silent for too long'))
  }
}
