import { isIP } from 'node:net'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ClusterChange, LogicalCluster } from '../../contract.js'
import type { ClusterSetNames, ImportedEndpoint, ImportedService } from '../../dns/clusterset-names.js'
import { endpointsOfSlice } from './cluster-names-index.js'
import type { Slice } from './forwarding/service-plan.js'

const imports = 'serviceimports.multicluster.x-k8s.io'
const slices = 'endpointslices.discovery.k8s.io'
/** Labels of slices that belong to an import (KEP-1645). */
const serviceName = 'multicluster.kubernetes.io/service-name'
const sourceCluster = 'multicluster.kubernetes.io/source-cluster'

type ServiceImport = KubeObject & {
  spec?: { type?: string; ips?: string[]; ports?: { name?: string; protocol?: string; port: number }[] }
  status?: { clusters?: { cluster: string }[] }
}

/** What the name server reads of one cluster's part of the cluster set. Its index comes about with the first question. */
export class ClusterSetNamesIndex implements ClusterSetNames {
  readonly #cluster: Pick<LogicalCluster, 'peek' | 'peekAll'>
  /** Keys of slices by `namespace/service`, and how many imports a namespace has. */
  #index: { readonly slices: Map<string, Set<string>>; readonly imports: Map<string, number> } | undefined

  constructor(cluster: Pick<LogicalCluster, 'peek' | 'peekAll'>) {
    this.#cluster = cluster
  }

  hear({ groupResource, type, object, previous }: ClusterChange): void {
    if (this.#index === undefined || (groupResource !== imports && groupResource !== slices)) return
    if (previous !== undefined) this.#note(groupResource, previous, false)
    if (type !== 'DELETED') this.#note(groupResource, object, true)
    else if (previous === undefined) this.#note(groupResource, object, false)
  }

  hasImports(namespace: string): boolean {
    return this.#built().imports.has(namespace)
  }

  import(namespace: string, name: string): ImportedService | undefined {
    const found = this.#cluster.peek(imports, `${namespace}/${name}`) as ServiceImport | undefined
    if (found?.spec === undefined) return undefined
    const { type, ips = [], ports = [] } = found.spec
    return {
      type: type === 'Headless' ? 'Headless' : 'ClusterSetIP',
      // People write imports by hand, and the schema of the resource takes any text.
      ips: ips.filter((address) => isIP(address) !== 0),
      ports: ports.map((port) => ({ name: port.name ?? '', protocol: port.protocol ?? 'TCP', port: port.port })),
    }
  }

  endpoints(namespace: string, name: string): readonly ImportedEndpoint[] {
    const found: ImportedEndpoint[] = []
    for (const key of [...(this.#built().slices.get(`${namespace}/${name}`) ?? [])].sort()) {
      const slice = this.#cluster.peek(slices, key) as Slice | undefined
      const cluster = slice?.metadata.labels?.[sourceCluster]
      if (slice === undefined || cluster === undefined) continue
      for (const endpoint of endpointsOfSlice(slice)) found.push({ ...endpoint, cluster })
    }
    return found
  }

  sources(namespace: string, name: string): readonly string[] {
    const found = this.#cluster.peek(imports, `${namespace}/${name}`) as ServiceImport | undefined
    const sources = new Set((found?.status?.clusters ?? []).map(({ cluster }) => cluster))
    for (const key of this.#built().slices.get(`${namespace}/${name}`) ?? []) {
      const source = this.#cluster.peek(slices, key)?.metadata.labels?.[sourceCluster]
      if (source !== undefined) sources.add(source)
    }
    return [...sources].sort()
  }

  #built() {
    if (this.#index !== undefined) return this.#index
    this.#index = { slices: new Map(), imports: new Map() }
    for (const resource of [imports, slices]) {
      for (const object of this.#cluster.peekAll(resource)) this.#note(resource, object, true)
    }
    return this.#index
  }

  #note(groupResource: string, { metadata }: KubeObject, present: boolean): void {
    const index = this.#index!
    const { name, namespace = '', labels } = metadata
    if (groupResource === imports) {
      const count = (index.imports.get(namespace) ?? 0) + (present ? 1 : -1)
      if (count > 0) index.imports.set(namespace, count)
      else index.imports.delete(namespace)
      return
    }
    const owner = labels?.[serviceName]
    if (owner === undefined) return
    const key = `${namespace}/${owner}`
    const keys = index.slices.get(key) ?? new Set<string>()
    if (present) index.slices.set(key, keys.add(`${namespace}/${name}`))
    else if (keys.delete(`${namespace}/${name}`) && keys.size === 0) index.slices.delete(key)
  }
}
