/** The addresses of one cluster's pods: in order, without those in use, so that one is not given out again at once. */
export class AddressPool {
  readonly #first: number
  readonly #size: number
  readonly #used = new Map<string, string>()
  #last = 0

  constructor(range: string) {
    const [address = '', bits = ''] = range.split('/')
    this.#first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
    this.#size = 2 ** (32 - Number(bits))
  }

  contains(address: string): boolean {
    // Also asked about what users have written; Node would take more for an address.
    if (!/^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(address)) return false
    const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
    return number >= this.#first && number < this.#first + this.#size
  }

  /** The address that the pod had, if it is still free, or the next one; undefined when there are none left. */
  take(uid: string, wanted: string | undefined): string | undefined {
    if (wanted !== undefined && this.contains(wanted) && (this.#used.get(wanted) ?? uid) === uid) {
      this.#used.set(wanted, uid)
      return wanted
    }
    for (let tries = 0; tries < this.#size; tries++) {
      this.#last = (this.#last + 1) % this.#size
      const number = this.#first + this.#last
      const address = [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
      // The first and the last address of a network of 256 look like a network and its broadcast.
      if (number % 256 === 0 || number % 256 === 255 || this.#used.has(address)) continue
      this.#used.set(address, uid)
      return address
    }
    return undefined
  }

  release(uid: string, address: string | undefined): void {
    if (address !== undefined && this.#used.get(address) === uid) this.#used.delete(address)
  }
}
