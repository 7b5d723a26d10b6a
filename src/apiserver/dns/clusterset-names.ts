import type { NamedEndpoint, NamedPort } from './cluster-names.js'

/** What the zone of the cluster set has to know: the ServiceImports of one cluster and the slices that belong to them. */
export interface ClusterSetNames {
  /** Whether any service is imported in the namespace. */
  hasImports(namespace: string): boolean
  import(namespace: string, name: string): ImportedService | undefined
  /** Endpoints that are ready, of all source clusters. */
  endpoints(namespace: string, name: string): readonly ImportedEndpoint[]
  /** Ids of the clusters that give the service, whether any of their endpoints is ready or not. */
  sources(namespace: string, name: string): readonly string[]
}

export interface ImportedService {
  readonly type: 'ClusterSetIP' | 'Headless'
  readonly ips: readonly string[]
  readonly ports: readonly NamedPort[]
}

export interface ImportedEndpoint extends NamedEndpoint {
  /** Id of the cluster that it is of: one or two labels. */
  readonly cluster: string
}
