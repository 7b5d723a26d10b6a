import type { Cluster, InventorySource } from '../../inventory/cluster.js'
import type { Cache, Caches } from '../../kube/informer/cache.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { type ConfiguredProvider, connectionOf } from './access-providers.js'
import { type ClusterProfile, clusterProfileType, managerLabel, managerName } from './cluster-profile.js'

/** The cluster that a profile of another manager describes. Never throws: what is wrong is its `problem`. */
export function parseClusterProfile(profile: ClusterProfile, providers: readonly ConfiguredProvider[]): Cluster {
  const { name, namespace = '', labels = {}, annotations = {} } = profile.metadata
  const { [managerLabel]: _manager, ...own } = labels
  const access = connectionOf(profile, providers)
  const properties = Array.isArray(profile.status?.properties) ? profile.status.properties : []
  const provided = Object.fromEntries(properties.map((each) => [`property/${each.name}`, each.value]))
  return {
    name: profile.spec?.displayName || name,
    server: 'connection' in access ? access.connection.server : '',
    labels: own,
    annotations: { ...provided, ...annotations },
    project: '',
    namespaces: [],
    clusterResources: false,
    source: `ClusterProfile ${namespace}/${name}`,
    connection: 'connection' in access ? access.connection : undefined,
    ...('problem' in access ? { problem: access.problem } : {}),
  }
}

/** ClusterProfiles of other managers, in any namespace of the hub, as a source of the inventory. Our own are its product. */
export function createProfileSource(options: { caches: Caches; providers: readonly ConfiguredProvider[] }): InventorySource {
  const { caches, providers } = options
  const listeners = new Set<() => void>()
  const parsed = new WeakMap<KubeObject, Cluster>()
  const told = new Map<string, string>()
  let cache: Cache | undefined
  const isForeign = (profile: ClusterProfile) =>
    profile.metadata.labels?.[managerLabel] !== managerName && profile.spec?.clusterManager?.name !== managerName
  const list = () => ((cache?.list() ?? []) as readonly ClusterProfile[]).filter(isForeign)
  const ready = caches.cache(clusterProfileType).then((started) => {
    cache = started
    started.onChange(() => {
      // Managers write heartbeats into status: only what makes another cluster of it is news.
      const now = new Map(list().map((profile) => [`${profile.metadata.namespace}/${profile.metadata.name}`, essence(profile)]))
      const same = now.size === told.size && [...now].every(([key, text]) => told.get(key) === text)
      if (same) return
      told.clear()
      for (const [key, text] of now) told.set(key, text)
      for (const listener of listeners) listener()
    })
  })
  return {
    name: 'cluster profiles',
    ready,
    list: () =>
      list().map((profile) => {
        let cluster = parsed.get(profile)
        if (cluster === undefined) parsed.set(profile, (cluster = parseClusterProfile(profile, providers)))
        return cluster
      }),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function essence({ metadata, spec, status }: ClusterProfile): string {
  const { labels, annotations } = metadata
  const properties = status?.properties?.map(({ name, value }) => [name, value])
  return JSON.stringify([labels, annotations, spec, properties, status?.accessProviders, status?.credentialProviders])
}
