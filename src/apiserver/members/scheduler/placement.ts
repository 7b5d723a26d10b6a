import type { Node, PodSpec } from '../engine/objects.js'
import { matchesRequired } from './node-affinity.js'
import { type Affinity, taintsOf, unschedulableTaint } from './spec.js'
import { untoleratedTaint } from './tolerations.js'

/** For pods that are bound to a node and stay when it is cordoned (those of DaemonSets): selectors, affinity and taints. */
export function runsOn(node: Node, spec: PodSpec): boolean {
  const taints = taintsOf(node).filter(({ key }) => key !== unschedulableTaint)
  if (untoleratedTaint(taints, spec.tolerations) !== undefined) return false
  return matchesRequired(node, { nodeSelector: spec.nodeSelector, affinity: spec['affinity'] as Affinity | undefined })
}
