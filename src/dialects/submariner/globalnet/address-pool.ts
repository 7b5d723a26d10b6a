import type { Outcome } from './allocate-cidr.js'
import { type Cidr, contains, formatAddress, parseAddress, parseCidr } from './cidr.js'

/**
 * The global addresses of one cluster, without the block's first (the network) and last (broadcast). One address is the highest
 * that is free, several are the lowest that stand in a row: in that way both kinds seldom meet.
 */
export class AddressPool {
  readonly cidr: string
  readonly #block: Cidr
  readonly #taken = new Set<number>()

  private constructor(cidr: string, block: Cidr) {
    this.cidr = cidr
    this.#block = block
  }

  static of(cidr: string): Outcome<AddressPool> {
    const block = parseCidr(cidr)
    if (block === undefined) return { error: `error parsing CIDR "${cidr}": invalid CIDR address: ${cidr}` }
    return block.prefix > 30 ? { error: `invalid prefix for CIDR "${cidr}"` } : { value: new AddressPool(cidr, block) }
  }

  /** How many addresses are free. */
  get size(): number {
    return this.#block.last - this.#block.first - 1 - this.#taken.size
  }

  allocate(count: number): Outcome<readonly string[]> {
    if (count < 0) return { error: 'the number to allocate cannot be negative' }
    if (count === 0) return { value: [] }
    if (count === 1) return this.#one()
    if (this.size < count) return { error: `insufficient IPs available (${this.size}) to allocate ${count}` }
    let run = 0
    for (let address = this.#block.first + 1; address < this.#block.last; address++) {
      run = this.#taken.has(address) ? 0 : run + 1
      if (run === count) return { value: this.#take(address - count + 1, count) }
    }
    return { error: `unable to allocate a contiguous block of ${count} IPs - available pool size is ${this.size}` }
  }

  /** All of them, or none. */
  reserve(addresses: readonly string[]): string | undefined {
    const numbers: number[] = []
    for (const text of addresses) {
      const address = parseAddress(text)
      if (address === undefined || !contains(this.#block, address))
        return `the requested IP ${text} is not contained in CIDR ${this.cidr}`
      const isEnd = address === this.#block.first || address === this.#block.last
      if (isEnd || this.#taken.has(address)) return `the requested IP ${text} is already allocated`
      numbers.push(address)
    }
    for (const address of numbers) this.#taken.add(address)
    return undefined
  }

  release(addresses: readonly string[]): void {
    for (const text of addresses) this.#taken.delete(parseAddress(text) ?? -1)
  }

  #one(): Outcome<readonly string[]> {
    for (let address = this.#block.last - 1; address > this.#block.first; address--)
      if (!this.#taken.has(address)) return { value: this.#take(address, 1) }
    return { error: 'insufficient IPs available for allocation' }
  }

  #take(first: number, count: number): readonly string[] {
    const numbers = Array.from({ length: count }, (_, index) => first + index)
    for (const address of numbers) this.#taken.add(address)
    return numbers.map(formatAddress)
  }
}
