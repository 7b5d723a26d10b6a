import type { Duplex } from 'node:stream'
import type { CodedError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { parseJson, printJson } from '../../base/json-text.js'
import { apiVersionOf, type KubeList, type KubeObject, type WatchEvent } from '../object/kube-object.js'
import type { ResourceType } from '../object/resource-type.js'
import { errorOfEvent, unreachable } from './answer-errors.js'
import type { ClientPorts } from './client-ports.js'
import type { Connection } from './connection.js'
import { discoverResources } from './discovery.js'
import { HttpTransport, type TransportLimits } from './http-transport.js'
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
} from './kube-client.js'
import { readLines } from './read-lines.js'
import { collectionPath, listQuery, objectPath, writeQuery } from './resource-path.js'

export interface HttpClientOptions {
  /** The cluster's name in the fleet, for messages. */
  readonly name: string
  readonly connection: Connection
  readonly ports: ClientPorts
  /** Takes the place of sockets, for servers that only a tunnel leads to: a stream for each request. The server is `http://`. */
  readonly dial?: () => Duplex
  readonly limits?: TransportLimits & {
    /** Bytes of one watch event (default 32 MiB). */
    readonly eventBytes?: number
  }
}

const json = 'application/json'
const metadataOnly = (kind: string) => `application/json;as=${kind};g=meta.k8s.io;v=v1`

const patchTypes = {
  apply: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  json: 'application/json-patch+json',
}

/** A client of a kube-apiserver over HTTP. */
export function createHttpClient(options: HttpClientOptions): KubeClient {
  return new HttpClient(options)
}

class HttpClient implements KubeClient {
  readonly name: string
  readonly #transport: HttpTransport
  readonly #eventBytes: number
  #catalogue: Promise<ResourceCatalogue> | undefined

  constructor({ name, connection, ports, limits, dial }: HttpClientOptions) {
    this.name = name
    this.#transport = new HttpTransport(name, connection, ports, limits, dial)
    this.#eventBytes = limits?.eventBytes ?? 32 * 1024 * 1024
  }

  async get<T extends KubeObject>(target: Target, options: { signal?: AbortSignal } = {}): Promise<T> {
    return this.#object(await this.#transport.text({ method: 'GET', path: objectPath(target), accept: json, ...options }))
  }

  async list<T extends KubeObject>(type: ResourceType, options: ListOptions = {}): Promise<KubeList<T>> {
    const path = collectionPath(type, options.namespace) + listQuery(options, false)
    const accept = options.metadataOnly ? metadataOnly('PartialObjectMetadataList') : json
    const list = this.#object<KubeList<T>>(
      await this.#transport.text({ method: 'GET', path, accept, signal: options.signal, timeoutMs: 120_000 }),
    )
    list.metadata ??= {}
    // The items of typed lists come without their type, and those of metadata lists with another.
    for (const item of (list.items ??= [])) restoreType(item, type, options.metadataOnly)
    return list
  }

  async *watch<T extends KubeObject>(type: ResourceType, options: WatchOptions): AsyncIterable<WatchEvent<T>> {
    const { signal } = options
    const path = collectionPath(type, options.namespace) + listQuery(options, true)
    const accept = options.metadataOnly ? metadataOnly('PartialObjectMetadata') : json
    try {
      const stream = await this.#transport.stream({ method: 'GET', path, accept, signal })
      for await (const line of readLines(stream, this.#eventBytes)) {
        const event = this.#parse(line, 'a watch event') as { type?: unknown; object?: unknown }
        if (event.type === 'ERROR') throw errorOfEvent(event.object)
        if (!isObject(event.object) || !isObject(event.object['metadata'])) continue
        if (event.type !== 'BOOKMARK') restoreType(event.object as KubeObject, type, options.metadataOnly)
        yield event as unknown as WatchEvent<T>
      }
    } catch (error) {
      if (signal?.aborted) return
      throw error instanceof RangeError ? unreachable(this.name, error.message, error) : error
    }
  }

  async create<T extends KubeObject>(type: ResourceType, object: T, options: WriteOptions = {}): Promise<T> {
    const path = collectionPath(type, object.metadata.namespace) + writeQuery(options)
    return this.#write('POST', path, printJson(object), json, options)
  }

  async update<T extends KubeObject>(
    type: ResourceType,
    object: T,
    options: WriteOptions & { subresource?: string } = {},
  ): Promise<T> {
    const { name, namespace } = object.metadata
    const path = objectPath({ type, name, namespace, subresource: options.subresource }) + writeQuery(options)
    return this.#write('PUT', path, printJson(object), json, options)
  }

  async patch<T extends KubeObject>(target: Target, patch: Patch, options: WriteOptions = {}): Promise<T> {
    const body = patch.kind === 'apply' ? patch.object : patch.kind === 'json' ? patch.operations : patch.body
    // `force` and `fieldManager` belong to apply; a server refuses `force` with anything else.
    const query = writeQuery(patch.kind === 'apply' ? options : { ...options, force: undefined })
    return this.#write('PATCH', objectPath(target) + query, printJson(body), patchTypes[patch.kind], options)
  }

  async delete(target: Target, options: DeleteOptions = {}): Promise<void> {
    const { propagationPolicy, gracePeriodSeconds, preconditions } = options
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy,
      gracePeriodSeconds,
      preconditions,
      ...(options.dryRun ? { dryRun: ['All'] } : {}),
    }
    await this.#transport.text({
      method: 'DELETE',
      path: objectPath(target),
      accept: json,
      contentType: json,
      body: JSON.stringify(body),
      signal: options.signal,
    })
  }

  resources(options: { refresh?: boolean } = {}): Promise<ResourceCatalogue> {
    if (this.#catalogue === undefined || options.refresh) {
      // Without the caller's signal: others may wait for the same answer.
      const reading = discoverResources((path, accept) => this.#transport.text({ method: 'GET', path, accept }))
      this.#catalogue = reading
      reading.catch(() => {
        if (this.#catalogue === reading) this.#catalogue = undefined
      })
    }
    return this.#catalogue
  }

  async version(options: { signal?: AbortSignal } = {}): Promise<ServerVersion> {
    return this.#object(await this.#transport.text({ method: 'GET', path: '/version', accept: json, ...options }))
  }

  raw(
    method: string,
    path: string,
    options: { body?: string; contentType?: string; accept?: string; signal?: AbortSignal } = {},
  ): Promise<string> {
    return this.#transport.text({ method, path, ...options, accept: options.accept ?? '*/*' })
  }

  close(): void {
    this.#transport.close()
  }

  async #write<T>(method: string, path: string, body: string, contentType: string, options: WriteOptions): Promise<T> {
    const { signal, onWarning } = options
    return this.#object(await this.#transport.text({ method, path, accept: json, contentType, body, signal, onWarning }))
  }

  #object<T>(text: string): T {
    const value = this.#parse(text, 'the answer')
    if (!isObject(value)) throw this.#notKubernetes('the answer is no JSON object')
    return value as T
  }

  #parse(text: string, what: string): unknown {
    try {
      return parseJson(text)
    } catch (error) {
      throw this.#notKubernetes(`${what} is no JSON`, error)
    }
  }

  #notKubernetes(what: string, cause?: unknown): CodedError {
    return unreachable(this.name, `${what}: is this a Kubernetes API server?`, cause)
  }
}

function restoreType(object: KubeObject, type: ResourceType, isMetadataOnly?: boolean): void {
  if (object.apiVersion !== undefined && object.kind !== undefined && !isMetadataOnly) return
  object.apiVersion = apiVersionOf(type.group, type.version)
  object.kind = type.kind
}
