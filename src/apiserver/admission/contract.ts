import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import type { ServerPorts, UserInfo } from '../contract.js'
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
  mutate?(request: AdmissionRequest): void
  validate?(request: AdmissionRequest): void
}

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE'
  readonly type: ResourceType
  /** `deployments.apps` */
  readonly groupResource: string
  readonly subresource: string
  readonly namespace: string
  /** Empty while a generated name is not made yet. */
  readonly name: string
  /** CREATE and UPDATE: what is to be stored. */
  readonly object: KubeObject | undefined
  /** UPDATE and DELETE: what is stored. */
  readonly previous: KubeObject | undefined
  readonly user: UserInfo
  readonly dryRun: boolean
  readonly storage: ClusterStorage
  readonly ports: ServerPorts
  warn(text: string): void
}
