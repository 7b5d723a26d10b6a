import { CodedError } from '../../../src/base/errors.js'
import { cloneJson, equalJson, isObject } from '../../../src/base/json.js'
import type {
  DeleteOptions,
  KubeClient,
  ListOptions,
  Patch,
  ResourceCatalogue,
  ServerVersion,
  Target,
  WatchOptions,
  WriteOptions,
} from '../../../src/kube/client/kube-client.js'
import { apiVersionOf, type KubeList, type KubeObject, keyOf, type WatchEvent } from '../../../src/kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../../src/kube/object/resource-type.js'
import { matchesLabels, parseLabelSelector } from '../../../src/kube/object/selector.js'
import { statusErrors } from '../../../src/kube/object/status-error.js'

export interface FakeRequest {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'raw' | 'version' | 'resources'
  readonly resource: string
  readonly name: string
  readonly subresource: string
  readonly options: unknown
  readonly body?: unknown
}

interface StoredEvent {
  readonly revision: number
  readonly resource: string
  readonly object: KubeObject
  /** Undefined: it was not there before. */
  readonly previous: KubeObject | undefined
  readonly deleted: boolean
}

interface Watcher {
  readonly resource: string
  /** What a change is to this watcher: its selector may hide it, or turn it into a coming or going. */
  view(change: StoredEvent): WatchEvent | undefined
  push(event: WatchEvent): void
  end(error?: unknown): void
}

/**
 * A small Kubernetes API in memory, for tests of what stands on a KubeClient: objects, resourceVersions, watches with
 * history, WatchList, paging, finalizers, status subresources; and faults on demand. No validation, no defaults.
 */
export class FakeKubeClient implements KubeClient {
  readonly name: string
  readonly requests: FakeRequest[] = []
  /** Called before each request is served; throws to fail it. */
  intercept: ((request: FakeRequest) => void | Promise<void>) | undefined
  watchList = true
  closed = false
  readonly #types: readonly ResourceType[]
  readonly #objects = new Map<string, Map<string, KubeObject>>()
  readonly #watchers = new Set<Watcher>()
  #history: StoredEvent[] = []
  #compacted = 0
  #revision = 0
  #uids = 0

  constructor(options: { name?: string; types: readonly ResourceType[] }) {
    this.name = options.name ?? 'fake'
    this.#types = options.types
  }

  // What a test does to the server.

  count(verb: FakeRequest['verb'], resource?: string): number {
    return this.requests.filter((request) => request.verb === verb && (resource === undefined || request.resource === resource))
      .length
  }
  get openWatches(): number {
    return this.#watchers.size
  }
  /** No request is answered until `reconnect`; open watches break. */
  cut(): void {
    this.intercept = () => {
      throw new CodedError({ code: 'cluster-unreachable', message: `${this.name} does not answer` })
    }
    this.breakWatches(new CodedError({ code: 'cluster-unreachable', message: 'connection lost' }))
  }
  reconnect(): void {
    this.intercept = undefined
  }
  breakWatches(error?: unknown): void {
    for (const watcher of [...this.#watchers]) watcher.end(error)
  }
  /** Forgets all history: a watch from an older version gets 410. */
  compact(): void {
    this.#compacted = this.#revision
    this.#history = []
  }
  bookmark(): void {
    for (const watcher of this.#watchers) watcher.push(bookmarkAt(this.#revision))
  }
  peek(type: ResourceType, key: string): KubeObject | undefined {
    return this.#table(type).get(key)
  }
  all(type: ResourceType): KubeObject[] {
    return [...this.#table(type).values()]
  }

  // The contract.

  async get<T extends KubeObject>(target: Target): Promise<T> {
    await this.#serve({ verb: 'get', resource: groupResourceOf(target.type), name: target.name })
    return this.#found(target) as T
  }

  async list<T extends KubeObject>(type: ResourceType, options: ListOptions = {}): Promise<KubeList<T>> {
    await this.#serve({ verb: 'list', resource: groupResourceOf(type), options })
    const matches = matcher(options)
    let revision = this.#revision
    let after = ''
    if (options.continue !== undefined) {
      const [at, key] = JSON.parse(options.continue) as [number, string]
      if (at < this.#compacted) throw statusErrors.expired('The provided continue parameter is too old')
      revision = at
      after = key
    }
    const keys = [...this.#table(type).keys()].sort()
    const items: KubeObject[] = []
    let next: string | undefined
    for (const key of keys) {
      if (key <= after) continue
      const object = this.#table(type).get(key)!
      if (!matches(object)) continue
      if (options.limit !== undefined && items.length === options.limit) {
        next = JSON.stringify([revision, keyOf(items.at(-1)!)])
        break
      }
      items.push(object)
    }
    return {
      apiVersion: apiVersionOf(type.group, type.version),
      kind: `${type.kind}List`,
      metadata: { resourceVersion: String(revision), ...(next === undefined ? {} : { continue: next }) },
      items: items as T[],
    }
  }

  async *watch<T extends KubeObject>(type: ResourceType, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    await this.#serve({ verb: 'watch', resource: groupResourceOf(type), options })
    if (options.sendInitialEvents && !this.watchList) {
      throw statusErrors.invalid({ kind: 'ListOptions', group: 'meta.k8s.io', name: '' }, [
        { field: 'sendInitialEvents', message: 'Forbidden: sendInitialEvents is forbidden for watch' },
      ])
    }
    const resource = groupResourceOf(type)
    const queue: WatchEvent[] = []
    let wake: (() => void) | undefined
    let ended: { error?: unknown } | undefined
    const matches = matcher(options)
    const watcher: Watcher = {
      resource,
      view: (change) => {
        const before = change.previous !== undefined && matches(change.previous)
        const now = !change.deleted && matches(change.object)
        if (!before && !now) return undefined
        return { type: !before ? 'ADDED' : now ? 'MODIFIED' : 'DELETED', object: change.object }
      },
      push: (event) => {
        queue.push(event)
        wake?.()
      },
      end: (error) => {
        ended ??= { error }
        wake?.()
      },
    }
    if (options.sendInitialEvents) {
      for (const key of [...this.#table(type).keys()].sort()) {
        const object = this.#table(type).get(key)!
        if (matches(object)) queue.push({ type: 'ADDED', object })
      }
      queue.push(bookmarkAt(this.#revision, { 'k8s.io/initial-events-end': 'true' }))
    } else {
      const from = Number(options.resourceVersion ?? this.#revision)
      if (from < this.#compacted) throw statusErrors.expired(`too old resource version: ${from} (${this.#compacted})`)
      for (const past of this.#history) {
        const event = past.revision > from && past.resource === resource ? watcher.view(past) : undefined
        if (event !== undefined) queue.push(event)
      }
    }
    const onAbort = () => watcher.end()
    options.signal?.addEventListener('abort', onAbort, { once: true })
    this.#watchers.add(watcher)
    try {
      while (!options.signal?.aborted) {
        const event = queue.shift()
        if (event !== undefined) yield event as WatchEvent<T>
        else if (ended !== undefined) {
          if (ended.error !== undefined) throw ended.error
          return
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
    } finally {
      this.#watchers.delete(watcher)
      options.signal?.removeEventListener('abort', onAbort)
    }
  }

  async create<T extends KubeObject>(type: ResourceType, object: T, options: WriteOptions = {}): Promise<T> {
    await this.#serve({ verb: 'create', resource: groupResourceOf(type), name: object.metadata.name, options, body: object })
    if (this.#table(type).has(keyOf(object))) {
      throw statusErrors.alreadyExists({ resource: type.plural, group: type.group, name: object.metadata.name })
    }
    const stored = cloneJson(object) as KubeObject
    stored.metadata.uid = `uid-${++this.#uids}`
    stored.metadata.generation = 1
    stored.metadata.creationTimestamp ??= '2026-01-01T00:00:00Z'
    return this.#store(type, stored, options.dryRun) as T
  }

  async update<T extends KubeObject>(
    type: ResourceType,
    object: T,
    options: WriteOptions & { subresource?: string } = {},
  ): Promise<T> {
    const subresource = options.subresource ?? ''
    await this.#serve({
      verb: 'update',
      resource: groupResourceOf(type),
      name: object.metadata.name,
      subresource,
      options,
      body: object,
    })
    const target = { type, name: object.metadata.name, namespace: object.metadata.namespace, subresource }
    const before = this.#found(target)
    return this.#write(type, before, cloneJson(object), subresource, options.dryRun) as T
  }

  async patch<T extends KubeObject>(target: Target, patch: Patch, options: WriteOptions = {}): Promise<T> {
    const { type, name, subresource = '' } = target
    await this.#serve({ verb: 'patch', resource: groupResourceOf(type), name, subresource, options, body: patch })
    if (patch.kind === 'apply' && !this.#table(type).has(keyOf({ metadata: { name, namespace: target.namespace } }))) {
      return this.create(type, patch.object as T, options)
    }
    const before = this.#found(target)
    const after =
      patch.kind === 'json'
        ? applyOperations(cloneJson(before), patch.operations as JsonOperation[])
        : (mergePatch(cloneJson(before), patch.kind === 'apply' ? patch.object : patch.body) as KubeObject)
    return this.#write(type, before, after, subresource, options.dryRun) as T
  }

  async delete(target: Target, options: DeleteOptions = {}): Promise<void> {
    await this.#serve({ verb: 'delete', resource: groupResourceOf(target.type), name: target.name, options })
    const object = this.#found(target)
    const { uid, resourceVersion } = options.preconditions ?? {}
    if ((uid && uid !== object.metadata.uid) || (resourceVersion && resourceVersion !== object.metadata.resourceVersion)) {
      throw statusErrors.conflict(namedBy(target), 'the precondition does not hold')
    }
    if (options.dryRun) return
    if ((object.metadata.finalizers ?? []).length > 0) {
      if (object.metadata.deletionTimestamp !== undefined) return
      const marked = cloneJson(object)
      marked.metadata.deletionTimestamp = '2026-01-01T00:00:00Z'
      this.#store(target.type, marked)
    } else {
      this.#remove(target.type, object)
    }
  }

  async resources(): Promise<ResourceCatalogue> {
    await this.#serve({ verb: 'resources' })
    const all = this.#types
    return {
      all,
      forKind: (apiVersion, kind) =>
        all.find((type) => apiVersionOf(type.group, type.version) === apiVersion && type.kind === kind),
      forName: (name) => all.find((type) => [type.plural, type.singular, type.kind, ...(type.shortNames ?? [])].includes(name)),
    }
  }

  async version(): Promise<ServerVersion> {
    await this.#serve({ verb: 'version' })
    return { major: '1', minor: '34', gitVersion: 'v1.34.0' }
  }

  async raw(method: string, path: string): Promise<string> {
    await this.#serve({ verb: 'raw', name: `${method} ${path}` })
    return 'ok'
  }

  close(): void {
    this.closed = true
    this.breakWatches()
  }

  async #serve(request: Partial<FakeRequest> & Pick<FakeRequest, 'verb'>): Promise<void> {
    const full = { resource: '', name: '', subresource: '', options: {}, ...request }
    this.requests.push(full)
    await Promise.resolve()
    await this.intercept?.(full)
  }

  #table(type: { group: string; plural: string }): Map<string, KubeObject> {
    const resource = groupResourceOf(type)
    let table = this.#objects.get(resource)
    if (table === undefined) this.#objects.set(resource, (table = new Map()))
    return table
  }

  #found(target: Target): KubeObject {
    const object = this.#table(target.type).get(keyOf({ metadata: { name: target.name, namespace: target.namespace } }))
    if (object === undefined) throw statusErrors.notFound(namedBy(target))
    return object
  }

  #write(type: ResourceType, before: KubeObject, wanted: KubeObject, subresource: string, dryRun?: boolean): KubeObject {
    const { resourceVersion } = wanted.metadata
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) {
      throw statusErrors.conflict(
        { resource: type.plural, group: type.group, name: before.metadata.name },
        'the object has been modified; please apply your changes to the latest version and try again',
      )
    }
    const separate = type.subresources?.includes('status') ?? false
    let after = wanted
    if (subresource === 'status') after = { ...cloneJson(before), status: wanted.status }
    else if (separate) after = { ...wanted, status: before.status }
    if (after.status === undefined) delete after.status
    after.metadata = { ...after.metadata, resourceVersion: before.metadata.resourceVersion }
    if (equalJson(before, after)) return before
    if (!equalJson(before.spec, after.spec)) after.metadata.generation = (before.metadata.generation ?? 0) + 1
    if (after.metadata.deletionTimestamp !== undefined && (after.metadata.finalizers ?? []).length === 0) {
      this.#remove(type, after)
      return after
    }
    return this.#store(type, after, dryRun)
  }

  #store(type: ResourceType, object: KubeObject, dryRun = false): KubeObject {
    if (dryRun) return object
    const previous = this.#table(type).get(keyOf(object))
    object.metadata.resourceVersion = String(++this.#revision)
    this.#table(type).set(keyOf(object), object)
    this.#announce(type, object, previous, false)
    return object
  }

  #remove(type: ResourceType, object: KubeObject): void {
    const previous = this.#table(type).get(keyOf(object))
    this.#table(type).delete(keyOf(object))
    const last = cloneJson(object)
    last.metadata.resourceVersion = String(++this.#revision)
    this.#announce(type, last, previous, true)
  }

  #announce(type: ResourceType, object: KubeObject, previous: KubeObject | undefined, deleted: boolean): void {
    const change: StoredEvent = { revision: this.#revision, resource: groupResourceOf(type), object, previous, deleted }
    this.#history.push(change)
    for (const watcher of this.#watchers) {
      const event = watcher.resource === change.resource ? watcher.view(change) : undefined
      if (event !== undefined) watcher.push(event)
    }
  }
}

function bookmarkAt(revision: number, annotations?: Record<string, string>): WatchEvent {
  const metadata = { resourceVersion: String(revision), ...(annotations ? { annotations } : {}) }
  return { type: 'BOOKMARK', object: { apiVersion: 'v1', kind: 'Bookmark', metadata } }
}

function matcher(options: ListOptions): (object: KubeObject) => boolean {
  const labels = parseLabelSelector(options.labelSelector ?? '')
  return (object) =>
    (!options.namespace || object.metadata.namespace === options.namespace) && matchesLabels(labels, object.metadata.labels)
}

function namedBy(target: Target): { resource: string; group: string; name: string } {
  return { resource: target.type.plural, group: target.type.group, name: target.name }
}

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}

interface JsonOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'test'
  readonly path: string
  readonly value?: unknown
}

function applyOperations(object: KubeObject, operations: readonly JsonOperation[]): KubeObject {
  for (const { op, path, value } of operations) {
    const steps = path
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    const last = steps.pop()!
    let parent = object as Record<string, unknown>
    for (const step of steps) parent = parent[step] as Record<string, unknown>
    if (op === 'test' && !equalJson(parent[last], value)) throw statusErrors.badRequest(`testing value ${path} failed`)
    if (op === 'remove') {
      if (Array.isArray(parent)) parent.splice(Number(last), 1)
      else delete parent[last]
    } else if (op !== 'test') parent[last] = value
  }
  return object
}
