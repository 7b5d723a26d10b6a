import type { Cluster, InventorySource } from '../../../inventory/cluster.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { Cache, Caches } from '../../../kube/informer/cache.js'
import { apiVersionOf } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { textAt } from '../fields.js'
import { karmadaClusterType } from '../resource-types.js'
import { type FoundSecret, isReachedByCluster, parseKarmadaCluster } from './parse-cluster.js'

const secrets: ResourceType = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }

/**
 * Karmada's Clusters as a source of the inventory. A hub that does not have the kind has none until it does. Secrets are watched in
 * the namespaces that Clusters name, from the first that does.
 */
export function createKarmadaClusterSource({ hub, caches }: { hub: KubeClient; caches: Caches }): InventorySource {
  const listeners = new Set<() => void>()
  const tokens = new Map<string, Cache | 'asked'>()
  let clusters: Cache | undefined
  const tell = () => {
    for (const listener of listeners) listener()
  }

  async function readTokens(): Promise<void> {
    const missing = new Set(
      (clusters?.list() ?? []).filter(isReachedByCluster).map((cluster) => textAt(cluster, 'spec', 'secretRef', 'namespace')),
    )
    await Promise.all(
      [...missing].map(async (namespace) => {
        if (namespace === '' || tokens.has(namespace)) return
        tokens.set(namespace, 'asked')
        const cache = await caches.cache(secrets, { namespace })
        tokens.set(namespace, cache)
        cache.onChange(tell)
        tell()
      }),
    )
  }

  async function start(): Promise<void> {
    clusters = await caches.cache(karmadaClusterType)
    clusters.onChange(() => {
      readTokens().catch(() => {})
      tell()
    })
    tell()
    await readTokens()
  }

  async function begin(): Promise<void> {
    const { group, version, kind } = karmadaClusterType
    const served = await hub.resources().then(
      (catalogue) => catalogue.forKind(apiVersionOf(group, version), kind) !== undefined,
      () => false,
    )
    const started = start()
    if (served) await started
    else started.catch(() => {})
  }

  function findSecret(namespace: string, name: string): FoundSecret {
    const cache = tokens.get(namespace)
    if (cache === undefined || cache === 'asked') return 'Unread'
    const secret = cache.get(`${namespace}/${name}`)
    return secret === undefined ? 'Missing' : { secret }
  }

  return {
    name: "Karmada's Clusters",
    ready: begin(),
    list: (): readonly Cluster[] =>
      (clusters?.list() ?? []).filter(isReachedByCluster).map((object) => parseKarmadaCluster(object, findSecret)),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
