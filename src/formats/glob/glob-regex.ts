import { RE2JS } from 're2js'
import { CodedError } from '../../base/errors.js'

/** A compiled pattern. Takes time linear in the text, whatever the pattern. */
export type Matcher = (text: string) => boolean

export function badPattern(pattern: string, reason: string): CodedError {
  return new CodedError({
    code: 'glob-malformed',
    message: `glob pattern ${JSON.stringify(pattern)}: ${reason}`,
    fix: 'Close brackets and braces, and put a backslash before characters that stand for themselves.',
  })
}

/** One character as a regular expression, inside classes too. */
export function literal(character: string): string {
  return `\\x{${character.codePointAt(0)!.toString(16)}}`
}

export interface ClassItem {
  readonly low: string
  readonly high: string
}

/** A character class; one without items matches nothing (or, negated, anything). */
export function characterClass(items: readonly ClassItem[], negated: boolean): string {
  const usable = items.filter((item) => item.low.codePointAt(0)! <= item.high.codePointAt(0)!)
  if (usable.length === 0) return negated ? '(?s:.)' : '[^\\x00-\\x{10FFFF}]'
  const body = usable.map((item) => `${literal(item.low)}-${literal(item.high)}`).join('')
  return `[${negated ? '^' : ''}${body}]`
}

/** Compiles with a memory of recent patterns. */
export function cachingCompiler(toRegex: (pattern: string) => string, limit = 512): (pattern: string) => Matcher {
  const known = new Map<string, Matcher>()
  return (pattern) => {
    let matcher = known.get(pattern)
    if (matcher === undefined) {
      const regex = RE2JS.compile(toRegex(pattern))
      matcher = (text) => regex.matches(text)
      if (known.size >= limit) known.clear()
      known.set(pattern, matcher)
    }
    return matcher
  }
}
