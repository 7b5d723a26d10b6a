import { formatTime } from '../../../base/clock.js'
import type { ApplicationSetCondition } from '../kinds/application-set.js'

export type ConditionState = Omit<ApplicationSetCondition, 'lastTransitionTime'>

/** How a reconcile went, for upstream's three conditions. */
export type ReconcileOutcome =
  | { readonly kind: 'up-to-date' }
  /** The parameters are not known: nothing changed. */
  | { readonly kind: 'generation-failed'; readonly reason: string; readonly message: string }
  /** Parameters are known, but something is wrong or held. */
  | { readonly kind: 'troubled'; readonly reason: string; readonly message: string }

/** ErrorOccurred, ParametersGenerated and ResourcesUpToDate as upstream words them. */
export function conditionsFor(outcome: ReconcileOutcome): ConditionState[] {
  if (outcome.kind === 'up-to-date') {
    const fine = { reason: 'ApplicationSetUpToDate', message: 'All applications have been generated successfully' }
    return [
      { type: 'ErrorOccurred', status: 'False', ...fine },
      parametersGenerated,
      { type: 'ResourcesUpToDate', status: 'True', ...fine },
    ]
  }
  const { reason, message } = outcome
  return [
    { type: 'ErrorOccurred', status: 'True', reason, message },
    outcome.kind === 'troubled'
      ? parametersGenerated
      : { type: 'ParametersGenerated', status: 'False', reason: 'ErrorOccurred', message },
    { type: 'ResourcesUpToDate', status: 'False', reason: 'ErrorOccurred', message },
  ]
}

const parametersGenerated: ConditionState = {
  type: 'ParametersGenerated',
  status: 'True',
  reason: 'ParametersGenerated',
  message: 'Successfully generated parameters for all Applications',
}

/** Types that this controller writes; others in the status are left alone. */
const ours = new Set(['ErrorOccurred', 'ParametersGenerated', 'ResourcesUpToDate', 'Unsupported', 'Warning'])

/**
 * The new list of conditions: those given, with the time of their last change kept where nothing changed, after the ones of
 * other types that were there.
 */
export function mergeConditions(
  previous: readonly ApplicationSetCondition[] | undefined,
  current: readonly ConditionState[],
  now: number,
): ApplicationSetCondition[] {
  const others = (previous ?? []).filter((condition) => !ours.has(condition.type))
  const merged = current.map((state) => {
    const before = previous?.find((condition) => condition.type === state.type)
    const same = before?.status === state.status && before.reason === state.reason && before.message === state.message
    return { ...state, lastTransitionTime: same ? (before.lastTransitionTime ?? formatTime(now)) : formatTime(now) }
  })
  return [...others, ...merged]
}
