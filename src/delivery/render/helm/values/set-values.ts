import { messageOf } from '../../../../base/errors.js'
import { setOwn } from '../../../../base/json.js'
import { quoteString } from '../../../../formats/go-template/print.js'
import { decodeJson } from '../../../../formats/go-template/sprig/decode-json.js'
import { isTable, typeNameOf, type Values } from './values.js'

const maxIndex = 65_536
const maxNesting = 30

/** How a line of settings is read: `--set`, `--set-string`, `--set-json`, `--set-file`, `--set-literal`. */
export type SetForm =
  | { readonly kind: 'typed' | 'text' | 'json' | 'literal' }
  | { readonly kind: 'file'; readonly read: (path: string) => string }

/**
 * Applies a line such as `a.b[0]=x,c={1,2}` to values, in place. `\` takes the next character as it is; `{}` makes lists;
 * with `typed`, true, false, null and integers are such. Throws an Error with Helm's messages.
 */
export function setValues(into: Values, line: string, form: SetForm): void {
  new SetParser(line, form).run(into)
}

/** The end of the line where Go's reader says io.EOF. */
class EndOfLine extends Error {}

class SetParser {
  readonly #characters: readonly string[]
  readonly #form: SetForm
  readonly #stops: readonly [string, string]
  #at = 0

  constructor(line: string, form: SetForm) {
    this.#characters = [...line]
    this.#form = form
    this.#stops = form.kind === 'literal' ? ['=[.', '[.='] : ['=[,.', '[.=']
  }

  run(into: Values): void {
    for (;;) {
      try {
        this.#key(into, 0)
      } catch (error) {
        if (error instanceof EndOfLine) return
        throw error
      }
    }
  }

  #until(stops: string): { text: string; last: string | undefined } {
    let text = ''
    const escapes = this.#form.kind !== 'literal'
    while (this.#at < this.#characters.length) {
      const character = this.#characters[this.#at++]!
      if (stops.includes(character)) return { text, last: character }
      if (escapes && character === '\\') {
        const next = this.#characters[this.#at++]
        if (next === undefined) break
        text += next
      } else text += character
    }
    return { text, last: undefined }
  }

  #key(data: Values, nesting: number): void {
    const { text: key, last } = this.#until(this.#stops[0])
    switch (last) {
      case undefined:
        if (key === '') throw new EndOfLine()
        throw new Error(`key ${quoteString(key)} has no value`)
      case '[': {
        const index = this.#index()
        const present = Object.hasOwn(data, key) ? data[key] : []
        if (!Array.isArray(present)) throw conversionFailed(present, '[]interface {}')
        try {
          set(data, key, this.#item(present, index, nesting))
        } catch (error) {
          if (error instanceof EndOfLine) set(data, key, present)
          throw error
        }
        return
      }
      case '=':
        set(
          data,
          key,
          this.#value(() => set(data, key, '')),
        )
        return
      case ',':
        set(data, key, '')
        throw new Error(`key ${quoteString(key)} has no value (cannot end with ,)`)
      default: {
        if (nesting + 1 > maxNesting)
          throw new Error(`value name nested level is greater than maximum supported nested level of ${maxNesting}`)
        let inner: unknown = {}
        if (Object.hasOwn(data, key)) inner = data[key]
        if (!isTable(inner)) throw conversionFailed(inner, 'map[string]interface {}')
        try {
          this.#key(inner, nesting + 1)
        } finally {
          if (Object.keys(inner).length > 0) set(data, key, inner)
        }
        if (Object.keys(inner).length === 0) throw new Error(`key map ${quoteString(key)} has no value`)
      }
    }
  }

  /** What stands after `=`. `atEnd` runs when nothing does; the line ends then. */
  #value(atEnd: () => void): unknown {
    const form = this.#form
    if (form.kind === 'literal') return this.#until('').text
    if (form.kind === 'json') return this.#json()
    if (this.#at >= this.#characters.length) {
      atEnd()
      throw new EndOfLine()
    }
    if (this.#characters[this.#at] === '{') return this.#list()
    return this.#typed(this.#until(',').text)
  }

  #list(): unknown[] {
    this.#at++
    const items: unknown[] = []
    for (;;) {
      const { text, last } = this.#until(',}')
      if (last === undefined) throw new Error("list must terminate with '}'")
      items.push(this.#typed(text))
      if (last === ',') continue
      if (this.#characters[this.#at] === ',') this.#at++
      return items
    }
  }

  #index(): number {
    try {
      const { text, last } = this.#until(']')
      if (last === undefined) throw new EndOfLine('EOF')
      if (!/^[+-]?[0-9]+$/.test(text)) throw new Error(`strconv.Atoi: parsing ${quoteString(text)}: invalid syntax`)
      return Number(text)
    } catch (error) {
      throw new Error(`error parsing index: ${messageOf(error)}`)
    }
  }

  #item(given: unknown[], index: number, nesting: number): unknown[] {
    if (index < 0) throw new Error(`negative ${index} index not allowed`)
    const list = given
    const { text, last } = this.#until(this.#stops[1])
    if (text !== '') throw new Error(`unexpected data at end of array index: [${[...text].map(quoteRune).join(' ')}]`)
    switch (last) {
      case undefined:
        throw new EndOfLine()
      case '=': {
        let isEmpty = false
        try {
          return withItem(
            list,
            index,
            this.#value(() => {
              isEmpty = true
            }),
          )
        } catch (error) {
          if (isEmpty && error instanceof EndOfLine) return withItem(list, index, '')
          throw error
        }
      }
      case '[': {
        const next = this.#index()
        const present = list[index] ?? []
        if (!Array.isArray(present)) throw conversionFailed(present, '[]interface {}')
        return withItem(list, index, this.#item(present, next, nesting))
      }
      default: {
        let inner: unknown = list[index]
        if (!isTable(inner)) {
          inner = {}
          if (index < list.length) list[index] = inner
        }
        let ended = false
        try {
          this.#key(inner as Values, nesting)
        } catch (error) {
          if (!(error instanceof EndOfLine)) throw error
          ended = true
        }
        const result = ended ? list : withItem(list, index, inner)
        if (ended) throw new EndOfLine()
        return result
      }
    }
  }

  #typed(text: string): unknown {
    const form = this.#form
    if (form.kind === 'file') return form.read(text)
    if (form.kind !== 'typed') return text
    const lower = text.toLowerCase()
    if (lower === 'true') return true
    if (lower === 'false') return false
    if (lower === 'null') return null
    if (text === '0') return 0n
    if (/^[+-]?[0-9]+$/.test(text) && text[0] !== '0') {
      const value = BigInt(text.replace('+', ''))
      if (value >= -(2n ** 63n) && value < 2n ** 63n) return value
    }
    return text
  }

  /** One JSON value; what stands behind it up to the next comma must be blank. */
  #json(): unknown {
    if (this.#isBlankBeforeComma()) return null
    const rest = this.#characters.slice(this.#at).join('')
    const length = jsonLength(rest)
    let value: unknown
    try {
      value = decodeJson(rest.slice(0, length))
    } catch (error) {
      throw new Error(messageOf(error) === 'unexpected end of JSON input' ? 'unexpected EOF' : messageOf(error))
    }
    this.#at += [...rest.slice(0, length)].length
    this.#isBlankBeforeComma()
    return value
  }

  #isBlankBeforeComma(): boolean {
    while (this.#at < this.#characters.length) {
      const character = this.#characters[this.#at]!
      if (character === ',') {
        this.#at++
        return true
      }
      if (!/\s/.test(character)) return false
      this.#at++
    }
    return true
  }
}

/** Where the JSON value ends that a text starts with. */
function jsonLength(text: string): number {
  let depth = 0
  let at = 0
  while (at < text.length) {
    const character = text[at]!
    if (character === '"') {
      const found = /^"(?:[^"\\]|\\.)*"/s.exec(text.slice(at))
      if (found === null) return text.length
      at += found[0].length
    } else if (character === '{' || character === '[') {
      depth++
      at++
    } else if (character === '}' || character === ']') {
      depth--
      at++
    } else if (depth === 0) {
      const found = /^[^\s,{}[\]"]+/.exec(text.slice(at))
      at += found === null ? 1 : found[0].length
    } else at++
    if (depth <= 0) return at
  }
  return at
}

function set(data: Values, key: string, value: unknown): void {
  if (key !== '') setOwn(data, key, value)
}

function withItem(list: readonly unknown[], index: number, value: unknown): unknown[] {
  if (index > maxIndex) throw new Error(`index of ${index} is greater than maximum supported index of ${maxIndex}`)
  const longer = [...list]
  while (longer.length <= index) longer.push(null)
  longer[index] = value
  return longer
}

function conversionFailed(value: unknown, wanted: string): Error {
  const found = value === null || value === undefined ? 'nil' : typeNameOf(value)
  return new Error(`unable to parse key: interface conversion: interface {} is ${found}, not ${wanted}`)
}

/** A character as Go's %q prints a rune. */
function quoteRune(character: string): string {
  if (character === "'") return "'\\''"
  return character === '"' ? `'"'` : `'${quoteString(character).slice(1, -1)}'`
}
