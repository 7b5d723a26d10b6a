import { isObject } from '../../../base/json.js'
import { parseQuantity, quantityMilliValue, quantityValue } from '../../../kube/object/quantity.js'

/** Amounts by name of resource: CPU in thousandths of a core, all else in whole units. */
export type Amounts = ReadonlyMap<string, number>

/** One pod's requests: containers and sidecars together, or the greatest init container beside the sidecars before it; plus overhead. */
export function podRequests(podSpec: Readonly<Record<string, unknown>>): Map<string, number> {
  const running = new Map<string, number>()
  for (const container of listOf(podSpec['containers'])) add(running, requestsOf(container))
  const sidecars = new Map<string, number>()
  const peak = new Map<string, number>()
  for (const container of listOf(podSpec['initContainers'])) {
    const requests = requestsOf(container)
    if (container['restartPolicy'] === 'Always') {
      add(sidecars, requests)
      raise(peak, sidecars)
      continue
    }
    const together = new Map(sidecars)
    add(together, requests)
    raise(peak, together)
  }
  add(running, sidecars)
  raise(running, peak)
  add(running, readAmounts(podSpec['overhead']))
  return running
}

/** A limit without a request is the request, as the API server's defaults have it. */
function requestsOf(container: Readonly<Record<string, unknown>>): Map<string, number> {
  const resources = container['resources']
  if (!isObject(resources)) return new Map()
  const amounts = readAmounts(resources['limits'])
  for (const [name, amount] of readAmounts(resources['requests'])) amounts.set(name, amount)
  return amounts
}

/** A resource list of the API. What is no quantity is left out. */
export function readAmounts(list: unknown): Map<string, number> {
  const amounts = new Map<string, number>()
  if (!isObject(list)) return amounts
  for (const [name, text] of Object.entries(list)) {
    if (typeof text !== 'string' && typeof text !== 'number') continue
    try {
      const quantity = parseQuantity(text)
      amounts.set(name, name === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity))
    } catch {
      // The API server takes no such quantity; a fact that cannot be read is none.
    }
  }
  return amounts
}

function add(sum: Map<string, number>, amounts: Amounts): void {
  for (const [name, amount] of amounts) sum.set(name, (sum.get(name) ?? 0) + amount)
}

function raise(most: Map<string, number>, amounts: Amounts): void {
  for (const [name, amount] of amounts) most.set(name, Math.max(most.get(name) ?? 0, amount))
}

function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}
