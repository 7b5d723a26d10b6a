import type { CelType } from '../contract.js'
import { fromJson } from '../values/from-json.js'
import { CelFailure, type Value } from '../values/values.js'

/** Thrown through everything: no error handling of an expression can catch it. */
export class CostExceeded extends Error {}

/**
 * What one evaluation may do besides what its cost says: characters looked at by calls whose cost is 1 whatever they are given,
 * and elements copied. A second or two: upstream spends it in a thread of its own, here everybody waits.
 */
const mostWork = 100_000_000

/** What one evaluation works on. Slots hold variables, converted when first read, and what comprehensions bind. */
export class Frame {
  cost = 0
  #work = 0
  readonly limit: number
  readonly slots: (Value | undefined)[]
  readonly #bindings: Readonly<Record<string, unknown>>
  constructor(bindings: Readonly<Record<string, unknown>>, slots: number, limit: number) {
    this.#bindings = bindings
    this.slots = []
    for (let i = 0; i < slots; i++) this.slots.push(undefined)
    this.limit = limit
  }

  spend(cost: number): void {
    this.cost += cost
    if (this.cost > this.limit) throw new CostExceeded()
  }

  work(amount: number): void {
    this.#work += amount
    if (this.#work > mostWork) throw new CostExceeded()
  }

  load(slot: number, name: string, type: CelType): Value {
    const bound = Object.hasOwn(this.#bindings, name) ? this.#bindings[name] : undefined
    const input: unknown = typeof bound === 'function' ? bound() : bound
    const value = input === undefined ? new CelFailure(`no such attribute(s): ${name}`) : fromJson(input, type)
    this.slots[slot] = value
    return value
  }
}

export type Run = (frame: Frame) => Value
