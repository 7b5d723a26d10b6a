import { formatTime } from '../../../base/clock.js'
import { equalJson } from '../../../base/json.js'
import { nextTime, parseCronSchedule, zoneOffset } from '../../../formats/cron/cron-schedule.js'
import type { KubeObject, ObjectMeta } from '../../../kube/object/kube-object.js'
import { controllerReferenceTo } from '../../../kube/object/owner.js'
import type { MemberController, Work } from '../contract.js'
import { finishedAs, type Job } from './jobs/job.js'
import { isTerminating } from './pods.js'
import { record } from './recorded-pods.js'
import { keyIn, ownerOfKind } from './replica-sets.js'

type CronJob = KubeObject & {
  spec: {
    schedule: string
    timeZone?: string
    suspend?: boolean
    concurrencyPolicy?: string
    startingDeadlineSeconds?: number
    successfulJobsHistoryLimit?: number
    failedJobsHistoryLimit?: number
    jobTemplate: { metadata?: Partial<ObjectMeta>; spec: Job['spec'] }
  }
  status?: { active?: unknown[]; lastScheduleTime?: string; lastSuccessfulTime?: string }
}

const component = 'cronjob-controller'

/** Makes a Job whenever a CronJob is due (in UTC), and keeps the asked number of finished ones. */
export const cronJobs: MemberController = {
  name: component,
  manager: 'kube-controller-manager',
  watches: {
    'cronjobs.batch': (change, queue) => queue.add(keyIn(change)),
    'jobs.batch': ownerOfKind('CronJob'),
  },
  async reconcile(work) {
    const cronJob = work.cluster.peek('cronjobs.batch', work.key) as CronJob | undefined
    if (cronJob === undefined || isTerminating(cronJob)) return undefined
    const jobs = work.owned<Job>('jobs.batch', cronJob)
    await cleanUp(work, cronJob, jobs)
    const due = cronJob.spec.suspend ? undefined : dueTime(cronJob, work.now())
    let scheduled = cronJob.status?.lastScheduleTime
    if (due !== undefined && (await start(work, cronJob, jobs, due))) scheduled = formatTime(due)
    await report(work, cronJob, scheduled)
    if (cronJob.spec.suspend) return undefined
    const next = nextTime(parseCronSchedule(cronJob.spec.schedule), work.now(), zoneOffset(cronJob.spec.timeZone ?? ''))
    return next === undefined ? undefined : next - work.now()
  },
}

/** The latest time that is due and was not served, if it is not too late for it. */
function dueTime(cronJob: CronJob, now: number): number | undefined {
  const schedule = parseCronSchedule(cronJob.spec.schedule)
  const zone = zoneOffset(cronJob.spec.timeZone ?? '')
  const { lastScheduleTime } = cronJob.status ?? {}
  const deadline = cronJob.spec.startingDeadlineSeconds
  let from = Date.parse(lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? '')
  // Of many missed times only the last counts; looking at a day of them is enough to find it.
  from = Math.max(from, now - (deadline === undefined ? 86_400_000 : Number(deadline) * 1000))
  let due: number | undefined
  for (let at = nextTime(schedule, from, zone); at !== undefined && at <= now; at = nextTime(schedule, at, zone)) due = at
  return due
}

async function start(work: Work, cronJob: CronJob, jobs: readonly Job[], due: number): Promise<boolean> {
  const active = jobs.filter((job) => finishedAs(job) === undefined)
  const { concurrencyPolicy, jobTemplate } = cronJob.spec
  if (concurrencyPolicy === 'Forbid' && active.length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid'
    record(work, cronJob, { reason: 'JobAlreadyActive', message, component })
    return false
  }
  if (concurrencyPolicy === 'Replace') {
    await Promise.all(active.map((job) => remove(work, cronJob, job)))
  }
  const name = `${cronJob.metadata.name}-${Math.floor(due / 60_000)}`
  const namespace = cronJob.metadata.namespace ?? 'default'
  if (work.cluster.peek('jobs.batch', `${namespace}/${name}`) !== undefined) return true
  const { labels, annotations } = jobTemplate.metadata ?? {}
  await work.write.create<KubeObject>({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace,
      ...(labels ? { labels } : {}),
      annotations: { ...annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': formatTime(due) },
      ownerReferences: [controllerReferenceTo(cronJob)],
    },
    spec: jobTemplate.spec,
  })
  record(work, cronJob, { reason: 'SuccessfulCreate', message: `Created job ${name}`, component })
  return true
}

async function cleanUp(work: Work, cronJob: CronJob, jobs: readonly Job[]): Promise<void> {
  const surplus = (outcome: string, limit: number) => {
    const finished = jobs
      .filter((job) => finishedAs(job) === outcome && !isTerminating(job))
      .sort((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1))
    return finished.slice(0, Math.max(0, finished.length - limit))
  }
  const gone = [
    ...surplus('Complete', cronJob.spec.successfulJobsHistoryLimit ?? 3),
    ...surplus('Failed', cronJob.spec.failedJobsHistoryLimit ?? 1),
  ]
  await Promise.all(gone.map((job) => remove(work, cronJob, job)))
}

async function remove(work: Work, cronJob: CronJob, job: Job): Promise<void> {
  await work.write.delete(job, { propagationPolicy: 'Background' })
  record(work, cronJob, { reason: 'SuccessfulDelete', message: `Deleted job ${job.metadata.name}`, component })
}

async function report(work: Work, cronJob: CronJob, lastScheduleTime: string | undefined): Promise<void> {
  const jobs = work.owned<Job>('jobs.batch', cronJob)
  const active = jobs
    .filter((job) => finishedAs(job) === undefined && !isTerminating(job))
    .map(({ metadata: { name, namespace = '', uid = '' } }) => ({ apiVersion: 'batch/v1', kind: 'Job', name, namespace, uid }))
  const completions = jobs.flatMap((job) => (job.status?.completionTime ? [job.status.completionTime] : [])).sort()
  const lastSuccessfulTime = completions.at(-1) ?? cronJob.status?.lastSuccessfulTime
  const status = {
    ...(active.length > 0 ? { active } : {}),
    ...(lastScheduleTime ? { lastScheduleTime } : {}),
    ...(lastSuccessfulTime ? { lastSuccessfulTime } : {}),
  }
  const current = work.cluster.peek('cronjobs.batch', work.key) as CronJob | undefined
  if (current === undefined || equalJson(current.status ?? {}, status)) return
  await work.write.status(current, { ...current, status })
  const before = (current.status?.active ?? []) as { uid?: string }[]
  for (const job of jobs) {
    const condition = finishedAs(job)
    if (condition === undefined || !before.some(({ uid }) => uid === job.metadata.uid)) continue
    const message = `Saw completed job: ${job.metadata.name}, condition: ${condition}`
    record(work, cronJob, { reason: 'SawCompletedJob', message, component })
  }
}
