import { isObject } from '../../base/json.js'
import { addQuantities, compareQuantities, parseQuantity, type Quantity } from '../../kube/object/quantity.js'

export type Amounts = ReadonlyMap<string, Quantity>

interface Container {
  readonly name?: string
  readonly restartPolicy?: string
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string>>
    readonly limits?: Readonly<Record<string, string>>
  }
}

/**
 * What a pod asks for as a whole: the sum of its containers, or what its init containers need at some moment if that is more;
 * sidecars (init containers that always restart) run beside all that follow. Reference: PodRequests and PodLimits upstream.
 */
export function podAmounts(spec: unknown, of: 'requests' | 'limits'): Amounts {
  const total = new Map<string, Quantity>()
  const sidecars = new Map<string, Quantity>()
  const starting = new Map<string, Quantity>()
  for (const container of containersIn(spec, 'containers')) add(total, amountsOf(container, of))
  for (const container of containersIn(spec, 'initContainers')) {
    const own = amountsOf(container, of)
    if (container.restartPolicy === 'Always') {
      add(total, own)
      add(sidecars, own)
      raise(starting, sidecars)
    } else {
      const at = new Map(own)
      add(at, sidecars)
      raise(starting, at)
    }
  }
  raise(total, starting)
  return total
}

export function containersIn(spec: unknown, field: 'containers' | 'initContainers'): readonly Container[] {
  const list = isObject(spec) ? spec[field] : undefined
  return Array.isArray(list) ? (list as Container[]) : []
}

export function amountsOf(container: Container, of: 'requests' | 'limits'): Map<string, Quantity> {
  return parseAmounts(container.resources?.[of])
}

export function parseAmounts(amounts: unknown): Map<string, Quantity> {
  const parsed = new Map<string, Quantity>()
  if (!isObject(amounts)) return parsed
  for (const [name, amount] of Object.entries(amounts)) {
    if (typeof amount === 'string' || typeof amount === 'number') parsed.set(name, parseQuantity(amount))
  }
  return parsed
}

export function add(to: Map<string, Quantity>, amounts: Amounts): void {
  for (const [name, amount] of amounts) {
    const present = to.get(name)
    to.set(name, present === undefined ? amount : addQuantities(present, amount))
  }
}

function raise(to: Map<string, Quantity>, amounts: Amounts): void {
  for (const [name, amount] of amounts) {
    const present = to.get(name)
    if (present === undefined || compareQuantities(amount, present) > 0) to.set(name, amount)
  }
}
