import type { Service } from '../../engine/objects.js'
import { headlessLabel, type SlicePort } from './endpoint-types.js'

/** core/v1 EndpointAddress. */
export interface EndpointAddress {
  ip: string
  hostname?: string
  nodeName?: string
  targetRef?: Record<string, string>
}

/** core/v1 EndpointSubset. */
export interface Subset {
  addresses?: EndpointAddress[]
  notReadyAddresses?: EndpointAddress[]
  ports?: Partial<SlicePort>[]
}

export interface AddressWithPorts {
  readonly address: EndpointAddress
  readonly ready: boolean
  readonly ports: readonly SlicePort[]
}

/** Addresses of one Endpoints object; what is more is only in slices. */
const mostAddresses = 1000

/**
 * The subsets of an Endpoints object: ports that have the same addresses stand together, as upstream repacks them.
 * `truncated`: there were more addresses than one object may have.
 */
export function packSubsets(addresses: readonly AddressWithPorts[]): { subsets: Subset[]; truncated: boolean } {
  const byPort = new Map<string, { port: SlicePort | undefined; holders: AddressWithPorts[] }>()
  for (const holder of addresses) {
    for (const port of holder.ports.length > 0 ? holder.ports : [undefined]) {
      const key = JSON.stringify(port ?? null)
      const entry = byPort.get(key)
      if (entry === undefined) byPort.set(key, { port, holders: [holder] })
      else entry.holders.push(holder)
    }
  }
  const byAddresses = new Map<string, { ports: SlicePort[]; holders: readonly AddressWithPorts[] }>()
  for (const { port, holders } of byPort.values()) {
    const key = holders.map(({ address, ready }) => `${address.ip} ${address.targetRef?.['uid']} ${ready}`).join()
    const entry = byAddresses.get(key)
    if (entry === undefined) byAddresses.set(key, { ports: port ? [port] : [], holders })
    else if (port !== undefined) entry.ports.push(port)
  }
  const subsets = [...byAddresses.values()].map(({ ports, holders }): Subset => {
    const ready = holders.filter((holder) => holder.ready).map(({ address }) => address)
    const notReady = holders.filter((holder) => !holder.ready).map(({ address }) => address)
    return {
      ...(ready.length > 0 ? { addresses: ready } : {}),
      ...(notReady.length > 0 ? { notReadyAddresses: notReady } : {}),
      ...(ports.length > 0 ? { ports: ports.map(({ name, ...port }) => (name === '' ? port : { name, ...port })) } : {}),
    }
  })
  const count = subsets.reduce(
    (sum, subset) => sum + (subset.addresses?.length ?? 0) + (subset.notReadyAddresses?.length ?? 0),
    0,
  )
  return count <= mostAddresses ? { subsets, truncated: false } : { subsets: cut(subsets, count), truncated: true }
}

/** Ready addresses are kept before others, and every subset gives up its part. */
function cut(subsets: readonly Subset[], count: number): Subset[] {
  const ready = subsets.reduce((sum, { addresses }) => sum + (addresses?.length ?? 0), 0)
  const readyPart = Math.min(1, mostAddresses / Math.max(ready, 1))
  const otherPart = Math.max(0, mostAddresses - ready) / Math.max(count - ready, 1)
  return subsets.flatMap((subset) => {
    const addresses = subset.addresses?.slice(0, Math.floor(subset.addresses.length * readyPart))
    const others = subset.notReadyAddresses?.slice(0, Math.floor(subset.notReadyAddresses.length * otherPart))
    if (!addresses?.length && !others?.length) return []
    const { ports } = subset
    return [
      {
        ...(addresses?.length ? { addresses } : {}),
        ...(others?.length ? { notReadyAddresses: others } : {}),
        ...(ports ? { ports } : {}),
      },
    ]
  })
}

export const endpointsManagedBy = 'endpoints.kubernetes.io/managed-by'
export const overCapacity = 'endpoints.kubernetes.io/over-capacity'

/** Those of the Service, and what the controller says of itself. */
export function endpointsLabels(service: Service): Record<string, string> {
  const { [headlessLabel]: _, ...labels } = service.metadata.labels ?? {}
  return { ...labels, ...headlessLabelOf(service), [endpointsManagedBy]: 'endpoint-controller' }
}

export function headlessLabelOf({ spec }: Service): Record<string, string> {
  return !spec.clusterIP || spec.clusterIP === 'None' ? { [headlessLabel]: '' } : {}
}
