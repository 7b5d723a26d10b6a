/**
 * Whether a text matches a shell pattern as a whole: `*`, `?`, `[a-z]`, `[!a-z]`, backslash. Takes time in proportion to the
 * product of both lengths at most, and loads nothing: it is in every container.
 */
export function matchPattern(pattern: string, text: string): boolean {
  let at = 0
  let from = 0
  let star = -1
  let resume = 0
  while (from < text.length) {
    const step = at < pattern.length && pattern[at] !== '*' ? matchOne(pattern, at, text[from] as string) : undefined
    if (pattern[at] === '*') {
      star = ++at
      resume = from
    } else if (step !== undefined) {
      at = step
      from++
    } else if (star !== -1) {
      at = star
      from = ++resume
    } else return false
  }
  while (pattern[at] === '*') at++
  return at >= pattern.length
}

/** Where the pattern goes on when its element at `at` takes the character. */
function matchOne(pattern: string, at: number, character: string): number | undefined {
  const element = pattern[at] as string
  if (element === '?') return at + 1
  if (element === '\\' && at + 1 < pattern.length) return pattern[at + 1] === character ? at + 2 : undefined
  const end = element === '[' ? pattern.indexOf(']', at + (/[!^]/.test(pattern[at + 1] ?? '') ? 3 : 2)) : -1
  if (end === -1) return element === character ? at + 1 : undefined
  const negated = /[!^]/.test(pattern[at + 1] as string)
  const inside = pattern.slice(at + (negated ? 2 : 1), end)
  let found = false
  for (let index = 0; index < inside.length; index++) {
    const low = inside[index] as string
    if (inside[index + 1] === '-' && index + 2 < inside.length) {
      found ||= low <= character && character <= (inside[index + 2] as string)
      index += 2
    } else found ||= low === character
  }
  return found === negated ? undefined : end + 1
}
