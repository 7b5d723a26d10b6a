import type { Pod } from '../../engine/objects.js'
import { isIndexed, type Job, type JobCondition } from './job.js'
import { failsJob, matchedSuccess } from './job-policies.js'
import type { JobTally } from './job-tally.js'

/** Why a Job is over: at first `FailureTarget` or `SuccessCriteriaMet`, while its pods still go. */
export interface Outcome {
  readonly type: 'FailureTarget' | 'SuccessCriteriaMet'
  readonly reason: string
  readonly message: string
}

const failure = (reason: string, message: string): Outcome => ({ type: 'FailureTarget', reason, message })

/** The outcome as it stands; undefined while there is more to do. What was decided before stays so. */
export function outcomeOf(job: Job, tally: JobTally, pods: readonly Pod[], now: number): Outcome | undefined {
  const { backoffLimit = 6, activeDeadlineSeconds, maxFailedIndexes, completions = 0 } = job.spec
  for (const type of ['SuccessCriteriaMet', 'FailureTarget'] as const) {
    const { reason = '', message = '' } = decidedAs(job, type) ?? {}
    if (reason !== '') return { type, reason, message }
  }
  const rule = failsJob(job, pods)
  if (rule !== undefined) return failure('PodFailurePolicy', rule)
  if (tally.failed > backoffLimit || restartsExceed(job, pods, backoffLimit)) {
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  }
  const startTime = job.status?.startTime
  const isLimited = activeDeadlineSeconds !== undefined && startTime !== undefined && job.spec.suspend !== true
  if (isLimited && now >= Date.parse(startTime) + Number(activeDeadlineSeconds) * 1000) {
    return failure('DeadlineExceeded', 'Job was active longer than specified deadline')
  }
  if (!isIndexed(job)) return undefined
  const { failedIndexes, succeededIndexes } = tally
  if (failedIndexes !== undefined && failedIndexes.size > (maxFailedIndexes ?? Number.POSITIVE_INFINITY)) {
    return failure('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes')
  }
  if (failedIndexes !== undefined && failedIndexes.size > 0 && failedIndexes.size + succeededIndexes.size >= completions) {
    return failure('FailedIndexes', 'Job has failed indexes')
  }
  const success = matchedSuccess(job, succeededIndexes)
  return success === undefined ? undefined : { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: success }
}

/** All that was asked for has succeeded, and nothing runs any more. */
export function completed(job: Job, tally: JobTally, active: number): Outcome | undefined {
  const { completions } = job.spec
  const done = completions === undefined ? tally.succeeded > 0 : tally.succeeded >= completions
  if (!done || active > 0) return undefined
  return { type: 'SuccessCriteriaMet', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
}

export function decidedAs(job: Job, type: string): JobCondition | undefined {
  return job.status?.conditions?.find((condition) => condition.type === type && condition.status === 'True')
}

/** Containers that are restarted in place count, where pods do not fail. */
function restartsExceed(job: Job, pods: readonly Pod[], backoffLimit: number): boolean {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return false
  let restarts = 0
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue
    for (const key of ['initContainerStatuses', 'containerStatuses']) {
      for (const each of (status[key] ?? []) as { restartCount?: number }[]) restarts += each.restartCount ?? 0
    }
  }
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit
}
