/** `a, b, c and 4 more`; `nothing` for none. */
export function listNames(names: readonly string[], shown = 4): string {
  if (names.length === 0) return 'nothing'
  const first = names.slice(0, shown).join(', ')
  return names.length > shown ? `${first} and ${names.length - shown} more` : first
}
