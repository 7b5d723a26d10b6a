import type { RetryStrategy } from '../kinds/application.js'
import { parseDurationMs } from './duration.js'

/** When a failed sync is tried again (epoch ms), undefined when it is not. `retries`: how many there were. Pure. */
export function decideRetry(retry: RetryStrategy | undefined, retries: number, nowMs: number): number | undefined {
  const limit = retry?.limit ?? 0
  if (limit === 0 || (limit > 0 && retries >= limit)) return undefined
  const base = parseDurationMs(retry?.backoff?.duration ?? '') ?? 5_000
  const max = parseDurationMs(retry?.backoff?.maxDuration ?? '') ?? 180_000
  const factor = retry?.backoff?.factor ?? 2
  return nowMs + Math.min(base * factor ** retries, max)
}
