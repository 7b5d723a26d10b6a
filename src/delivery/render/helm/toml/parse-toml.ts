import { setOwn } from '../../../../base/json.js'
import { quoteString } from '../../../../formats/go-template/print.js'
import { timeValue } from '../../../../formats/go-template/sprig/dates.js'

type Table = Record<string, unknown>

/** Reads TOML 1.0 into data: integers as bigints, dates as times in UTC, times of day as their text. Throws an Error that names the line. */
export function parseToml(text: string): Table {
  return new TomlParser(text.replaceAll('\r\n', '\n')).document()
}

const maxDepth = 200

function quotedRune(character: string): string {
  if (character === "'") return `'\\''`
  return character === '"' ? `'"'` : `'${quoteString(character).slice(1, -1)}'`
}

class TomlParser {
  readonly #text: string
  #at = 0
  #depth = 0
  /** Tables that headers have defined, and those that inline values made: neither may be defined again. */
  readonly #closed = new WeakSet<object>()

  constructor(text: string) {
    this.#text = text
  }

  document(): Table {
    const root: Table = {}
    let current = root
    for (;;) {
      this.#skipLines()
      if (this.#at >= this.#text.length) return root
      if (this.#take('[[')) {
        const path = this.#keyPath()
        this.#expect(']]')
        current = this.#newElement(root, path)
      } else if (this.#take('[')) {
        const path = this.#keyPath()
        this.#expect(']')
        current = this.#descend(root, path)
        if (this.#closed.has(current)) this.#fail(`Key '${path.join('.')}' has already been defined.`)
        this.#closed.add(current)
      } else this.#pair(current)
      this.#endOfLine()
    }
  }

  #fail(what: string): never {
    const line = this.#text.slice(0, this.#at).split('\n').length
    throw new Error(`toml: line ${line}: ${what}`)
  }

  #take(mark: string): boolean {
    if (!this.#text.startsWith(mark, this.#at)) return false
    this.#at += mark.length
    return true
  }

  #expect(mark: string): void {
    this.#skipBlanks()
    if (!this.#take(mark)) this.#fail(`expected '${mark}' but got '${this.#text[this.#at] ?? 'end of file'}' instead`)
  }

  #skipBlanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at++
  }

  #skipLines(): void {
    for (;;) {
      this.#skipBlanks()
      if (this.#text[this.#at] === '#') this.#skipComment()
      if (this.#text[this.#at] !== '\n') return
      this.#at++
    }
  }

  #skipComment(): void {
    const end = this.#text.indexOf('\n', this.#at)
    this.#at = end === -1 ? this.#text.length : end
  }

  #endOfLine(): void {
    this.#skipBlanks()
    if (this.#text[this.#at] === '#') this.#skipComment()
    if (this.#at < this.#text.length && this.#text[this.#at] !== '\n')
      this.#fail(`expected a top-level item to end with a newline, comment, or EOF, but got '${this.#text[this.#at]}' instead`)
  }

  #keyPath(): string[] {
    const path: string[] = []
    do {
      this.#skipBlanks()
      const quote = this.#text[this.#at]
      if (quote === '"' || quote === "'") path.push(this.#string())
      else {
        const found = /^[A-Za-z0-9_-]+/.exec(this.#text.slice(this.#at, this.#at + 256))
        if (found === null) this.#fail(`expected a key but found '${quote ?? 'end of file'}' instead`)
        path.push(found[0])
        this.#at += found[0].length
      }
      this.#skipBlanks()
      if (path.length > maxDepth) this.#fail('keys are nested too deeply')
    } while (this.#take('.'))
    return path
  }

  #descend(root: Table, path: readonly string[]): Table {
    let table = root
    for (const key of path) {
      let next = Object.hasOwn(table, key) ? table[key] : undefined
      if (next === undefined) {
        next = {}
        setOwn(table, key, next)
      }
      if (Array.isArray(next)) next = next.at(-1)
      if (typeof next !== 'object' || next === null) this.#fail(`Key '${path.join('.')}' has already been defined.`)
      table = next as Table
    }
    return table
  }

  #newElement(root: Table, path: readonly string[]): Table {
    const parent = this.#descend(root, path.slice(0, -1))
    const key = path.at(-1)!
    const present = Object.hasOwn(parent, key) ? parent[key] : undefined
    const element: Table = {}
    if (present === undefined) setOwn(parent, key, [element])
    else if (Array.isArray(present) && !this.#closed.has(present)) present.push(element)
    else this.#fail(`Key '${path.join('.')}' has already been defined.`)
    return element
  }

  #pair(into: Table): void {
    const start = this.#text[this.#at]
    if (start === '.') this.#fail("unexpected '.': keys cannot start with a '.'")
    if (start === '=') this.#fail("unexpected '=': key name appears blank")
    const path = /^["'A-Za-z0-9_-]/.test(start ?? '') ? this.#keyPath() : []
    if (path.length === 0 || !this.#take('=')) {
      const found = this.#text[this.#at]
      if (found === undefined) this.#fail("unexpected EOF; expected key separator '='")
      this.#fail(`expected '.' or '=', but got ${quotedRune(String.fromCodePoint(this.#text.codePointAt(this.#at)!))} instead`)
    }
    const table = this.#descend(into, path.slice(0, -1))
    const key = path.at(-1)!
    if (Object.hasOwn(table, key)) this.#fail(`Key '${path.join('.')}' has already been defined.`)
    this.#skipBlanks()
    setOwn(table, key, this.#value())
  }

  #value(): unknown {
    const first = this.#text[this.#at]
    if (first === '"' || first === "'") return this.#string()
    if (first === '[' || first === '{') {
      if (++this.#depth > maxDepth) this.#fail('values are nested too deeply')
      const value = first === '[' ? this.#list() : this.#inlineTable()
      this.#closed.add(value)
      this.#depth--
      return value
    }
    const found = /^[^\s,\]}#]+(?: \d{2}:\d{2}[^\s,\]}#]*)?/.exec(this.#text.slice(this.#at, this.#at + 256))
    if (found === null) this.#fail(`expected value but found '${first ?? 'end of file'}' instead`)
    this.#at += found[0].length
    return this.#scalar(found[0])
  }

  #scalar(word: string): unknown {
    if (word === 'true' || word === 'false') return word === 'true'
    const digits = word.replace(/(?<=[0-9a-fA-F])_(?=[0-9a-fA-F])/g, '')
    if (/^[+-]?(0|[1-9][0-9]*)$/.test(digits)) return BigInt(digits.replace('+', ''))
    if (/^0(x[0-9a-fA-F]+|o[0-7]+|b[01]+)$/.test(digits)) return BigInt(digits)
    if (/^[+-]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/.test(digits)) return Number(digits)
    if (/^[+-]?inf$/.test(word)) return word.startsWith('-') ? -Infinity : Infinity
    if (/^[+-]?nan$/.test(word)) return Number.NaN
    const time = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)([Zz]|[+-]\d{2}:\d{2})?)?$/.exec(word)
    if (time !== null) {
      const [, date, clock = '00:00:00', zone = 'Z'] = time
      const epochMs = Date.parse(`${date}T${clock}${zone.toUpperCase()}`)
      if (Number.isNaN(epochMs)) this.#fail(`expected value but found '${word}' instead`)
      return timeValue({ epochMs, zone: 'UTC' })
    }
    if (/^\d{2}:\d{2}:\d{2}(\.\d+)?$/.test(word)) return word
    return this.#fail(`expected value but found '${word[0]}' instead`)
  }

  #list(): unknown[] {
    this.#at++
    const items: unknown[] = []
    for (;;) {
      this.#skipLines()
      if (this.#take(']')) return items
      items.push(this.#value())
      this.#skipLines()
      if (this.#take(',')) continue
      this.#expect(']')
      return items
    }
  }

  #inlineTable(): Table {
    this.#at++
    const table: Table = {}
    this.#skipBlanks()
    if (this.#take('}')) return table
    for (;;) {
      this.#pair(table)
      this.#skipBlanks()
      if (this.#take(',')) continue
      this.#expect('}')
      return table
    }
  }

  #string(): string {
    const quote = this.#text[this.#at]!
    const isLong = this.#text.startsWith(quote.repeat(3), this.#at)
    const mark = isLong ? quote.repeat(3) : quote
    this.#at += mark.length
    if (isLong && this.#text[this.#at] === '\n') this.#at++
    let value = ''
    for (;;) {
      if (this.#at >= this.#text.length) this.#fail(`unexpected EOF; expected ${mark.includes("'") ? `"${mark}"` : `'${mark}'`}`)
      if (this.#text.startsWith(mark, this.#at)) {
        this.#at += mark.length
        while (isLong && this.#text[this.#at] === quote && value.length < this.#at) {
          value += quote
          this.#at++
        }
        return value
      }
      const character = this.#text[this.#at++]!
      if (character === '\n' && !isLong) this.#fail('strings cannot contain newlines')
      if (character === '\\' && quote === '"') value += this.#escape(isLong)
      else value += character
    }
  }

  #escape(isLong: boolean): string {
    const rest = this.#text.slice(this.#at, this.#at + 10)
    const simple = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', e: '\u001b', '"': '"', '\\': '\\' }[rest[0] ?? '']
    if (simple !== undefined) {
      this.#at++
      return simple
    }
    const code = /^u([0-9a-fA-F]{4})|^U([0-9a-fA-F]{8})/.exec(rest)
    if (code !== null) {
      this.#at += code[0].length
      const point = Number.parseInt(code[1] ?? code[2]!, 16)
      if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) this.#fail('escaped character is no Unicode character')
      return String.fromCodePoint(point)
    }
    if (isLong && /^[ \t]*\n/.test(this.#text.slice(this.#at))) {
      while (/^\s$/.test(this.#text[this.#at] ?? '')) this.#at++
      return ''
    }
    return this.#fail(`invalid escape character '${rest[0] ?? ''}'`)
  }
}
