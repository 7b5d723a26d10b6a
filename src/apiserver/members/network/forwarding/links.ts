import { clusterNumberOf } from '../address-plan.js'

/** What is wrong with the way between two clusters. */
export interface LinkFault {
  readonly cut: boolean
  /** Each piece of data arrives so much later. */
  readonly latencyMs: number
}

const whole: LinkFault = { cut: false, latencyMs: 0 }

interface Link {
  fault: LinkFault
  readonly crossing: Set<() => void>
}

/**
 * The ways between the networks of clusters, by their numbers in the address plan. Everything that forwards from one cluster to
 * another asks here, so that faults hit the traffic itself. A cut way ends what crosses it; latency holds for what begins after it.
 */
export class Links {
  readonly #links = new Map<string, Link>()

  /** How many are not whole, or crossed now. */
  get size(): number {
    return this.#links.size
  }

  /** The same in both directions. */
  set(a: number, b: number, fault: LinkFault): void {
    const key = keyOf(a, b)
    const link = this.#links.get(key)
    if (link !== undefined) {
      link.fault = fault
      if (fault.cut) for (const end of [...link.crossing]) end()
      this.#tidy(key, link)
    } else if (fault.cut || fault.latencyMs > 0) this.#links.set(key, { fault, crossing: new Set() })
  }

  /** What is wrong on a way over these addresses, one after the other; those that are no cluster's count for nothing. */
  fault(addresses: readonly string[]): LinkFault {
    let cut = false
    let latencyMs = 0
    for (const key of keysOn(addresses)) {
      const { fault } = this.#links.get(key) ?? { fault: whole }
      cut ||= fault.cut
      latencyMs += fault.latencyMs
    }
    return cut || latencyMs > 0 ? { cut, latencyMs } : whole
  }

  /** Calls `end` when the way is cut, until the returned function is called. Costs nothing within one cluster. */
  cross(addresses: readonly string[], end: () => void): () => void {
    const keys = keysOn(addresses)
    for (const key of keys) {
      const link = this.#links.get(key) ?? { fault: whole, crossing: new Set() }
      link.crossing.add(end)
      this.#links.set(key, link)
    }
    return () => {
      for (const key of keys) {
        const link = this.#links.get(key)
        if (link?.crossing.delete(end)) this.#tidy(key, link)
      }
    }
  }

  #tidy(key: string, { fault, crossing }: Link): void {
    if (!fault.cut && fault.latencyMs === 0 && crossing.size === 0) this.#links.delete(key)
  }
}

function keysOn(addresses: readonly string[]): string[] {
  const keys: string[] = []
  let before: number | undefined
  for (const address of addresses) {
    const number = clusterNumberOf(address)
    if (number === undefined) continue
    if (before !== undefined && before !== number) keys.push(keyOf(before, number))
    before = number
  }
  return keys
}

function keyOf(a: number, b: number): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
