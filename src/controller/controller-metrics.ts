/** What one controller has done since it was made, and does now: plain data. */
export interface ControllerMetrics {
  readonly name: string
  readonly reconciles: number
  /** Patches of objects and their statuses. */
  readonly writes: number
  /** By what became of it. `panics` are errors that no one meant to throw. */
  readonly errors: number
  readonly stalled: number
  readonly waiting: number
  readonly conflicts: number
  readonly panics: number
  /** Keys that wait for a hand, that are worked on, and that have a time set. */
  readonly ready: number
  readonly working: number
  readonly delayed: number
  /** For how long the oldest reconcile under way has run. */
  readonly oldestRunningMs: number
  readonly totalMs: number
  readonly lastProblem: string
}

export type Counters = {
  -readonly [Name in 'reconciles' | 'writes' | 'errors' | 'stalled' | 'waiting' | 'conflicts' | 'panics' | 'totalMs']: number
}

export function createCounters(): Counters {
  return { reconciles: 0, writes: 0, errors: 0, stalled: 0, waiting: 0, conflicts: 0, panics: 0, totalMs: 0 }
}
