import type { Random } from '../../../base/random.js'

/** Which numbers of a range are taken. */
export class NumberPool {
  readonly #first: number
  readonly #last: number
  readonly #taken = new Set<number>()

  /** Both ends included. */
  constructor(first: number, last: number) {
    this.#first = first
    this.#last = last
  }

  contains(number: number): boolean {
    return number >= this.#first && number <= this.#last
  }

  /** False when somebody has it. */
  take(number: number): boolean {
    if (this.#taken.has(number)) return false
    this.#taken.add(number)
    return true
  }

  /** A free number, undefined when all are taken. Random, so that a freed one is not used again at once. */
  takeAny(random: Random): number | undefined {
    const size = this.#last - this.#first + 1
    const start = Math.floor(random.number() * size)
    for (let step = 0; step < size; step++) {
      const number = this.#first + ((start + step) % size)
      if (this.take(number)) return number
    }
    return undefined
  }

  free(number: number): void {
    this.#taken.delete(number)
  }
}
