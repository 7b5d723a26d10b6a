import { controllerOf } from '../../../../kube/object/owner.js'
import type { ClusterChange } from '../../../contract.js'
import type { ClusterQueue, Work } from '../../contract.js'
import type { Pod } from '../../engine/objects.js'
import { isTerminating } from '../pods.js'
import { finishedAs, isManagedElsewhere, isTracked, type Job, trackingFinalizer } from './job.js'

/** Pods that go, or that no Job controls any more, and that the finalizer of Jobs still keeps: few, and not for long. */
export class LeavingPods {
  /** By cluster and key of the Job: keys of pods. */
  readonly #pods = new Map<string, Map<string, Set<string>>>()

  hear({ cluster, type, object, previous }: ClusterChange, queue: ClusterQueue): void {
    if (object.metadata.finalizers === undefined && previous?.metadata.finalizers === undefined) return
    const pod = object as Pod
    const owner = controllerOf(object) ?? (previous === undefined ? undefined : controllerOf(previous))
    const name = owner === undefined ? object.metadata.labels?.['batch.kubernetes.io/job-name'] : owner.name
    if (name === undefined || (owner !== undefined && owner.kind !== 'Job')) return
    const job = `${object.metadata.namespace}/${name}`
    const key = `${object.metadata.namespace}/${object.metadata.name}`
    const leaves = type !== 'DELETED' && isTracked(pod) && (isTerminating(pod) || controllerOf(object) === undefined)
    if (!leaves) {
      this.#forget(cluster, job, key)
      return
    }
    let jobs = this.#pods.get(cluster)
    if (jobs === undefined) this.#pods.set(cluster, (jobs = new Map()))
    const pods = jobs.get(job) ?? new Set<string>()
    jobs.set(job, pods.add(key))
    queue.addSoon(job)
  }

  /** Lets those go that the Job, if it is still there, will not count. */
  async release(work: Work, job: Job | undefined): Promise<void> {
    const keys = this.#pods.get(work.cluster.name)?.get(work.key)
    if (keys === undefined) return
    const counts = job !== undefined && finishedAs(job) === undefined && !isManagedElsewhere(job)
    for (const key of [...keys]) {
      const pod = work.cluster.peek('pods', key) as Pod | undefined
      if (pod === undefined || !isTracked(pod)) this.#forget(work.cluster.name, work.key, key)
      else if (!counts || controllerOf(pod)?.uid !== job.metadata.uid) await untrack(work, pod)
    }
  }

  forget(cluster: string): void {
    this.#pods.delete(cluster)
  }

  #forget(cluster: string, job: string, key: string): void {
    const jobs = this.#pods.get(cluster)
    const pods = jobs?.get(job)
    pods?.delete(key)
    if (pods?.size === 0) jobs?.delete(job)
  }
}

/** Takes the finalizer of Jobs from a pod, as the pod is now. */
export async function untrack({ cluster, write }: Work, { metadata }: Pod): Promise<void> {
  const pod = cluster.peek('pods', `${metadata.namespace}/${metadata.name}`) as Pod | undefined
  if (pod === undefined || pod.metadata.uid !== metadata.uid || !isTracked(pod)) return
  const finalizers = pod.metadata.finalizers?.filter((each) => each !== trackingFinalizer) ?? []
  const { finalizers: _, ...rest } = pod.metadata
  await write.update({ ...pod, metadata: finalizers.length > 0 ? { ...rest, finalizers } : rest })
}
