import type { MemberController } from '../contract.js'
import type { Node, Pod, Toleration } from '../engine/objects.js'
import type { Taint } from '../scheduler/spec.js'
import { meets } from '../scheduler/tolerations.js'
import { isFinished, isTerminating } from '../workloads/pods.js'
import { keyIn } from '../workloads/replica-sets.js'
import { disrupt } from './disrupt.js'
import type { PodsByNode } from './pods-by-node.js'

/** Deletes pods from nodes with NoExecute taints: at once, or when the time that they tolerate is over. */
export function createTaintEviction(pods: PodsByNode): MemberController {
  /** Pods that are to go, and since when their time runs. */
  const waiting = new Map<string, number>()
  return {
    name: 'taint-eviction-controller',
    watches: {
      pods(change, queue) {
        const pod = change.object as Pod
        const key = keyIn(change)
        if (change.type === 'DELETED') waiting.delete(`${change.cluster} ${key}`)
        else if (pod.spec.nodeName && (change.previous as Pod | undefined)?.spec.nodeName !== pod.spec.nodeName) queue.add(key)
      },
      nodes({ cluster, type, object, previous }, queue) {
        if (type === 'DELETED') return
        const before = JSON.stringify(evicting(previous as Node | undefined))
        if (before === JSON.stringify(evicting(object as Node))) return
        for (const key of pods.on(cluster, object.metadata.name)) queue.add(key)
      },
    },
    async reconcile(work) {
      const pod = work.cluster.peek('pods', work.key) as Pod | undefined
      const id = `${work.cluster.name} ${work.key}`
      if (pod === undefined || !pod.spec.nodeName || isTerminating(pod)) {
        waiting.delete(id)
        return undefined
      }
      const taints = evicting(work.cluster.peek('nodes', pod.spec.nodeName) as Node | undefined)
      const seconds = taints.length === 0 ? Number.POSITIVE_INFINITY : toleratedSeconds(taints, pod.spec.tolerations)
      const say = (message: string) =>
        void work.write.record(pod, { reason: 'TaintManagerEviction', message: `${message} ${work.key}` }, work.nowText())
      if (seconds === Number.POSITIVE_INFINITY) {
        if (waiting.delete(id)) say('Cancelling deletion of Pod')
        return undefined
      }
      const since = waiting.get(id) ?? work.now()
      waiting.set(id, since)
      const left = since + seconds * 1000 - work.now()
      if (left > 0) return left
      if (isFinished(pod)) return undefined
      say('Marking for deletion Pod')
      await disrupt(work, pod, {
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting due to NoExecute taint',
      })
      waiting.delete(id)
      return undefined
    },
    forget(cluster) {
      for (const key of waiting.keys()) if (key.startsWith(`${cluster} `)) waiting.delete(key)
    },
  }
}

function evicting(node: Node | undefined): readonly Taint[] {
  const taints: readonly Taint[] = node?.spec?.taints ?? []
  return taints.filter(({ effect }) => effect === 'NoExecute')
}

/** How long a pod stays; 0 when it does not tolerate one of the taints. */
export function toleratedSeconds(taints: readonly Taint[], tolerations: readonly Toleration[] | undefined): number {
  const used: Toleration[] = []
  for (const taint of taints) {
    const matching = (tolerations ?? []).filter((toleration) => meets(toleration, taint))
    if (matching.length === 0) return 0
    // The first that matches counts, as upstream.
    used.push(matching[0] as Toleration)
  }
  let least = Number.POSITIVE_INFINITY
  for (const { tolerationSeconds } of used as { tolerationSeconds?: number }[]) {
    if (tolerationSeconds !== undefined && tolerationSeconds !== null)
      least = Math.min(least, Math.max(0, Number(tolerationSeconds)))
  }
  return least
}
