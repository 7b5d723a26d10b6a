import { findCondition } from '../../../kube/object/condition.js'
import type { LogicalCluster } from '../../contract.js'
import type { MemberController, Work } from '../contract.js'
import type { Pod, PodCondition } from '../engine/objects.js'
import { isFinished, isTerminating } from '../workloads/pods.js'
import { keyIn } from '../workloads/replica-sets.js'
import type { Placement } from './placement.js'

/** Binds pods that have no node yet: those that users make, and those that found none before. */
export function createScheduler(placement: Placement): MemberController {
  return {
    name: 'kube-scheduler',
    watches: {
      pods(change, queue) {
        placement.hear(change)
        const pod = change.object as Pod
        if (change.type !== 'DELETED' && !pod.spec.nodeName && !isFinished(pod)) queue.add(`pod/${keyIn(change)}`)
      },
      // Room may have come: look at all that wait.
      nodes: (_change, queue) => queue.addSoon('waiting/'),
    },
    async reconcile(work) {
      if (work.key === 'waiting/') await scheduleAll(work, placement)
      else await schedule(work, placement, work.cluster.peek('pods', work.key.slice('pod/'.length)) as Pod | undefined)
      return undefined
    },
    forget: (cluster) => placement.forget(cluster),
  }
}

async function scheduleAll(work: Work, placement: Placement): Promise<void> {
  for (const pod of [...pending(work.cluster)]) await schedule(work, placement, pod)
}

function* pending(cluster: LogicalCluster): Generator<Pod> {
  for (const pod of cluster.peekAll('pods') as Iterable<Pod>) if (!pod.spec.nodeName) yield pod
}

async function schedule({ cluster, write, nowText }: Work, placement: Placement, pod: Pod | undefined): Promise<void> {
  if (pod === undefined || pod.spec.nodeName || isFinished(pod) || isTerminating(pod)) return
  const scheduler = pod.spec['schedulerName']
  if (scheduler !== undefined && scheduler !== 'default-scheduler') return
  const node = placement.choose(cluster, pod)
  if (node !== undefined) {
    await write.bind(pod, node)
    return
  }
  const gated = (pod.spec.schedulingGates?.length ?? 0) > 0
  const message = gated
    ? 'Scheduling is blocked due to non-empty scheduling gates'
    : `0/${[...cluster.peekAll('nodes')].length} nodes are available: no node is ready, uncordoned, tolerated and selected.`
  const before = findCondition(pod.status?.conditions, 'PodScheduled')
  if (before?.message === message) return
  const waiting: PodCondition = {
    type: 'PodScheduled',
    status: 'False',
    reason: gated ? 'SchedulingGated' : 'Unschedulable',
    message,
    lastProbeTime: null,
    lastTransitionTime: before?.lastTransitionTime ?? nowText(),
  }
  const others = (pod.status?.conditions ?? []).filter((condition) => condition.type !== 'PodScheduled')
  await write.status(pod, { ...pod, status: { ...pod.status, conditions: [...others, waiting] } })
  if (!gated) await write.warn(pod, 'FailedScheduling', message, nowText())
}
