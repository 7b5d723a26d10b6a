import type { StatusCause } from '../../object/status-error.js'
import { fieldCauses } from '../field-cause.js'
import type { Members } from '../validation/findings.js'

/** What one expression of a definition, and all of one schema, may cost at most by estimate. */
const expressionLimit = 10_000_000n
const schemaLimit = 100_000_000n
/** Upstream counts in 64 bits and stays at the largest number. */
const most = 2n ** 64n - 1n

export function timesCapped(cost: bigint, count: bigint): bigint {
  const product = cost * count
  return product > most ? most : product
}

/** How many values a list or map may hold for each of its parents; undefined when nothing bounds it. */
export function cardinalityOf(schema: Members): bigint | undefined {
  const bound = (keyword: string) => {
    const limit = schema[keyword]
    return typeof limit === 'number' ? BigInt(Math.max(Math.trunc(limit), 0)) : undefined
  }
  if (schema['type'] === 'array') return bound('maxItems')
  if (schema['type'] !== 'object') return 1n
  return schema['additionalProperties'] === undefined ? 1n : bound('maxProperties')
}

/** What the rules of one schema cost together. */
export class RuleCosts {
  #total = 0n
  readonly #expensive: { field: string; cost: bigint }[] = []

  /** A cause when the expression alone costs too much. */
  observe(what: string, field: string, cost: bigint, suppressed: boolean): StatusCause | undefined {
    this.#total = this.#total + cost > most ? most : this.#total + cost
    if (cost >= schemaLimit / 100n) {
      this.#expensive.push({ field, cost })
      this.#expensive.sort((a, b) => (a.cost > b.cost ? -1 : a.cost < b.cost ? 1 : 0))
      this.#expensive.length = Math.min(this.#expensive.length, 4)
    }
    return suppressed || cost <= expressionLimit
      ? undefined
      : fieldCauses.forbidden(field, tooExpensive(what, cost, expressionLimit))
  }

  /** Causes when all rules together cost too much. */
  totalCauses(schemaField: string): StatusCause[] {
    if (this.#total <= schemaLimit) return []
    const detail = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'
    const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
    return [
      ...this.#expensive.map(({ field }) => fieldCauses.forbidden(field, detail)),
      fieldCauses.forbidden(schemaField, tooExpensive(what, this.#total, schemaLimit)),
    ]
  }
}

function tooExpensive(what: string, cost: bigint, limit: bigint): string {
  const factor = Number(cost) / Number(limit)
  const text = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`
  const advice =
    'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared'
  return `${what} exceeds budget by factor of ${text} (${advice})`
}
