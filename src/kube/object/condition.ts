import type { Condition } from './kube-object.js'

/** A condition as it is to be; the transition time follows from the status. */
export type ConditionInput = Omit<Condition, 'lastTransitionTime'> & { lastTransitionTime?: string }

/**
 * The conditions with `condition` set: replaced in its place, or added at the end. `lastTransitionTime` is `nowText` (RFC 3339)
 * only when the status changes. Gives the same array when nothing changes, and never changes the one it got.
 */
export function setCondition<T extends Partial<Condition> & { type: string }>(
  conditions: readonly T[] | undefined,
  condition: ConditionInput,
  nowText: string,
): readonly T[] {
  const present = conditions ?? []
  const index = present.findIndex((candidate) => candidate.type === condition.type)
  const before = present[index]
  if (before === undefined) {
    return [...present, { ...condition, lastTransitionTime: condition.lastTransitionTime ?? nowText } as unknown as T]
  }
  const sameStatus = before.status === condition.status
  if (
    sameStatus &&
    before.reason === condition.reason &&
    before.message === condition.message &&
    (condition.observedGeneration === undefined || before.observedGeneration === condition.observedGeneration)
  ) {
    return present
  }
  const lastTransitionTime = sameStatus ? (before.lastTransitionTime ?? nowText) : (condition.lastTransitionTime ?? nowText)
  const changed = [...present]
  changed[index] = { ...before, ...condition, lastTransitionTime }
  return changed
}

/** The conditions without the one of `type`; the same array when there is none. */
export function removeCondition<T extends { type: string }>(conditions: readonly T[] | undefined, type: string): readonly T[] {
  const present = conditions ?? []
  return present.some((condition) => condition.type === type) ? present.filter((condition) => condition.type !== type) : present
}

export function findCondition<T extends { type: string }>(conditions: readonly T[] | undefined, type: string): T | undefined {
  return conditions?.find((condition) => condition.type === type)
}

/** True when the condition is there and says True. */
export function isConditionTrue(conditions: readonly { type: string; status?: string }[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True'
}
