import type { Pod } from '../engine/objects.js'
import { hostPortsClash } from '../scheduler/node-fit.js'
import { hostPortsOf } from '../scheduler/pod-class.js'
import { isFinished } from '../workloads/pods.js'

/** Why a pod with a taken port is rejected. */
export const portsTaken = {
  reason: 'NodePorts',
  message: "Pod was rejected: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
}

/**
 * Whether a pod that its node has not taken on yet wants a port of the node that one of the others has. The scheduler sees to
 * it for those that it places; a pod can name its node by itself.
 */
export function wantsTakenPort(pod: Pod, others: () => Iterable<Pod | undefined>): boolean {
  if (pod.status?.startTime !== undefined || pod.metadata.deletionTimestamp !== undefined) return false
  const wanted = hostPortsOf(pod)
  if (wanted.length === 0) return false
  for (const other of others()) {
    if (other === undefined || other.metadata.uid === pod.metadata.uid) continue
    if (other.status?.startTime === undefined || isFinished(other)) continue
    if (hostPortsOf(other).some((taken) => wanted.some((port) => hostPortsClash(port, taken)))) return true
  }
  return false
}
