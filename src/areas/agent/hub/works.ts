import type { Cache } from '../../../kube/informer/cache.js'
import { clusterNamespace, clusterOfNamespace } from '../resource-types.js'
import type { Work } from '../work.js'

/** All Works of the hub, by cluster: one watch for the whole fleet. */
export class Works {
  readonly #cache: Cache<Work>
  readonly #listeners = new Map<string, Set<(name: string) => void>>()

  constructor(cache: Cache<Work>) {
    this.#cache = cache
    cache.onChange(({ object }) => {
      const cluster = clusterOfNamespace(object.metadata.namespace ?? '')
      if (cluster === undefined) return
      for (const listener of this.#listeners.get(cluster) ?? []) listener(object.metadata.name)
    })
  }

  /** False while the hub's API cannot be read: what is known may be old. */
  get healthy(): boolean {
    return this.#cache.healthy
  }

  get(cluster: string, name: string): Work | undefined {
    return this.#cache.get(`${clusterNamespace(cluster)}/${name}`)
  }

  list(cluster: string): readonly Work[] {
    return this.#cache.list(clusterNamespace(cluster))
  }

  /** Hears the names of Works that came, changed or went. Listeners must only enqueue. */
  onChange(cluster: string, listener: (name: string) => void): () => void {
    let listeners = this.#listeners.get(cluster)
    if (listeners === undefined) this.#listeners.set(cluster, (listeners = new Set()))
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(cluster) === listeners) this.#listeners.delete(cluster)
    }
  }
}
