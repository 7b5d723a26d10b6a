import type { Cluster, InventorySource } from '../../../inventory/cluster.js'
import type { Cache, Caches } from '../../../kube/informer/cache.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { clusterSecretSelector, parseClusterSecret } from './parse-cluster-secret.js'

const secrets: ResourceType = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }

/**
 * Argo CD cluster Secrets of one namespace as a source of the inventory. While the hub cannot be read, the clusters stay as
 * they were. A Secret on its way out (deletionTimestamp) still counts until it is gone.
 */
export function createClusterSecretSource(options: { caches: Caches; namespace: string }): InventorySource {
  const listeners = new Set<() => void>()
  const parsed = new WeakMap<KubeObject, Cluster>()
  let cache: Cache | undefined
  const ready = options.caches
    .cache(secrets, { namespace: options.namespace, labelSelector: clusterSecretSelector })
    .then((started) => {
      cache = started
      started.onChange(() => {
        for (const listener of listeners) listener()
      })
    })
  return {
    name: 'argo-cd cluster secrets',
    ready,
    list() {
      return (cache?.list() ?? []).map((secret) => {
        let cluster = parsed.get(secret)
        if (cluster === undefined) parsed.set(secret, (cluster = parseClusterSecret(secret)))
        return cluster
      })
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
