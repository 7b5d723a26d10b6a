import type { Pod } from '../../engine/objects.js'
import { rankForDeletion } from '../replica-sets.js'
import { endedAt, isFailed, isIndexed, type Job, replacesOnlyFailed } from './job.js'
import { indexOf } from './job-indexes.js'
import { allFailuresOf } from './job-pods.js'
import type { JobTally } from './job-tally.js'

const firstRestMs = 10_000
const mostRestMs = 600_000
const mostAtOnce = 500

export interface PodPlan {
  readonly remove: readonly Pod[]
  /** What to make: an index, or undefined for a pod without one. */
  readonly make: readonly (number | undefined)[]
  /** Milliseconds until more may be made. */
  readonly restMs: number
}

/** Which pods a Job that goes on has too many of, else which are missing. */
export function planPods(job: Job, tally: JobTally, pods: readonly Pod[], now: number): PodPlan {
  const { parallelism = 1, completions } = job.spec
  const active = tally.active.length
  const open = completions === undefined ? undefined : completions - tally.succeeded
  const wanted = open === undefined ? (tally.succeeded > 0 ? active : parallelism) : Math.max(0, Math.min(parallelism, open))
  const remove = surplus(job, tally.active, Math.max(0, active - wanted)).slice(0, mostAtOnce)
  if (remove.length > 0) return { remove, make: [], restMs: 0 }
  const missing = Math.min(wanted - active - (replacesOnlyFailed(job) ? tally.terminating.length : 0), mostAtOnce)
  if (missing <= 0) return { remove, make: [], restMs: 0 }
  const perIndex = job.spec.backoffLimitPerIndex !== undefined
  const restMs = perIndex ? 0 : restAfterFailures(job, pods, now)
  if (restMs > 0) return { remove, make: [], restMs }
  if (!isIndexed(job)) return { remove, make: Array.from({ length: missing }, () => undefined), restMs: 0 }
  const indexes = pendingIndexes(job, tally, missing)
  if (!perIndex) return { remove, make: indexes, restMs: 0 }
  const rests = indexes.map((index) => [index, restOfIndex(tally.awaited.get(index), now)] as const)
  const make = rests.filter(([, rest]) => rest <= 0).map(([index]) => index)
  const waiting = rests.filter(([, rest]) => rest > 0).map(([, rest]) => rest)
  return { remove, make, restMs: waiting.length > 0 ? Math.min(...waiting) : 0 }
}

/** Pods that share an index or have none go first, then whichever is cheapest to lose. */
function surplus(job: Job, active: readonly Pod[], atLeast: number): Pod[] {
  if (!isIndexed(job)) return rankForDeletion(active).slice(0, atLeast)
  const byIndex = new Map<number, Pod[]>()
  const remove: Pod[] = []
  for (const pod of active) {
    const index = indexOf(pod, job.spec.completions ?? 0)
    if (index === undefined) remove.push(pod)
    else byIndex.set(index, [...(byIndex.get(index) ?? []), pod])
  }
  const left: Pod[] = []
  for (const pods of byIndex.values()) {
    const ranked = rankForDeletion(pods)
    remove.push(...ranked.slice(0, -1))
    left.push(...ranked.slice(-1))
  }
  if (remove.length >= atLeast) return remove
  return [...remove, ...rankForDeletion(left).slice(0, atLeast - remove.length)]
}

function pendingIndexes(job: Job, tally: JobTally, count: number): number[] {
  const { completions = 0 } = job.spec
  const taken = tally.indexesOf(tally.active, completions)
  if (replacesOnlyFailed(job)) for (const index of tally.indexesOf(tally.terminating, completions)) taken.add(index)
  const indexes: number[] = []
  for (let index = 0; index < completions && indexes.length < count; index++) {
    if (!taken.has(index) && !tally.succeededIndexes.has(index) && tally.failedIndexes?.has(index) !== true) indexes.push(index)
  }
  return indexes
}

/** After a pod has failed the next one waits: 10 s, twice as long after each one that follows, ten minutes at most. */
function restAfterFailures(job: Job, pods: readonly Pod[], now: number): number {
  const lastSuccess = Math.max(0, ...pods.filter(({ status }) => status?.phase === 'Succeeded').map(endedAt))
  const times = pods
    .filter((pod) => isFailed(pod, job))
    .map(endedAt)
    .filter((time) => time > lastSuccess)
  return rest(times.length, Math.max(...times), now)
}

function restOfIndex(failed: Pod | undefined, now: number): number {
  return failed === undefined ? 0 : rest(allFailuresOf(failed) + 1, endedAt(failed), now)
}

function rest(failures: number, last: number, now: number): number {
  return failures === 0 ? 0 : last + Math.min(firstRestMs * 2 ** Math.min(failures - 1, 10), mostRestMs) - now
}
