import type { Cluster, InventorySource } from '../../../inventory/cluster.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { Cache, Caches } from '../../../kube/informer/cache.js'
import type { ResourceType } from '../../../kube/object/resource-type.js'
import { kubeFedClusterType, kubeFedNamespace } from '../resource-types.js'
import { parseKubeFedCluster } from './parse-cluster.js'

const secrets: ResourceType = { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true }

/**
 * KubeFedClusters of one namespace as a source of the inventory. A hub that does not have the kind has no such clusters until
 * it does. Secrets are watched from the first cluster on; one that goes missing later leaves its cluster in the fleet, broken.
 */
export function createKubeFedClusterSource(options: { hub: KubeClient; caches: Caches; namespace?: string }): InventorySource {
  const { hub, caches, namespace = kubeFedNamespace } = options
  const listeners = new Set<() => void>()
  const tell = () => {
    for (const listener of listeners) listener()
  }
  let clusters: Cache | undefined
  let tokens: Cache | undefined
  let asked = false

  async function readTokens(): Promise<void> {
    if (asked || clusters === undefined || clusters.list().length === 0) return
    asked = true
    tokens = await caches.cache(secrets, { namespace })
    tokens.onChange(tell)
    tell()
  }

  async function start(): Promise<void> {
    clusters = await caches.cache(kubeFedClusterType, { namespace })
    clusters.onChange(() => {
      readTokens().catch(() => {})
      tell()
    })
    tell()
    await readTokens()
  }

  async function begin(): Promise<void> {
    const served = await hub.resources().then(
      (catalogue) => catalogue.forKind('core.kubefed.io/v1beta1', 'KubeFedCluster') !== undefined,
      () => false,
    )
    const started = start()
    if (served) await started
    else started.catch(() => {})
  }

  return {
    name: 'KubeFedClusters',
    ready: begin(),
    list(): readonly Cluster[] {
      return (clusters?.list() ?? []).map((object) =>
        parseKubeFedCluster(object, (name) => {
          if (tokens === undefined) return 'Unread'
          const secret = tokens.get(`${namespace}/${name}`)
          return secret === undefined ? 'Missing' : { secret }
        }),
      )
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
