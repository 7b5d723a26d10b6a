import type { Pod } from '../../engine/objects.js'
import { isFinished, isTerminating } from '../pods.js'
import { endedAt, isFailed, isIndexed, isTracked, type Job } from './job.js'
import { indexOf, parseIndexes } from './job-indexes.js'
import { allFailuresOf, failuresOf } from './job-pods.js'
import { judgeFailure } from './job-policies.js'

/** What of a Job has been done, by its status and by the pods that are not counted in it yet. */
export class JobTally {
  readonly active: readonly Pod[]
  readonly terminating: readonly Pod[]
  readonly succeeded: number
  readonly failed: number
  /** Of an Indexed Job: those of the status, and all. */
  readonly countedIndexes: ReadonlySet<number>
  readonly succeededIndexes: ReadonlySet<number>
  /** Of a Job with a backoff limit for each index. */
  readonly failedIndexes: ReadonlySet<number> | undefined
  /** The last failed pod of each index that waits for its next one: kept until then, it carries the count of failures. */
  readonly awaited: ReadonlyMap<number, Pod>

  constructor(job: Job, pods: readonly Pod[]) {
    this.active = pods.filter((pod) => !isFinished(pod) && !isTerminating(pod))
    this.terminating = pods.filter((pod) => !isFinished(pod) && isTerminating(pod))
    const status = job.status ?? {}
    const uncounted = {
      succeeded: new Set(status.uncountedTerminatedPods?.succeeded),
      failed: new Set(status.uncountedTerminatedPods?.failed),
    }
    const tracked = pods.filter(isTracked)
    const isNew = ({ metadata: { uid = '' } }: Pod) => !uncounted.succeeded.has(uid) && !uncounted.failed.has(uid)
    const failed = tracked.filter((pod) => isNew(pod) && isFailed(pod, job) && judgeFailure(job, pod).counts)
    this.failed = (status.failed ?? 0) + failed.length + uncounted.failed.size
    const completions = job.spec.completions ?? 0
    const succeeded = tracked.filter((pod) => pod.status?.phase === 'Succeeded')
    if (!isIndexed(job)) {
      this.succeeded = (status.succeeded ?? 0) + succeeded.filter(isNew).length + uncounted.succeeded.size
      this.countedIndexes = this.succeededIndexes = new Set()
      this.failedIndexes = undefined
      this.awaited = new Map()
      return
    }
    this.countedIndexes = parseIndexes(status.completedIndexes, completions)
    const done = new Set(this.countedIndexes)
    for (const pod of succeeded) {
      const index = indexOf(pod, completions)
      if (index !== undefined) done.add(index)
    }
    this.succeededIndexes = done
    this.succeeded = done.size
    this.failedIndexes = failedIndexes(job, tracked)
    this.awaited = this.failedIndexes === undefined ? new Map() : this.#awaited(job, tracked)
  }

  indexesOf(pods: readonly Pod[], completions: number): Set<number> {
    return new Set(pods.map((pod) => indexOf(pod, completions)).filter((index) => index !== undefined))
  }

  #awaited(job: Job, tracked: readonly Pod[]): Map<number, Pod> {
    const completions = job.spec.completions ?? 0
    const active = this.indexesOf(this.active, completions)
    const awaited = new Map<number, Pod>()
    for (const pod of tracked) {
      const index = isFailed(pod, job) ? indexOf(pod, completions) : undefined
      if (index === undefined || this.succeededIndexes.has(index) || this.failedIndexes?.has(index) || active.has(index)) continue
      const last = awaited.get(index)
      const isLater = last === undefined || (allFailuresOf(last) <= allFailuresOf(pod) && endedAt(pod) >= endedAt(last))
      if (isLater) awaited.set(index, pod)
    }
    return awaited
  }
}

function failedIndexes(job: Job, tracked: readonly Pod[]): Set<number> | undefined {
  const { backoffLimitPerIndex, completions = 0 } = job.spec
  if (backoffLimitPerIndex === undefined) return undefined
  const failed = parseIndexes(job.status?.failedIndexes, completions)
  for (const pod of tracked) {
    const index = isFailed(pod, job) ? indexOf(pod, completions) : undefined
    if (index === undefined) continue
    const { action, counts } = judgeFailure(job, pod)
    if (action === 'FailIndex' || (counts && failuresOf(pod) >= backoffLimitPerIndex)) failed.add(index)
  }
  return failed
}
