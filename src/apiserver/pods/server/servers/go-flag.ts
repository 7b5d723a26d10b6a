/** The value of a flag as Go programs take it: `-name=value`, `--name=value`, `-name value`. The last one wins. */
export function goFlag(args: readonly string[], name: string): string | undefined {
  let found: string | undefined
  for (const [index, arg] of args.entries()) {
    const match = /^--?([^=]+)(?:=([\s\S]*))?$/.exec(arg)
    if (match?.[1] !== name) continue
    found = match[2] ?? args[index + 1]
  }
  return found
}
