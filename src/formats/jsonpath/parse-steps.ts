import { CodedError } from '../../base/errors.js'

export type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'slice'; readonly from: number | undefined; readonly to: number | undefined; readonly by: number }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'union'; readonly steps: readonly Step[] }
  | { readonly kind: 'filter'; readonly filter: Filter }
  | { readonly kind: 'descend'; readonly step: Step }

export type Operand =
  | { readonly literal: string | number | boolean }
  | { readonly path: readonly Step[] /** `$`: from the root; `@`: from the item. */; readonly root: boolean }

export interface Filter {
  readonly left: Operand
  /** Without an operator: passes when `left` is there. */
  readonly operator?: '==' | '!=' | '<' | '<=' | '>' | '>='
  readonly right?: Operand
}

const longestPath = 4096

/** Reads a path without its braces. Throws CodedError `invalid-json-path`. */
export function parseSteps(text: string): Step[] {
  if (text.length > longestPath) throw invalid(text.slice(0, 40), 0, `at most ${longestPath} characters`)
  const reader = new Reader(text)
  reader.skipRoot()
  return reader.steps()
}

class Reader {
  readonly #text: string
  #at = 0
  constructor(text: string) {
    this.#text = text
  }

  skipRoot(): void {
    if (this.#text[this.#at] === '$' || this.#text[this.#at] === '@') this.#at++
  }

  steps(): Step[] {
    const steps: Step[] = []
    while (this.#at < this.#text.length) {
      const descends = this.#text.startsWith('..', this.#at)
      if (descends) this.#at += 2
      const step = this.#step(descends, steps.length === 0)
      if (step === undefined) continue
      steps.push(descends ? { kind: 'descend', step } : step)
    }
    return steps
  }

  /** Undefined for a `.` that stands alone, as in `{.}`. */
  #step(afterDots: boolean, first: boolean): Step | undefined {
    const character = this.#text[this.#at]
    if (character === '[') return this.#bracket()
    if (character === '.' && !afterDots) {
      this.#at++
      if (this.#text[this.#at] === '[') return undefined
      if (this.#at >= this.#text.length && first) return undefined
    } else if (!afterDots && !first) throw this.#expected('`.` or `[`')
    if (this.#text[this.#at] === '*') {
      this.#at++
      return { kind: 'wildcard' }
    }
    return { kind: 'field', name: this.#name() }
  }

  #name(): string {
    let name = ''
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text[this.#at]!
      if (character === '\\' && this.#at + 1 < this.#text.length) {
        this.#at++
        name += this.#text[this.#at]
      } else if (/[.[\]\s(){}'"=!<>,]/.test(character)) break
      else name += character
    }
    if (name === '') throw this.#expected('the name of a field')
    return name
  }

  #bracket(): Step {
    this.#at++
    const end = this.#closing()
    const inner = this.#text.slice(this.#at, end).trim()
    const filter = /^\?\((.*)\)$/s.exec(inner)
    const step = filter ? ({ kind: 'filter', filter: parseFilter(filter[1]!) } as const) : this.#selection(inner)
    this.#at = end + 1
    return step
  }

  /** Where the bracket ends that is open; brackets in quotes do not count. */
  #closing(): number {
    let depth = 1
    let quote = ''
    for (let index = this.#at; index < this.#text.length; index++) {
      const character = this.#text[index]!
      if (quote !== '') {
        if (character === '\\') index++
        else if (character === quote) quote = ''
      } else if (character === '"' || character === "'") quote = character
      else if (character === '[') depth++
      else if (character === ']' && --depth === 0) return index
    }
    throw this.#expected('`]`')
  }

  #selection(inner: string): Step {
    const parts = splitOutsideQuotes(inner, ',')
    const steps = parts.map((part) => this.#single(part.trim()))
    return steps.length === 1 ? steps[0]! : { kind: 'union', steps }
  }

  #single(part: string): Step {
    if (part === '*') return { kind: 'wildcard' }
    if (/^-?\d+$/.test(part)) return { kind: 'index', index: Number(part) }
    const slice = /^(-?\d*):(-?\d*)(?::(\d+))?$/.exec(part)
    if (slice) {
      const bound = (text: string | undefined) => (text === undefined || text === '' ? undefined : Number(text))
      return { kind: 'slice', from: bound(slice[1]), to: bound(slice[2]), by: Math.max(1, bound(slice[3]) ?? 1) }
    }
    const text = unquote(part)
    if (text === undefined) throw this.#expected(`an index, a slice, * or a quoted name, not ${JSON.stringify(part)}`)
    return { kind: 'field', name: text }
  }

  #expected(what: string): CodedError {
    return invalid(this.#text, this.#at, what)
  }
}

function parseFilter(text: string): Filter {
  const operators = ['==', '!=', '<=', '>=', '<', '>'] as const
  let quote = ''
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!
    if (quote !== '') {
      if (character === '\\') index++
      else if (character === quote) quote = ''
      continue
    }
    if (character === '"' || character === "'") quote = character
    else if (character === '[') depth++
    else if (character === ']') depth--
    if (depth > 0) continue
    const operator = operators.find((candidate) => text.startsWith(candidate, index))
    if (operator === undefined) continue
    return {
      left: operand(text.slice(0, index).trim()),
      operator,
      right: operand(text.slice(index + operator.length).trim()),
    }
  }
  return { left: operand(text.trim()) }
}

function operand(text: string): Operand {
  if (text.startsWith('@') || text.startsWith('$') || text.startsWith('.')) {
    return { path: parseSteps(text), root: text.startsWith('$') }
  }
  if (text === 'true' || text === 'false') return { literal: text === 'true' }
  if (/^-?\d+(\.\d+)?$/.test(text)) return { literal: Number(text) }
  const literal = unquote(text)
  if (literal === undefined) throw invalid(text, 0, 'a path, a number, true, false or a quoted text')
  return { literal }
}

function unquote(text: string): string | undefined {
  const quote = text[0]
  if ((quote !== '"' && quote !== "'") || text.length < 2 || !text.endsWith(quote)) return undefined
  return text.slice(1, -1).replace(/\\(.)/gs, '$1')
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts: string[] = []
  let quote = ''
  let start = 0
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!
    if (quote !== '') {
      if (character === '\\') index++
      else if (character === quote) quote = ''
    } else if (character === '"' || character === "'") quote = character
    else if (character === separator) {
      parts.push(text.slice(start, index))
      start = index + 1
    }
  }
  parts.push(text.slice(start))
  return parts
}

function invalid(text: string, at: number, expected: string): CodedError {
  return new CodedError({
    code: 'invalid-json-path',
    message: `JSONPath ${JSON.stringify(text)}: expected ${expected} at character ${at + 1}`,
    fix: 'Write the path as Kubernetes has it, such as .spec.containers[0].image or .status.conditions[?(@.type=="Ready")].status.',
  })
}
