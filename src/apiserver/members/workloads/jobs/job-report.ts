import { equalJson } from '../../../../base/json.js'
import type { Work } from '../../contract.js'
import type { Pod } from '../../engine/objects.js'
import { isFinished, isReady, isTerminating, podsOf } from '../pods.js'
import { record } from '../recorded-pods.js'
import { component, isFailed, isIndexed, isTracked, type Job, type JobCondition, type JobStatus } from './job.js'
import { formatIndexes, indexOf, sorted } from './job-indexes.js'
import { decidedAs, type Outcome } from './job-outcome.js'
import { judgeFailure } from './job-policies.js'
import type { JobTally } from './job-tally.js'
import { untrack } from './leaving-pods.js'

/**
 * Writes down how far a Job is. Pods that have ended are counted once and for all: their uids are in the status first,
 * then they lose the finalizer, then they are in the counts; whatever is interrupted between goes on from there.
 */
export async function report(work: Work, job: Job, tally: JobTally, pods: readonly Pod[], outcome?: Outcome): Promise<void> {
  const before = job.status ?? {}
  const { uncounted, counted, release } = endedPods(job, tally, pods, outcome)
  const conditions = withDecision(withSuspension(before.conditions ?? [], job, work.nowText()), outcome, work.nowText())
  const resumed = isSuspendedIn(before.conditions) && !isSuspendedIn(conditions)
  const startTime = resumed || (before.startTime === undefined && !job.spec.suspend) ? work.nowText() : before.startTime
  const common = { ...indexesOf(job, tally), ...(startTime === undefined ? {} : { startTime }) }
  let current = job
  if (release.length > 0) {
    current = await writeStatus(work, job, {
      ...common,
      ...present(work, job),
      ...numbers(job, tally, counted),
      conditions,
      uncounted,
    })
    await Promise.all(release.map((pod) => untrack(work, pod)))
  }
  const after = {
    succeeded: counted.succeeded + uncounted.succeeded.length,
    failed: counted.failed + uncounted.failed.length,
  }
  const now = present(work, job)
  const done = outcome !== undefined && now.terminating === 0 ? finished(outcome, work.nowText()) : undefined
  await writeStatus(work, current, {
    ...common,
    ...now,
    ...numbers(job, tally, after),
    ...(done?.type === 'Complete' ? { completionTime: done.lastTransitionTime as string } : {}),
    conditions: done === undefined ? conditions : [...conditions, done],
    uncounted: { succeeded: [], failed: [] },
  })
  if (done?.type === 'Failed') say(work, job, { type: 'Warning', reason: done.reason ?? '', message: done.message ?? '' })
  else if (done !== undefined) say(work, job, { reason: 'Completed', message: 'Job completed' })
  if (isSuspendedIn(before.conditions) === isSuspendedIn(conditions)) return
  say(work, job, resumed ? { reason: 'Resumed', message: 'Job resumed' } : { reason: 'Suspended', message: 'Job suspended' })
}

function say(work: Work, job: Job, event: { type?: 'Warning'; reason: string; message: string }): void {
  record(work, job, { ...event, component })
}

interface Uncounted {
  readonly succeeded: string[]
  readonly failed: string[]
}

/** Which pods have newly ended, and which of those that had are certain to be counted now. */
function endedPods(job: Job, { awaited }: JobTally, pods: readonly Pod[], outcome: Outcome | undefined) {
  const status = job.status ?? {}
  const tracked = new Map(pods.filter(isTracked).map((pod) => [pod.metadata.uid ?? '', pod]))
  const known = {
    succeeded: status.uncountedTerminatedPods?.succeeded ?? [],
    failed: status.uncountedTerminatedPods?.failed ?? [],
  }
  const left = (uids: readonly string[]) => uids.filter((uid) => tracked.has(uid))
  const uncounted: Uncounted = { succeeded: left(known.succeeded), failed: left(known.failed) }
  const counted = {
    succeeded: (status.succeeded ?? 0) + known.succeeded.length - uncounted.succeeded.length,
    failed: (status.failed ?? 0) + known.failed.length - uncounted.failed.length,
  }
  const listed = new Set([...uncounted.succeeded, ...uncounted.failed])
  const release: Pod[] = []
  const completions = job.spec.completions ?? 0
  const kept = new Set(awaited.values())
  for (const [uid, pod] of tracked) {
    const succeeded = pod.status?.phase === 'Succeeded'
    const failed = isFailed(pod, job)
    const isKept = kept.has(pod)
    if (!isTerminating(job) && outcome === undefined && !succeeded && (!failed || isKept)) continue
    release.push(pod)
    if (listed.has(uid)) continue
    const isOf = !isIndexed(job) || indexOf(pod, completions) !== undefined
    if (succeeded) {
      if (!isIndexed(job)) uncounted.succeeded.push(uid)
    } else if ((failed || outcome?.type === 'FailureTarget') && isOf && judgeFailure(job, pod).counts) uncounted.failed.push(uid)
  }
  return { uncounted, counted, release }
}

/** Of an Indexed Job the indexes say what has succeeded. */
function indexesOf(job: Job, tally: JobTally): JobStatus {
  if (!isIndexed(job)) return {}
  const done = formatIndexes(sorted(tally.succeededIndexes))
  const failed = tally.failedIndexes === undefined ? undefined : formatIndexes(sorted(tally.failedIndexes))
  return { ...(done === '' ? {} : { completedIndexes: done }), ...(failed === undefined ? {} : { failedIndexes: failed }) }
}

function numbers(job: Job, tally: JobTally, { succeeded, failed }: { succeeded: number; failed: number }): JobStatus {
  const done = isIndexed(job) ? tally.succeededIndexes.size : succeeded
  return { ...(done > 0 ? { succeeded: done } : {}), ...(failed > 0 ? { failed } : {}) }
}

/** What is there now: what was made or removed a moment ago included. */
function present(work: Work, job: Job): { active?: number; ready: number; terminating: number } {
  const pods = podsOf(work, job)
  const active = pods.filter((pod) => !isFinished(pod) && !isTerminating(pod))
  const terminating = pods.filter((pod) => !isFinished(pod) && isTerminating(pod)).length
  return { ...(active.length > 0 ? { active: active.length } : {}), ready: active.filter(isReady).length, terminating }
}

async function writeStatus(
  work: Work,
  job: Job,
  { uncounted, conditions = [], ...rest }: JobStatus & { uncounted: Uncounted },
): Promise<Job> {
  const waiting = Object.fromEntries(Object.entries(uncounted).filter(([, uids]) => uids.length > 0))
  const status: JobStatus = {
    ...rest,
    ...(conditions.length > 0 ? { conditions } : {}),
    uncountedTerminatedPods: waiting,
  }
  if (equalJson(job.status, status)) return job
  return work.write.status(job, { ...job, status })
}

function isSuspendedIn(conditions: readonly JobCondition[] | undefined): boolean {
  return conditions?.some(({ type, status }) => type === 'Suspended' && status === 'True') ?? false
}

function withSuspension(conditions: readonly JobCondition[], job: Job, now: string): readonly JobCondition[] {
  const suspends = job.spec.suspend === true
  if (isSuspendedIn(conditions) === suspends) return conditions
  const next = suspends
    ? conditionOf('Suspended', 'JobSuspended', 'Job suspended', now)
    : { ...conditionOf('Suspended', 'JobResumed', 'Job resumed', now), status: 'False' }
  const isKnown = conditions.some(({ type }) => type === 'Suspended')
  return isKnown ? conditions.map((each) => (each.type === 'Suspended' ? next : each)) : [...conditions, next]
}

function withDecision(conditions: readonly JobCondition[], outcome: Outcome | undefined, now: string): JobCondition[] {
  if (outcome === undefined || decidedAs({ status: { conditions } } as Job, outcome.type)) return [...conditions]
  return [...conditions, conditionOf(outcome.type, outcome.reason, outcome.message, now)]
}

function finished({ type, reason, message }: Outcome, now: string): JobCondition {
  return conditionOf(type === 'FailureTarget' ? 'Failed' : 'Complete', reason, message, now)
}

function conditionOf(type: string, reason: string, message: string, now: string): JobCondition {
  return { type, status: 'True', reason, message, lastProbeTime: now, lastTransitionTime: now }
}
