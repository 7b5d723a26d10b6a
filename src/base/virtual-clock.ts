import type { Clock } from './clock.js'

interface Timer {
  readonly at: number
  readonly order: number
  readonly run: () => void
  /** Nothing is left to cancel. */
  fired: boolean
}

/**
 * A clock that moves only when told. Timers fire in order of time, then of creation, so a run with the same inputs is
 * the same run. `idle` must let every pending promise settle (in Node: a turn of setImmediate).
 */
export class VirtualClock implements Clock {
  #now: number
  #order = 0
  readonly #idle: () => Promise<void>
  // A binary heap by (at, order); cancelled timers stay until they surface.
  readonly #heap: Timer[] = []
  readonly #cancelled = new Set<Timer>()

  constructor(options: { startMs?: number; idle: () => Promise<void> }) {
    this.#now = options.startMs ?? 1_767_225_600_000
    this.#idle = options.idle
  }

  now(): number {
    return this.#now
  }

  after(delayMs: number, run: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), order: this.#order++, run, fired: false }
    this.#push(timer)
    return () => {
      if (!timer.fired) this.#cancelled.add(timer)
    }
  }

  /** Runs everything that is due within the next `durationMs`, letting promises settle between timers. */
  async advance(durationMs: number): Promise<void> {
    const end = this.#now + durationMs
    await this.#idle()
    for (;;) {
      const next = this.#peek()
      if (next === undefined || next.at > end) break
      this.#pop()
      this.#now = next.at
      next.fired = true
      next.run()
      await this.#idle()
    }
    this.#now = end
  }

  /** Milliseconds until the next timer is due, undefined when none is set. */
  untilNextMs(): number | undefined {
    const next = this.#peek()
    return next === undefined ? undefined : next.at - this.#now
  }

  #peek(): Timer | undefined {
    for (;;) {
      const top = this.#heap[0]
      if (top === undefined || !this.#cancelled.delete(top)) return top
      this.#pop()
    }
  }

  #push(timer: Timer): void {
    const heap = this.#heap
    let index = heap.length
    heap.push(timer)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(timer, heap[parent]!)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = timer
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = last
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
