import type { KubeList, KubeObject, WatchEvent } from '../object/kube-object.js'
import type { ResourceType } from '../object/resource-type.js'

/**
 * The one way to talk to a cluster. Two transports implement it: HTTP (any kube-apiserver) and in-process (a logical
 * cluster of the embedded API server). Nothing else may know which.
 *
 * Every failure is a StatusError when the server answered, and a CodedError `cluster-unreachable` when it did not (or when
 * nothing can be said of whether it did): never read that as "empty". Objects handed out are shared: never change them.
 */
export interface KubeClient {
  /** For logs and messages: the name under which the fleet knows the cluster. */
  readonly name: string
  get<T extends KubeObject = KubeObject>(target: Target, options?: { signal?: AbortSignal }): Promise<T>
  list<T extends KubeObject = KubeObject>(type: ResourceType, options?: ListOptions): Promise<KubeList<T>>
  /**
   * Streams changes until the server ends the stream (then the iteration ends) or the signal aborts. A 410 inside or before
   * the stream is thrown as a StatusError of reason Expired. Callers want `src/kube/informer`, not this.
   */
  watch<T extends KubeObject = KubeObject>(type: ResourceType, options: WatchOptions): AsyncIterable<WatchEvent<T>>
  create<T extends KubeObject = KubeObject>(type: ResourceType, object: T, options?: WriteOptions): Promise<T>
  /** Replaces; a resourceVersion in the object is a precondition (409 when it is not the current one). */
  update<T extends KubeObject = KubeObject>(
    type: ResourceType,
    object: T,
    options?: WriteOptions & { subresource?: string },
  ): Promise<T>
  patch<T extends KubeObject = KubeObject>(target: Target, patch: Patch, options?: WriteOptions): Promise<T>
  delete(target: Target, options?: DeleteOptions): Promise<void>
  /** What the cluster serves now (preferred versions first). Cached; `refresh` asks again. */
  resources(options?: { refresh?: boolean; signal?: AbortSignal }): Promise<ResourceCatalogue>
  version(options?: { signal?: AbortSignal }): Promise<ServerVersion>
  /** Any path, for what the verbs do not cover: the body as text. */
  raw(
    method: string,
    path: string,
    options?: { body?: string; contentType?: string; accept?: string; signal?: AbortSignal },
  ): Promise<string>
  /** Releases sockets and caches. Using the client afterwards fails. */
  close(): void
}

export interface Target {
  readonly type: ResourceType
  readonly namespace?: string
  readonly name: string
  readonly subresource?: string
}

export interface ListOptions {
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  limit?: number
  continue?: string
  /** '0': anything the server has at hand. */
  resourceVersion?: string
  resourceVersionMatch?: 'Exact' | 'NotOlderThan'
  signal?: AbortSignal
  /** Metadata alone (PartialObjectMetadata): for watches that need no more. */
  metadataOnly?: boolean
}

export interface WatchOptions extends ListOptions {
  /** Asks for the present state first, ended by an annotated bookmark (WatchList). Servers may refuse with 422 Invalid. */
  sendInitialEvents?: boolean
  allowWatchBookmarks?: boolean
  timeoutSeconds?: number
}

export interface WriteOptions {
  /** All: validate and admit, store nothing. */
  dryRun?: boolean
  fieldManager?: string
  fieldValidation?: 'Ignore' | 'Warn' | 'Strict'
  /** Server-side apply only: take over fields that others own. */
  force?: boolean
  /** Called with each `Warning:` header's text. */
  onWarning?: (text: string) => void
  signal?: AbortSignal
}

export type Patch =
  | { kind: 'apply'; object: KubeObject }
  | { kind: 'merge' | 'strategic'; body: unknown }
  | { kind: 'json'; operations: readonly unknown[] }

export interface DeleteOptions {
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan'
  gracePeriodSeconds?: number
  preconditions?: { uid?: string; resourceVersion?: string }
  dryRun?: boolean
  signal?: AbortSignal
}

export interface ResourceCatalogue {
  readonly all: readonly ResourceType[]
  /** By apiVersion and kind; undefined when the cluster does not serve it. */
  forKind(apiVersion: string, kind: string): ResourceType | undefined
  /** By plural, singular, short name or kind, optionally `name.group` or `name.version.group`, as kubectl takes it. */
  forName(name: string): ResourceType | undefined
}

/** version.Info */
export interface ServerVersion {
  readonly major: string
  readonly minor: string
  readonly gitVersion: string
  readonly [field: string]: string
}
