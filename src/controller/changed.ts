import type { KubeObject } from '../kube/object/kube-object.js'
import type { ResourceType } from '../kube/object/resource-type.js'
import type { CacheChange, CacheSelector, Source, SourceHandle } from './contract.js'

export interface ChangedOptions<O extends KubeObject> {
  readonly selector?: CacheSelector
  /** Drops changes that cannot matter (default: none). */
  readonly when?: (change: CacheChange<O>) => boolean
}

/**
 * A source: objects of another resource. Each change names the keys that must be looked at again; `keys` is asked for the
 * object as it is and, when there was one, as it was (a reference that has moved away concerns its former target as well).
 */
export function changed<O extends KubeObject, T extends KubeObject, Services>(
  type: ResourceType,
  keys: (object: O, handle: SourceHandle<T>) => Iterable<string>,
  options: ChangedOptions<O> = {},
): Source<T, Services> {
  return {
    name: `changed ${type.plural}`,
    async start(handle, { caches, signal }) {
      const cache = await caches.cache<O>(type, options.selector)
      const off = cache.onChange((change) => {
        if (options.when !== undefined && !options.when(change)) return
        const wanted = new Set(keys(change.object, handle))
        if (change.previous !== undefined && change.previous !== change.object) {
          for (const key of keys(change.previous, handle)) wanted.add(key)
        }
        for (const key of wanted) handle.enqueue(key)
      })
      if (signal.aborted) off()
      else signal.addEventListener('abort', off, { once: true })
    },
  }
}
