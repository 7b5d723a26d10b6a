/** A basic regular expression written as an extended one: `\(`, `\|` and their like lose their backslash, bare ones get it. */
export function asExtended(pattern: string): string {
  return pattern.replace(/\\([|+?(){}])|([|+?(){}])/g, (_, escaped?: string, bare?: string) => escaped ?? `\\${bare}`)
}
