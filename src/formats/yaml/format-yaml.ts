import { isObject } from '../../base/json.js'
import { formatGoNumber } from './go-number.js'
import { compareNaturally } from './natural-order.js'
import { isBreak, isPrintable, needsExplicitKey, type ScalarStyle, scalarStyle } from './scalar-style.js'

export interface FormatOptions {
  /** `sorted` (the default) writes keys as Go's encoder sorts the keys of maps; `given` keeps the object's own order. */
  readonly keys?: 'sorted' | 'given'
  /** Text is folded at the first space after this column. 80, as in sigs.k8s.io/yaml; Infinity turns folding off. */
  readonly width?: number
  /** Lists are indented below their key, as with an encoder of go-yaml v3 whose indentation is 2. */
  readonly indentLists?: boolean
  /** Numbers are float64 and printed so: 1e+06. Integers are bigints. */
  readonly floats?: boolean
}

/**
 * JSON data as YAML text, byte for byte as sigs.k8s.io/yaml (and with it kustomize, Helm's toYaml and kubectl) prints it:
 * two spaces, lists not indented below their key, strings quoted only where they would read as something else. Members
 * that are undefined are left out.
 */
export function formatYaml(value: unknown, options: FormatOptions = {}): string {
  const writer = new Writer(options)
  writer.root(value)
  return writer.text
}

const styles = new Map<string, ScalarStyle>()
const stylesLimit = 4096

function valueStyle(text: string): ScalarStyle {
  if (text.length > 64) return scalarStyle(text, false)
  let style = styles.get(text)
  if (style === undefined) {
    style = scalarStyle(text, false)
    if (styles.size >= stylesLimit) styles.clear()
    styles.set(text, style)
  }
  return style
}

class Writer {
  text = ''
  readonly #sorted: boolean
  readonly #width: number
  readonly #listIndent: number

  readonly #floats: boolean

  constructor({ keys, width = 80, indentLists, floats = false }: FormatOptions) {
    this.#sorted = keys !== 'given'
    this.#width = width
    this.#listIndent = indentLists === true ? 2 : 0
    this.#floats = floats
  }

  root(value: unknown): void {
    if (Array.isArray(value) && value.length > 0) this.#sequence(value, 0, true)
    else if (isObject(value) && this.#keys(value).length > 0) this.#mapping(value, 0, true)
    else {
      this.#scalar(value, 0, 2)
    }
  }

  #keys(value: Record<string, unknown>): string[] {
    let keys = Object.keys(value)
    for (const key of keys) {
      if (value[key] !== undefined) continue
      keys = keys.filter((name) => value[name] !== undefined)
      break
    }
    return this.#sorted && keys.length > 1 ? keys.sort(compareNaturally) : keys
  }

  /** `startsLine`: the first key still needs its indentation written. */
  #mapping(value: Record<string, unknown>, indent: number, startsLine: boolean): void {
    const pad = ' '.repeat(indent)
    let needsPad = startsLine
    for (const key of this.#keys(value)) {
      if (needsPad) this.text += pad
      needsPad = true
      if (needsExplicitKey(key)) this.#explicitMember(key, value[key], indent, pad)
      else this.#member(key, value[key], indent)
    }
  }

  #member(key: string, value: unknown, indent: number): void {
    const start = this.text.length
    const style = scalarStyle(key, true)
    if (style === 'plain') this.text += key
    else this.#string(key, style, indent, indent + 2, false)
    if (Array.isArray(value) && value.length > 0) {
      this.text += ':\n'
      this.#sequence(value, indent + this.#listIndent, true)
    } else if (isObject(value) && hasMembers(value)) {
      this.text += ':\n'
      this.#mapping(value, indent + 2, true)
    } else {
      this.text += ': '
      this.#scalar(value, indent + this.text.length - start, indent + 2)
    }
  }

  /** The `? key` form, for keys of several lines or more than 128 bytes. */
  #explicitMember(key: string, value: unknown, indent: number, pad: string): void {
    this.text += '? '
    this.#scalar(key, indent + 2, indent + 2)
    this.text += `${pad}: `
    if (Array.isArray(value) && value.length > 0) this.#sequence(value, indent + 2, false)
    else if (isObject(value) && hasMembers(value)) this.#mapping(value, indent + 2, false)
    else this.#scalar(value, indent + 2, indent + 2)
  }

  #sequence(items: readonly unknown[], indent: number, startsLine: boolean): void {
    const pad = ' '.repeat(indent)
    let needsPad = startsLine
    for (const item of items) {
      this.text += needsPad ? `${pad}- ` : '- '
      needsPad = true
      if (Array.isArray(item) && item.length > 0) this.#sequence(item, indent + 2, false)
      else if (isObject(item) && hasMembers(item)) this.#mapping(item, indent + 2, false)
      else {
        this.#scalar(item, indent + 2, indent + 2)
      }
    }
  }

  /** Writes the scalar (or an empty collection) and the end of its line. */
  #scalar(value: unknown, column: number, indent: number): void {
    if (typeof value === 'string') {
      const style = valueStyle(value)
      this.#string(value, style, column, indent, true)
      if (style !== 'literal') this.text += '\n'
    } else if (value === null || value === undefined) this.text += 'null\n'
    else if (typeof value === 'number') this.text += `${formatGoNumber(value, this.#floats)}\n`
    else if (typeof value === 'object') this.text += Array.isArray(value) ? '[]\n' : '{}\n'
    else this.text += `${String(value)}\n`
  }

  /** `column` is where the text starts, `indent` where its further lines stand. */
  #string(value: string, style: ScalarStyle, column: number, indent: number, folds: boolean): void {
    switch (style) {
      case 'plain':
        this.text += folds && column + value.length > this.#width ? this.#folded(value, column, indent, 0) : value
        return
      case 'single':
        this.text += `'${this.#singleQuoted(value, column + 1, indent, folds)}'`
        return
      case 'double':
        this.text += `"${this.#doubleQuoted(value, column + 1, indent, folds)}"`
        return
      case 'literal':
        this.#literal(value, indent)
    }
  }

  /** Breaks at a lone space once the line is past the width. `margin` keeps that many characters at both ends together. */
  #folded(value: string, column: number, indent: number, margin: number): string {
    const pad = `\n${' '.repeat(indent)}`
    let out = ''
    let at = column
    let afterSpace = false
    for (let index = 0; index < value.length; index++) {
      const char = value[index]!
      if (char !== ' ') {
        out += char
        at++
        afterSpace = false
        continue
      }
      const inside = index >= margin && index < value.length - margin
      if (!afterSpace && at > this.#width && inside && value[index + 1] !== ' ') {
        out += pad
        at = indent
      } else {
        out += ' '
        at++
      }
      afterSpace = true
    }
    return out
  }

  #singleQuoted(value: string, column: number, indent: number, folds: boolean): string {
    if (otherBreaks.test(value)) return this.#singleQuotedOverLines(value, column, indent, folds)
    if (!value.includes('\n')) {
      const quoted = value.includes("'") ? value.replaceAll("'", "''") : value
      return folds && column + quoted.length > this.#width ? this.#folded(quoted, column, indent, 1) : quoted
    }
    // Only reached for text whose line breaks libyaml keeps in single quotes: each break is doubled once.
    const pad = ' '.repeat(indent)
    return value.replaceAll("'", "''").replace(/\n+/g, (breaks, offset: number) => {
      const atEnd = offset + breaks.length === value.length
      return `\n${breaks}${atEnd ? '' : pad}`
    })
  }

  /** A break other than `\\n` begins a line whose first text is indented; the break itself is not. */
  #singleQuotedOverLines(value: string, column: number, indent: number, folds: boolean): string {
    const pad = ' '.repeat(indent)
    let out = ''
    let at = column
    let afterSpace = false
    let afterBreak = false
    for (let index = 0; index < value.length; index++) {
      const char = value[index]!
      if (char === ' ') {
        const inside = index > 0 && index < value.length - 1
        const breaksHere = folds && !afterSpace && at > this.#width && inside && value[index + 1] !== ' '
        out += breaksHere ? `\n${pad}` : ' '
        at = breaksHere ? indent : at + 1
        afterSpace = true
      } else if (isBreak(char.charCodeAt(0))) {
        out += !afterBreak && char === '\n' ? '\n\n' : char
        at = 0
        afterBreak = true
      } else {
        if (afterBreak) out += pad
        if (afterBreak) at = indent
        out += char === "'" ? "''" : char
        at += char === "'" ? 2 : 1
        afterSpace = false
        afterBreak = false
      }
    }
    return out
  }

  #doubleQuoted(value: string, column: number, indent: number, folds: boolean): string {
    const pad = `\n${' '.repeat(indent)}`
    let out = ''
    let at = column
    let afterSpace = false
    const last = value.length - 1
    // go-yaml looks for a byte order mark at the beginning of the text, whichever character it is at.
    const marked = value.charCodeAt(0) === 0xfeff
    for (let index = 0; index <= last; index++) {
      const code = value.charCodeAt(index)
      if (code === 0x20 && !marked) {
        if (folds && !afterSpace && at > this.#width && index > 0 && index < last) {
          out += pad
          at = indent
          if (value.charCodeAt(index + 1) === 0x20) {
            out += '\\'
            at++
          }
        } else {
          out += ' '
          at++
        }
        afterSpace = true
        continue
      }
      if (!marked && isPrintable(code) && !isBreak(code) && code !== 0x22 && code !== 0x5c) {
        out += value[index]
        at++
      } else {
        const point = value.codePointAt(index)!
        if (point > 0xffff) index++
        const escaped = escapeOf(point)
        out += escaped
        at += escaped.length
      }
      afterSpace = false
    }
    return out
  }

  #literal(value: string, indent: number): void {
    const first = value.charCodeAt(0)
    this.text += '|'
    if (first === 0x20 || isBreak(first)) this.text += '2'
    if (otherBreaks.test(value)) {
      this.#literalOverLines(value, indent)
      return
    }
    if (!value.endsWith('\n')) this.text += '-'
    else if (value.length === 1 || value.endsWith('\n\n')) this.text += '+'
    const pad = ' '.repeat(indent)
    for (const line of (value.endsWith('\n') ? value.slice(0, -1) : value).split('\n')) {
      this.text += line === '' ? '\n' : `\n${pad}${line}`
    }
    this.text += '\n'
  }

  /** Breaks other than `\\n` are at once ends of lines and what stands in them; the next line follows such a break directly. */
  #literalOverLines(value: string, indent: number): void {
    const isBreakAt = (index: number) => isBreak(value.charCodeAt(index))
    const last = value.length - 1
    if (!isBreakAt(last)) this.text += '-'
    else if (last === 0 || isBreakAt(last - 1)) this.text += '+'
    this.text += '\n'
    const pad = ' '.repeat(indent)
    for (let index = 0; index <= last; index++) {
      if (!isBreakAt(index) && (index === 0 || isBreakAt(index - 1))) this.text += pad
      this.text += value[index]
    }
    if (!isBreakAt(last)) this.text += '\n'
  }
}

const otherBreaks = /[\u2028\u2029]/

function hasMembers(value: Record<string, unknown>): boolean {
  for (const key of Object.keys(value)) if (value[key] !== undefined) return true
  return false
}

const shortEscapes: ReadonlyMap<number, string> = new Map([
  [0x00, '\\0'],
  [0x07, '\\a'],
  [0x08, '\\b'],
  [0x09, '\\t'],
  [0x0a, '\\n'],
  [0x0b, '\\v'],
  [0x0c, '\\f'],
  [0x0d, '\\r'],
  [0x1b, '\\e'],
  [0x22, '\\"'],
  [0x5c, '\\\\'],
  [0x85, '\\N'],
  [0xa0, '\\_'],
  [0x2028, '\\L'],
  [0x2029, '\\P'],
])

function escapeOf(point: number): string {
  const short = shortEscapes.get(point)
  if (short !== undefined) return short
  const hex = point.toString(16).toUpperCase()
  if (point <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return point <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
