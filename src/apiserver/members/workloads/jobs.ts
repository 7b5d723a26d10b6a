import { equalJson } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { MemberController, Work } from '../contract.js'
import type { Container, Pod, PodTemplate } from '../engine/objects.js'
import { isFinished, isReady, isTerminating, podFromTemplate, podsOf } from './pods.js'
import { createPod, deletePod, record } from './recorded-pods.js'
import { keyIn, ownerOfKind } from './replica-sets.js'

export interface JobCondition {
  type: string
  status: string
  reason?: string
  message?: string
  lastProbeTime?: string
  lastTransitionTime?: string
}

interface JobStatus {
  active?: number
  ready?: number
  succeeded?: number
  failed?: number
  startTime?: string
  completionTime?: string
  completedIndexes?: string
  conditions?: JobCondition[]
  [field: string]: unknown
}

export type Job = KubeObject & {
  spec: {
    parallelism?: number
    completions?: number
    backoffLimit?: number
    activeDeadlineSeconds?: number
    suspend?: boolean
    completionMode?: string
    ttlSecondsAfterFinished?: number
    template: PodTemplate
  }
  status?: JobStatus
}

const component = 'job-controller'
const firstRestMs = 10_000
const mostRestMs = 600_000
const indexAnnotation = 'batch.kubernetes.io/job-completion-index'

/** Runs Jobs to their end: as many pods at a time as allowed, until enough have succeeded or too many have failed. */
export function createJobs(): MemberController {
  return {
    name: component,
    manager: 'kube-controller-manager',
    watches: {
      'jobs.batch': (change, queue) => queue.add(keyIn(change)),
      pods: ownerOfKind('Job'),
    },
    async reconcile(work) {
      const job = work.cluster.peek('jobs.batch', work.key) as Job | undefined
      if (job === undefined || isTerminating(job)) return undefined
      if (finishedAs(job) !== undefined) return expire(work, job)
      const tally = new Tally(job, podsOf(work, job))
      const outcome = outcomeOf(job, tally, work.now())
      const starting = !job.spec.suspend && outcome === undefined
      const restMs = restAfterFailure(tally, work.now())
      const writes: Promise<unknown>[] = []
      if (outcome !== undefined || job.spec.suspend)
        writes.push(...tally.active.map((pod) => deletePod(work, job, pod, component)))
      else if (restMs <= 0) writes.push(...createMissing(work, job, tally))
      const made = writes.length
      await Promise.all(writes)
      // Pods that were just made are told of when they have come about.
      if (starting && made > 0 && job.status?.startTime !== undefined) return undefined
      const again = await report(work, outcome, outcome === undefined ? 0 : made)
      return restMs > 0 && outcome === undefined ? Math.min(restMs, again ?? restMs) : again
    },
  }
}

/** `Complete` or `Failed` once it is over. */
export function finishedAs(job: Job): string | undefined {
  return job.status?.conditions?.find(
    (condition) => (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True',
  )?.type
}

class Tally {
  readonly active: readonly Pod[]
  readonly succeeded: readonly Pod[]
  readonly failed: readonly Pod[]
  constructor(job: Job, pods: readonly Pod[]) {
    this.active = pods.filter((pod) => !isFinished(pod) && !isTerminating(pod))
    this.failed = pods.filter((pod) => pod.status?.phase === 'Failed')
    const succeeded = pods.filter((pod) => pod.status?.phase === 'Succeeded')
    this.succeeded = job.spec.completionMode === 'Indexed' ? [...byIndex(succeeded).values()] : succeeded
  }
}

function byIndex(pods: readonly Pod[]): Map<number, Pod> {
  return new Map(pods.map((pod) => [Number(pod.metadata.annotations?.[indexAnnotation] ?? -1), pod]))
}

interface Outcome {
  type: 'Complete' | 'Failed'
  reason: string
  message: string
}

function outcomeOf(job: Job, tally: Tally, now: number): Outcome | undefined {
  const { completions, backoffLimit = 6, activeDeadlineSeconds } = job.spec
  if (tally.failed.length > backoffLimit) {
    return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
  }
  const startTime = job.status?.startTime
  if (
    activeDeadlineSeconds !== undefined &&
    startTime !== undefined &&
    now >= Date.parse(startTime) + Number(activeDeadlineSeconds) * 1000
  ) {
    return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
  }
  const done =
    completions === undefined ? tally.succeeded.length > 0 && tally.active.length === 0 : tally.succeeded.length >= completions
  return done
    ? { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
    : undefined
}

/** After a pod has failed the next one waits: 10 s, twice as long after each one that follows, ten minutes at most. */
function restAfterFailure({ failed, succeeded }: Tally, now: number): number {
  const lastSuccess = Math.max(0, ...succeeded.map((pod) => endedAt(pod)))
  const times = failed.map((pod) => endedAt(pod)).filter((time) => time > lastSuccess)
  if (times.length === 0) return 0
  const restMs = Math.min(firstRestMs * 2 ** Math.min(times.length - 1, 10), mostRestMs)
  return Math.max(...times) + restMs - now
}

function endedAt({ status, metadata }: Pod): number {
  const statuses = (status?.['containerStatuses'] ?? []) as { state?: { terminated?: { finishedAt?: string } } }[]
  const times = statuses.map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? '')).filter((time) => !Number.isNaN(time))
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime
  return times.length > 0 ? Math.max(...times) : Date.parse(ready ?? metadata.creationTimestamp ?? '')
}

function createMissing(work: Work, job: Job, tally: Tally): Promise<unknown>[] {
  const { parallelism = 1, completions } = job.spec
  let wanted = parallelism
  if (completions === undefined) {
    if (tally.succeeded.length > 0) wanted = tally.active.length
  } else wanted = Math.min(parallelism, completions - tally.succeeded.length)
  const surplus = tally.active.slice(wanted).map((pod) => deletePod(work, job, pod, component))
  const missing = Math.max(0, wanted - tally.active.length)
  if (job.spec.completionMode !== 'Indexed') {
    return [...surplus, ...Array.from({ length: missing }, () => createPod(work, job, podOf(job, undefined), component))]
  }
  const taken = new Set([...byIndex(tally.active).keys(), ...byIndex(tally.succeeded).keys()])
  const made: Promise<unknown>[] = [...surplus]
  for (let index = 0; index < (completions ?? 0) && made.length < missing + surplus.length; index++) {
    if (!taken.has(index)) made.push(createPod(work, job, podOf(job, index), component))
  }
  return made
}

function podOf(job: Job, index: number | undefined): Pod {
  const { name, uid = '' } = job.metadata
  const pod = podFromTemplate(job, job.spec.template)
  const labels = {
    ...pod.metadata.labels,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': uid,
    'job-name': name,
    ...(index === undefined ? {} : { [indexAnnotation]: String(index) }),
  }
  if (index === undefined) return { ...pod, metadata: { ...pod.metadata, labels } }
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName: `${name}-${index}-`,
      labels,
      annotations: { ...pod.metadata.annotations, [indexAnnotation]: String(index) },
    },
    spec: {
      ...pod.spec,
      hostname: `${name}-${index}`,
      containers: pod.spec.containers.map(withIndex),
      ...(pod.spec.initContainers ? { initContainers: pod.spec.initContainers.map(withIndex) } : {}),
    },
  }
}

/** Every container learns its index, unless it has a variable of that name. */
function withIndex(container: Container): Container {
  const name = 'JOB_COMPLETION_INDEX'
  const env = (container as { env?: { name: string }[] }).env ?? []
  if (env.some((variable) => variable.name === name)) return container
  const fieldPath = `metadata.labels['${indexAnnotation}']`
  return { ...container, env: [...env, { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } }] } as Container
}

async function report(work: Work, outcome: Outcome | undefined, stopped: number): Promise<number | undefined> {
  const job = work.cluster.peek('jobs.batch', work.key) as Job | undefined
  if (job === undefined) return undefined
  const tally = new Tally(job, podsOf(work, job))
  const before = job.status ?? {}
  const now = work.nowText()
  const startTime = before.startTime ?? (job.spec.suspend ? undefined : now)
  const ready = tally.active.filter(isReady).length
  const condition = (type: string, reason: string, message: string): JobCondition => ({
    type,
    status: 'True',
    reason,
    message,
    lastProbeTime: now,
    lastTransitionTime: now,
  })
  let conditions = before.conditions ?? []
  const isSuspended = conditions.some(({ type, status }) => type === 'Suspended' && status === 'True')
  if (isSuspended !== (job.spec.suspend === true)) {
    const next = job.spec.suspend
      ? condition('Suspended', 'JobSuspended', 'Job suspended')
      : { ...condition('Suspended', 'JobResumed', 'Job resumed'), status: 'False' }
    const known = conditions.some(({ type }) => type === 'Suspended')
    conditions = known ? conditions.map((each) => (each.type === 'Suspended' ? next : each)) : [...conditions, next]
  }
  if (outcome !== undefined) {
    const criterion = outcome.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget'
    conditions = [...conditions, ...[criterion, outcome.type].map((type) => condition(type, outcome.reason, outcome.message))]
  }
  const active = outcome === undefined ? tally.active.length : 0
  // Those that were stopped have failed, too.
  const failed = tally.failed.length + (outcome?.type === 'Failed' ? stopped : 0)
  const indexed = job.spec.completionMode === 'Indexed' ? [...byIndex(tally.succeeded).keys()].sort((a, b) => a - b) : []
  const status: JobStatus = {
    ...(active > 0 ? { active } : {}),
    ready: outcome === undefined ? ready : 0,
    ...(tally.succeeded.length > 0 ? { succeeded: tally.succeeded.length } : {}),
    ...(failed > 0 ? { failed } : {}),
    ...(startTime === undefined ? {} : { startTime }),
    ...(indexed.length > 0 ? { completedIndexes: formatIndexes(indexed) } : {}),
    ...(outcome?.type === 'Complete' ? { completionTime: now } : {}),
    ...(conditions.length > 0 ? { conditions } : {}),
    terminating: 0,
    uncountedTerminatedPods: {},
  }
  if (!equalJson(before, status)) {
    await work.write.status(job, { ...job, status })
    for (const event of newsOf(before, status, outcome)) record(work, job, { ...event, component })
  }
  const deadline = job.spec.activeDeadlineSeconds
  if (outcome !== undefined || deadline === undefined || startTime === undefined) return undefined
  return Math.max(Date.parse(startTime) + deadline * 1000 - work.now(), 10)
}

function newsOf(
  before: JobStatus,
  after: JobStatus,
  outcome: Outcome | undefined,
): { type?: 'Warning'; reason: string; message: string }[] {
  const suspended = ({ conditions }: JobStatus) =>
    conditions?.some(({ type, status }) => type === 'Suspended' && status === 'True') ?? false
  if (outcome?.type === 'Failed') return [{ type: 'Warning', reason: outcome.reason, message: outcome.message }]
  if (outcome !== undefined) return [{ reason: 'Completed', message: 'Job completed' }]
  if (suspended(before) === suspended(after)) return []
  return [suspended(after) ? { reason: 'Suspended', message: 'Job suspended' } : { reason: 'Resumed', message: 'Job resumed' }]
}

/** `0-2,5` */
export function formatIndexes(sorted: readonly number[]): string {
  const parts: string[] = []
  for (let at = 0; at < sorted.length; ) {
    let end = at
    while (sorted[end + 1] === (sorted[end] as number) + 1) end++
    parts.push(end > at + 1 ? `${sorted[at]}-${sorted[end]}` : sorted.slice(at, end + 1).join())
    at = end + 1
  }
  return parts.join(',')
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
