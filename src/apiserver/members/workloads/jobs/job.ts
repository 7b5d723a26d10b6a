import type { KubeObject } from '../../../../kube/object/kube-object.js'
import type { LabelSelectorSpec } from '../../../../kube/object/selector.js'
import type { Pod, PodTemplate } from '../../engine/objects.js'
import { isTerminating } from '../pods.js'

// What the Job controller reads and writes, and what its parts agree on.

export interface JobCondition {
  type: string
  status: string
  reason?: string
  message?: string
  lastProbeTime?: string
  lastTransitionTime?: string
}

export interface JobStatus {
  active?: number
  ready?: number
  terminating?: number
  succeeded?: number
  failed?: number
  startTime?: string
  completionTime?: string
  completedIndexes?: string
  failedIndexes?: string
  conditions?: JobCondition[]
  /** Pods that have ended, still have the finalizer, and are not yet in the counts. */
  uncountedTerminatedPods?: { succeeded?: string[]; failed?: string[] }
}

export interface FailureRule {
  action: string
  onExitCodes?: { containerName?: string; operator: string; values?: number[] }
  onPodConditions?: { type: string; status?: string }[]
}

export type Job = KubeObject & {
  spec: {
    parallelism?: number
    completions?: number
    backoffLimit?: number
    backoffLimitPerIndex?: number
    maxFailedIndexes?: number
    activeDeadlineSeconds?: number
    suspend?: boolean
    completionMode?: string
    ttlSecondsAfterFinished?: number
    podFailurePolicy?: { rules?: FailureRule[] }
    successPolicy?: { rules?: { succeededIndexes?: string; succeededCount?: number }[] }
    podReplacementPolicy?: string
    managedBy?: string
    selector?: LabelSelectorSpec
    template: PodTemplate
  }
  status?: JobStatus
}

export const component = 'job-controller'
/** Keeps a pod until its Job has counted it. */
export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'

export function isIndexed(job: Job): boolean {
  return job.spec.completionMode === 'Indexed'
}

/** `Complete` or `Failed` once it is over. */
export function finishedAs(job: Job): string | undefined {
  return job.status?.conditions?.find(
    (condition) => (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True',
  )?.type
}

/** Another controller looks after it. */
export function isManagedElsewhere({ spec: { managedBy } }: Job): boolean {
  return managedBy !== undefined && managedBy !== 'kubernetes.io/job-controller'
}

/** Pods that are going are replaced when they are gone, not before. */
export function replacesOnlyFailed({ spec }: Job): boolean {
  return spec.podReplacementPolicy === 'Failed' || spec.podFailurePolicy !== undefined
}

/** Pods that were deleted count as failed unless their replacement waits for them. */
export function isFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true
  return !replacesOnlyFailed(job) && isTerminating(pod) && pod.status?.phase !== 'Succeeded'
}

export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(trackingFinalizer) === true
}

/** When its containers ended; for pods without any word of that, when they were last ready or made. */
export function endedAt({ status, metadata }: Pod): number {
  const statuses = (status?.['containerStatuses'] ?? []) as { state?: { terminated?: { finishedAt?: string } } }[]
  const times = statuses.map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? '')).filter((time) => !Number.isNaN(time))
  if (times.length > 0) return Math.max(...times)
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime
  return Date.parse(ready ?? metadata.deletionTimestamp ?? metadata.creationTimestamp ?? '')
}
