import type { KubeClient } from '../../kube/client/kube-client.js'
import type { Cache, CacheSelector, Caches } from '../../kube/informer/cache.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { isNotFound } from '../../kube/object/status-error.js'

/**
 * Caches for a command that somebody waits for: what the server does not let be read is an error, where a controller would try
 * again for ever. A kind that is not served is waited for all the same.
 */
export function readableCaches(caches: Caches, client: KubeClient): Caches {
  return {
    async cache<T extends KubeObject>(type: ResourceType, selector: CacheSelector = {}): Promise<Cache<T>> {
      await client.list(type, { ...selector, limit: 1 }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
      return caches.cache<T>(type, selector)
    },
  }
}
