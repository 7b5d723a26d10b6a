import type { VersionedRequest } from '../webhooks/review.js'

export interface MatchCondition {
  readonly name: string
  readonly expression: string
}

/** Evaluates the matchConditions of webhooks. */
export interface ConditionMatcher {
  /**
   * False as soon as one condition is false. A text says what could not be evaluated while no condition was false; with
   * failurePolicy Ignore that is false too.
   */
  matches(
    conditions: readonly MatchCondition[],
    failurePolicy: 'Fail' | 'Ignore' | undefined,
    asked: VersionedRequest,
  ): boolean | { readonly problem: string }
}
