import type { Clock } from '../base/clock.js'
import { CodedError, messageOf, Stalled, Waiting } from '../base/errors.js'
import type { Log } from '../base/log.js'
import type { Random } from '../base/random.js'
import type { KubeClient } from '../kube/client/kube-client.js'
import { type KubeObject, keyOf } from '../kube/object/kube-object.js'
import { isConflict, isNotFound, StatusError } from '../kube/object/status-error.js'
import { WorkQueue } from '../kube/queue/work-queue.js'
import type { Cache, Caches, ControllerDefinition, ReconcileContext, ReconcileResult, SourceHandle } from './contract.js'
import { type ControllerMetrics, createCounters } from './controller-metrics.js'
import type { EventRecorder } from './event-recorder.js'
import { OwnWrites } from './own-writes.js'
import { writeResult } from './write-result.js'

export interface RunnerOptions<Services> {
  readonly hub: KubeClient
  readonly caches: Caches
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly services: Services
  readonly events: EventRecorder
  readonly signal: AbortSignal
  /** Called after each piece of work. */
  readonly onDone: () => void
}

/** Runs one controller: its cache, its sources, its queue. */
export class ControllerRunner<T extends KubeObject, Services> {
  readonly #definition: ControllerDefinition<T, Services>
  readonly #options: RunnerOptions<Services>
  readonly #log: Log
  readonly #queue: WorkQueue
  readonly #counters = createCounters()
  readonly #own = new OwnWrites<T>()
  readonly #startedAt = new Map<string, number>()
  /** How often a finalizer was found at work, by key. */
  readonly #unfinished = new Map<string, number>()
  readonly #conflicts = new Map<string, number>()
  #cache: Cache<T> | undefined
  #pumping = false
  #lastProblem = ''

  constructor(definition: ControllerDefinition<T, Services>, options: RunnerOptions<Services>) {
    this.#definition = definition
    this.#options = options
    this.#log = options.log.with({ controller: definition.name })
    const { clock, random } = options
    this.#queue = new WorkQueue({ clock, random, onReady: () => this.#pumpSoon() })
  }

  get idle(): boolean {
    return this.#queue.idle
  }

  metrics(): ControllerMetrics {
    const now = this.#options.clock.now()
    let oldest = now
    for (const at of this.#startedAt.values()) oldest = Math.min(oldest, at)
    return {
      name: this.#definition.name,
      ...this.#counters,
      ready: this.#queue.readyCount,
      working: this.#queue.workingCount,
      delayed: this.#queue.delayedCount,
      oldestRunningMs: now - oldest,
      lastProblem: this.#lastProblem,
    }
  }

  enqueue(key: string): void {
    this.#queue.add(key)
  }

  /** Resolves when the present state is known, the sources listen and every object has been queued. */
  async start(): Promise<void> {
    const { caches, clock, signal, services } = this.#options
    const { selector, watches = [] } = this.#definition
    signal.addEventListener('abort', () => this.#queue.close(), { once: true })
    const cache = await caches.cache<T>(this.#definition.for, selector)
    this.#cache = cache
    const off = cache.onChange(({ type, object, previous }) => {
      const key = keyOf(object)
      if (type === 'MODIFIED' && !this.#concerns(previous, object)) return
      if (type === 'DELETED' || this.#own.isNews(key, object)) this.#queue.add(key)
    })
    signal.addEventListener('abort', off, { once: true })
    const handle: SourceHandle<T> = { enqueue: (key) => this.#queue.add(key), objects: () => cache.list() }
    await Promise.all(watches.map((source) => source.start(handle, { ...services, caches, clock, signal })))
    for (const object of cache.list()) this.#queue.add(keyOf(object))
  }

  #concerns(before: T | undefined, now: T): boolean {
    const { changed } = this.#definition
    if (changed === undefined || before === undefined) return true
    if (now.metadata.deletionTimestamp !== before.metadata.deletionTimestamp) return true
    // While it goes, a finalizer that another took away may be what ours waits for.
    return now.metadata.deletionTimestamp !== undefined || changed(before, now)
  }

  // In a later turn: listeners only enqueue, and many keys that come at once are one wake-up.
  #pumpSoon(): void {
    if (this.#pumping) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      const most = this.#definition.concurrency ?? 8
      while (this.#queue.workingCount < most) {
        const key = this.#queue.take()
        if (key === undefined) return
        void this.#work(key)
      }
    })
  }

  async #work(key: string): Promise<void> {
    const { clock, signal, onDone } = this.#options
    const startedAt = clock.now()
    this.#startedAt.set(key, startedAt)
    try {
      const object = this.#own.current(key, this.#cache?.get(key))
      if (object === undefined) this.#gone(key)
      else await this.#look(key, object)
    } catch (error) {
      // What stands here is wrong in the runtime itself or in `failed`: the key must live on.
      if (!signal.aborted) {
        this.#note(error, 'panics')
        this.#queue.addFailed(key)
      }
    } finally {
      this.#counters.totalMs += clock.now() - startedAt
      this.#startedAt.delete(key)
      this.#queue.done(key)
      this.#pumpSoon()
      onDone()
    }
  }

  #gone(key: string): void {
    this.#queue.forget(key)
    this.#own.forget(key)
    this.#conflicts.delete(key)
    this.#unfinished.delete(key)
    this.#definition.gone?.(key)
  }

  async #look(key: string, object: T): Promise<void> {
    const { signal } = this.#options
    const context = this.#context(key, object)
    this.#counters.reconciles++
    try {
      if (object.metadata.deletionTimestamp !== undefined) {
        await this.#finalize(key, object, context)
      } else {
        const held = await this.#addFinalizers(key, object)
        const result = await this.#definition.reconcile(held, this.#context(key, held))
        if (result !== undefined) await this.#write(key, held, result)
      }
      this.#queue.forget(key)
      this.#conflicts.delete(key)
    } catch (error) {
      if (signal.aborted) return
      this.#retry(key, object, error)
      const result = isConflict(error) ? undefined : this.#definition.failed?.(object, error, context)
      if (result === undefined) return
      await this.#write(key, object, result).catch((failure: unknown) => {
        if (!isNotFound(failure)) this.#queue.addAfter(key, 1000)
        this.#log.debug('failure not reported', { key, problem: messageOf(failure) })
      })
    }
  }

  #context(key: string, object: T): Services & ReconcileContext<T> {
    const { services, clock, signal, hub, caches, events } = this.#options
    const context: ReconcileContext<T> = {
      clock,
      log: this.#log.with({ key }),
      signal,
      hub,
      caches,
      event: (type, reason, message) => events.record(object, this.#definition.name, type, reason, message),
      enqueue: (other) => this.#queue.add(other),
      key,
      object,
    }
    return { ...services, ...context }
  }

  async #write(key: string, object: T, result: ReconcileResult<T>): Promise<void> {
    const { hub, clock, signal } = this.#options
    if (result.again !== undefined) this.#queue.addAt(key, result.again)
    const { for: type, name: fieldManager } = this.#definition
    await this.#writing(key, async () => {
      const written = await writeResult({ hub, type, object, result, fieldManager, nowMs: clock.now(), signal })
      this.#counters.writes += written.writes
      return written.writes === 0 ? undefined : { object: written.object, silent: !written.beyondStatus }
    })
  }

  async #writing(key: string, run: () => Promise<{ object: T; silent: boolean } | undefined>): Promise<T | undefined> {
    this.#own.begin(key)
    let outcome: { object: T; silent: boolean } | undefined
    try {
      outcome = await run()
    } catch (error) {
      // Gone meanwhile: its DELETED event comes.
      if (!isNotFound(error)) throw error
    } finally {
      if (this.#own.end(key, outcome?.object, outcome?.silent ?? false)) this.#queue.add(key)
    }
    return outcome?.object
  }

  async #addFinalizers(key: string, object: T): Promise<T> {
    const { finalizer } = this.#definition
    const present = object.metadata.finalizers ?? []
    const missing = finalizer?.adds ? finalizer.names.filter((name) => !present.includes(name)) : []
    if (missing.length === 0) return object
    return (await this.#setFinalizers(key, object, [...present, ...missing])) ?? object
  }

  async #finalize(key: string, object: T, context: Services & ReconcileContext<T>): Promise<void> {
    const { finalizer } = this.#definition
    if (finalizer === undefined) return
    let current = object
    for (const name of object.metadata.finalizers ?? []) {
      if (!finalizer.names.includes(name)) continue
      if (!(await finalizer.finalize(current, name, context))) {
        throw new Waiting({ code: 'finalizing', message: `finalizer ${name} is not done yet` })
      }
      const rest = (current.metadata.finalizers ?? []).filter((other) => other !== name)
      const written = await this.#setFinalizers(key, current, rest)
      if (written === undefined) return
      current = written
    }
  }

  /** Undefined when the object is gone. */
  #setFinalizers(key: string, object: T, finalizers: readonly string[]): Promise<T | undefined> {
    const { hub, signal } = this.#options
    const { for: type, name: fieldManager } = this.#definition
    const target = { type, namespace: object.metadata.namespace, name: object.metadata.name }
    const body = { metadata: { finalizers, resourceVersion: object.metadata.resourceVersion } }
    return this.#writing(key, async () => {
      this.#counters.writes++
      return { object: await hub.patch<T>(target, { kind: 'merge', body }, { fieldManager, signal }), silent: true }
    })
  }

  /** Decides from the error's class when to look again. */
  #retry(key: string, object: T, error: unknown): void {
    const { random } = this.#options
    if (isConflict(error)) {
      // Someone was faster; the cache will know in a moment. Again and again is a failure like others.
      this.#counters.conflicts++
      const conflicts = (this.#conflicts.get(key) ?? 0) + 1
      this.#conflicts.set(key, conflicts)
      if (conflicts <= 5) this.#queue.addAfter(key, Math.round(20 + 80 * random.number()))
      else this.#queue.addFailed(key)
      return
    }
    this.#conflicts.delete(key)
    if (error instanceof Stalled) {
      this.#note(error, 'stalled')
      this.#queue.forget(key)
      this.#warn(object, error)
      return
    }
    if (error instanceof Waiting) {
      this.#counters.waiting++
      if (error.code === 'finalizing') {
        // Not a failure: it goes on. What failed before (a cluster that was cut off) must not slow it down now.
        const looks = (this.#unfinished.get(key) ?? 0) + 1
        this.#unfinished.set(key, looks)
        this.#queue.forget(key)
        this.#queue.addAfter(key, Math.min(15_000, 250 * 2 ** Math.min(looks, 10)))
        return
      }
      if (error.retryAfterMs === undefined) this.#queue.addFailed(key)
      else this.#queue.addAfter(key, error.retryAfterMs)
      return
    }
    this.#note(error, error instanceof CodedError ? 'errors' : 'panics')
    const asked = error instanceof StatusError ? (error.status.details?.retryAfterSeconds ?? 0) * 1000 : 0
    this.#queue.addFailed(key, asked)
    // A first failure is mostly over by the second try; a lasting one is worth an Event.
    if (this.#queue.failures(key) === 3) this.#warn(object, error)
  }

  #warn(object: T, error: unknown): void {
    const fix = error instanceof CodedError && error.fix !== undefined ? ` ${error.fix}` : ''
    const code = error instanceof CodedError ? error.code : 'reconcile-failed'
    const reason = code.replace(/(^|-)([a-z0-9])/g, (_match, _dash, letter: string) => letter.toUpperCase())
    this.#options.events.record(object, this.#definition.name, 'Warning', reason, `${messageOf(error)}${fix}`)
  }

  #note(error: unknown, counter: 'errors' | 'stalled' | 'panics'): void {
    this.#counters[counter]++
    this.#lastProblem = messageOf(error)
    const fields = { problem: this.#lastProblem, ...(error instanceof CodedError ? { code: error.code } : {}) }
    if (counter === 'panics') {
      this.#log.error('reconcile panicked', { ...fields, stack: error instanceof Error ? error.stack : undefined })
    } else {
      this.#log.warn(counter === 'stalled' ? 'stalled until something changes' : 'reconcile failed', fields)
    }
  }
}
