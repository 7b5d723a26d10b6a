/**
 * Why a text is no JSON, as Go's encoding/json says it; undefined when it is. Clients show these texts, and JSON.parse words
 * them otherwise. Linear in the length of the text.
 */
export function explainJson(text: string): string | undefined {
  const scanner = new Scanner(text)
  try {
    scanner.value('looking for beginning of value')
    scanner.space()
    if (!scanner.ended) throw scanner.unexpected('after top-level value')
    return undefined
  } catch (problem) {
    if (problem instanceof SyntaxError) return problem.message
    throw problem
  }
}

/** Go goes on to 10,000, for which our stack is too small. */
const deepest = 2_000

class Scanner {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  get ended(): boolean {
    return this.#at >= this.#text.length
  }

  space(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++
  }

  unexpected(where: string): SyntaxError {
    if (this.ended) return new SyntaxError('unexpected end of JSON input')
    return new SyntaxError(`invalid character ${shown(this.#text.codePointAt(this.#at) as number)} ${where}`)
  }

  value(where: string): void {
    this.space()
    const next = this.#text[this.#at]
    if (next === '{') this.#members('}', true)
    else if (next === '[') this.#members(']', false)
    else if (next === '"') this.#string()
    else if (next === '-' || (next !== undefined && next >= '0' && next <= '9')) this.#number()
    else if (next === 't') this.#literal('true')
    else if (next === 'f') this.#literal('false')
    else if (next === 'n') this.#literal('null')
    else throw this.unexpected(where)
  }

  #members(end: string, named: boolean): void {
    if (++this.#depth > deepest) throw new SyntaxError('exceeded max depth')
    this.#at++
    this.space()
    if (this.#text[this.#at] === end) this.#at++
    else {
      for (;;) {
        if (named) {
          this.space()
          if (this.#text[this.#at] !== '"') throw this.unexpected('looking for beginning of object key string')
          this.#string()
          this.space()
          if (this.#text[this.#at] !== ':') throw this.unexpected('after object key')
          this.#at++
        }
        this.value('looking for beginning of value')
        this.space()
        const next = this.#text[this.#at]
        if (next !== ',' && next !== end) throw this.unexpected(named ? 'after object key:value pair' : 'after array element')
        this.#at++
        if (next === end) break
      }
    }
    this.#depth--
  }

  #string(): void {
    this.#at++
    for (;;) {
      const next = this.#text[this.#at]
      if (next === undefined || next < ' ') throw this.unexpected('in string literal')
      this.#at++
      if (next === '"') return
      if (next !== '\\') continue
      const kind = this.#text[this.#at]
      if (kind === undefined || !'"\\/bfnrtu'.includes(kind)) throw this.unexpected('in string escape code')
      this.#at++
      if (kind !== 'u') continue
      for (let count = 0; count < 4; count++, this.#at++) {
        if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? '')) throw this.unexpected('in \\u hexadecimal character escape')
      }
    }
  }

  #number(): void {
    if (this.#text[this.#at] === '-') this.#at++
    if (this.#text[this.#at] === '0') this.#at++
    else this.#digits('in numeric literal')
    if (this.#text[this.#at] === '.') {
      this.#at++
      this.#digits('after decimal point in numeric literal')
    }
    if (this.#text[this.#at] !== 'e' && this.#text[this.#at] !== 'E') return
    this.#at++
    if (this.#text[this.#at] === '+' || this.#text[this.#at] === '-') this.#at++
    this.#digits('in exponent of numeric literal')
  }

  #digits(where: string): void {
    if (!/[0-9]/.test(this.#text[this.#at] ?? '')) throw this.unexpected(where)
    while (/[0-9]/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  #literal(word: string): void {
    for (const [index, letter] of [...word].entries()) {
      if (this.#text[this.#at] !== letter) {
        if (index === 0 || this.ended) throw this.unexpected('looking for beginning of value')
        throw this.unexpected(`in literal ${word} (expecting '${letter}')`)
      }
      this.#at++
    }
  }
}

function shown(code: number): string {
  const character = String.fromCodePoint(code)
  if (character === "'") return "'\\''"
  if (character === '"') return "'\"'"
  const named: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\r': '\\r', '\\': '\\\\' }
  if (named[character] !== undefined) return `'${named[character]}'`
  if (code < 0x20 || code === 0x7f) return `'\\x${code.toString(16).padStart(2, '0')}'`
  return `'${character}'`
}

/** How Go's json names the type of a value that does not fit. */
export function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value
}

/** The beginning of a body that could not be read, as upstream shows it: text when it looks like JSON, else in hexadecimal. */
export function summarize(bytes: Buffer): string {
  const most = 30
  if (bytes.length === 0) return '<empty>'
  const encoding = bytes[0] === 0x7b ? 'utf8' : 'hex'
  return bytes.length > most ? `${bytes.subarray(0, most).toString(encoding)} ...` : bytes.toString(encoding)
}
