import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { UserInfo } from '../../contract.js'
import { customResourceDefinitionLifecycle } from '../custom/custom-resource-lifecycle.js'
import type { ClusterScope } from '../scope.js'
import { certificateRequestLifecycle } from './certificate-request-lifecycle.js'
import { daemonSetLifecycle } from './daemon-set-lifecycle.js'
import { jobLifecycle } from './job-lifecycle.js'
import { limitRangeLifecycle } from './limit-range-lifecycle.js'
import { namespaceLifecycle } from './namespace-lifecycle.js'
import { persistentVolumeClaimLifecycle } from './persistent-volume-claim-lifecycle.js'
import { persistentVolumeLifecycle } from './persistent-volume-lifecycle.js'
import { podLifecycle } from './pod-lifecycle.js'
import { secretLifecycle } from './secret-lifecycle.js'
import { serviceLifecycle } from './service-lifecycle.js'

/** What the server does to the objects of one resource, besides what every resource has. Objects are ours to change. */
export interface Lifecycle {
  /** Before validation. What it allocates it must give back in `released` when the write fails or was a dry run. */
  beforeCreate?(scope: ClusterScope, object: KubeObject, user: UserInfo, warn: (text: string) => void): void
  beforeUpdate?(scope: ClusterScope, object: KubeObject, previous: KubeObject, subresource: string): void
  /** The write did not happen. */
  released?(scope: ClusterScope, object: KubeObject, previous: KubeObject | undefined): void
  /** After every commit, at once: `object` is absent when it is gone, `previous` when it is new. */
  committed?(scope: ClusterScope, object: KubeObject | undefined, previous: KubeObject | undefined): void
  /** Seconds that a deletion waits; undefined: it goes at once. */
  gracePeriod?(object: KubeObject, wanted: number | undefined): number | undefined
  /** True when something besides metadata.finalizers keeps a deleted object. */
  isHeld?(object: KubeObject): boolean
  /** The object as it is when its deletion begins. */
  terminating?(scope: ClusterScope, object: KubeObject): KubeObject
}

/** By stored resource. */
export const lifecycles: Readonly<Record<string, Lifecycle>> = {
  pods: podLifecycle,
  'certificatesigningrequests.certificates.k8s.io': certificateRequestLifecycle,
  'daemonsets.apps': daemonSetLifecycle,
  'jobs.batch': jobLifecycle,
  persistentvolumes: persistentVolumeLifecycle,
  persistentvolumeclaims: persistentVolumeClaimLifecycle,
  limitranges: limitRangeLifecycle,
  namespaces: namespaceLifecycle,
  secrets: secretLifecycle,
  services: serviceLifecycle,
  'customresourcedefinitions.apiextensions.k8s.io': customResourceDefinitionLifecycle,
}
