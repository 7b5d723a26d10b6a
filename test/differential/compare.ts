import type { Answer } from './case.js'

/** One place where the answers differ. Values are JSON texts; undefined: not there. */
export interface Difference {
  readonly path: string
  readonly real: string | undefined
  readonly ours: string | undefined
}

/** Where two answers differ. */
export function compareAnswers(real: Answer, ours: Answer): Difference[] {
  const found: Difference[] = []
  compareValues(real, ours, '', found)
  return found
}

function compareValues(real: unknown, ours: unknown, path: string, found: Difference[]): void {
  if (real === ours || isSameDump(real, ours)) return
  if (isNode(real) && isNode(ours) && Array.isArray(real) === Array.isArray(ours)) {
    // Lists of different lengths are told as a whole: one missing element moves all others.
    if (Array.isArray(real) && real.length !== (ours as unknown as unknown[]).length) {
      found.push({ path, real: JSON.stringify(real), ours: JSON.stringify(ours) })
      return
    }
    for (const key of new Set([...Object.keys(real), ...Object.keys(ours)])) {
      compareValues(real[key], ours[key], path === '' ? key : `${path}.${key}`, found)
    }
    return
  }
  found.push({ path, real: JSON.stringify(real), ours: JSON.stringify(ours) })
}

/** Differences that Go's comparer prints have blanks of one kind in one process and of another in the next, on purpose. */
function isSameDump(real: unknown, ours: unknown): boolean {
  if (typeof real !== 'string' || typeof ours !== 'string' || !real.includes('\n')) return false
  const blanks = /[\s\u00a0]+/g
  return real.replace(blanks, ' ') === ours.replace(blanks, ' ')
}

function isNode(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
