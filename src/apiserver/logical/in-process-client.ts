import { UsageError } from '../../base/errors.js'
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
} from '../../kube/client/kube-client.js'
import type { KubeList, KubeObject, WatchEvent } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { StatusError, statusErrors } from '../../kube/object/status-error.js'
import type { ApiTarget, Authorizer, LogicalCluster, RequestContext, UserInfo } from '../contract.js'
import { EventQueue } from './event-queue.js'

/**
 * The KubeClient of a logical cluster in the same process: the pipeline of the API server without sockets and text. Objects
 * are shared with the server. Users outside system:masters are authorised as over HTTP.
 */
export class InProcessClient implements KubeClient {
  readonly name: string
  readonly #cluster: LogicalCluster
  readonly #user: UserInfo
  readonly #authorizer: Authorizer | undefined
  readonly #open = new Set<AbortController>()
  #closed = false

  constructor(cluster: LogicalCluster, user: UserInfo, options: { name: string; authorizer?: Authorizer }) {
    this.name = options.name
    this.#cluster = cluster
    this.#user = user
    this.#authorizer = user.groups.includes('system:masters') ? undefined : options.authorizer
  }

  async get<T extends KubeObject>(target: Target, options?: { signal?: AbortSignal }): Promise<T> {
    const context = this.#enter('get', target.type, target, options?.signal)
    return (await this.#cluster.api.get(context, apiTarget(target))) as T
  }

  async list<T extends KubeObject>(type: ResourceType, options: ListOptions = {}): Promise<KubeList<T>> {
    const context = this.#enter('list', type, options, options.signal)
    const list = await this.#cluster.api.list(context, type, options)
    return (options.metadataOnly ? { ...list, items: list.items.map(metadataOf) } : list) as KubeList<T>
  }

  async *watch<T extends KubeObject>(type: ResourceType, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    const stop = new AbortController()
    const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal])
    const context = this.#enter('watch', type, options, signal)
    const queue = new EventQueue()
    this.#open.add(stop)
    const running = this.#cluster.api
      .watch(context, type, options, (events) => {
        if (!queue.push(events)) stop.abort()
      })
      .then(
        () => queue.end(),
        (error: unknown) => queue.end(error),
      )
    try {
      for (;;) {
        const events = await queue.take()
        if (events === undefined) break
        for (const event of events) {
          if (options.signal?.aborted || this.#closed) return
          if (event.type === 'ERROR') throw new StatusError(event.object as StatusError['status'])
          yield (
            options.metadataOnly && event.type !== 'BOOKMARK' ? { type: event.type, object: metadataOf(event.object) } : event
          ) as WatchEvent<T>
        }
      }
    } finally {
      stop.abort()
      this.#open.delete(stop)
      await running
    }
  }

  async create<T extends KubeObject>(type: ResourceType, object: T, options: WriteOptions = {}): Promise<T> {
    const namespace = object.metadata.namespace ?? ''
    const context = this.#enter('create', type, { namespace }, options.signal)
    return (await this.#cluster.api.create(context, { type, namespace, name: '' }, object, this.#written(options))) as T
  }

  async update<T extends KubeObject>(
    type: ResourceType,
    object: T,
    options: WriteOptions & { subresource?: string } = {},
  ): Promise<T> {
    const { name, namespace = '' } = object.metadata
    const { subresource } = options
    const context = this.#enter('update', type, { namespace, name, subresource }, options.signal)
    const target = apiTarget({ type, namespace, name, ...(subresource ? { subresource } : {}) })
    return (await this.#cluster.api.update(context, target, object, this.#written(options))).object as T
  }

  async patch<T extends KubeObject>(target: Target, patch: Patch, options: WriteOptions = {}): Promise<T> {
    const context = this.#enter('patch', target.type, target, options.signal)
    return (await this.#cluster.api.patch(context, apiTarget(target), patch, this.#written(options))).object as T
  }

  async delete(target: Target, options: DeleteOptions = {}): Promise<void> {
    const context = this.#enter('delete', target.type, target, options.signal)
    await this.#cluster.api.delete(context, apiTarget(target), options)
  }

  async resources(): Promise<ResourceCatalogue> {
    return this.#cluster.api.catalogue()
  }

  async version(): Promise<ServerVersion> {
    return this.#cluster.api.version
  }

  /** `GET` of /version and the health paths; the rest of the HTTP surface needs HTTP. */
  async raw(method: string, path: string): Promise<string> {
    this.#check(undefined)
    const plain = path.replace(/\?.*$/, '')
    if (method.toUpperCase() === 'GET') {
      if (plain === '/version') return JSON.stringify(this.#cluster.api.version)
      if (plain === '/healthz' || plain === '/livez' || plain === '/readyz') return 'ok'
    }
    throw statusErrors.pathNotFound()
  }

  close(): void {
    this.#closed = true
    for (const stop of this.#open) stop.abort()
  }

  #written(options: WriteOptions): WriteOptions {
    return options.fieldManager ? options : { ...options, fieldManager: 'flotilla' }
  }

  #check(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted()
    if (this.#closed) {
      throw new UsageError({ code: 'client-closed', message: `The client of cluster ${this.name} was used after close().` })
    }
  }

  /** Checks what every call needs, and that the user may do it. */
  #enter(
    verb: string,
    type: ResourceType,
    of: { namespace?: string; name?: string; subresource?: string | undefined },
    signal: AbortSignal | undefined,
  ): RequestContext {
    this.#check(signal)
    if (this.#authorizer !== undefined) {
      const { group, version, plural } = type
      const { namespace = '', name = '', subresource = '' } = of
      const attributes = { verb, group, version, resource: plural, subresource, namespace, name }
      const answer = this.#authorizer.authorize(this.#cluster, this.#user, attributes)
      if (!answer.allowed) {
        const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`
        const what = subresource === '' ? plural : `${plural}/${subresource}`
        throw statusErrors.forbidden(
          { resource: plural, group, name },
          `User "${this.#user.name}" cannot ${verb} resource "${what}" in API group "${group}" ${where}${
            answer.reason === '' ? '' : `: ${answer.reason}`
          }`,
        )
      }
    }
    return { user: this.#user, warn() {}, ...(signal ? { signal } : {}) }
  }
}

function apiTarget(target: Target): ApiTarget {
  const { type, namespace = '', name, subresource } = target
  return { type, namespace: type.namespaced ? namespace : '', name, ...(subresource ? { subresource } : {}) }
}

function metadataOf(object: KubeObject): KubeObject {
  return { apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata', metadata: object.metadata }
}
