import type { Json, JsonObject } from '../../base/json.js'
import { setOwn } from '../../base/json.js'
import { isSurelyText, plainKind, resolvePlain, type YamlDialect } from './resolve-scalar.js'
import { decodeEscapes, foldLines, foldQuoted } from './scalar-text.js'
import { markImplicitNull, markPlainText, markQuoted } from './source-marks.js'

/**
 * A fast reader for the YAML that manifests are written in: block maps and lists, flow collections, every scalar style,
 * comments, several documents. It answers undefined for anything else (anchors, tags, explicit keys, directives, tabs in
 * indentation) and for anything that is wrong: the complete parser then decides, and
 * words the error. So it must never accept what that one reads differently; a fuzz test holds the two together.
 */
export function parseCommonYaml(text: string, dialect: YamlDialect): ParsedDocument[] | undefined {
  const parser = new BlockParser(text, dialect)
  try {
    return parser.documents()
  } catch (error) {
    if (error === uncommon) return undefined
    throw error
  }
}

export interface ParsedDocument {
  readonly value: Json
  /** Where the document's content starts, from 1. */
  readonly line: number
}

const uncommon = Symbol('uncommon')
const maxDepth = 100

const TAB = 0x09
const NEWLINE = 0x0a
const SPACE = 0x20
const DOUBLE_QUOTE = 0x22
const HASH = 0x23
const SINGLE_QUOTE = 0x27
const COMMA = 0x2c
const DASH = 0x2d
const DOT = 0x2e
const COLON = 0x3a
const GREATER = 0x3e
const QUESTION = 0x3f
const OPEN_LIST = 0x5b
const BACKSLASH = 0x5c
const CLOSE_LIST = 0x5d
const OPEN_MAP = 0x7b
const BAR = 0x7c
const CLOSE_MAP = 0x7d

/** Characters that cannot start a plain scalar here: indicators that belong to constructs left to the complete parser. */
const reservedAtStart = new Set([...'&*!%@`,]}#|>"\'[{'].map((char) => char.charCodeAt(0)))

class BlockParser {
  readonly #text: string
  readonly #end: number
  readonly #dialect: YamlDialect
  #at = 0
  #lineStart = 0
  #depth = 0
  // Lines are counted only as far as the documents' starts need it.
  #countedTo = 0
  #line = 1

  constructor(text: string, dialect: YamlDialect) {
    this.#text = text
    this.#end = text.length
    this.#dialect = dialect
  }

  documents(): ParsedDocument[] {
    const documents: ParsedDocument[] = []
    const text = this.#text
    if (text.charCodeAt(0) === 0xfeff || text.includes('\r') || text.includes('\0')) throw uncommon
    for (;;) {
      if (this.#skipToContent()) {
        const line = this.#lineHere()
        documents.push({ value: this.#node(0, -1), line })
        if (this.#skipToContent()) throw uncommon
      }
      if (this.#at >= this.#end) return documents
      if (text.charCodeAt(this.#at) === DOT) throw uncommon
      this.#at += 3
      // Content on the marker's own line would need another way of counting columns.
      this.#endOfLine()
    }
  }

  #lineHere(): number {
    for (let next = this.#text.indexOf('\n', this.#countedTo); next !== -1 && next < this.#at; ) {
      this.#line++
      this.#countedTo = next + 1
      next = this.#text.indexOf('\n', this.#countedTo)
    }
    return this.#line
  }

  #isMarker(code: number): boolean {
    const text = this.#text
    const at = this.#lineStart
    if (text.charCodeAt(at) !== code || text.charCodeAt(at + 1) !== code || text.charCodeAt(at + 2) !== code) return false
    return at + 3 >= this.#end || isBlankOrBreak(text.charCodeAt(at + 3))
  }

  /** Moves to the next token, over blank lines and comments. False at the end of the document. */
  #skipToContent(): boolean {
    const text = this.#text
    for (;;) {
      let code = text.charCodeAt(this.#at)
      while (code === SPACE) code = text.charCodeAt(++this.#at)
      if (code === HASH) {
        if (this.#at !== this.#lineStart && !isBlankOrBreak(text.charCodeAt(this.#at - 1))) throw uncommon
        const next = text.indexOf('\n', this.#at)
        this.#at = next === -1 ? this.#end : next
        code = text.charCodeAt(this.#at)
      }
      if (this.#at >= this.#end) return false
      if (code === NEWLINE) {
        this.#at++
        this.#lineStart = this.#at
        continue
      }
      if (code === TAB) throw uncommon
      if (this.#at === this.#lineStart && (code === DASH || code === DOT) && this.#isMarker(code)) return false
      return true
    }
  }

  /** Nothing but blanks and a comment may follow on this line. Stands at its end afterwards. */
  #endOfLine(): void {
    const text = this.#text
    const from = this.#at
    let code = text.charCodeAt(this.#at)
    while (code === SPACE || code === TAB) code = text.charCodeAt(++this.#at)
    if (code === HASH && (this.#at > from || this.#at === this.#lineStart)) {
      const next = text.indexOf('\n', this.#at)
      this.#at = next === -1 ? this.#end : next
      return
    }
    if (this.#at < this.#end && code !== NEWLINE) throw uncommon
  }

  /** True when the rest of the line is blank or a comment; leaves the position behind blanks otherwise. */
  #lineIsOver(): boolean {
    const text = this.#text
    const from = this.#at
    let code = text.charCodeAt(this.#at)
    while (code === SPACE) code = text.charCodeAt(++this.#at)
    if (code === TAB) throw uncommon
    return this.#at >= this.#end || code === NEWLINE || (code === HASH && this.#at > from)
  }

  /** A node whose first token stands here. Further lines of a scalar need `minIndent`; `parent` is the enclosing block's column. */
  #node(minIndent: number, parent: number): Json {
    if (++this.#depth > maxDepth) throw uncommon
    const text = this.#text
    const code = text.charCodeAt(this.#at)
    const column = this.#at - this.#lineStart
    let value: Json
    if (code === DASH && isBlankOrBreak(text.charCodeAt(this.#at + 1))) value = this.#sequence(column)
    else if (code === BAR || code === GREATER) value = this.#blockScalar(parent)
    else if (code === OPEN_MAP || code === OPEN_LIST) {
      value = this.#flow()
      this.#endOfLine()
    } else if (this.#keyEnd() !== -1) value = this.#mapping(column)
    else value = this.#scalar(minIndent)
    this.#depth--
    return value
  }

  #sequence(column: number): Json[] {
    const text = this.#text
    const items: Json[] = []
    for (;;) {
      this.#at++
      if (this.#lineIsOver()) {
        if (this.#skipToContent() && this.#at - this.#lineStart > column) items.push(this.#node(column + 1, column))
        else items.push(null)
      } else items.push(this.#node(column + 1, column))
      if (!this.#skipToContent()) return items
      const here = this.#at - this.#lineStart
      if (here > column) throw uncommon
      if (here < column || text.charCodeAt(this.#at) !== DASH || !isBlankOrBreak(text.charCodeAt(this.#at + 1))) return items
    }
  }

  #mapping(column: number): JsonObject {
    const text = this.#text
    const map: JsonObject = {}
    for (;;) {
      const end = this.#keyEnd()
      if (end === -1) throw uncommon
      const key = this.#key(end)
      if (Object.hasOwn(map, key)) throw uncommon
      this.#at = end + 1
      let value: Json
      if (this.#lineIsOver()) {
        const nested = this.#nestedValue(column)
        if (nested === undefined && this.#dialect === 'kyaml') markImplicitNull(map, key)
        value = nested ?? null
      } else {
        if (this.#dialect === 'kyaml' && isQuoting(text.charCodeAt(this.#at))) markQuoted(map, key)
        const from = this.#at
        value = this.#inlineValue(column)
        if (this.#dialect === 'kyaml') this.#markPlain(map, key, value, from)
      }
      if (key === '__proto__') setOwn(map, key, value)
      else map[key] = value
      if (!this.#skipToContent()) return map
      const here = this.#at - this.#lineStart
      if (here > column) throw uncommon
      if (here < column) return map
      const code = text.charCodeAt(this.#at)
      if (code === DASH && isBlankOrBreak(text.charCodeAt(this.#at + 1))) throw uncommon
    }
  }

  /** The value below a key that has none on its own line; undefined when there is none at all. */
  #nestedValue(column: number): Json | undefined {
    if (!this.#skipToContent()) return undefined
    const here = this.#at - this.#lineStart
    if (here > column) return this.#node(column + 1, column)
    const text = this.#text
    if (here < column || text.charCodeAt(this.#at) !== DASH || !isBlankOrBreak(text.charCodeAt(this.#at + 1))) return undefined
    if (++this.#depth > maxDepth) throw uncommon
    const value = this.#sequence(column)
    this.#depth--
    return value
  }

  /** The value after `key: ` on the same line. */
  #inlineValue(column: number): Json {
    const code = this.#text.charCodeAt(this.#at)
    if (code === DASH && isBlankOrBreak(this.#text.charCodeAt(this.#at + 1))) throw uncommon
    if (code === BAR || code === GREATER) return this.#blockScalar(column)
    if (code === OPEN_MAP || code === OPEN_LIST) {
      const value = this.#flow()
      this.#endOfLine()
      return value
    }
    return this.#scalar(column + 1)
  }

  /** The offset of the colon when a single-line implicit key starts here, or -1. */
  #keyEnd(): number {
    const text = this.#text
    const first = text.charCodeAt(this.#at)
    if (first === DOUBLE_QUOTE || first === SINGLE_QUOTE) {
      let at = this.#quoteEnd(first)
      if (at === -1) return -1
      while (text.charCodeAt(at) === SPACE) at++
      return text.charCodeAt(at) === COLON && isBlankOrBreak(text.charCodeAt(at + 1)) ? at : -1
    }
    for (let at = this.#at; ; at++) {
      const code = text.charCodeAt(at)
      if (code === COLON) {
        if (isBlankOrBreak(text.charCodeAt(at + 1))) return at - this.#at > 1000 ? -1 : at
      } else if (code === HASH) {
        if (at > this.#at && isBlank(text.charCodeAt(at - 1))) return -1
      } else if (code === NEWLINE || at >= this.#end) return -1
    }
  }

  #key(end: number): string {
    const text = this.#text
    const first = text.charCodeAt(this.#at)
    if (first === DOUBLE_QUOTE || first === SINGLE_QUOTE) return this.#quoted(first)
    if (reservedAtStart.has(first)) throw uncommon
    if ((first === QUESTION || first === COLON) && isBlankOrBreak(text.charCodeAt(this.#at + 1))) throw uncommon
    let last = end
    while (isBlank(text.charCodeAt(last - 1))) last--
    const key = text.slice(this.#at, last)
    // Keys that are numbers, booleans, null or `<<` have rules of their own.
    if (key === '<<' || plainKind(key, this.#dialect) !== 'string') throw uncommon
    return key
  }

  /** A plain or quoted scalar in block context, perhaps over several lines. */
  #scalar(minIndent: number): Json {
    const text = this.#text
    const first = text.charCodeAt(this.#at)
    if (first === DOUBLE_QUOTE || first === SINGLE_QUOTE) {
      const value = this.#quotedValue(first)
      this.#endOfLine()
      return value
    }
    if (reservedAtStart.has(first)) throw uncommon
    if ((first === QUESTION || first === COLON || first === DASH) && isBlankOrBreak(text.charCodeAt(this.#at + 1))) throw uncommon
    let line = this.#plainLine()
    let lines: string[] | undefined
    while (this.#at < this.#end && text.charCodeAt(this.#at) === NEWLINE) {
      const at = this.#at
      const lineStart = this.#lineStart
      let blanks = 0
      let code = NEWLINE
      while (code === NEWLINE) {
        this.#at++
        this.#lineStart = this.#at
        code = text.charCodeAt(this.#at)
        while (code === SPACE) code = text.charCodeAt(++this.#at)
        blanks++
      }
      const column = this.#at - this.#lineStart
      const goesOn =
        this.#at < this.#end && code !== HASH && column >= minIndent && !((code === DASH || code === DOT) && this.#isMarker(code))
      if (code === TAB) throw uncommon
      if (!goesOn) {
        this.#at = at
        this.#lineStart = lineStart
        break
      }
      if (this.#keyEnd() !== -1) throw uncommon
      lines ??= [line]
      for (let index = 1; index < blanks; index++) lines.push('')
      line = this.#plainLine()
      lines.push(line)
    }
    this.#endOfLine()
    return this.#resolve(lines === undefined ? line : foldLines(lines))
  }

  /** The rest of a plain scalar's line. Stands behind it, blanks skipped. */
  #plainLine(): string {
    const text = this.#text
    const from = this.#at
    for (let at = from; ; at++) {
      const code = text.charCodeAt(at)
      if (code === NEWLINE || at >= this.#end || (code === HASH && at > from && isBlank(text.charCodeAt(at - 1)))) {
        let last = at
        while (last > from && isBlank(text.charCodeAt(last - 1))) last--
        this.#at = code === HASH && at < this.#end ? last : at
        return text.slice(from, last)
      }
      if (code === COLON && isBlankOrBreak(text.charCodeAt(at + 1))) throw uncommon
    }
  }

  #resolve(text: string): Json {
    if (isSurelyText(text.charCodeAt(0))) return text
    const value = resolvePlain(text, this.#dialect)
    if (value === undefined) throw uncommon
    // A bigint in the dialect that asks for them.
    return value as Json
  }

  /** The offset behind the closing quote, -1 when it is not on this line (or not there at all). */
  #quoteEnd(quote: number, overLines = false): number {
    const text = this.#text
    for (let at = this.#at + 1; at < this.#end; at++) {
      const code = text.charCodeAt(at)
      if (code === NEWLINE && !overLines) break
      if (code === quote) {
        if (quote === SINGLE_QUOTE && text.charCodeAt(at + 1) === SINGLE_QUOTE) at++
        else return at + 1
      } else if (code === BACKSLASH && quote === DOUBLE_QUOTE) at++
    }
    return -1
  }

  /** Quoted text that is no key: it may have several lines. */
  #quotedValue(quote: number): string {
    if (this.#quoteEnd(quote) !== -1) return this.#quoted(quote)
    const value = this.#quoted(quote, true)
    this.#lineStart = this.#text.lastIndexOf('\n', this.#at) + 1
    return value
  }

  #quoted(quote: number, overLines = false): string {
    const end = this.#quoteEnd(quote, overLines)
    if (end === -1) throw uncommon
    const written = this.#text.slice(this.#at + 1, end - 1)
    const raw = overLines ? foldQuoted(written) : written
    if (raw === undefined) throw uncommon
    this.#at = end
    if (quote === SINGLE_QUOTE) return raw.includes("'") ? raw.replaceAll("''", "'") : raw
    if (!raw.includes('\\')) return raw
    const decoded = decodeEscapes(raw)
    if (decoded === undefined) throw uncommon
    return decoded
  }

  #blockScalar(parent: number): string {
    const text = this.#text
    const folded = text.charCodeAt(this.#at) === GREATER
    this.#at++
    let chomp = 0
    let indent = -1
    for (let index = 0; index < 2; index++) {
      const code = text.charCodeAt(this.#at)
      if ((code === 0x2b || code === DASH) && chomp === 0) chomp = code
      else if (code >= 0x31 && code <= 0x39 && indent === -1) indent = Math.max(parent, 0) + code - 0x30
      else break
      this.#at++
    }
    this.#endOfLine()
    const lines: string[] = []
    let started = indent !== -1
    let longestBlank = 0
    let endsWithBreak = this.#at < this.#end
    while (this.#at < this.#end) {
      const start = this.#at + 1
      if (start >= this.#end) {
        this.#at = this.#end
        this.#lineStart = start
        break
      }
      let at = start
      let code = text.charCodeAt(at)
      while (code === SPACE && (!started || at - start < indent)) code = text.charCodeAt(++at)
      let next = text.indexOf('\n', at)
      if (next === -1) next = this.#end
      if (!started && code !== NEWLINE && at < this.#end) {
        indent = at - start
        if (indent <= Math.max(parent, 0)) break
        if (longestBlank > indent || code === TAB) throw uncommon
        started = true
      }
      if (code !== NEWLINE && at < this.#end && at - start < indent) break
      if (!started) longestBlank = Math.max(longestBlank, at - start)
      lines.push(started ? text.slice(at, next) : '')
      this.#at = next
      this.#lineStart = start
      endsWithBreak = next < this.#end
      if (indent === 0 && at === start && (code === DASH || code === DOT) && this.#isMarker(code)) throw uncommon
    }
    const unfinished = !endsWithBreak && lines.length > 0
    if (unfinished && lines[lines.length - 1] === '') throw uncommon
    if (!started && longestBlank > 0) throw uncommon
    let last = lines.length
    while (last > 0 && lines[last - 1] === '') last--
    const kept = lines.length - last
    lines.length = last
    const body = folded ? foldBlock(lines) : lines.join('\n')
    // go-yaml takes line breaks as they are: at the end of the file there may be none to keep.
    if (chomp === DASH || unfinished) return body
    if (chomp === 0x2b) return body + '\n'.repeat(last > 0 ? kept + 1 : kept)
    return last > 0 ? `${body}\n` : ''
  }

  #flow(): Json {
    if (++this.#depth > maxDepth) throw uncommon
    const value = this.#text.charCodeAt(this.#at) === OPEN_MAP ? this.#flowMap() : this.#flowList()
    this.#depth--
    return value
  }

  #flowList(): Json[] {
    const items: Json[] = []
    this.#at++
    for (;;) {
      let code = this.#flowSpace()
      if (code === CLOSE_LIST) break
      items.push(this.#flowValue())
      code = this.#flowSpace()
      if (code === COMMA) this.#at++
      else if (code !== CLOSE_LIST) throw uncommon
    }
    this.#at++
    return items
  }

  #flowMap(): JsonObject {
    const map: JsonObject = {}
    this.#at++
    for (;;) {
      let code = this.#flowSpace()
      if (code === CLOSE_MAP) break
      const quoted = code === DOUBLE_QUOTE || code === SINGLE_QUOTE
      const key = quoted ? this.#quoted(code) : this.#flowPlain()
      if (!quoted && (key === '' || key === '<<' || plainKind(key, this.#dialect) !== 'string')) throw uncommon
      if (Object.hasOwn(map, key)) throw uncommon
      if (this.#text.charCodeAt(this.#at) !== COLON) throw uncommon
      this.#at++
      code = this.#text.charCodeAt(this.#at)
      if (!quoted && !isBlankOrBreak(code)) throw uncommon
      code = this.#flowSpace()
      if (this.#dialect === 'kyaml' && isQuoting(code)) markQuoted(map, key)
      const isMissing = code === COMMA || code === CLOSE_MAP
      const from = this.#at
      const value = isMissing ? null : this.#flowValue()
      setOwn(map, key, value)
      if (this.#dialect === 'kyaml') {
        if (isMissing) markImplicitNull(map, key)
        else this.#markPlain(map, key, value, from)
      }
      code = this.#flowSpace()
      if (code === COMMA) this.#at++
      else if (code !== CLOSE_MAP) throw uncommon
    }
    this.#at++
    return map
  }

  #markPlain(map: JsonObject, key: string, value: Json, from: number): void {
    if (value !== null && typeof value !== 'number') return
    const text = /^[^\s,#\]}]*/.exec(this.#text.slice(from, Math.min(from + 64, this.#at)))![0]
    if (text !== String(value)) markPlainText(map, key, text)
  }

  #flowValue(): Json {
    const code = this.#text.charCodeAt(this.#at)
    if (code === OPEN_MAP || code === OPEN_LIST) return this.#flow()
    if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) return this.#quotedValue(code)
    const plain = this.#flowPlain()
    if (plain === '') throw uncommon
    return this.#resolve(plain)
  }

  /** Blanks and line breaks between flow tokens. A comment, or a line not indented at all, is left to the complete parser. */
  #flowSpace(): number {
    const text = this.#text
    for (;;) {
      const code = text.charCodeAt(this.#at)
      if (code === NEWLINE) {
        this.#lineStart = this.#at + 1
        const next = text.charCodeAt(this.#at + 1)
        if (next !== SPACE && next !== NEWLINE && next !== CLOSE_LIST && next !== CLOSE_MAP) throw uncommon
      } else if (code !== SPACE) {
        if (this.#at >= this.#end || code === HASH || code === TAB) throw uncommon
        return code
      }
      this.#at++
    }
  }

  #flowPlain(): string {
    const text = this.#text
    const from = this.#at
    const first = text.charCodeAt(from)
    if (reservedAtStart.has(first) || first === QUESTION || first === COLON || first === DASH) {
      if (first !== DASH || isBlankOrBreak(text.charCodeAt(from + 1)) || text.charCodeAt(from + 1) === COMMA) throw uncommon
    }
    for (let at = from; at < this.#end; at++) {
      const code = text.charCodeAt(at)
      if (code === COMMA || code === CLOSE_LIST || code === CLOSE_MAP || code === COLON) {
        if (code === COLON && !isBlankOrBreak(text.charCodeAt(at + 1))) throw uncommon
        this.#at = at
        let last = at
        while (last > from && text.charCodeAt(last - 1) === SPACE) last--
        return text.slice(from, last)
      }
      if (code === NEWLINE || code === HASH || code === OPEN_LIST || code === OPEN_MAP || code === QUESTION || code === TAB) break
    }
    throw uncommon
  }
}

/** Folding of `>` blocks: a single break between two ordinary lines is a space; breaks around indented lines stay. */
function foldBlock(lines: readonly string[]): string {
  let out = ''
  let pending = 0
  let previousIndented = true
  let first = true
  for (const line of lines) {
    if (line === '') {
      pending++
      continue
    }
    const indented = line.charCodeAt(0) === SPACE || line.charCodeAt(0) === TAB
    if (first) out += '\n'.repeat(pending)
    else if (previousIndented || indented) out += '\n'.repeat(pending + 1)
    else out += pending === 0 ? ' ' : '\n'.repeat(pending)
    out += line
    pending = 0
    previousIndented = indented
    first = false
  }
  return out
}

/** True for what starts a scalar that is not plain. */
function isQuoting(code: number): boolean {
  return code === DOUBLE_QUOTE || code === SINGLE_QUOTE || code === BAR || code === GREATER
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}

/** Also true behind the end of the text, where charCodeAt answers NaN. */
function isBlankOrBreak(code: number): boolean {
  return code === SPACE || code === NEWLINE || code === TAB || Number.isNaN(code)
}
