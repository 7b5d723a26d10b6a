import type { Clock } from '../base/clock.js'
import type { Log } from '../base/log.js'
import type { Random } from '../base/random.js'
import type {
  DeleteOptions,
  KubeClient,
  ListOptions,
  Patch,
  ResourceCatalogue,
  ServerVersion,
  WatchOptions,
  WriteOptions,
} from '../kube/client/kube-client.js'
import type { KubeList, KubeObject, WatchEvent } from '../kube/object/kube-object.js'
import type { ResourceType } from '../kube/object/resource-type.js'
import type { SchemaCatalogue } from '../kube/schema/schema-node.js'
import type { ClusterBackup, RestoreOutcome } from './storage/backup.js'

/**
 * How the parts of the embedded API server meet. One process holds many logical clusters; each looks like a cluster of
 * its own to every client.
 *
 *     socket -> http/ (parse, negotiate) -> auth/ (who, may they) -> ClusterApi (admission, registry) -> storage/
 *     in-process KubeClient ------------------------------------------^
 *
 * The request path is the same for both from ClusterApi on; objects cross it as values, never as text, and are shared:
 * nobody changes an object that it was handed.
 */
export interface LogicalClusters {
  list(): readonly LogicalCluster[]
  get(name: string): LogicalCluster | undefined
  /** Creates (or opens, after a restart) the cluster with its bootstrap objects; the same name twice gives the same cluster. */
  ensure(name: string, options?: { uid?: string }): Promise<LogicalCluster>
  delete(name: string): Promise<void>
  /**
   * Every change of every logical cluster, in commit order, after it is durable. One subscription serves a controller
   * for all clusters; listeners must only enqueue. The returned function unsubscribes.
   */
  onChange(listener: (change: ClusterChange) => void): () => void
  /** Hears of clusters that were deleted; nothing of them can be read then. The returned function unsubscribes. */
  onDelete(listener: (cluster: string) => void): () => void
}

export interface ClusterChange {
  readonly cluster: string
  /** `deployments.apps`, `pods` */
  readonly groupResource: string
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: KubeObject
  readonly previous?: KubeObject
}

export interface LogicalCluster {
  readonly name: string
  readonly api: ClusterApi
  /** The transport for controllers: no sockets, no text. `user` defaults to system:masters. */
  client(options?: { user?: UserInfo; name?: string }): KubeClient
  /** Reads without a copy or a promise, for controllers inside this process. Undefined when there is no such object. */
  peek(groupResource: string, key: string): KubeObject | undefined
  /** All objects of a resource, sorted by key; `namespace` narrows. */
  peekAll(groupResource: string, namespace?: string): Iterable<KubeObject>
  /** What the cluster holds of its own, without what every cluster has from the start and nobody has changed; in no order. */
  own(): Iterable<{ readonly groupResource: string; readonly object: KubeObject }>
  /** The lines of a backup file, of one moment. Secrets stand in it in the clear. */
  backup(): Iterable<string>
  /**
   * Makes the cluster what it was, by changes that every watch sees; its own addresses stay. Past admission: what was stored
   * once is stored again.
   */
  restore(backup: ClusterBackup, options?: { dryRun?: boolean; turn?: () => Promise<void> }): Promise<RestoreOutcome>
}

export interface UserInfo {
  readonly name: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export interface RequestContext {
  readonly user: UserInfo
  readonly signal?: AbortSignal
  /** Collects the texts of `Warning:` headers. */
  warn(text: string): void
  /** Collects annotations of the audit event. */
  annotate?(key: string, value: string): void
}

/** The verbs of one logical cluster. Callers have authorised the request; failures are StatusErrors with upstream's texts. */
export interface ClusterApi {
  readonly version: ServerVersion
  /** What is served now, custom resources included. The value changes identity when it changes. */
  catalogue(): ResourceCatalogue
  readonly schemas: SchemaCatalogue
  get(context: RequestContext, target: ApiTarget, options?: { resourceVersion?: string }): Promise<KubeObject>
  list(context: RequestContext, type: ResourceType, options: ListOptions): Promise<KubeList>
  /**
   * Events go to `sink` in order, as many at a time as there are; the promise settles when the watch has ended (timeout,
   * abort through context.signal, or an error before the stream began, which rejects). A mid-stream failure is an ERROR event.
   */
  watch(context: RequestContext, type: ResourceType, options: WatchOptions, sink: WatchSink): Promise<void>
  create(context: RequestContext, target: ApiTarget, object: KubeObject, options: ApiWriteOptions): Promise<KubeObject>
  update(
    context: RequestContext,
    target: ApiTarget,
    object: KubeObject,
    options: ApiWriteOptions,
  ): Promise<{ object: KubeObject; created: boolean }>
  patch(
    context: RequestContext,
    target: ApiTarget,
    patch: Patch,
    options: ApiWriteOptions,
  ): Promise<{ object: KubeObject; created: boolean }>
  /** `object` while it still exists (finalizers, grace); otherwise it is gone and `object` is its last state. */
  delete(
    context: RequestContext,
    target: ApiTarget,
    options: DeleteOptions & { orphanDependents?: boolean },
  ): Promise<{ object: KubeObject; gone: boolean }>
  deleteCollection(context: RequestContext, type: ResourceType, list: ListOptions, options: DeleteOptions): Promise<KubeList>
  /** Asks admission whether a connection (exec, proxy ...) may be made; `options` as PodExecOptions and its like. */
  connect(context: RequestContext, target: ApiTarget, options: KubeObject): Promise<void>
}

export interface ApiTarget {
  readonly type: ResourceType
  readonly namespace: string
  /** Empty on create of an object that names itself. */
  readonly name: string
  readonly subresource?: string
}

export interface ApiWriteOptions extends WriteOptions {
  /** Unknown and duplicate fields found while the body was decoded (the registry decides by fieldValidation). */
  decodeProblems?: readonly string[]
  /** Where in the body they and others are, in whose order they are told. */
  decodePlaces?: ReadonlyMap<string, number>
  /** The field manager was not given: it is named after the client. */
  managerFromAgent?: boolean
}

export type WatchSink = (events: readonly (WatchEvent | { type: 'ERROR'; object: unknown })[]) => void

/** What every part of the server takes from outside. */
export interface ServerPorts {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Decides whether a user may do something (RBAC). */
export interface Authorizer {
  authorize(cluster: LogicalCluster, user: UserInfo, attributes: AccessAttributes): { allowed: boolean; reason: string }
}

/** The same, where somebody else has to be asked. */
export interface RemoteAuthorizer {
  authorize(cluster: LogicalCluster, user: UserInfo, attributes: AccessAttributes): Promise<{ allowed: boolean; reason: string }>
}

export interface AccessAttributes {
  readonly verb: string
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  /** For paths that name no resource, such as /version; then the fields above but `verb` are empty. */
  readonly path?: string
}

/** Finds who sent a request. Undefined: no credentials that this method knows; throw unauthorized for bad ones. */
export interface Authenticator {
  authenticate(
    cluster: LogicalCluster,
    credentials: {
      bearerToken?: string
      peerCertificate?: {
        commonName: string
        organizations: readonly string[]
        organizationalUnits?: readonly string[]
      }
    },
  ): Promise<UserInfo | undefined>
}

/**
 * The addresses of one logical cluster, as CIDRs. Without one (in tests, on platforms with a single loopback address) Services
 * are of 10.96.0.0/16 and pods of 10.244.0.0/16, in every cluster alike, and no traffic flows.
 */
export interface ClusterNetwork {
  /** ClusterIPs; in 127.0.0.0/8 every one of them is a listener. */
  readonly serviceRange: string
  /** Pods that run as processes; each has a loopback address of its own. Simulated pods keep 10.244.0.0/16. */
  readonly podRange: string
  readonly nodeRange: string
  readonly loadBalancerRange: string
}

/** Where a cluster's addresses come from; undefined: it has none of its own. The answer never changes while a cluster lives. */
export type NetworkOf = (cluster: string) => ClusterNetwork | undefined
