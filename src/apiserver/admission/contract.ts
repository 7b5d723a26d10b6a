import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import type { AccessAttributes, LogicalCluster, ServerPorts, UserInfo } from '../contract.js'
import type { ClusterStorage } from '../storage/contract.js'

/**
 * A built-in admission plugin: one file beside this, listed in plugins.ts in the order in which they run. A plugin
 * - sees every write that its `handles` takes, dry runs included, so it must not write anything itself;
 * - changes `request.object` in place in `mutate` only, and throws a StatusError (mostly Forbidden) to refuse;
 * - is synchronous, looks at the cluster through `request.storage`, and keeps no state of its own between requests.
 */
export interface AdmissionPlugin {
  /** As in --enable-admission-plugins of kube-apiserver. */
  readonly name: string
  handles(request: AdmissionRequest): boolean
  /** May run twice: again when a webhook has changed the object. */
  mutate?(request: AdmissionRequest): void
  validate?(request: AdmissionRequest): void
}

export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly type: ResourceType
  /** Of the object: that of the resource, or of a subresource with a kind of its own (Scale, Eviction, Binding). */
  readonly kind: GroupVersionKind
  /** `deployments.apps` */
  readonly groupResource: string
  readonly subresource: string
  readonly namespace: string
  /** Empty while a generated name is not made yet. */
  readonly name: string
  /** CREATE and UPDATE: what is to be stored; CONNECT: the options of the connection. */
  readonly object: KubeObject | undefined
  /** UPDATE and DELETE: what is stored. */
  readonly previous: KubeObject | undefined
  readonly user: UserInfo
  readonly dryRun: boolean
  /** CreateOptions, UpdateOptions or DeleteOptions of the request; undefined for CONNECT. */
  readonly options: KubeObject | undefined
  readonly storage: ClusterStorage
  readonly cluster: LogicalCluster
  readonly ports: ServerPorts
  readonly signal: AbortSignal | undefined
  /** Whether the user of the request (or `user`) may do something; without an authorizer everybody may. */
  authorize(attributes: Partial<AccessAttributes> & { verb: string }, user?: UserInfo): { allowed: boolean; reason: string }
  warn(text: string): void
  /** An annotation for the audit event of the request. */
  annotate(key: string, value: string): void
  /** The other served versions of the same objects. */
  equivalents(): readonly EquivalentVersion[]
  /** What the cluster serves as a kind; undefined when it does not. Objects come in that version. */
  findKind(apiVersion: string, kind: string): ServedKind | undefined
  /** The object of `kind` that a client would have sent for this JSON: unknown fields dropped, defaults filled in. */
  decode(kind: GroupVersionKind, object: KubeObject): KubeObject
}

export interface ServedKind {
  readonly namespaced: boolean
  get(namespace: string, name: string): KubeObject | undefined
  /** Empty: of all namespaces. */
  list(namespace: string): Iterable<KubeObject>
}

/** Another version (or group: Events) in which the objects of a resource are served. Both ways give the same object when nothing is to be done. */
export interface EquivalentVersion {
  readonly type: ResourceType
  fromRequested(object: KubeObject): KubeObject
  toRequested(object: KubeObject): KubeObject
}

/**
 * All of admission. `mutate` and `validate` return nothing when they are done (no webhook was to be asked): a write then goes
 * on at once. After a promise, what the caller has read of the cluster may be old.
 */
export interface AdmissionChain {
  /** True when webhooks or policies are configured: they are to hear of writes that change nothing, too. */
  seesUnchanged(storage: ClusterStorage): boolean
  mutate(request: AdmissionRequest): Promise<void> | undefined
  validate(request: AdmissionRequest): Promise<void> | undefined
  /** Checks that hold at the moment of the commit only (quotas): nothing may happen between this and it. */
  finish(request: AdmissionRequest): void
}

/** Webhooks of one phase each. Undefined: none was to be asked. */
export interface WebhookAdmission {
  isConfigured(storage: ClusterStorage): boolean
  /** `reinvoke` runs the built-in plugins again, after a webhook has changed the object. */
  mutate(request: AdmissionRequest, reinvoke: () => void): Promise<void> | undefined
  validate(request: AdmissionRequest): Promise<void> | undefined
}

/** ValidatingAdmissionPolicies: throws for a write that one denies. */
export interface PolicyAdmission {
  isConfigured(storage: ClusterStorage): boolean
  validate(request: AdmissionRequest): void
}
