import type { ClusterStorage } from '../../storage/contract.js'
import { parseAddress, parseRange } from './ipv4.js'
import { NumberPool } from './number-pool.js'
import { serviceAddresses, serviceNodePorts } from './service-claims.js'

/** The range of Services' cluster addresses in clusters that have no network of their own. */
export const defaultServiceRange = '10.96.0.0/16'

/** Addresses and ports that the Services of one cluster hold. Read from the stored Services on first use. */
export class Allocations {
  /** As a CIDR; the first and last address are no host addresses. */
  readonly serviceRange: string
  readonly #storage: ClusterStorage
  #pools: { addresses: NumberPool; nodePorts: NumberPool } | undefined

  constructor(storage: ClusterStorage, serviceRange = defaultServiceRange) {
    this.serviceRange = serviceRange
    this.#storage = storage
  }

  get addresses(): NumberPool {
    return this.#load().addresses
  }

  get nodePorts(): NumberPool {
    return this.#load().nodePorts
  }

  /** The Services were changed behind our back: they are read again. */
  reload(): void {
    this.#pools = undefined
  }

  #load(): { addresses: NumberPool; nodePorts: NumberPool } {
    if (this.#pools !== undefined) return this.#pools
    const { first, size } = parseRange(this.serviceRange)
    // As upstream: a 16th of the range, 16 to 256 addresses, is not handed out while there are others.
    const asked = Math.min(Math.max(16, Math.floor(size / 16)), 256)
    const addresses = new NumberPool(first + 1, first + size - 2, asked)
    const nodePorts = new NumberPool(30_000, 32_767)
    for (const service of this.#storage.scan('services', '')) {
      for (const address of serviceAddresses(service)) addresses.take(parseAddress(address) ?? 0)
      for (const port of serviceNodePorts(service)) nodePorts.take(port)
    }
    this.#pools = { addresses, nodePorts }
    return this.#pools
  }
}
