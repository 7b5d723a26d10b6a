import type { MemberController, Work } from '../contract.js'
import type { Pod } from '../engine/objects.js'
import { type PeekAll, PodClaims } from './claim-pods.js'
import { component, finishedAs, isManagedElsewhere, type Job } from './jobs/job.js'
import { completed, outcomeOf } from './jobs/job-outcome.js'
import { podOf, tracked } from './jobs/job-pods.js'
import { report } from './jobs/job-report.js'
import { JobTally } from './jobs/job-tally.js'
import { LeavingPods, untrack } from './jobs/leaving-pods.js'
import { planPods } from './jobs/plan-pods.js'
import { isTerminating, podsOf } from './pods.js'
import { createPod, deletePod } from './recorded-pods.js'
import { keyIn, ownerOfKind } from './replica-sets.js'

/** Runs Jobs to their end: as many pods at a time as allowed, until enough have succeeded or too many have failed. */
export function createJobs(peekAll: PeekAll): MemberController {
  const leaving = new LeavingPods()
  const claims = new PodClaims({
    resource: 'jobs.batch',
    peekAll,
    selectorOf: (job) => (finishedAs(job as Job) === undefined ? (job as Job).spec.selector : undefined),
    adopted: tracked,
  })
  const ownerOf = ownerOfKind('Job')
  return {
    name: component,
    manager: 'kube-controller-manager',
    watches: {
      'jobs.batch': (change, queue) => queue.add(keyIn(change)),
      pods(change, queue) {
        claims.hear(change, queue)
        ownerOf(change, queue)
        leaving.hear(change, queue)
      },
    },
    async reconcile(work) {
      const job = work.cluster.peek('jobs.batch', work.key) as Job | undefined
      await leaving.release(work, job)
      if (job === undefined) return undefined
      if (finishedAs(job) !== undefined) return isTerminating(job) ? undefined : expire(work, job)
      if (isManagedElsewhere(job)) return undefined
      await claims.settle(work, job)
      return advance(work, job)
    },
    forget(cluster) {
      leaving.forget(cluster)
      claims.forget(cluster)
    },
  }
}

async function advance(work: Work, job: Job): Promise<number | undefined> {
  const pods = podsOf(work, job)
  const tally = new JobTally(job, pods)
  let outcome = outcomeOf(job, tally, pods, work.now())
  let restMs = 0
  let made = 0
  let failure: unknown
  if (outcome !== undefined) await Promise.all(tally.active.map((pod) => deletePod(work, job, pod, component)))
  else if (!isTerminating(job)) {
    let active = tally.active.length
    if (job.spec.suspend) {
      await Promise.all(tally.active.map((pod) => stop(work, job, pod)))
      active = 0
    } else {
      const plan = planPods(job, tally, pods, work.now())
      restMs = plan.restMs
      await Promise.all(plan.remove.map((pod) => stop(work, job, pod)))
      const make = (index: number | undefined) =>
        createPod(work, job, podOf(job, index, index === undefined ? undefined : tally.awaited.get(index)), component)
      const results = await Promise.allSettled(plan.make.map(make))
      failure = results.find((result) => result.status === 'rejected')?.reason
      made = results.filter((result) => result.status === 'fulfilled').length
      active += made - plan.remove.length
    }
    outcome = completed(job, tally, active)
  }
  const current = work.cluster.peek('jobs.batch', work.key) as Job | undefined
  if (current === undefined || current.metadata.uid !== job.metadata.uid) return undefined
  await report(work, current, tally, pods, outcome)
  if (failure !== undefined) throw failure
  return outcome === undefined ? nextLook(job, restMs, work) : undefined
}

/** Pods that are not wanted any more do not count as failed. */
async function stop(work: Work, job: Job, pod: Pod): Promise<void> {
  await untrack(work, pod)
  await deletePod(work, job, pod, component)
}

/** When the deadline or the end of a rest asks for another look. */
function nextLook({ spec, status }: Job, restMs: number, work: Work): number | undefined {
  const times = restMs > 0 ? [restMs] : []
  if (spec.activeDeadlineSeconds !== undefined && spec.suspend !== true) {
    const start = status?.startTime === undefined ? work.now() : Date.parse(status.startTime)
    times.push(Math.max(start + spec.activeDeadlineSeconds * 1000 - work.now(), 10))
  }
  return times.length > 0 ? Math.min(...times) : undefined
}

/** Finished Jobs with a time to live go when it is over. */
async function expire(work: Work, job: Job): Promise<number | undefined> {
  const ttl = job.spec.ttlSecondsAfterFinished
  if (ttl === undefined) return undefined
  const finished = job.status?.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed')?.lastTransitionTime ?? ''
  const leftMs = Date.parse(finished) + ttl * 1000 - work.now()
  if (leftMs > 0) return leftMs
  await work.write.delete(job, { propagationPolicy: 'Background' })
  return undefined
}
