import type { Random } from './random.js'

export interface BackoffOptions {
  /** Delay after the first failure (default 200 ms). */
  readonly baseMs?: number
  /** No delay is longer (default 5 minutes). */
  readonly maxMs?: number
  /** Share of the delay that is left to chance, 0..1 (default 0.25): keeps many failing things from knocking in step. */
  readonly jitter?: number
}

/** The delay after `failures` failures in a row (1: the first): doubles each time, capped, with jitter downwards. */
export function backoffDelayMs(failures: number, random: Random, options: BackoffOptions = {}): number {
  const base = options.baseMs ?? 200
  const max = options.maxMs ?? 300_000
  const jitter = options.jitter ?? 0.25
  // Beyond 2^30 the product would lose its meaning long after the cap.
  const full = Math.min(max, base * 2 ** Math.min(30, Math.max(0, failures - 1)))
  return Math.round(full * (1 - jitter * random.number()))
}
