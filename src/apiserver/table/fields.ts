/** Readers of JSON data of any shape: what is absent or of another type reads as empty. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let current = value
  for (const key of path) {
    if (typeof current !== 'object' || current === null || Array.isArray(current) || !Object.hasOwn(current, key))
      return undefined
    current = (current as Record<string, unknown>)[key]
  }
  return current ?? undefined
}

export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path)
  return found === undefined || typeof found === 'object' ? '' : String(found)
}

export function numberAt(value: unknown, ...path: readonly string[]): number {
  const found = at(value, ...path)
  return typeof found === 'number' ? found : 0
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}

export function mapAt(value: unknown, ...path: readonly string[]): Readonly<Record<string, unknown>> {
  const found = at(value, ...path)
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as Record<string, unknown>) : {}
}

/** The text, or what kubectl shows in its place when there is none. */
export function orElse(text: string, otherwise: string): string {
  return text === '' ? otherwise : text
}

/** The first items, and how many there are beside them: `a,b,c + 2 more...`. */
export function shortened(items: readonly string[], most: number, separator = ','): string {
  const shown = items.slice(0, most).join(separator)
  return items.length > most ? `${shown} + ${items.length - most} more...` : shown
}
