import type { AdmissionPlugin } from './contract.js'
import { defaultTolerations } from './default-tolerations.js'
import { limitRanger } from './limit-ranger.js'
import { namespaceLifecycle } from './namespace-lifecycle.js'
import { priority } from './priority.js'
import { resourceQuota } from './resource-quota.js'
import { serviceAccount } from './service-account.js'
import { storageClass } from './storage-class.js'

/** Checks at the moment of the commit. */
export const lastPlugins: readonly AdmissionPlugin[] = [resourceQuota]

/** The built-in plugins in the order in which they run: that of kube-apiserver. */
export const builtInPlugins: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  defaultTolerations,
  priority,
  storageClass,
]
