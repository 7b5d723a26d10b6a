import type { Container, Pod } from '../../engine/objects.js'
import { podFromTemplate } from '../pods.js'
import { type Job, trackingFinalizer } from './job.js'
import { indexAnnotation } from './job-indexes.js'
import { judgeFailure } from './job-policies.js'

const failureCount = 'batch.kubernetes.io/job-index-failure-count'
const ignoredFailureCount = 'batch.kubernetes.io/job-index-ignored-failure-count'

/** A pod of the Job. `replaced`: the pod of the same index that failed before. */
export function podOf(job: Job, index?: number, replaced?: Pod): Pod {
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
  const finalizers = [...(pod.metadata.finalizers ?? []), trackingFinalizer]
  if (index === undefined) return { ...pod, metadata: { ...pod.metadata, labels, finalizers } }
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      generateName: `${name}-${index}-`,
      labels,
      finalizers,
      annotations: {
        ...pod.metadata.annotations,
        [indexAnnotation]: String(index),
        ...(job.spec.backoffLimitPerIndex === undefined ? {} : countsAfter(job, replaced)),
      },
    },
    spec: {
      ...pod.spec,
      hostname: `${name}-${index}`,
      containers: pod.spec.containers.map(withIndex),
      ...(pod.spec.initContainers ? { initContainers: pod.spec.initContainers.map(withIndex) } : {}),
    },
  }
}

/** With the finalizer that keeps it until it is counted. */
export function tracked(pod: Pod): Pod {
  const { finalizers = [] } = pod.metadata
  return {
    ...pod,
    metadata: { ...pod.metadata, finalizers: [...finalizers.filter((each) => each !== trackingFinalizer), trackingFinalizer] },
  }
}

/** How often the index had failed when the pod was made, apart from failures that are ignored. */
export function failuresOf(pod: Pod): number {
  return numberIn(pod, failureCount)
}

/** The same with those. */
export function allFailuresOf(pod: Pod): number {
  return numberIn(pod, failureCount) + numberIn(pod, ignoredFailureCount)
}

function countsAfter(job: Job, replaced: Pod | undefined): Record<string, string> {
  const counted = replaced !== undefined && judgeFailure(job, replaced).counts ? 1 : 0
  const failures = replaced === undefined ? 0 : failuresOf(replaced) + counted
  const ignored = replaced === undefined ? 0 : numberIn(replaced, ignoredFailureCount) + 1 - counted
  return { [failureCount]: String(failures), ...(ignored > 0 ? { [ignoredFailureCount]: String(ignored) } : {}) }
}

function numberIn(pod: Pod, annotation: string): number {
  const text = pod.metadata.annotations?.[annotation] ?? ''
  const count = /^\d+$/.test(text) ? Number(text) : 0
  return count > 2 ** 31 - 1 ? 0 : count
}

/** Every container learns its index, unless it has a variable of that name. */
function withIndex(container: Container): Container {
  const name = 'JOB_COMPLETION_INDEX'
  const env = (container as { env?: { name: string }[] }).env ?? []
  if (env.some((variable) => variable.name === name)) return container
  const fieldPath = `metadata.labels['${indexAnnotation}']`
  return { ...container, env: [...env, { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } }] } as Container
}
