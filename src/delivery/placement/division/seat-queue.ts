/**
 * A heap of parties by votes / (2 * seats + 1); among equals the one with fewer seats, then the one that comes first.
 * Quotients are doubles, as upstream's.
 */
export class SeatQueue {
  readonly #votes: readonly number[]
  readonly #seats: number[]
  readonly #priority: Float64Array
  readonly #heap: number[]

  constructor(votes: readonly number[]) {
    this.#votes = votes
    this.#seats = votes.map(() => 0)
    this.#priority = new Float64Array(votes.length)
    this.#heap = votes.map((_, index) => index)
  }

  seatsOf(index: number): number {
    return this.#seats[index] ?? 0
  }

  /** Hands out `seats`; `sum` is that of all votes. Called once. */
  give(seats: number, sum: number): void {
    const count = this.#votes.length
    if (count === 0) return
    // Rounding votes / divisor to the nearest is within a half of it, so that (seats - count / 2) of the whole are sure to be shared
    // by proportion: those seats need no turn of their own. One less, for what doubles cannot tell apart.
    const sure = Math.max(0, seats - count / 2) / sum
    let given = 0
    for (let index = 0; index < count; index++) {
      const safe = Math.max(0, Math.floor((this.#votes[index] as number) * sure - 0.5) - 1)
      this.#seats[index] = safe
      given += safe
      this.#rate(index)
    }
    for (let at = (count >> 1) - 1; at >= 0; at--) this.#sink(at)
    for (let rest = seats - given; rest > 0; rest--) {
      const top = this.#heap[0] as number
      this.#seats[top] = (this.#seats[top] as number) + 1
      this.#rate(top)
      this.#sink(0)
    }
  }

  #rate(index: number): void {
    this.#priority[index] = (this.#votes[index] as number) / (2 * (this.#seats[index] as number) + 1)
  }

  #before(a: number, b: number): boolean {
    const left = this.#priority[a] as number
    const right = this.#priority[b] as number
    if (left !== right) return left > right
    const fewer = (this.#seats[a] as number) - (this.#seats[b] as number)
    return fewer !== 0 ? fewer < 0 : a < b
  }

  #sink(from: number): void {
    const heap = this.#heap
    const moving = heap[from] as number
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && this.#before(heap[child + 1] as number, heap[child] as number)) child++
      if (!this.#before(heap[child] as number, moving)) break
      heap[at] = heap[child] as number
      at = child
    }
    heap[at] = moving
  }
}
