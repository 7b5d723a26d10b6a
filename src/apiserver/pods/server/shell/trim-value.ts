import { matchPattern } from './match-pattern.js'

/** What `${name%pattern}` and its like leave of a value. */
export function trimValue(value: string, operator: string, pattern: string): string {
  const matches = (text: string) => matchPattern(pattern, text)
  const lengths = Array.from({ length: value.length + 1 }, (_, index) => index)
  if (operator === '##' || operator === '%%') lengths.reverse()
  const hit = lengths.find((length) =>
    matches(operator.startsWith('#') ? value.slice(0, length) : value.slice(value.length - length)),
  )
  if (hit === undefined) return value
  return operator.startsWith('#') ? value.slice(hit) : value.slice(0, value.length - hit)
}
