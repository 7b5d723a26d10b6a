import { apiServiceHealth } from './api-service.js'
import { applicationHealth } from './application.js'
import type { HealthCheck } from './contract.js'
import { cronJobHealth } from './cron-job.js'
import { customResourceDefinitionHealth } from './custom-resource-definition.js'
import { daemonSetHealth } from './daemon-set.js'
import { deploymentHealth } from './deployment.js'
import { horizontalPodAutoscalerHealth } from './horizontal-pod-autoscaler.js'
import { ingressHealth } from './ingress.js'
import { jobHealth } from './job.js'
import { persistentVolumeClaimHealth } from './persistent-volume-claim.js'
import { podHealth } from './pod.js'
import { podDisruptionBudgetHealth } from './pod-disruption-budget.js'
import { replicaSetHealth } from './replica-set.js'
import { serviceHealth } from './service.js'
import { statefulSetHealth } from './stateful-set.js'

/** All built-in checks. */
export const healthChecks: readonly HealthCheck[] = [
  apiServiceHealth,
  applicationHealth,
  cronJobHealth,
  customResourceDefinitionHealth,
  daemonSetHealth,
  deploymentHealth,
  horizontalPodAutoscalerHealth,
  ingressHealth,
  jobHealth,
  persistentVolumeClaimHealth,
  podHealth,
  podDisruptionBudgetHealth,
  replicaSetHealth,
  serviceHealth,
  statefulSetHealth,
]
