import { RE2JS } from 're2js'
import { messageOf } from '../../../base/errors.js'

/** Compiled patterns, the oldest dropped when there are too many. */
const compiled = new Map<string, RE2JS | Error>()
const mostPatterns = 2000

function compile(pattern: string): RE2JS | Error {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  let made: RE2JS | Error
  try {
    made = RE2JS.compile(pattern)
  } catch (error) {
    made = new Error(messageOf(error))
  }
  if (compiled.size >= mostPatterns) compiled.delete(compiled.keys().next().value as string)
  compiled.set(pattern, made)
  return made
}

/**
 * Matches as Go's regexp does, anywhere in the text and in linear time. Undefined when the text matches, else what it
 * should have matched.
 */
export function matchesPattern(pattern: string, text: string): string | undefined {
  const regexp = compile(pattern)
  if (regexp instanceof Error) return `${pattern}, but pattern is invalid: ${regexp.message}`
  return regexp.matcher(text).find() ? undefined : pattern
}
