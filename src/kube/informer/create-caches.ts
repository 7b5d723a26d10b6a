import { setMaxListeners } from 'node:events'
import type { Clock } from '../../base/clock.js'
import { canonicalJson } from '../../base/json.js'
import type { Log } from '../../base/log.js'
import type { Random } from '../../base/random.js'
import type { KubeClient } from '../client/kube-client.js'
import type { KubeObject } from '../object/kube-object.js'
import { kindKeyOf, type ResourceType } from '../object/resource-type.js'
import type { Cache, CacheSelector, Caches } from './cache.js'
import { type ReflectorOptions, runReflector } from './reflector.js'
import { SharedCache } from './shared-cache.js'

export interface CachesOptions extends Pick<ReflectorOptions<KubeObject>, 'pageSize' | 'idleTimeoutMs'> {
  readonly client: KubeClient
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Ends all caches; `cache()` then rejects. */
  readonly signal: AbortSignal
  /** What is kept of an object: return a smaller one (digests, no managedFields) to save memory. Must keep name, namespace, uid and resourceVersion. */
  readonly transform?: (object: KubeObject, type: ResourceType) => KubeObject
  /** Told when a resource can be read again, and when it no longer can. Must only enqueue. */
  readonly onHealth?: (type: ResourceType, healthy: boolean) => void
}

/** Caches over one API, started as they are asked for. A resource that is not served yet is waited for. */
export function createCaches(options: CachesOptions): Caches {
  const started = new Map<string, { cache: SharedCache; ready: Promise<void> }>()
  const { signal, transform } = options
  // Everything that lives as long as the caches listens to it: many listeners are no leak.
  setMaxListeners(0, signal)

  function start(type: ResourceType, selector: CacheSelector): { cache: SharedCache; ready: Promise<void> } {
    const log = options.log.with({ cluster: options.client.name, resource: type.plural })
    const { onHealth } = options
    const cache = new SharedCache({
      log,
      ...(transform ? { transform: (object) => transform(object, type) } : {}),
      ...(onHealth ? { onHealth: (healthy: boolean) => onHealth(type, healthy) } : {}),
    })
    const aborted = new Promise<never>((_resolve, reject) => {
      if (signal.aborted) reject(signal.reason)
      else signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    const ready = Promise.race([cache.synced(), aborted])
    ready.catch(() => {})
    const { client, clock, random, pageSize, idleTimeoutMs } = options
    void runReflector({ client, type, selector, sink: cache, clock, random, log, signal, pageSize, idleTimeoutMs })
    return { cache, ready }
  }

  return {
    async cache<T extends KubeObject>(type: ResourceType, selector: CacheSelector = {}): Promise<Cache<T>> {
      const key = `${kindKeyOf(type)} ${canonicalJson(selector)}`
      let entry = started.get(key)
      if (entry === undefined) started.set(key, (entry = start(type, selector)))
      await entry.ready
      return entry.cache as unknown as SharedCache<T>
    },
  }
}
