/** One figure that a bench has measured, with what it must reach. Ratios are measured within one run, on one machine. */
export interface BenchResult {
  readonly name: string
  /** `builds/s`, `ms`, `x` for a ratio. */
  readonly unit: string
  readonly measured: number
  readonly target?: { readonly atLeast?: number; readonly atMost?: number }
  /** How it was measured, or why there is no target. */
  readonly note?: string
}
