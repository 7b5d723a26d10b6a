import { isObject } from '../../base/json.js'

/**
 * The part of jq that `jqPathExpressions` use in practice: `.a.b`, `."a/b"`, `.a["b"]`, `.a[0]`, `.a[]`, `?`, and
 * `| select(.x == "y" and .z != 3)`. Finds the places in a document that an expression names.
 */
export type JqPath = (document: unknown) => Place[]

/** A member of an object or an element of a list. */
export interface Place {
  readonly parent: Record<string, unknown> | unknown[]
  readonly key: string | number
}

type Step =
  | { kind: 'key'; key: string }
  | { kind: 'index'; index: number }
  | { kind: 'each' }
  | { kind: 'select'; test: (value: unknown) => boolean }

/** Undefined for an expression outside of the part of jq above. */
export function parseJqPath(text: string): JqPath | undefined {
  const steps = new Parser(text).path()
  if (steps === undefined || steps.length === 0) return undefined
  return (document) => {
    let found: { place: Place | undefined; value: unknown }[] = [{ place: undefined, value: document }]
    for (const step of steps) {
      found = found.flatMap((at) => follow(at, step))
      if (found.length === 0) return []
    }
    return found.flatMap(({ place }) => (place === undefined ? [] : [place]))
  }
}

function follow(at: { place: Place | undefined; value: unknown }, step: Step): { place: Place | undefined; value: unknown }[] {
  const { value } = at
  switch (step.kind) {
    case 'key':
      return isObject(value) && Object.hasOwn(value, step.key)
        ? [{ place: { parent: value, key: step.key }, value: value[step.key] }]
        : []
    case 'index': {
      if (!Array.isArray(value)) return []
      const index = step.index < 0 ? value.length + step.index : step.index
      return index >= 0 && index < value.length ? [{ place: { parent: value, key: index }, value: value[index] }] : []
    }
    case 'each':
      if (Array.isArray(value)) return value.map((item, index) => ({ place: { parent: value, key: index }, value: item }))
      return isObject(value) ? Object.keys(value).map((key) => ({ place: { parent: value, key }, value: value[key] })) : []
    case 'select':
      return step.test(value) ? [at] : []
  }
}

class Parser {
  readonly #text: string
  #at = 0
  constructor(text: string) {
    this.#text = text.length > 1000 ? '' : text
  }

  /** The whole text as a path. */
  path(): Step[] | undefined {
    const steps = this.#pipeline()
    this.#blanks()
    return steps !== undefined && this.#at === this.#text.length ? steps : undefined
  }

  #pipeline(): Step[] | undefined {
    const steps: Step[] = []
    for (;;) {
      this.#blanks()
      if (this.#take('select')) {
        this.#blanks()
        if (!this.#take('(')) return undefined
        const test = this.#or()
        this.#blanks()
        if (test === undefined || !this.#take(')')) return undefined
        steps.push({ kind: 'select', test })
      } else {
        const path = this.#simplePath()
        if (path === undefined) return undefined
        steps.push(...path)
      }
      this.#blanks()
      if (!this.#take('|')) return steps
    }
  }

  /** `.a."b"[0][]?` */
  #simplePath(): Step[] | undefined {
    if (this.#peek() !== '.') return undefined
    const steps: Step[] = []
    for (;;) {
      if (this.#take('.')) {
        const name = this.#match(/[A-Za-z_][A-Za-z0-9_]*/y)
        if (name !== undefined) steps.push({ kind: 'key', key: name })
        else if (this.#peek() === '"') {
          const text = this.#string()
          if (text === undefined) return undefined
          steps.push({ kind: 'key', key: text })
        } else if (this.#peek() !== '[' && steps.length > 0) return undefined
      } else if (this.#take('[')) {
        this.#blanks()
        if (this.#take(']')) steps.push({ kind: 'each' })
        else {
          const index = this.#match(/-?\d{1,9}/y)
          const text = index === undefined ? this.#string() : undefined
          if (index === undefined && text === undefined) return undefined
          steps.push(index === undefined ? { kind: 'key', key: text! } : { kind: 'index', index: Number(index) })
          this.#blanks()
          if (!this.#take(']')) return undefined
        }
      } else if (!this.#take('?')) return steps
    }
  }

  #or(): ((value: unknown) => boolean) | undefined {
    return this.#chain(
      'or',
      () =>
        this.#chain(
          'and',
          () => this.#comparison(),
          (tests) => (value) => tests.every((test) => test(value)),
        ),
      (tests) => (value) => tests.some((test) => test(value)),
    )
  }

  #chain(
    word: string,
    part: () => ((value: unknown) => boolean) | undefined,
    join: (tests: ((value: unknown) => boolean)[]) => (value: unknown) => boolean,
  ): ((value: unknown) => boolean) | undefined {
    const tests = []
    do {
      const test = part()
      if (test === undefined) return undefined
      tests.push(test)
      this.#blanks()
    } while (this.#take(`${word} `))
    return tests.length === 1 ? tests[0] : join(tests)
  }

  #comparison(): ((value: unknown) => boolean) | undefined {
    this.#blanks()
    const path = this.#simplePath()
    if (path === undefined) return undefined
    const read = (value: unknown) => {
      let found: { place: Place | undefined; value: unknown }[] = [{ place: undefined, value }]
      for (const step of path) found = found.flatMap((at) => follow(at, step))
      return found.map((at) => at.value)
    }
    this.#blanks()
    const operator = this.#match(/==|!=/y)
    if (operator === undefined) {
      // As jq: anything but null and false holds.
      return (value) => read(value).some((item) => item !== null && item !== undefined && item !== false)
    }
    this.#blanks()
    const literal = this.#literal()
    if (literal === undefined) return undefined
    return (value) => {
      const found = read(value)
      const items = found.length === 0 ? [null] : found
      return items.some((item) => (operator === '==') === ((item ?? null) === literal.value))
    }
  }

  #literal(): { value: unknown } | undefined {
    if (this.#peek() === '"') {
      const text = this.#string()
      return text === undefined ? undefined : { value: text }
    }
    const word = this.#match(/true|false|null|-?\d{1,15}(\.\d{1,15})?/y)
    return word === undefined ? undefined : { value: JSON.parse(word) as unknown }
  }

  #string(): string | undefined {
    const text = this.#match(/"(?:[^"\\]|\\.)*"/y)
    if (text === undefined) return undefined
    try {
      return JSON.parse(text) as string
    } catch {
      return undefined
    }
  }

  #blanks(): void {
    this.#match(/\s*/y)
  }
  #peek(): string {
    return this.#text[this.#at] ?? ''
  }
  #take(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false
    this.#at += word.length
    return true
  }
  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found === undefined) return undefined
    this.#at += found.length
    return found
  }
}
