/**
 * How members of parsed maps were written, where the value does not tell: a null that is not written at all (`key:`), and text
 * that stands in quotes or in a block. JSON has no place for these, but kustomize's merge makes differences by them. Only the
 * dialect `kyaml` marks; copies have no marks by themselves.
 */
interface Marks {
  implicitNulls: Set<string> | undefined
  quoted: Set<string> | undefined
  plainTexts: Map<string, string> | undefined
  untyped: Map<string, { readonly value: unknown; readonly text: string }> | undefined
}

const marks = new WeakMap<object, Marks>()

function marksOf(map: object): Marks {
  let known = marks.get(map)
  if (known === undefined) {
    known = { implicitNulls: undefined, quoted: undefined, plainTexts: undefined, untyped: undefined }
    marks.set(map, known)
  }
  return known
}

export function markImplicitNull(map: object, key: string): void {
  const known = marksOf(map)
  known.implicitNulls ??= new Set()
  known.implicitNulls.add(key)
}

export function isImplicitNull(map: object, key: string): boolean {
  return marks.get(map)?.implicitNulls?.has(key) === true
}

export function markQuoted(map: object, key: string): void {
  const known = marksOf(map)
  known.quoted ??= new Set()
  known.quoted.add(key)
}

/** To be called for a null that is written otherwise than `null`, and for a number that is not written as JSON writes it. */
export function markPlainText(map: object, key: string, text: string): void {
  const known = marksOf(map)
  known.plainTexts ??= new Map()
  known.plainTexts.set(key, text)
}

/** How a null is written: where text is wanted, its text counts. Empty when it is not written at all. */
export function nullText(map: object, key: string): string {
  if (isImplicitNull(map, key)) return ''
  return marks.get(map)?.plainTexts?.get(key) ?? 'null'
}

/** How a number is written that JSON writes otherwise (`0x1F`, `010`); undefined for others. It may have changed since. */
export function numberText(map: object, key: string): string | undefined {
  return marks.get(map)?.plainTexts?.get(key)
}

/** True for text that was written in quotes or as a block. */
export function isQuoted(map: object, key: string): boolean {
  return marks.get(map)?.quoted?.has(key) === true
}

/**
 * A scalar of which only the text is set: it counts as what that text means, until something that takes it for text writes it
 * again. To be called after the member has got its value.
 */
export function markUntyped(map: object, key: string, text: string): void {
  const known = marksOf(map)
  known.untyped ??= new Map()
  known.untyped.set(key, { value: (map as Record<string, unknown>)[key], text })
}

/** The text of a scalar that is marked so and has not changed since. */
export function untypedText(map: object, key: string): string | undefined {
  const found = marks.get(map)?.untyped?.get(key)
  return found !== undefined && (map as Record<string, unknown>)[key] === found.value ? found.text : undefined
}

/** Gives a copy of a map the marks of the original. */
export function copyMarks(from: object, to: object): void {
  const known = marks.get(from)
  if (known === undefined) return
  marks.set(to, {
    implicitNulls: known.implicitNulls === undefined ? undefined : new Set(known.implicitNulls),
    quoted: known.quoted === undefined ? undefined : new Set(known.quoted),
    plainTexts: known.plainTexts === undefined ? undefined : new Map(known.plainTexts),
    untyped: known.untyped === undefined ? undefined : new Map(known.untyped),
  })
}
