import type { MemberController, Work } from '../contract.js'
import type { Node, Pod } from '../engine/objects.js'
import { isFinished, isTerminating } from '../workloads/pods.js'
import { keyIn } from '../workloads/replica-sets.js'
import { disrupt } from './disrupt.js'
import { readyStatus } from './node-lifecycle.js'
import type { PodsByNode } from './pods-by-node.js'

/** A node that is not there may come in a moment. */
const quarantineMs = 40_000
const everyMs = 20_000
const outOfService = 'node.kubernetes.io/out-of-service'
const nodePrefix = 'node/'
const finishedKey = 'finished'

export interface PodCollectionOptions {
  /** Finished pods that a cluster keeps (default 12,500). */
  readonly mostFinished?: number
}

/** Removes pods that nobody else will: of nodes that are gone, of nodes out of service, without a node, and finished ones beyond a number. */
export function createPodCollection(pods: PodsByNode, { mostFinished = 12_500 }: PodCollectionOptions = {}): MemberController {
  const missingSince = new Map<string, number>()
  const finished = new Map<string, Set<string>>()
  const sweptAt = new Map<string, number>()
  return {
    name: 'pod-garbage-collector',
    watches: {
      pods(change, queue) {
        const pod = change.object as Pod
        const key = keyIn(change)
        let done = finished.get(change.cluster)
        if (change.type === 'DELETED') {
          done?.delete(key)
          return
        }
        if (isFinished(pod)) {
          if (done === undefined) finished.set(change.cluster, (done = new Set()))
          done.add(key)
          if (done.size > mostFinished) queue.addSoon(finishedKey)
        }
        if (pod.spec.nodeName) {
          const placed = (change.previous as Pod | undefined)?.spec.nodeName !== pod.spec.nodeName
          if (placed || isTerminating(pod)) queue.addSoon(`${nodePrefix}${pod.spec.nodeName}`)
        } else if (isTerminating(pod)) queue.add(key)
      },
      nodes({ object, type }, queue) {
        const taints = (object as Node).spec?.taints ?? []
        if (type === 'DELETED' || taints.some(({ key }) => key === outOfService))
          queue.add(`${nodePrefix}${object.metadata.name}`)
      },
    },
    async reconcile(work) {
      const { key, cluster } = work
      if (key === finishedKey) {
        const due = (sweptAt.get(cluster.name) ?? 0) + everyMs - work.now()
        if (due > 0) return due
        sweptAt.set(cluster.name, work.now())
        await trim(work, [...(finished.get(cluster.name) ?? [])], mostFinished)
        return undefined
      }
      if (key.startsWith(nodePrefix)) {
        const name = key.slice(nodePrefix.length)
        return collectFrom(work, name, pods.on(cluster.name, name), missingSince)
      }
      const pod = cluster.peek('pods', key) as Pod | undefined
      if (pod !== undefined && !pod.spec.nodeName && isTerminating(pod) && !pod.metadata.finalizers?.length) {
        await work.write.delete(pod, { gracePeriodSeconds: 0 })
      }
      return undefined
    },
    forget(cluster) {
      finished.delete(cluster)
      sweptAt.delete(cluster)
      for (const key of missingSince.keys()) if (key.startsWith(`${cluster} `)) missingSince.delete(key)
    },
  }
}

async function collectFrom(
  work: Work,
  name: string,
  keys: readonly string[],
  missingSince: Map<string, number>,
): Promise<number | undefined> {
  const id = `${work.cluster.name} ${name}`
  const node = work.cluster.peek('nodes', name) as Node | undefined
  if (node !== undefined) {
    missingSince.delete(id)
    const lost = readyStatus(node) !== 'True' && (node.spec?.taints ?? []).some(({ key }) => key === outOfService)
    if (lost) await Promise.all(keys.map((key) => remove(work, key, isTerminating)))
    return undefined
  }
  if (keys.length === 0) {
    missingSince.delete(id)
    return undefined
  }
  const since = missingSince.get(id) ?? work.now()
  missingSince.set(id, since)
  const left = since + quarantineMs - work.now()
  if (left > 0) return left
  await Promise.all(keys.map((key) => remove(work, key, () => true, 'PodGC: node no longer exists')))
  missingSince.delete(id)
  return undefined
}

/** Deletes at once; a pod that has not ended is called Failed first. */
async function remove(work: Work, key: string, which: (pod: Pod) => boolean, message?: string): Promise<void> {
  const pod = work.cluster.peek('pods', key) as Pod | undefined
  if (pod === undefined || !which(pod)) return
  if (isFinished(pod)) {
    await work.write.delete(pod, { gracePeriodSeconds: 0 })
    return
  }
  const how = { phase: 'Failed', gracePeriodSeconds: 0 }
  if (message !== undefined) await disrupt(work, pod, { reason: 'DeletionByPodGC', message }, how)
  else {
    const failed = await work.write.status(pod, { ...pod, status: { ...pod.status, phase: 'Failed' } })
    await work.write.delete(failed, { gracePeriodSeconds: 0 })
  }
}

/** The oldest go first. */
async function trim(work: Work, keys: readonly string[], most: number): Promise<void> {
  const found = keys.map((key) => work.cluster.peek('pods', key) as Pod | undefined).filter((pod) => pod !== undefined)
  const created = (pod: Pod) => Date.parse(pod.metadata.creationTimestamp ?? '') || 0
  const surplus = found.sort((a, b) => created(a) - created(b)).slice(0, Math.max(0, found.length - most))
  for (let start = 0; start < surplus.length; start += 500) {
    await Promise.all(surplus.slice(start, start + 500).map((pod) => work.write.delete(pod, { gracePeriodSeconds: 0 })))
  }
}
