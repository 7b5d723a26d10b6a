import { RE2JS } from 're2js'
import { CelDuration, CelFailure, CelTimestamp, noSuchOverload, orNoSuchOverload, type Value } from '../values/values.js'

const known = new Map<string, RE2JS | CelFailure>()
const mostKnown = 500

/** A compiled RE2 pattern, or what is wrong with it in the words of Go's regexp. */
export function compilePattern(pattern: string): RE2JS | CelFailure {
  const cached = known.get(pattern)
  if (cached !== undefined) return cached
  const compiled = compile(pattern)
  if (known.size >= mostKnown) known.clear()
  known.set(pattern, compiled)
  return compiled
}

function compile(pattern: string): RE2JS | CelFailure {
  try {
    return RE2JS.compile(pattern)
  } catch (error) {
    return new CelFailure(error instanceof Error ? error.message : String(error))
  }
}

export function matchPattern(text: Value, pattern: Value): Value {
  if (text instanceof CelTimestamp || text instanceof CelDuration) return noSuchOverload
  if (typeof text !== 'string') return new CelFailure('no such overload: matches')
  if (typeof pattern !== 'string') return orNoSuchOverload(pattern)
  const compiled = compilePattern(pattern)
  return compiled instanceof CelFailure ? compiled : compiled.matcher(text).find()
}

/** The first match, or an empty text. */
export function findFirst(text: Value, pattern: Value): Value {
  if (typeof text !== 'string' || typeof pattern !== 'string') return noSuchOverload
  const compiled = compilePattern(pattern)
  if (compiled instanceof CelFailure) return new CelFailure(`Illegal regex: ${compiled.message}`)
  const matcher = compiled.matcher(text)
  return matcher.find() ? (matcher.group() ?? '') : ''
}

/** At most `limit` matches; all when it is negative. */
export function findMatches(text: string, pattern: string, limit: number): string[] | CelFailure {
  const compiled = compilePattern(pattern)
  if (compiled instanceof CelFailure) return new CelFailure(`Illegal regex: ${compiled.message}`)
  const matcher = compiled.matcher(text)
  const found: string[] = []
  let lastEnd = -1
  while ((limit < 0 || found.length < limit) && matcher.find()) {
    // Go leaves out an empty match right after a match.
    if (matcher.start() === matcher.end() && matcher.start() === lastEnd) continue
    found.push(matcher.group() ?? '')
    lastEnd = matcher.end()
  }
  return found
}
