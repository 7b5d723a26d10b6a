/** Steps from the root of a JSON text to a field: names of objects, indexes of lists. */
export type FieldSteps = readonly (string | number)[]

/** `repeated`: the object already had a field of this name. `steps` is valid only during the call. */
export type VisitField = (steps: FieldSteps, offset: number, repeated: boolean) => void

/** A number with a fraction or an exponent. `steps` is valid only during the call. */
export type VisitFraction = (steps: FieldSteps, literal: string) => void

const mostDepth = 1000

/**
 * Walks the fields of a JSON text in the order in which they stand, repeated ones included, which JSON.parse hides. Never
 * throws: what is not JSON ends the walk, for the parser to complain about. The depth is limited.
 */
export function scanFields(text: string, visit: VisitField, visitFraction?: VisitFraction): void {
  const steps: (string | number)[] = []
  // For each open object the names that it has; for each open list undefined.
  const open: (Set<string> | undefined)[] = []
  let at = 0
  let expectsName = false
  const space = /[\s]*/y
  const string = /"[^"\\]*(?:\\.[^"\\]*)*"/y
  const scalar = /[^\s,\]}:"[{]+/y
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)?.[0]
    if (found !== undefined) at += found.length
    return found
  }
  while (match(space) !== undefined && at < text.length) {
    const start = at
    const character = text[at]
    if (expectsName && character === '"') {
      const name = readString(match(string))
      if (name === undefined) return
      match(space)
      if (text[at++] !== ':') return
      const names = open.at(-1) as Set<string>
      steps[steps.length - 1] = name
      visit(steps, start, names.has(name))
      names.add(name)
      expectsName = false
    } else if (character === '{' || character === '[') {
      if (open.length >= mostDepth) return
      at++
      open.push(character === '{' ? new Set() : undefined)
      steps.push(character === '{' ? '' : 0)
      expectsName = character === '{'
    } else if (character === '}' || character === ']') {
      if (open.length === 0) return
      at++
      open.pop()
      steps.pop()
      expectsName = false
    } else if (character === ',') {
      at++
      const last = steps.at(-1)
      if (typeof last === 'number') steps[steps.length - 1] = last + 1
      expectsName = open.at(-1) !== undefined
    } else if (character === '"') {
      if (match(string) === undefined) return
    } else {
      const literal = match(scalar)
      if (literal === undefined) return
      if (visitFraction !== undefined && fraction.test(literal)) visitFraction(steps, literal)
    }
  }
}

const fraction = /^-?[0-9]+(?:\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)$/

function readString(literal: string | undefined): string | undefined {
  if (literal === undefined) return undefined
  if (!literal.includes('\\')) return literal.slice(1, -1)
  try {
    return JSON.parse(literal) as string
  } catch {
    return undefined
  }
}

/** As strict decoding errors print it: `spec.containers[0].name`. */
export function stepsText(steps: FieldSteps): string {
  let text = ''
  for (const step of steps) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`
  return text
}

/** The fields that stand more than once in their object, each once, in the order of the text: `spec.replicas`. */
export function findDuplicateFields(text: string): string[] {
  const found = new Set<string>()
  scanFields(text, (steps, _offset, repeated) => {
    if (repeated) found.add(stepsText(steps))
  })
  return [...found]
}
