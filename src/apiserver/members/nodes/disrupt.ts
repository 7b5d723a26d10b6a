import type { Work } from '../contract.js'
import type { Pod } from '../engine/objects.js'
import { writePodCondition } from '../scheduler/pod-condition.js'

/** Ends a pod that has not ended by itself: says why in its condition DisruptionTarget, then deletes it. */
export async function disrupt(
  work: Work,
  pod: Pod,
  why: { reason: string; message: string },
  how: { phase?: string; gracePeriodSeconds?: number } = {},
): Promise<void> {
  const marked = await writePodCondition(
    work,
    pod,
    { type: 'DisruptionTarget', status: 'True', ...why },
    how.phase === undefined ? {} : { phase: how.phase },
  )
  if (marked === undefined) return
  await work.write.delete(marked, how.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: how.gracePeriodSeconds })
}
