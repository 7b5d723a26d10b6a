import type { Cluster, InventorySource } from '../../../inventory/cluster.js'
import type { Cache, Caches } from '../../../kube/informer/cache.js'
import { type AgentCluster, agentClusterType } from '../resource-types.js'

const suffix = '.agent.flotilla.internal'

/** The address of a cluster that has none: requests to it go through its agent's tunnel. */
export function agentServer(cluster: string): string {
  return `http://${cluster}${suffix}`
}

/** The cluster that such an address means. */
export function clusterOfAgentServer(server: string): string | undefined {
  const match = /^http:\/\/([a-z0-9-]+)\.agent\.flotilla\.internal$/.exec(server)
  return match?.[1]
}

export interface AgentClusterSource extends InventorySource {
  /** The key of an approved cluster. */
  keyOf(cluster: string): string | undefined
  get(cluster: string): AgentCluster | undefined
  /** Hears of each AgentCluster that came, changed or went, by name. */
  onCluster(listener: (cluster: string) => void): () => void
}

/** Approved AgentClusters as a source of the inventory. */
export function createAgentClusterSource(options: { caches: Caches }): AgentClusterSource {
  const listeners = new Set<() => void>()
  const byName = new Set<(cluster: string) => void>()
  const derived = new WeakMap<AgentCluster, Cluster>()
  let cache: Cache<AgentCluster> | undefined
  const ready = options.caches.cache<AgentCluster>(agentClusterType).then((started) => {
    cache = started
    started.onChange(({ object }) => {
      for (const listener of listeners) listener()
      for (const listener of byName) listener(object.metadata.name)
    })
  })
  return {
    name: 'clusters with agents',
    ready,
    list() {
      return (cache?.list() ?? [])
        .filter((each) => each.spec.approved === true)
        .map((each) => {
          let cluster = derived.get(each)
          if (cluster === undefined) derived.set(each, (cluster = toCluster(each)))
          return cluster
        })
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onCluster(listener) {
      byName.add(listener)
      return () => byName.delete(listener)
    },
    get: (cluster) => cache?.get(cluster),
    keyOf(cluster) {
      const found = cache?.get(cluster)
      return found?.spec.approved === true ? (found.spec.key ?? found.status?.request?.key) : undefined
    },
  }
}

/** An approved AgentCluster as a cluster of the fleet. */
export function toCluster({ metadata }: AgentCluster): Cluster {
  const server = agentServer(metadata.name)
  return {
    name: metadata.name,
    server,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    project: '',
    namespaces: [],
    clusterResources: false,
    source: `AgentCluster ${metadata.name}`,
    connection: { server, tls: { insecure: false }, auth: { kind: 'none' } },
    isPulled: true,
  }
}
