import type { Fault, Mutant, Part, Texts } from './part.js'

/** Every way to make a fault: one for each place where it can be made. */
export function mutantsOf({ name, texts, nowMs }: Part, fault: Fault): Mutant[] {
  const { check, from, to, follows = [] } = fault
  const make = (what: string, broken: Texts): Mutant => ({
    name: `${name}: ${what}: ${String(from)} -> ${to}`,
    check,
    follows,
    texts: broken,
    nowMs: fault.nowMs ?? nowMs,
  })
  if (fault.nowMs !== undefined) return [make('time', texts)]
  const found: Mutant[] = []
  const all: Record<string, string> = { ...texts }
  for (const [path, text] of Object.entries(texts)) {
    if (!fault.in.test(path)) continue
    const pattern =
      typeof from === 'string' ? new RegExp(literal(from), 'g') : new RegExp(from, [...new Set(`${from.flags}g`)].join(''))
    const places = [...text.matchAll(pattern)]
    for (const match of fault.place === 'first' ? places.slice(0, 1) : places) {
      const broken = match[0].replace(from, to)
      const changed = text.slice(0, match.index) + broken + text.slice(match.index + match[0].length)
      found.push(make(`${path} at ${match.index}`, { ...texts, [path]: elsewhere(changed, fault) }))
    }
    if (places.length > 0) all[path] = elsewhere(text.replace(pattern, to), fault)
  }
  return fault.place === 'all' && found.length > 0 ? [make('everywhere', all)] : found
}

function elsewhere(text: string, { and }: Fault): string {
  return and === undefined ? text : text.replaceAll(and.from, and.to)
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
