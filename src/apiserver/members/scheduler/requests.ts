import { parseQuantity, quantityMilliValue, quantityValue } from '../../../kube/object/quantity.js'
import type { Container, PodSpec } from '../engine/objects.js'

/** CPU in millicores, memory and ephemeral storage in bytes, everything else by name in whole units. */
export interface Resources {
  cpu: number
  memory: number
  storage: number
  /** Undefined when there is nothing else, which is the rule. */
  others: Map<string, number> | undefined
}

type Amounts = Readonly<Record<string, string | number>> | null | undefined

/** What a container without requests counts for when nodes are compared. */
const assumed = { cpu: 100, memory: 200 * 1024 * 1024 }

/**
 * What a pod asks for: the larger of what its containers and sidecars need together, and what any init container needs beside
 * the sidecars that were started before it; and its overhead. `assume` counts containers without requests for something.
 */
export function podRequests(spec: PodSpec, assume = false): Resources {
  const total = nothing()
  for (const container of spec.containers) add(total, requestsOf(container, assume))
  const sidecars = nothing()
  const peak = nothing()
  for (const container of spec.initContainers ?? []) {
    const own = requestsOf(container, assume)
    if (container.restartPolicy === 'Always') {
      add(total, own)
      add(sidecars, own)
      raise(peak, sidecars)
    } else {
      add(own, sidecars)
      raise(peak, own)
    }
  }
  raise(total, peak)
  const overhead = spec['overhead'] as Amounts
  if (overhead) add(total, resourcesOf(overhead))
  return total
}

export function resourcesOf(amounts: Amounts): Resources {
  const resources = nothing()
  for (const [name, amount] of Object.entries(amounts ?? {})) {
    switch (name) {
      case 'cpu':
        resources.cpu = quantityMilliValue(parseQuantity(amount))
        break
      case 'memory':
        resources.memory = quantityValue(parseQuantity(amount))
        break
      case 'ephemeral-storage':
        resources.storage = quantityValue(parseQuantity(amount))
        break
      case 'pods':
        break
      default:
        resources.others ??= new Map()
        resources.others.set(name, quantityValue(parseQuantity(amount)))
    }
  }
  return resources
}

/** How many pods a node takes. */
export function podsAllowed(amounts: Amounts): number {
  const pods = amounts?.['pods']
  return pods === undefined ? 0 : quantityValue(parseQuantity(pods))
}

export function nothing(): Resources {
  return { cpu: 0, memory: 0, storage: 0, others: undefined }
}

export function add(to: Resources, what: Resources, times = 1): void {
  to.cpu += what.cpu * times
  to.memory += what.memory * times
  to.storage += what.storage * times
  if (what.others === undefined) return
  to.others ??= new Map()
  for (const [name, amount] of what.others) to.others.set(name, (to.others.get(name) ?? 0) + amount * times)
}

function raise(to: Resources, atLeast: Resources): void {
  to.cpu = Math.max(to.cpu, atLeast.cpu)
  to.memory = Math.max(to.memory, atLeast.memory)
  to.storage = Math.max(to.storage, atLeast.storage)
  for (const [name, amount] of atLeast.others ?? []) {
    to.others ??= new Map()
    to.others.set(name, Math.max(to.others.get(name) ?? 0, amount))
  }
}

function requestsOf(container: Container, assume: boolean): Resources {
  const requests = container.resources?.requests
  const own = resourcesOf(requests)
  if (assume) {
    if (requests?.['cpu'] === undefined) own.cpu = assumed.cpu
    if (requests?.['memory'] === undefined) own.memory = assumed.memory
  }
  return own
}
