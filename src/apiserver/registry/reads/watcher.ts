import type { KubeObject, WatchEvent } from '../../../kube/object/kube-object.js'
import type { WatchSink } from '../../contract.js'
import type { StoredChange } from '../../storage/contract.js'
import { type Resource, viewOf } from '../resource.js'
import type { Selection } from './selection.js'

type SinkEvent = Parameters<WatchSink>[0][number]

/** One watch: turns changes of its resource into the events of its own view, and hands them on in groups. */
export class Watcher {
  readonly resource: Resource
  readonly bookmarks: boolean
  readonly #selection: Selection
  readonly #prefix: string
  readonly #key: string | undefined
  readonly #sink: WatchSink
  #from: number
  #queue: SinkEvent[] = []
  #begun = false

  constructor(options: {
    resource: Resource
    selection: Selection
    sink: WatchSink
    /** Only later changes count. */
    from: number
    bookmarks: boolean
  }) {
    this.resource = options.resource
    this.bookmarks = options.bookmarks
    this.#selection = options.selection
    this.#sink = options.sink
    this.#from = options.from
    const { namespace, name } = options.selection
    this.#prefix = namespace === '' ? '' : `${namespace}/`
    if (name !== undefined && (namespace !== '' || !this.resource.type.namespaced)) this.#key = `${this.#prefix}${name}`
  }

  /** `shared`: the event as watchers without selectors see it, made by the first of them. Returns whether something is queued. */
  take(change: StoredChange, shared: Map<Resource, WatchEvent>): boolean {
    if (change.revision <= this.#from) return false
    this.#from = change.revision
    if (this.#key !== undefined ? change.key !== this.#key : !change.key.startsWith(this.#prefix)) return false
    const { matches } = this.#selection
    if (matches === undefined) {
      let event = shared.get(this.resource)
      if (event === undefined) {
        event = { type: change.type, object: this.#view(change) }
        shared.set(this.resource, event)
      }
      this.#queue.push(event)
      return true
    }
    const now = change.type !== 'DELETED' && matches(change.object)
    const before = change.previous !== undefined && matches(change.previous)
    if (now) this.#queue.push({ type: before ? 'MODIFIED' : 'ADDED', object: viewOf(this.resource, change.object) })
    else if (before) this.#queue.push({ type: 'DELETED', object: this.#lastSeen(change) })
    return now || before
  }

  /** What is gone was converted as it was before. */
  #view(change: StoredChange): KubeObject {
    const { type, object, previous } = change
    const isGone = type === 'DELETED' && previous !== undefined && this.resource.custom?.webhook !== undefined
    return isGone ? of(change.revision, viewOf(this.resource, previous)) : viewOf(this.resource, object)
  }

  /** What a watcher saw last of an object that left its view, with the revision of the change that made it leave. */
  #lastSeen(change: StoredChange): KubeObject {
    return change.type === 'DELETED' ? this.#view(change) : of(change.revision, viewOf(this.resource, change.previous!))
  }

  add(event: SinkEvent): void {
    this.#queue.push(event)
  }

  bookmark(revision: number, annotations?: Record<string, string>): void {
    this.#queue.push({
      type: 'BOOKMARK',
      object: {
        apiVersion: this.resource.apiVersion,
        kind: this.resource.type.kind,
        metadata: { resourceVersion: String(revision), ...(annotations ? { annotations } : {}) },
      },
    })
  }

  /** A bookmark for those who asked for them; none behind what the watcher has been shown already. */
  bookmarkAt(revision: number): void {
    if (this.bookmarks && revision >= this.#from) this.bookmark(revision)
  }

  /** What is queued may be told from now on. */
  begin(): void {
    this.#begun = true
    this.flush()
  }

  flush(): void {
    if (!this.#begun || this.#queue.length === 0) return
    const events = this.#queue
    this.#queue = []
    this.#sink(events)
  }
}

function of(revision: number, object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }
}
