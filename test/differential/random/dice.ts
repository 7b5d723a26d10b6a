/** Seeded choices: the same seed makes the same case on every machine. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** 0 <= n < 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T
  }

  /** Some of them, in their order or shuffled; at least `least`. */
  some<T>(from: readonly T[], least = 0): T[] {
    const left = [...from]
    const chosen: T[] = []
    const count = least + this.below(from.length - least + 1)
    while (chosen.length < count) chosen.push(...left.splice(this.below(left.length), 1))
    return chosen
  }
}
