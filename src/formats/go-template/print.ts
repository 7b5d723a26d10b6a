import { binaryExponentForm, hexForm } from './float-binary.js'
import { formatFloat } from './float-format.js'
import {
  fromByteString,
  GoComplex,
  GoStruct,
  integerOf,
  isFunction,
  isMap,
  isNilList,
  kindOf,
  lookUp,
  sortedKeys,
  toByteString,
  typeName,
} from './values.js'

interface Flags {
  plus: boolean
  minus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  /** `%#v` and `%+v`. */
  goSyntax: boolean
  fieldNames: boolean
  width: number | undefined
  precision: number | undefined
  /** Hears of what widths and precisions make long. */
  charge: ((size: number) => void) | undefined
}

const noFlags: Flags = {
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  goSyntax: false,
  fieldNames: false,
  width: undefined,
  precision: undefined,
  charge: undefined,
}

const maximumWidth = 1_000_000

/** Go's fmt.Sprint: a space between two neighbours of which neither is a string. */
export function sprint(values: readonly unknown[]): string {
  let text = ''
  for (const [index, value] of values.entries()) {
    if (index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string') text += ' '
    text += formatValue(value, 'v', noFlags, true)
  }
  return text
}

/** Go's fmt.Sprintln. */
export function sprintln(values: readonly unknown[]): string {
  return `${values.map((value) => formatValue(value, 'v', noFlags, true)).join(' ')}\n`
}

/** A value as `%v` prints it. */
export function printValue(value: unknown): string {
  return typeof value === 'string' ? value : formatValue(value, 'v', noFlags, true)
}

/** A string as `%q` prints it. */
export function quoteString(text: string): string {
  let quoted = '"'
  for (const character of text) quoted += escapeCharacter(character, '"')
  return `${quoted}"`
}

/** The same with everything beyond ASCII as escapes: `%+q`. */
function quoteAscii(text: string): string {
  return quoteString(text).replace(/[^\x00-\x7f]/gu, escapeAlways)
}

function escapeAlways(character: string): string {
  const code = character.codePointAt(0)!
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
}

/** Go's fmt.Sprintf with its flags, widths, precisions, `*`, `[n]` and its ways to complain (`%!d(string=x)`). */
export function sprintf(format: string, values: readonly unknown[], charge?: (size: number) => void): string {
  let text = ''
  let next = 0
  let reordered = false
  for (let index = 0; index < format.length; ) {
    const percent = format.indexOf('%', index)
    if (percent < 0) {
      text += format.slice(index)
      break
    }
    text += format.slice(index, percent)
    index = percent + 1
    const flags: Flags = { ...noFlags, charge }
    for (; index < format.length; index++) {
      const character = format[index]
      if (character === '#') flags.sharp = true
      else if (character === '0') flags.zero = true
      else if (character === '+') flags.plus = true
      else if (character === '-') flags.minus = true
      else if (character === ' ') flags.space = true
      else break
    }
    let good = true
    let afterIndex = false
    const takeIndex = () => {
      const found = /^\[([0-9]*)\]/.exec(format.slice(index, index + 16))
      if (found === null) {
        if (format[index] === '[') {
          good = false
          index++
        }
        return false
      }
      reordered = true
      index += found[0].length
      const wanted = Number(found[1] === '' ? 0 : found[1])
      if (wanted < 1 || wanted > values.length) good = false
      else next = wanted - 1
      return true
    }
    const takeNumber = (): number | undefined => {
      if (format[index] === '*') {
        index++
        const given = next < values.length ? integerOf(values[next]) : undefined
        next++
        afterIndex = false
        const number = given === undefined ? undefined : Number(given)
        return number !== undefined && Math.abs(number) <= maximumWidth ? number : Number.NaN
      }
      const digits = /^[0-9]+/.exec(format.slice(index, index + 16))?.[0]
      if (digits === undefined) return undefined
      index += digits.length
      if (afterIndex) good = false
      return Number(digits) <= maximumWidth ? Number(digits) : Number.NaN
    }
    afterIndex = takeIndex()
    const width = takeNumber()
    if (Number.isNaN(width)) text += '%!(BADWIDTH)'
    else if (width !== undefined) {
      flags.width = Math.abs(width)
      if (width < 0) {
        flags.minus = true
        flags.zero = false
      }
    }
    if (format[index] === '.' && index + 1 <= format.length) {
      index++
      if (afterIndex) good = false
      afterIndex = takeIndex()
      const starred = format[index] === '*'
      const precision = takeNumber()
      if (precision === undefined) flags.precision = 0
      else if (Number.isNaN(precision)) text += '%!(BADPREC)'
      else if (precision >= 0 || !starred) flags.precision = precision
      else text += '%!(BADPREC)'
    }
    if (!afterIndex) afterIndex = takeIndex()
    if (index >= format.length) {
      text += '%!(NOVERB)'
      break
    }
    const verb = String.fromCodePoint(format.codePointAt(index)!)
    index += verb.length
    if (verb === '%') text += '%'
    else if (!good) text += `%!${verb}(BADINDEX)`
    else if (next >= values.length) text += `%!${verb}(MISSING)`
    else {
      if (verb === 'v') {
        flags.goSyntax = flags.sharp
        flags.sharp = false
        flags.fieldNames = flags.plus
        flags.plus = false
      }
      text += formatValue(values[next], verb, flags, true)
      next++
    }
  }
  if (!reordered && next < values.length) {
    const extra = values.slice(next).map((value) => (isNothing(value) ? '<nil>' : `${typeName(value)}=${printValue(value)}`))
    text += `%!(EXTRA ${extra.join(', ')})`
  }
  return text
}

function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined
}

function formatValue(value: unknown, verb: string, flags: Flags, top: boolean): string {
  const wide = Math.max(flags.width ?? 0, flags.precision ?? 0)
  if (wide > 64) flags.charge?.(wide >>> 6)
  if (isNothing(value)) {
    if (!top) return flags.goSyntax ? 'interface {}(nil)' : '<nil>'
    return verb === 'v' || verb === 'T' ? pad('<nil>', flags) : `%!${verb}(<nil>)`
  }
  if (verb === 'T' && top) return pad(typeName(value), flags)
  if (typeof value === 'string') return formatString(value, verb, flags)
  if (typeof value === 'boolean') return verb === 'v' || verb === 't' ? pad(String(value), flags) : badVerb(value, verb, flags)
  if (typeof value === 'number') return formatNumber(value, verb, flags)
  const integer = integerOf(value)
  if (integer !== undefined) return formatInteger(integer, value, verb, flags)
  if (value instanceof GoComplex) return formatComplex(value, verb, flags)
  if (value instanceof GoStruct) return formatStruct(value, verb, flags)
  if (value instanceof Uint8Array) {
    if (verb === 's' || verb === 'q' || verb === 'x' || verb === 'X') {
      return formatString(fromByteString(Array.from(value, (byte) => String.fromCharCode(byte)).join('')), verb, flags)
    }
    if (verb === 'v' && isPlain(flags)) return `[${value.join(' ')}]`
    return `[${Array.from(value, (byte) => formatInteger(BigInt(byte), value, verb, flags)).join(' ')}]`
  }
  if (isFunction(value)) return verb === 'v' || verb === 'p' ? '0x0' : badVerb(value, verb, flags)
  if (Array.isArray(value)) {
    const items = value.map((item) => formatValue(item, verb, flags, false))
    if (!flags.goSyntax) return `[${items.join(' ')}]`
    return isNilList(value) ? `${typeName(value)}(nil)` : `${typeName(value)}{${items.join(', ')}}`
  }
  if (!isMap(value)) return badVerb(value, verb, flags)
  const members = sortedKeys(value).map(
    (key) => `${formatString(key, verb, flags)}:${formatValue(lookUp(value, key), verb, flags, false)}`,
  )
  return flags.goSyntax ? `${typeName(value)}{${members.join(', ')}}` : `map[${members.join(' ')}]`
}

function formatStruct(value: GoStruct, verb: string, flags: Flags): string {
  if (value.text !== undefined && 'vsxXq'.includes(verb) && !flags.goSyntax) return formatString(value.text(), verb, flags)
  if (value.underlying !== undefined) {
    const text = formatValue(value.underlying, verb, flags, false)
    return flags.goSyntax ? text.replace(typeName(value.underlying), () => value.type) : text
  }
  const members = Object.keys(value.fields).map((name) => {
    const text = formatValue(value.fields[name], verb, flags, false)
    return flags.fieldNames || flags.goSyntax ? `${name}:${text}` : text
  })
  const prefix = value.type.startsWith('*') ? '&' : ''
  if (flags.goSyntax) return `${prefix}${value.type.replace('*', '')}{${members.join(', ')}}`
  return `${prefix}{${members.join(' ')}}`
}

/** As in Go the value is printed with the flags of the verb that it does not take. */
function badVerb(value: unknown, verb: string, flags: Flags): string {
  return `%!${verb}(${typeName(value)}=${formatValue(value, 'v', flags, false)})`
}

function isPlain(flags: Flags): boolean {
  return flags.width === undefined && !flags.goSyntax && !flags.plus && !flags.space && !flags.sharp
}

function pad(text: string, flags: Flags): string {
  const { width } = flags
  if (width === undefined) return text
  const missing = width - [...text].length
  if (missing <= 0) return text
  if (flags.minus) return text + ' '.repeat(missing)
  return (flags.zero ? '0' : ' ').repeat(missing) + text
}

function formatString(text: string, verb: string, flags: Flags): string {
  const cut = flags.precision === undefined || verb === 'x' || verb === 'X' ? text : [...text].slice(0, flags.precision).join('')
  switch (verb) {
    case 'v':
      return pad(flags.goSyntax ? quoteString(cut) : cut, flags)
    case 's':
      return pad(cut, flags)
    case 'q':
      if (flags.sharp && !/[`\x00-\x08\x0a-\x1f\x7f\ufeff\udc80-\udcff]/.test(cut)) return pad(`\`${cut}\``, flags)
      return pad(flags.plus ? quoteAscii(cut) : quoteString(cut), flags)
    case 'x':
    case 'X': {
      const bytes = toByteString(text).slice(0, flags.precision)
      const pairs = Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0'))
      const prefix = flags.sharp && pairs.length > 0 ? '0x' : ''
      const digits = flags.space ? pairs.map((pair) => prefix + pair).join(' ') : prefix + pairs.join('')
      return pad(verb === 'X' ? digits.toUpperCase() : digits, flags)
    }
    default:
      return badVerb(text, verb, flags)
  }
}

function formatNumber(value: number, verb: string, flags: Flags): string {
  if (!'vbgGxXfFeE'.includes(verb)) return badVerb(value, verb, flags)
  if ('bxX'.includes(verb) && Number.isFinite(value)) return formatBinary(value, verb, flags)
  const style = verb === 'v' ? 'g' : verb === 'F' ? 'f' : 'bxX'.includes(verb) ? 'g' : (verb as 'e' | 'E' | 'f' | 'g' | 'G')
  const precision = flags.precision ?? (verb === 'v' || verb === 'g' || verb === 'G' ? -1 : 6)
  let digits = formatFloat(value, style, precision)
  const negative = digits.startsWith('-')
  if (negative || digits.startsWith('+')) digits = digits.slice(1)
  if (!Number.isFinite(value)) {
    const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : Number.isNaN(value) ? '' : '+'
    return pad(sign === '+' && !flags.plus ? `+${digits}` : sign + digits, { ...flags, zero: false })
  }
  if (flags.sharp) digits = keepPoint(digits, style === 'g' || style === 'G' ? (precision < 0 ? 6 : precision) : 0)
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
  if (sign !== '' && flags.zero && !flags.minus && flags.width !== undefined) {
    return sign + digits.padStart(flags.width - 1, '0')
  }
  return pad(sign + digits, flags)
}

function formatComplex(value: GoComplex, verb: string, flags: Flags): string {
  if (!'vbgGxXfFeE'.includes(verb)) return badVerb(value, verb, flags)
  return `(${formatNumber(value.real, verb, flags)}${formatNumber(value.imaginary, verb, { ...flags, plus: true })}i)`
}

/** `%b` and `%x`: powers of two. */
function formatBinary(value: number, verb: string, flags: Flags): string {
  const negative = value < 0 || Object.is(value, -0)
  const magnitude = Math.abs(value)
  let digits = verb === 'b' ? binaryExponentForm(magnitude) : hexForm(magnitude, flags.precision)
  if (flags.sharp && verb !== 'b') digits = keepHexPoint(digits, flags.precision ?? 6)
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
  const text = verb === 'X' ? digits.toUpperCase() : digits
  if (sign !== '' && flags.zero && !flags.minus && flags.width !== undefined) return sign + text.padStart(flags.width - 1, '0')
  return pad(sign + text, flags)
}

/** The `#` flag of `%x`: zeros up to the wanted number of digits, of which Go takes the x for one. */
function keepHexPoint(digits: string, wanted: number): string {
  const at = digits.indexOf('p')
  const mantissa = digits.slice(0, at)
  const counted = mantissa.replace('.', '').replace(/^0+/, '').length
  return `${mantissa}${mantissa.includes('.') ? '' : '.'}${'0'.repeat(Math.max(0, wanted - counted))}${digits.slice(at)}`
}

/** The `#` flag: always a decimal point, zeros up to the wanted number of digits. */
function keepPoint(digits: string, wanted: number): string {
  const split = digits.search(/[eE]/)
  const tail = split < 0 ? '' : digits.slice(split)
  let mantissa = split < 0 ? digits : digits.slice(0, split)
  if (!mantissa.includes('.')) mantissa += '.'
  const significant = mantissa.replace('.', '').replace(/^0+/, '').length
  return mantissa + '0'.repeat(Math.max(0, wanted - Math.max(significant, mantissa === '0.' ? 1 : 0))) + tail
}

function formatInteger(value: bigint, original: unknown, verb: string, flags: Flags): string {
  const unsigned = kindOf(original).startsWith('uint')
  if (verb === 'v' && flags.goSyntax && unsigned) return pad(`0x${value.toString(16)}`, flags)
  if (verb === 'c' || verb === 'q') {
    const code = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value < 0xe000n) ? Number(value) : 0xfffd
    const character = String.fromCodePoint(code)
    const escaped = escapeCharacter(character, "'")
    return pad(verb === 'c' ? character : `'${flags.plus ? escaped.replace(/[^\x00-\x7f]/u, escapeAlways) : escaped}'`, flags)
  }
  if (verb === 'U') {
    const text = `U+${BigInt.asUintN(64, value).toString(16).toUpperCase().padStart(4, '0')}`
    return pad(
      flags.sharp && value >= 0n && value <= 0x10ffffn && isPrintable(String.fromCodePoint(Number(value)))
        ? `${text} '${String.fromCodePoint(Number(value))}'`
        : text,
      { ...flags, zero: false },
    )
  }
  const base = { v: 10, d: 10, b: 2, o: 8, O: 8, x: 16, X: 16 }[verb]
  if (base === undefined) return badVerb(original, verb, flags)
  const negative = value < 0n
  let digits = (negative ? -value : value).toString(base)
  if (verb === 'X') digits = digits.toUpperCase()
  const sign = negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
  if (flags.precision !== undefined) {
    if (flags.precision === 0 && value === 0n) return ' '.repeat(flags.width ?? 0)
    digits = digits.padStart(flags.precision, '0')
  } else if (flags.zero && !flags.minus && flags.width !== undefined) {
    digits = digits.padStart(flags.width - sign.length, '0')
  }
  if (flags.sharp) {
    if (base === 2) digits = `0b${digits}`
    else if (base === 8 && !digits.startsWith('0')) digits = `0${digits}`
    else if (base === 16) digits = (verb === 'X' ? '0X' : '0x') + digits
  }
  if (verb === 'O') digits = `0o${digits}`
  return pad(sign + digits, { ...flags, zero: false })
}

const shortEscapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
}

function escapeCharacter(character: string, quote: string): string {
  if (character === quote) return `\\${quote}`
  const short = shortEscapes[character]
  if (short !== undefined) return short
  const code = character.codePointAt(0)!
  // A byte that is no UTF-8 (values.ts).
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${(code - 0xdc00).toString(16)}`
  if (code >= 0xd800 && code < 0xe000) return '\ufffd'
  if (character === ' ' || isPrintable(character)) return character
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`
  return escapeAlways(character)
}

/** Letters, marks, numbers, punctuation and symbols: what Go's unicode.IsPrint takes besides the ASCII space. */
export function isPrintable(character: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character)
}
