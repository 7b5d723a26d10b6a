/** Where a request waits: flows of one level share what the level gets, levels share by weight. */
export interface FlowPlace {
  readonly level: string
  /** Nominal concurrency shares of the level. */
  readonly shares: number
  /** Requests of one flow come from one user (or namespace), as the level distinguishes. */
  readonly flow: string
  /** Requests of the flow that may wait; more are refused. Infinity: never refused (exempt levels, and long waits are theirs). */
  readonly mostWaiting: number
}

interface Level {
  shares: number
  /** Grows as requests of the level begin, slower for levels with more shares: the smallest is next. */
  served: number
  readonly flows: Map<string, (() => void)[]>
}

/** How many requests begin in one turn of the event loop: a few milliseconds of work. */
const startsAtOnce = 32

/**
 * Protects the event loop from a flood. As long as requests come no faster than they are served, each begins at once. Those that
 * are too many for one turn wait, and begin in later turns: one of each flow in turn, so that a user with a thousand
 * connections delays the others by one request and not by a thousand.
 */
export class FairQueue {
  readonly #levels = new Map<string, Level>()
  #left = startsAtOnce
  #waiting = 0
  #scheduled = false
  #clock = 0

  get waiting(): number {
    return this.#waiting
  }

  /**
   * Undefined: begin now. Otherwise a promise that resolves when the turn has come, with false when the flow has too many
   * waiting already and this one is refused.
   */
  enter(place: FlowPlace): Promise<boolean> | undefined {
    this.#schedule()
    if (this.#waiting === 0 && this.#left > 0) {
      this.#left--
      return undefined
    }
    // Refused before it has a place: a flow in which nobody waits must not be in the line.
    if ((this.#levels.get(place.level)?.flows.get(place.flow)?.length ?? 0) >= place.mostWaiting) return Promise.resolve(false)
    let level = this.#levels.get(place.level)
    if (level === undefined) {
      // Whoever comes anew must not be ahead of the others by all the time that it was away.
      level = { shares: place.shares, served: this.#clock, flows: new Map() }
      this.#levels.set(place.level, level)
    }
    level.shares = Math.max(place.shares, 1)
    let flow = level.flows.get(place.flow)
    if (flow === undefined) level.flows.set(place.flow, (flow = []))
    this.#waiting++
    return new Promise((resolve) => (flow as (() => void)[]).push(() => resolve(true)))
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#turn())
  }

  #turn(): void {
    this.#scheduled = false
    this.#left = startsAtOnce
    while (this.#left > 0 && this.#waiting > 0) {
      this.#left--
      this.#startNext()
    }
    if (this.#waiting > 0) this.#schedule()
  }

  #startNext(): void {
    let name = ''
    let next: Level | undefined
    for (const [each, level] of this.#levels) {
      if (next === undefined || level.served < next.served) {
        next = level
        name = each
      }
    }
    if (next === undefined) return
    this.#clock = next.served
    next.served += 1 / next.shares
    // The first flow goes to the end of the line: insertion order is the round robin.
    const [key, flow] = next.flows.entries().next().value as [string, (() => void)[]]
    next.flows.delete(key)
    const start = flow.shift()
    if (flow.length > 0) next.flows.set(key, flow)
    else if (next.flows.size === 0) this.#levels.delete(name)
    this.#waiting--
    start?.()
  }
}
