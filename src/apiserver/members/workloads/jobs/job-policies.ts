import type { Pod } from '../../engine/objects.js'
import { type FailureRule, isFailed, type Job } from './job.js'
import { parseIndexes } from './job-indexes.js'

interface ContainerStatus {
  readonly name: string
  readonly state?: { readonly terminated?: { readonly exitCode: number } }
}

/** What the pod failure policy of a Job says of a pod that has failed. */
export interface Verdict {
  /** The action of the rule that matched; undefined: none did. */
  readonly action?: string
  /** Counts towards the backoff limits. */
  readonly counts: boolean
  /** Why the whole Job fails. */
  readonly message?: string
}

/** Reference: https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy. The first rule that matches decides. */
export function judgeFailure(job: Job, pod: Pod): Verdict {
  for (const [index, rule] of (job.spec.podFailurePolicy?.rules ?? []).entries()) {
    const why = matched(rule, pod)
    if (why === undefined) continue
    const { action } = rule
    if (action === 'FailJob') return { action, counts: true, message: `${why} matching ${action} rule at index ${index}` }
    return { action, counts: action !== 'Ignore' }
  }
  return { counts: true }
}

/** Why the Job fails as a whole, by the first of its failed pods that a rule says it of. */
export function failsJob(job: Job, pods: readonly Pod[]): string | undefined {
  if (job.spec.podFailurePolicy === undefined) return undefined
  for (const pod of pods) {
    const { message } = isFailed(pod, job) ? judgeFailure(job, pod) : {}
    if (message !== undefined) return message
  }
  return undefined
}

function matched({ onExitCodes, onPodConditions }: FailureRule, pod: Pod): string | undefined {
  const name = `${pod.metadata.namespace}/${pod.metadata.name}`
  if (onExitCodes !== undefined) {
    for (const key of ['containerStatuses', 'initContainerStatuses']) {
      for (const { name: container, state } of (pod.status?.[key] ?? []) as ContainerStatus[]) {
        const exitCode = state?.terminated?.exitCode ?? 0
        if (exitCode === 0 || (onExitCodes.containerName ?? container) !== container) continue
        const isListed = onExitCodes.values?.includes(exitCode) === true
        if (isListed === (onExitCodes.operator === 'In')) {
          return `Container ${container} for pod ${name} failed with exit code ${exitCode}`
        }
      }
    }
    return undefined
  }
  for (const condition of pod.status?.conditions ?? []) {
    const fits = onPodConditions?.some(({ type, status = 'True' }) => type === condition.type && status === condition.status)
    if (fits) return `Pod ${name} has condition ${condition.type}`
  }
  return undefined
}

/** Which rule of the success policy the indexes that have succeeded fulfil. */
export function matchedSuccess(job: Job, succeeded: ReadonlySet<number>): string | undefined {
  if (succeeded.size === 0) return undefined
  const { completions = 0, successPolicy } = job.spec
  for (const [index, { succeededIndexes, succeededCount }] of (successPolicy?.rules ?? []).entries()) {
    const message = `Matched rules at index ${index}`
    if (succeededIndexes === undefined) {
      if (succeededCount !== undefined && succeeded.size >= succeededCount) return message
      continue
    }
    const required = parseIndexes(succeededIndexes, completions)
    if (required.size === 0) continue
    let done = 0
    for (const each of required) if (succeeded.has(each)) done++
    if (done === required.size || (succeededCount !== undefined && done >= succeededCount)) return message
  }
  return undefined
}
