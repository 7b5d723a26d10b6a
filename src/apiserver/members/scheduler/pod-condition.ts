import { findCondition } from '../../../kube/object/condition.js'
import type { Work } from '../contract.js'
import type { Pod, PodCondition, PodStatus } from '../engine/objects.js'

/** Writes one condition of a pod, and the node that is being made free for it. Nothing is written when nothing differs. */
export async function writePodCondition(
  { cluster, write, nowText }: Work,
  pod: Pod,
  condition: { type: string; status: string; reason: string; message: string },
  also: { nominatedNodeName?: string | undefined; phase?: string } = {},
): Promise<Pod | undefined> {
  // As it is now: a condition that was decided on a moment ago must not undo what came between.
  const present = cluster.peek('pods', `${pod.metadata.namespace}/${pod.metadata.name}`) as Pod | undefined
  if (present === undefined || present.metadata.uid !== pod.metadata.uid) return undefined
  const before = findCondition(present.status?.conditions, condition.type)
  const next: PodCondition = {
    ...condition,
    lastProbeTime: null,
    lastTransitionTime: before?.status === condition.status ? (before.lastTransitionTime ?? nowText()) : nowText(),
  }
  const conditions = present.status?.conditions ?? []
  const others = conditions.filter(({ type }) => type !== condition.type)
  const same = before?.status === condition.status && before.reason === condition.reason && before.message === condition.message
  const status: PodStatus = { ...present.status, conditions: same ? conditions : [...others, next] }
  if (also.phase !== undefined) status.phase = also.phase
  if (also.nominatedNodeName !== undefined) status['nominatedNodeName'] = also.nominatedNodeName
  else if ('nominatedNodeName' in also) delete status['nominatedNodeName']
  return write.status(present, { ...present, status })
}
