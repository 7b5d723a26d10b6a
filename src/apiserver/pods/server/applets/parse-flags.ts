export interface Flags {
  readonly on: ReadonlySet<string>
  /** Values in the order in which they came. */
  readonly values: ReadonlyMap<string, readonly string[]>
  readonly rest: readonly string[]
}

/**
 * Options as the small tools take them: `-ab`, `-n 5`, `-n5`, `--name value`, `--name=value`. `plain` and `valued` name those
 * that are known (long ones with their dashes off); others are an error, since a tool that ignores an option answers wrongly.
 */
export function parseFlags(args: readonly string[], plain: readonly string[], valued: readonly string[] = []): Flags {
  const on = new Set<string>()
  const values = new Map<string, string[]>()
  const rest: string[] = []
  const keep = (name: string, value: string | undefined) => {
    if (value === undefined) throw new Error(`option requires an argument: ${name}`)
    values.set(name, [...(values.get(name) ?? []), value])
  }
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] as string
    if (arg === '--') {
      rest.push(...args.slice(index + 1))
      break
    }
    if (!arg.startsWith('-') || arg === '-') {
      rest.push(arg)
      continue
    }
    if (arg.startsWith('--')) {
      const cut = arg.indexOf('=')
      const name = arg.slice(2, cut === -1 ? undefined : cut)
      if (plain.includes(name)) on.add(name)
      else if (valued.includes(name)) keep(name, cut === -1 ? args[++index] : arg.slice(cut + 1))
      else throw new Error(`unrecognized option: ${name}`)
      continue
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at] as string
      if (plain.includes(letter)) on.add(letter)
      else if (valued.includes(letter)) {
        keep(letter, at + 1 < arg.length ? arg.slice(at + 1) : args[++index])
        break
      } else throw new Error(`unrecognized option: ${letter}`)
    }
  }
  return { on, values, rest }
}

export function lastValue(flags: Flags, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = flags.values.get(name)?.at(-1)
    if (found !== undefined) return found
  }
  return undefined
}
