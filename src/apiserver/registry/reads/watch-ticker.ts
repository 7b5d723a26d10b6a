import type { Clock } from '../../../base/clock.js'

/** One timer for the bookmarks of all watches of the process. It runs only while someone listens. */
export class WatchTicker {
  readonly #clock: Clock
  readonly #periodMs: number
  readonly #listeners = new Set<() => void>()
  #cancel: (() => void) | undefined

  constructor(clock: Clock, periodMs = 60_000) {
    this.#clock = clock
    this.#periodMs = periodMs
  }

  add(listener: () => void): () => void {
    this.#listeners.add(listener)
    this.#cancel ??= this.#clock.after(this.#periodMs, () => this.#tick())
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      this.#cancel?.()
      this.#cancel = undefined
    }
  }

  #tick(): void {
    this.#cancel = this.#clock.after(this.#periodMs, () => this.#tick())
    for (const listener of [...this.#listeners]) listener()
  }
}
