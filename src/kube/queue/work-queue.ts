import { type BackoffOptions, backoffDelayMs } from '../../base/backoff.js'
import type { Clock } from '../../base/clock.js'
import type { Random } from '../../base/random.js'
import { DelayHeap } from './delay-heap.js'

export interface WorkQueueOptions {
  readonly clock: Clock
  readonly random: Random
  readonly backoff?: BackoffOptions
  /** Called (never inside `take`) when a key has become ready; the owner then takes as many as it has hands for. */
  readonly onReady?: () => void
}

/**
 * What to work on next, by key. A key that is added many times before it is taken is taken once; a key that is added while
 * it is worked on comes back after `done`, behind everything that waits already (so one busy key cannot starve others).
 * The same key is never out twice. All delays share one timer of the clock.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions
  readonly #ready = new Set<string>()
  /** #ready in the order of work, from #head on: iterating over a Set's first member gets slow after many deletions. */
  #order: string[] = []
  #head = 0
  readonly #working = new Set<string>()
  /** Added while worked on. */
  readonly #again = new Set<string>()
  readonly #delayed = new DelayHeap()
  readonly #failures = new Map<string, number>()
  #timer: { at: number; cancel: () => void } | undefined
  #closed = false

  constructor(options: WorkQueueOptions) {
    this.#options = options
  }

  /** Keys that could be taken now. */
  get readyCount(): number {
    return this.#ready.size
  }
  get workingCount(): number {
    return this.#working.size
  }
  get delayedCount(): number {
    return this.#delayed.size
  }
  /** Nothing is ready and nothing is worked on. Delayed keys do not count. */
  get idle(): boolean {
    return this.#ready.size === 0 && this.#working.size === 0
  }

  add(key: string): void {
    if (this.#closed) return
    if (this.#working.has(key)) {
      this.#again.add(key)
      return
    }
    if (this.#ready.has(key)) return
    this.#ready.add(key)
    this.#order.push(key)
    this.#options.onReady?.()
  }

  /** Adds the key after a delay. A key that waits already keeps the earlier of both times. */
  addAfter(key: string, delayMs: number): void {
    this.addAt(key, this.#options.clock.now() + delayMs)
  }

  /** As `addAfter`, with a time (epoch ms). */
  addAt(key: string, at: number): void {
    if (this.#closed) return
    if (at <= this.#options.clock.now()) {
      this.add(key)
      return
    }
    const known = this.#delayed.at(key)
    if (known !== undefined && known <= at) return
    this.#delayed.set(key, at)
    this.#arm()
  }

  /** Counts a failure of the key and adds it after its backoff; returns the delay. */
  addFailed(key: string, atLeastMs = 0): number {
    const failures = this.failures(key) + 1
    this.#failures.set(key, failures)
    const delay = Math.max(atLeastMs, backoffDelayMs(failures, this.#options.random, this.#options.backoff))
    this.addAfter(key, delay)
    return delay
  }

  /** Failures in a row. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0
  }

  /** The key has succeeded or is gone: the next failure is the first again. */
  forget(key: string): void {
    this.#failures.delete(key)
  }

  /**
   * The next key, which is now being worked on: `done` must follow. A delay set for it before ends: whoever works on it
   * sees things as they are and decides anew when to look again.
   */
  take(): string | undefined {
    const key = this.#order[this.#head]
    if (key === undefined) return undefined
    this.#head++
    if (this.#head === this.#order.length || (this.#head > 1024 && this.#head * 2 > this.#order.length)) {
      this.#order = this.#order.slice(this.#head)
      this.#head = 0
    }
    this.#ready.delete(key)
    this.#working.add(key)
    this.#delayed.delete(key)
    return key
  }

  done(key: string): void {
    this.#working.delete(key)
    if (this.#again.delete(key)) this.add(key)
  }

  /** Drops everything and takes nothing more. */
  close(): void {
    this.#closed = true
    this.#ready.clear()
    this.#order = []
    this.#head = 0
    this.#again.clear()
    this.#delayed.clear()
    this.#failures.clear()
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #arm(): void {
    const earliest = this.#delayed.earliest()
    if (earliest === undefined) return
    if (this.#timer !== undefined) {
      // A timer that fires too early costs one look; one that fires too late would break a promise.
      if (this.#timer.at <= earliest) return
      this.#timer.cancel()
    }
    const { clock } = this.#options
    this.#timer = { at: earliest, cancel: clock.after(Math.max(0, earliest - clock.now()), () => this.#fire()) }
  }

  #fire(): void {
    this.#timer = undefined
    const now = this.#options.clock.now()
    for (let key = this.#delayed.popDue(now); key !== undefined; key = this.#delayed.popDue(now)) this.add(key)
    this.#arm()
  }
}
