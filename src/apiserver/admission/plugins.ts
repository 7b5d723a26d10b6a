import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.js'
import { claimResize } from './claim-resize.js'
import type { AdmissionPlugin } from './contract.js'
import { defaultTolerations } from './default-tolerations.js'
import { ingressClass } from './ingress-class.js'
import { limitRanger } from './limit-ranger.js'
import { namespaceLifecycle } from './namespace-lifecycle.js'
import { nodeRestriction } from './node-restriction.js'
import { nodeTaint } from './node-taint.js'
import { podSecurity } from './pod-security/pod-security.js'
import { priority, priorityClasses } from './priority.js'
import { resourceQuota } from './resource-quota.js'
import { runtimeClass } from './runtime-class.js'
import { serviceAccount } from './service-account.js'
import { storageClass } from './storage-class.js'
import { storageProtection } from './storage-protection.js'

/** Checks at the moment of the commit. */
export const lastPlugins: readonly AdmissionPlugin[] = [resourceQuota]

/** The built-in plugins in the order in which they run: that of kube-apiserver. */
export const builtInPlugins: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  nodeRestriction,
  nodeTaint,
  podSecurity,
  priority,
  priorityClasses,
  defaultTolerations,
  storageClass,
  storageProtection,
  claimResize,
  runtimeClass,
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  ingressClass,
]
