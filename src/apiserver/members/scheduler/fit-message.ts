import type { Rejection } from './spec.js'

export interface Misfit {
  readonly nodes: number
  readonly rejections: Iterable<Rejection>
  /** Why no node was looked at. */
  readonly refusal?: string | undefined
  /** What came of the search for pods to evict. */
  readonly preemption?: string | undefined
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: ...` */
export function misfitMessage({ nodes, rejections, refusal, preemption }: Misfit): string {
  let text = `0/${nodes} nodes are available:`
  if (refusal !== undefined) text += ` ${refusal}.`
  else {
    const counts = new Map<string, number>()
    for (const { reasons } of rejections) {
      for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
    }
    const listed = [...counts].map(([reason, count]) => `${count} ${reason}`).sort()
    if (listed.length > 0) text += ` ${listed.join(', ')}.`
  }
  return preemption === undefined ? text : `${text} preemption: ${preemption}`
}

export const noNodes = 'no nodes available to schedule pods'
