import { formatFloat } from '../../go-template/float-format.js'
import { quoteString } from '../../go-template/print.js'
import { toDouble, toText } from '../values/conversions.js'
import { utf8Bytes } from '../values/utf8.js'
import {
  CelBytes,
  CelDouble,
  CelDuration,
  CelFailure,
  CelList,
  CelMap,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  isInt,
  typeNameOf,
  type Value,
} from '../values/values.js'

export type Verb = 's' | 'd' | 'f' | 'e' | 'b' | 'x' | 'X' | 'o'

export class FormatProblem extends Error {}

/** What is wrong with an argument; both the check before running and the run say it. */
export const texts = {
  binary: (type: string) => `only integers and bools can be formatted as binary, was given ${type}`,
  decimal: (type: string) => `decimal clause can only be used on integers, was given ${type}`,
  fixed: (type: string) => `fixed-point clause can only be used on doubles, was given ${type}`,
  hex: (type: string) => `only integers, byte buffers, and strings can be formatted as hex, was given ${type}`,
  octal: (type: string) => `octal clause can only be used on integers, was given ${type}`,
  scientific: (type: string) => `scientific clause can only be used on doubles, was given ${type}`,
  string: (type: string) =>
    `string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${type}`,
} as const

export interface FormatArguments {
  /** Throws a FormatProblem where the argument is missing. */
  argument(index: number): Value
  readonly count: number
  show(verb: Verb, value: Value, precision: number | undefined, index: number): string
}

/** Walks a format text; `%%` is a percent sign. */
export function formatText(format: string, args: FormatArguments): string {
  let out = ''
  let index = 0
  for (let i = 0; i < format.length; ) {
    if (format[i] !== '%') {
      out += format[i++]
      continue
    }
    if (format[i + 1] === '%') {
      out += '%'
      i += 2
      continue
    }
    const value = args.argument(index)
    if (i + 1 >= format.length) throw new FormatProblem('unexpected end of string')
    if (index >= args.count) throw new FormatProblem(`index ${index} out of range`)
    const clause = readClause(format, i + 1)
    try {
      out += args.show(clause.verb, value, clause.precision, index)
    } catch (error) {
      if (error instanceof FormatProblem) throw new FormatProblem(`error during formatting: ${error.message}`)
      throw error
    }
    i = clause.end
    index++
  }
  return out
}

function readClause(format: string, from: number): { verb: Verb; precision: number | undefined; end: number } {
  let i = from
  let precision: number | undefined
  if (format[i] === '.') {
    const digits = /^\d*/.exec(format.slice(i + 1))![0]
    i += 1 + digits.length
    const where = 'could not parse formatting clause: error while parsing precision: '
    if (i >= format.length) throw new FormatProblem(`${where}could not find end of precision specifier`)
    if (digits === '') {
      throw new FormatProblem(`${where}error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax`)
    }
    precision = Number(digits)
  }
  const verb = format[i]!
  if (!'sdfebxXo'.includes(verb)) {
    // Upstream looks at one byte.
    const shown = String.fromCharCode(utf8Bytes(String.fromCodePoint(format.codePointAt(i)!))[0]!)
    throw new FormatProblem(`could not parse formatting clause: unrecognized formatting clause "${shown}"`)
  }
  return { verb: verb as Verb, precision, end: i + 1 }
}

/** `format.format(list)`. */
export function formatWith(format: string, list: CelList): Value {
  try {
    return formatText(format, {
      argument: (index) => {
        if (index >= list.size) throw new FormatProblem(`index ${index} out of range`)
        return list.get(index)
      },
      count: list.size,
      show,
    })
  } catch (error) {
    if (error instanceof FormatProblem) return new CelFailure(error.message)
    throw error
  }
}

function show(verb: Verb, value: Value, precision: number | undefined): string {
  switch (verb) {
    case 's':
      return showString(value)
    case 'd':
      return showDecimal(value)
    case 'f':
    case 'e':
      return verb === 'f' ? showDouble(verb, value, precision ?? 6) : showDouble(verb, value, 6).padStart(precision ?? 6)
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0'
      return showInteger(value, 2, texts.binary)
    case 'o':
      return showInteger(value, 8, texts.octal)
    default: {
      const bytes = typeof value === 'string' ? utf8Bytes(value) : value instanceof CelBytes ? value.bytes : undefined
      const hex =
        bytes === undefined
          ? showInteger(value, 16, texts.hex)
          : [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
      return verb === 'X' ? hex.toUpperCase() : hex
    }
  }
}

function showInteger(value: Value, radix: number, wrong: (type: string) => string): string {
  if (isInt(value)) return value.toString(radix)
  if (value instanceof CelUint) return value.value.toString(radix)
  throw new FormatProblem(wrong(typeNameOf(value)))
}

function showDecimal(value: Value): string {
  if (isInt(value)) return String(value)
  if (value instanceof CelUint) return String(value.value)
  throw new FormatProblem(texts.decimal(typeNameOf(value)))
}

/** In the manner of en-US; the precision of an exponent's clause is its width, a slip of upstream's: digits in groups of three, a superscript exponent. */
function showDouble(verb: 'f' | 'e', value: Value, precision: number): string {
  const isWord = value === 'NaN' || value === 'Infinity' || value === '-Infinity'
  if (!(value instanceof CelDouble) && !isWord) {
    throw new FormatProblem((verb === 'f' ? texts.fixed : texts.scientific)(typeNameOf(value)))
  }
  const double = toDouble(value)
  if (!(double instanceof CelDouble)) return ''
  const number = double.value
  if (Number.isNaN(number)) return 'NaN'
  if (!Number.isFinite(number)) return number < 0 ? '-∞' : '∞'
  const text = formatFloat(number, verb, precision)
  if (verb === 'f') {
    const [whole, fraction] = text.split('.') as [string, string | undefined]
    const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
    return fraction === undefined ? grouped : `${grouped}.${fraction}`
  }
  const [mantissa, exponent] = text.split('e') as [string, string]
  const raised = exponent.replace('+', '').replace(/[-\d]/g, (c) => (c === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(c)]!))
  return `${mantissa}×10${raised}`
}

function showString(value: Value): string {
  if (value instanceof CelList) return showList(value)
  if (value instanceof CelMap) return showMap(value)
  if (value === null) return 'null'
  if (typeof value !== 'object' || hasText(value)) {
    const text = toText(value)
    if (typeof text === 'string') return text
    throw new FormatProblem(`could not convert argument ${quoteString(String((text as CelFailure).message))} to string`)
  }
  throw new FormatProblem(texts.string(typeNameOf(value)))
}

function hasText(value: Value): boolean {
  return (
    value instanceof CelUint ||
    value instanceof CelDouble ||
    value instanceof CelBytes ||
    value instanceof CelTimestamp ||
    value instanceof CelDuration ||
    value instanceof CelTypeValue
  )
}

/** A value inside of a list or a map, written as an expression would. */
function showInner(value: Value): string {
  if (value instanceof CelTimestamp) return `timestamp(${quoteString(String(toText(value)))})`
  if (value instanceof CelDuration) return `duration(${quoteString(String(toText(value)))})`
  if (value instanceof CelList) return showList(value)
  if (value instanceof CelMap) return showMap(value)
  if (typeof value === 'string') return quoteString(value)
  if (value instanceof CelBytes) return `b${quoteString(showString(value))}`
  if (value instanceof CelDouble) {
    const text = formatFloat(value.value, 'f', 6)
    return Number.isFinite(value.value) ? text : quoteString(text)
  }
  if (isInt(value) || value instanceof CelUint || typeof value === 'boolean' || value === null) return showString(value)
  if (value instanceof CelTypeValue) return value.name
  throw new FormatProblem(`no formatting function for ${typeNameOf(value)}`)
}

function showList(list: CelList): string {
  return `[${Array.from({ length: list.size }, (_, i) => showInner(list.get(i))).join(', ')}]`
}

function showMap(map: CelMap): string {
  const pairs = map.keys().map((key) => {
    if (typeof key !== 'string' && typeof key !== 'boolean' && !isInt(key) && !(key instanceof CelUint)) {
      throw new FormatProblem(`no formatting function for map key of type ${typeNameOf(key)}`)
    }
    return [showInner(key), showInner(map.find(key) ?? null)] as const
  })
  const sorted = pairs.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${sorted.map(([key, value]) => `${key}:${value}`).join(', ')}}`
}
