import type { Random } from '../../../base/random.js'

/** Which numbers of a range are taken. */
export class NumberPool {
  readonly #first: number
  readonly #last: number
  readonly #asked: number
  readonly #taken = new Set<number>()

  /** Both ends included. The first `asked` numbers are left to those who ask for one by its name, until all others are taken. */
  constructor(first: number, last: number, asked = 0) {
    this.#first = first
    this.#last = last
    this.#asked = asked
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
    const open = this.#first + this.#asked
    return this.#takeBetween(open, this.#last, random) ?? this.#takeBetween(this.#first, open - 1, random)
  }

  #takeBetween(first: number, last: number, random: Random): number | undefined {
    const size = last - first + 1
    if (size <= 0) return undefined
    const start = Math.floor(random.number() * size)
    for (let step = 0; step < size; step++) {
      const number = first + ((start + step) % size)
      if (this.take(number)) return number
    }
    return undefined
  }

  free(number: number): void {
    this.#taken.delete(number)
  }
}
