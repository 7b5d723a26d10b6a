import type { Toleration } from '../engine/objects.js'
import type { Taint } from './spec.js'

type Tolerations = readonly Toleration[] | null | undefined

export function tolerates(tolerations: Tolerations, taint: Taint): boolean {
  return tolerations?.some((toleration) => meets(toleration, taint)) ?? false
}

/** The first taint that keeps a pod from a node, in the order of the node. */
export function untoleratedTaint(taints: readonly Taint[], tolerations: Tolerations): Taint | undefined {
  return taints.find((taint) => taint.effect !== 'PreferNoSchedule' && !tolerates(tolerations, taint))
}

/** How many taints would rather have the pod elsewhere. */
export function countDisliked(taints: readonly Taint[], tolerations: Tolerations): number {
  const relevant = tolerations?.filter(({ effect }) => !effect || effect === 'PreferNoSchedule')
  let count = 0
  for (const taint of taints) if (taint.effect === 'PreferNoSchedule' && !tolerates(relevant, taint)) count++
  return count
}

export function meets(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false
  if (toleration.key && toleration.key !== taint.key) return false
  switch (toleration.operator) {
    case undefined:
    case '':
    case 'Equal':
      return toleration.key ? (toleration.value ?? '') === (taint.value ?? '') : false
    case 'Exists':
      return true
    default:
      return false
  }
}
