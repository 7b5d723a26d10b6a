import { formatTime } from '../../../base/clock.js'
import type { ApplicationCondition } from '../kinds/application.js'

export type ConditionType =
  | 'ComparisonError'
  | 'InvalidSpecError'
  | 'SyncError'
  | 'DeletionError'
  | 'UnknownError'
  | 'SharedResourceWarning'
  | 'RepeatedResourceWarning'
  | 'ExcludedResourceWarning'
  | 'OrphanedResourceWarning'

export interface PlainCondition {
  readonly type: ConditionType
  readonly message: string
}

/** The conditions that hold now; those that held before with the same text keep their time. Undefined for none. */
export function mergeConditions(
  before: readonly ApplicationCondition[] | undefined,
  now: readonly PlainCondition[],
  nowMs: number,
): ApplicationCondition[] | undefined {
  if (now.length === 0) return undefined
  const seen = new Set<string>()
  return now.flatMap(({ type, message }) => {
    const key = `${type}\0${message}`
    if (seen.has(key)) return []
    seen.add(key)
    const known = before?.find((condition) => condition.type === type && condition.message === message)
    return [{ type, message, lastTransitionTime: known?.lastTransitionTime ?? formatTime(nowMs) }]
  })
}

/** Conditions that make a sync impossible and the state unknown. */
export function isError(condition: PlainCondition): boolean {
  return condition.type === 'InvalidSpecError' || condition.type === 'ComparisonError'
}
