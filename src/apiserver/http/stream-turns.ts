/** Something that has bytes to write when its turn comes. */
export interface Turn {
  take(): void
}

/** How many streams write in one turn of the event loop: less than a millisecond of encryption and system calls. */
const turnsAtOnce = 24

/**
 * Shares the event loop among streams. One change may be for a thousand watchers: the first few are told at once, the others
 * in later turns, between which requests are served. What comes meanwhile for a stream that waits goes out in the same
 * write, so that the more there is to tell, the fewer writes each event takes.
 */
export class StreamTurns {
  #left = turnsAtOnce
  #waiting: Turn[] = []
  #at = 0
  #scheduled = false

  /** Calls `stream.take` now or in a later turn; the caller asks once until then. Returns whether it was now. */
  offer(stream: Turn): boolean {
    this.#schedule()
    if (this.#left > 0 && this.#at === this.#waiting.length) {
      this.#left--
      stream.take()
      return true
    }
    this.#waiting.push(stream)
    return false
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#next())
  }

  #next(): void {
    this.#scheduled = false
    this.#left = turnsAtOnce
    while (this.#left > 0 && this.#at < this.#waiting.length) {
      this.#left--
      this.#waiting[this.#at++]?.take()
    }
    if (this.#at === this.#waiting.length) {
      this.#waiting = []
      this.#at = 0
    } else this.#schedule()
  }
}
