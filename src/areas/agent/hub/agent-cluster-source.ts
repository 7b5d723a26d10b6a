import { equalJson } from '../../../base/json.js'
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
  const derived = new Map<string, { readonly from: AgentCluster; readonly cluster: Cluster }>()
  let cache: Cache<AgentCluster> | undefined
  const ready = options.caches.cache<AgentCluster>(agentClusterType).then((started) => {
    cache = started
    started.onChange(({ type, object, previous }) => {
      if (type === 'DELETED') derived.delete(object.metadata.name)
      // Of a thousand agents that come, each writes its status several times: the fleet is another one by none of it.
      if (type === 'DELETED' || previous === undefined || !isSameCluster(previous, object))
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
          const known = derived.get(each.metadata.name)
          if (known !== undefined && isSameCluster(known.from, each)) return known.cluster
          const cluster = toCluster(each)
          derived.set(each.metadata.name, { from: each, cluster })
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

/** Nothing has changed that a cluster of the fleet is made of. */
function isSameCluster(before: AgentCluster, after: AgentCluster): boolean {
  const [left, right] = [before.metadata, after.metadata]
  if (before === after) return true
  if (left.uid !== right.uid || (before.spec.approved === true) !== (after.spec.approved === true)) return false
  return equalJson(left.labels ?? {}, right.labels ?? {}) && equalJson(left.annotations ?? {}, right.annotations ?? {})
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
