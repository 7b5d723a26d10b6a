import type { ClusterStorage } from '../../storage/contract.js'
import { parseAddress } from './ipv4.js'
import { NumberPool } from './number-pool.js'
import { serviceAddresses, serviceNodePorts } from './service-claims.js'

/** The range of Services' cluster addresses, the same in every cluster; the first and last are no host addresses. */
export const serviceRange = '10.96.0.0/16'
const rangeStart = parseAddress('10.96.0.0')!

/** Addresses and ports that the Services of one cluster hold. Read from the stored Services on first use. */
export class Allocations {
  readonly #storage: ClusterStorage
  #pools: { addresses: NumberPool; nodePorts: NumberPool } | undefined

  constructor(storage: ClusterStorage) {
    this.#storage = storage
  }

  get addresses(): NumberPool {
    return this.#load().addresses
  }

  get nodePorts(): NumberPool {
    return this.#load().nodePorts
  }

  #load(): { addresses: NumberPool; nodePorts: NumberPool } {
    if (this.#pools !== undefined) return this.#pools
    const addresses = new NumberPool(rangeStart + 1, rangeStart + 65_534)
    const nodePorts = new NumberPool(30_000, 32_767)
    for (const service of this.#storage.scan('services', '')) {
      for (const address of serviceAddresses(service)) addresses.take(parseAddress(address) ?? 0)
      for (const port of serviceNodePorts(service)) nodePorts.take(port)
    }
    this.#pools = { addresses, nodePorts }
    return this.#pools
  }
}
