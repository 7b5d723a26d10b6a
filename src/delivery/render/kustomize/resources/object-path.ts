import { splitFieldPath } from '../transformers/field-spec.js'

/**
 * The parts of a dotted path of replacements and vars: `spec.containers.[name=web].image`, `metadata.annotations.a\.b/c`,
 * `metadata.annotations.[a.b/c]`. A part `[key=value]` keeps its brackets.
 */
export function splitObjectPath(path: string): string[] {
  const parts = splitFieldPath(path, '.')
  const joined: string[] = []
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]!
    if (!part.startsWith('[') || part.endsWith(']')) {
      joined.push(part)
      continue
    }
    const bracketed = [part]
    while (index < parts.length - 1) {
      index++
      bracketed.push(parts[index]!)
      if (parts[index]!.endsWith(']')) break
    }
    const text = bracketed.join('.')
    joined.push(text.includes('=') ? text : text.replace(/^[[\]]+|[[\]]+$/g, ''))
  }
  return joined
}

/** The key and the value of `[key=value]`; the key is empty in `[=value]`. Undefined for other parts. */
export function splitListPart(part: string): { key: string; value: string } | undefined {
  if (!part.startsWith('[') || !part.endsWith(']')) return undefined
  const text = part.slice(1, -1)
  const at = text.indexOf('=')
  return at === -1 ? undefined : { key: text.slice(0, at), value: text.slice(at + 1) }
}
