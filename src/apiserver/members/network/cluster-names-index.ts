import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterChange, LogicalCluster } from '../../contract.js'
import type { AddressOwner, ClusterNames, NamedEndpoint, NamedPort, NamedService } from '../../dns/cluster-names.js'
import { labelOf } from '../../dns/cluster-zone.js'
import type { ForwardedService, Slice } from './forwarding/service-plan.js'

const services = 'services'
const slices = 'endpointslices.discovery.k8s.io'
const serviceName = 'kubernetes.io/service-name'

/** What has been read of objects, which never change: another version is another object. */
const namedServices = new WeakMap<object, NamedService>()
const namedEndpoints = new WeakMap<object, readonly NamedEndpoint[]>()

type NamedServiceObject = ForwardedService & { spec: { externalName?: string; ports?: NamedPort[] } }

interface Indexes {
  readonly slices: KeyIndex
  readonly services: KeyIndex
  readonly endpoints: KeyIndex
}

/**
 * What the name server reads of one cluster. Its indexes come about with the first question that needs them, so that a
 * cluster whose names nobody asks for has none.
 */
export class ClusterNamesIndex implements ClusterNames {
  readonly #cluster: Pick<LogicalCluster, 'peek' | 'peekAll'>
  /** Slices by Service, Services and slices by address; all keys are `namespace/name`. */
  #indexes: Indexes | undefined

  constructor(cluster: Pick<LogicalCluster, 'peek' | 'peekAll'>) {
    this.#cluster = cluster
  }

  hear({ groupResource, type, object, previous }: ClusterChange): void {
    if (this.#indexes === undefined || (groupResource !== services && groupResource !== slices)) return
    if (previous !== undefined) this.#note(groupResource, previous, false)
    this.#note(groupResource, object, type !== 'DELETED')
  }

  hasNamespace(name: string): boolean {
    return this.#cluster.peek('namespaces', name) !== undefined
  }

  service(namespace: string, name: string): NamedService | undefined {
    const service = this.#cluster.peek(services, `${namespace}/${name}`) as NamedServiceObject | undefined
    if (service === undefined) return undefined
    const known = namedServices.get(service)
    if (known !== undefined) return known
    const { type, clusterIP = '', externalName = '', ports = [] } = service.spec
    const named: NamedService = {
      kind: type === 'ExternalName' ? 'external' : clusterIP === 'None' || clusterIP === '' ? 'headless' : 'cluster-ip',
      clusterIps: addressesOfService(service),
      externalName,
      ports: ports.map((port) => ({ name: port.name ?? '', protocol: port.protocol ?? 'TCP', port: port.port })),
    }
    namedServices.set(service, named)
    return named
  }

  endpoints(namespace: string, service: string): readonly NamedEndpoint[] {
    const keys = this.#built().slices.get(`${namespace}/${service}`)
    if (keys.length === 1) {
      const slice = this.#cluster.peek(slices, keys[0]!) as Slice | undefined
      return slice === undefined ? [] : endpointsOfSlice(slice)
    }
    const found = new Map<string, NamedEndpoint>()
    for (const key of keys) {
      const slice = this.#cluster.peek(slices, key) as Slice | undefined
      for (const endpoint of slice === undefined ? [] : endpointsOfSlice(slice)) {
        const known = found.get(`${endpoint.address} ${endpoint.hostname}`)
        const ports = known === undefined ? endpoint.ports : [...known.ports, ...endpoint.ports]
        found.set(`${endpoint.address} ${endpoint.hostname}`, { ...endpoint, ports })
      }
    }
    return [...found.values()]
  }

  owners(address: string): readonly AddressOwner[] {
    const indexes = this.#built()
    const ofServices = indexes.services.get(address).map((key) => ({ ...splitKey(key), label: undefined }))
    if (ofServices.length > 0) return ofServices
    const found = new Map<string, AddressOwner>()
    for (const key of indexes.endpoints.get(address)) {
      const slice = this.#cluster.peek(slices, key) as Slice | undefined
      const owner = slice?.metadata.labels?.[serviceName]
      if (slice === undefined || owner === undefined) continue
      for (const endpoint of endpointsOfSlice(slice)) {
        if (endpoint.address !== address) continue
        const { namespace } = splitKey(key)
        const label = labelOf(endpoint)
        found.set(`${label}.${owner}.${namespace}`, { namespace, service: owner, label })
      }
    }
    return [...found.values()]
  }

  #built(): Indexes {
    if (this.#indexes !== undefined) return this.#indexes
    this.#indexes = { slices: new KeyIndex(), services: new KeyIndex(), endpoints: new KeyIndex() }
    for (const resource of [services, slices]) {
      for (const object of this.#cluster.peekAll(resource)) this.#note(resource, object, true)
    }
    return this.#indexes
  }

  #note(groupResource: string, object: KubeObject, present: boolean): void {
    const indexes = this.#indexes!
    const { name, namespace = '', labels } = object.metadata
    const key = `${namespace}/${name}`
    if (groupResource === services) {
      for (const address of addressesOfService(object as ForwardedService)) indexes.services.set(address, key, present)
      return
    }
    const owner = labels?.[serviceName]
    if (owner === undefined) return
    indexes.slices.set(`${namespace}/${owner}`, key, present)
    for (const { addresses } of (object as Slice).endpoints ?? []) {
      for (const address of addresses ?? []) indexes.endpoints.set(address, key, present)
    }
  }
}

function addressesOfService({ spec }: ForwardedService & { spec: { clusterIPs?: string[] } }): string[] {
  const { clusterIP = '', clusterIPs } = spec
  return (clusterIPs ?? [clusterIP]).filter((address) => address !== '' && address !== 'None')
}

/** Endpoints that may be told of. */
export function endpointsOfSlice(slice: Slice): readonly NamedEndpoint[] {
  let found = namedEndpoints.get(slice)
  if (found === undefined) {
    found = readEndpoints(slice)
    namedEndpoints.set(slice, found)
  }
  return found
}

function readEndpoints(slice: Slice): NamedEndpoint[] {
  if (slice.addressType === 'FQDN') return []
  const ports = (slice.ports ?? []).flatMap(({ name = '', protocol = 'TCP', port }) => (port ? [{ name, protocol, port }] : []))
  return (slice.endpoints ?? []).flatMap(({ addresses, conditions, hostname }) =>
    conditions?.ready === false ? [] : (addresses ?? []).map((address) => ({ address, hostname, ports })),
  )
}

function splitKey(key: string): { namespace: string; service: string } {
  const cut = key.indexOf('/')
  return { namespace: key.slice(0, cut), service: key.slice(cut + 1) }
}

/** Keys by what they are looked up by. */
class KeyIndex {
  readonly #keys = new Map<string, Set<string>>()

  get(by: string): string[] {
    return [...(this.#keys.get(by) ?? [])].sort()
  }

  set(by: string, key: string, present: boolean): void {
    const keys = this.#keys.get(by)
    if (present) {
      if (keys === undefined) this.#keys.set(by, new Set([key]))
      else keys.add(key)
    } else if (keys?.delete(key) && keys.size === 0) this.#keys.delete(by)
  }
}
