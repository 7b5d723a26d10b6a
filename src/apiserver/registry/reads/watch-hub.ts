import type { WatchOptions } from '../../../kube/client/kube-client.js'
import type { KubeObject, WatchEvent } from '../../../kube/object/kube-object.js'
import type { ServerPorts, WatchSink } from '../../contract.js'
import type { ClusterStorage, StoredChange } from '../../storage/contract.js'
import { type Resource, viewOf } from '../resource.js'
import { storedRevision, tooOld, validateListOptions } from './list-options.js'
import { compileSelection } from './selection.js'
import type { WatchTicker } from './watch-ticker.js'
import { Watcher } from './watcher.js'

/** Marks the end of the initial events of a WatchList. */
export const initialEventsEnd = 'k8s.io/initial-events-end'

/** All watches of one cluster: one subscription to its storage, and every watcher sees changes in the order of revisions. */
export class WatchHub {
  readonly #storage: ClusterStorage
  readonly #ports: ServerPorts
  readonly #ticker: WatchTicker
  /** By stored resource. */
  readonly #watchers = new Map<string, Map<Watcher, () => void>>()
  readonly #dirty = new Set<Watcher>()
  #leave: (() => void) | undefined
  /** Every change up to this revision has been handed to the watchers. */
  #told = 0

  constructor(storage: ClusterStorage, ports: ServerPorts, ticker: WatchTicker) {
    this.#storage = storage
    this.#ports = ports
    this.#ticker = ticker
  }

  /** Settles when the watch has ended. Rejects when it cannot start. */
  async watch(resource: Resource, options: WatchOptions, sink: WatchSink, signal?: AbortSignal): Promise<void> {
    validateListOptions(options, true)
    const selection = compileSelection(resource, options)
    const current = this.#storage.revision()
    const { resourceVersion = '', sendInitialEvents } = options
    const durable = this.#storage.durableRevision()
    // Revisions that are not durable yet may be undone, and given to others: a watch from now does not count on them.
    const from = resourceVersion === '' || resourceVersion === '0' ? durable : storedRevision(resourceVersion)
    const initial = sendInitialEvents ?? (resourceVersion === '' || resourceVersion === '0')
    // A watch from a revision that is not there yet begins, and waits.
    const missed = initial || from >= durable ? [] : this.#storage.since(from)
    if (missed === undefined) throw tooOld(from)
    if (signal?.aborted) return
    const watcher = new Watcher({
      resource,
      selection,
      sink,
      from: initial ? current : from,
      bookmarks: options.allowWatchBookmarks === true,
    })
    if (initial) {
      for (const object of this.#present(resource, selection)) {
        watcher.add({ type: 'ADDED', object: viewOf(resource, object) })
      }
      if (sendInitialEvents && watcher.bookmarks) watcher.bookmark(current, { [initialEventsEnd]: 'true' })
    } else {
      for (const change of missed) if (change.resource === resource.stored) watcher.take(change, new Map())
    }
    await this.#run(watcher, options.timeoutSeconds, signal, initial ? this.#storage.durable(current) : undefined)
  }

  /** Ends every watch of a resource that is no longer served. */
  end(stored: string): void {
    for (const stop of this.#watchers.get(stored)?.values() ?? []) stop()
  }

  endAll(): void {
    for (const stored of [...this.#watchers.keys()]) this.end(stored)
  }

  #present(resource: Resource, selection: ReturnType<typeof compileSelection>): Iterable<KubeObject> {
    const prefix = selection.namespace === '' ? '' : `${selection.namespace}/`
    if (selection.name !== undefined && (prefix !== '' || !resource.type.namespaced)) {
      const object = this.#storage.get(resource.stored, `${prefix}${selection.name}`)
      return object !== undefined && (selection.matches?.(object) ?? true) ? [object] : []
    }
    const objects = this.#storage.scan(resource.stored, prefix)
    return selection.matches === undefined ? objects : filtered(objects, selection.matches)
  }

  /** `durable`: the initial state may not be told before; what comes later queues up behind it. */
  #run(
    watcher: Watcher,
    timeoutSeconds: number | undefined,
    signal: AbortSignal | undefined,
    durable: Promise<void> | undefined,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const { stored } = watcher.resource
      // Upstream: between 30 and 60 minutes when the client does not say.
      const seconds = timeoutSeconds || 1800 * (1 + this.#ports.random.number())
      const cancelTimeout = this.#ports.clock.after(seconds * 1000, () => {
        watcher.bookmarkAt(this.#told)
        watcher.flush()
        stop()
      })
      const stop = () => {
        const group = this.#watchers.get(stored)
        if (group?.delete(watcher) !== true) return
        if (group.size === 0) this.#watchers.delete(stored)
        this.#dirty.delete(watcher)
        cancelTimeout()
        signal?.removeEventListener('abort', stop)
        if (this.#watchers.size === 0) this.#stopListening()
        resolve()
      }
      let group = this.#watchers.get(stored)
      if (group === undefined) this.#watchers.set(stored, (group = new Map()))
      group.set(watcher, stop)
      signal?.addEventListener('abort', stop)
      this.#startListening()
      if (durable === undefined) watcher.begin()
      else {
        const fail = (error: unknown) => {
          reject(error)
          stop()
        }
        durable.then(() => watcher.begin(), fail)
      }
    })
  }

  #startListening(): void {
    if (this.#leave !== undefined) return
    this.#told = this.#storage.durableRevision()
    const leaveStorage = this.#storage.onChange((change) => this.#onChange(change))
    const leaveTicker = this.#ticker.add(() => this.#sendBookmarks())
    this.#leave = () => {
      leaveStorage()
      leaveTicker()
    }
  }

  #stopListening(): void {
    this.#leave?.()
    this.#leave = undefined
  }

  #onChange(change: StoredChange): void {
    this.#told = change.revision
    const group = this.#watchers.get(change.resource)
    if (group === undefined) return
    const shared = new Map<Resource, WatchEvent>()
    for (const watcher of group.keys()) {
      if (!watcher.take(change, shared)) continue
      // Changes that become durable together reach the sink together.
      if (this.#dirty.size === 0) queueMicrotask(() => this.#flush())
      this.#dirty.add(watcher)
    }
  }

  #flush(): void {
    const dirty = [...this.#dirty]
    this.#dirty.clear()
    for (const watcher of dirty) watcher.flush()
  }

  #sendBookmarks(): void {
    this.#flush()
    for (const group of this.#watchers.values()) {
      for (const watcher of group.keys()) {
        watcher.bookmarkAt(this.#told)
        watcher.flush()
      }
    }
  }
}

function* filtered(objects: Iterable<KubeObject>, matches: (object: KubeObject) => boolean): Generator<KubeObject> {
  for (const object of objects) if (matches(object)) yield object
}
