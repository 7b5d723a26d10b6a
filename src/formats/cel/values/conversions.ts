import { formatFloat } from '../../go-template/float-format.js'
import { intOf, intOverflow, uintOf, uintOverflow } from './numbers.js'
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp, timestampAt } from './time.js'
import { utf8Bytes, utf8Text } from './utf8.js'
import {
  CelBytes,
  CelDouble,
  CelDuration,
  CelFailure,
  CelLibraryValue,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  isInt,
  typeNameOf,
  type Value,
} from './values.js'

function wrong(value: Value, to: string): CelFailure {
  return new CelFailure(`type conversion error from '${typeNameOf(value)}' to '${to}'`)
}

export function toBool(value: Value): Value {
  if (typeof value === 'boolean') return value
  if (typeof value === 'string') {
    if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value)) return true
    if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(value)) return false
  }
  return wrong(value, 'bool')
}

export function toBytes(value: Value): Value {
  if (value instanceof CelBytes) return value
  return typeof value === 'string' ? new CelBytes(utf8Bytes(value)) : wrong(value, 'bytes')
}

export function toDouble(value: Value): Value {
  if (value instanceof CelDouble) return value
  if (isInt(value)) return new CelDouble(Number(value))
  if (value instanceof CelUint) return new CelDouble(Number(value.value))
  if (typeof value === 'string') {
    const parsed = parseFloatText(value)
    if (parsed !== undefined) return new CelDouble(parsed)
  }
  return wrong(value, 'double')
}

/** strconv.ParseFloat: decimal, hexadecimal, underscores only with a base prefix, words for infinity. */
function parseFloatText(written: string): number | undefined {
  const text = written.replace(/(?<=\d)_(?=\d)/g, '')
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) {
    const value = Number(text)
    return Number.isFinite(value) ? value : undefined
  }
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(text)
  if (word !== null) {
    if (word[2]!.toLowerCase() === 'nan') return word[1] === '' ? Number.NaN : undefined
    return word[1] === '-' ? -Infinity : Infinity
  }
  const hex = /^([+-]?)0x([0-9a-f]*)(?:\.([0-9a-f]*))?p([+-]?\d+)$/i.exec(text)
  if (hex === null || (hex[2] === '' && (hex[3] ?? '') === '')) return undefined
  const fraction = hex[3] ?? ''
  const value = Number(BigInt(`0x${hex[2]}${fraction}`)) * 2 ** (Number(hex[4]) - 4 * fraction.length)
  return hex[1] === '-' ? -value : value
}

export function toDuration(value: Value): Value {
  if (value instanceof CelDuration) return value
  if (typeof value === 'string') return parseDuration(value) ?? wrong(value, 'google.protobuf.Duration')
  return wrong(value, 'google.protobuf.Duration')
}

export function toInt(value: Value): Value {
  if (isInt(value)) return value
  if (value instanceof CelUint) return intOf(value.value)
  if (value instanceof CelDouble) {
    const double = value.value
    if (!(double > -(2 ** 63) && double < 2 ** 63)) return intOverflow
    return intOf(BigInt(Math.trunc(double)))
  }
  if (value instanceof CelDuration) return intOf(value.nanos)
  if (value instanceof CelTimestamp) return value.seconds
  if (typeof value === 'string' && /^[+-]?\d+$/.test(value)) {
    const read = intOf(BigInt(value.replace(/^\+/, '')))
    if (!(read instanceof CelFailure)) return read
  }
  return wrong(value, 'int')
}

export function toUint(value: Value): Value {
  if (value instanceof CelUint) return value
  if (isInt(value)) return uintOf(BigInt(value))
  if (value instanceof CelDouble) {
    const double = value.value
    if (!(double >= 0 && double < 2 ** 64)) return uintOverflow
    return uintOf(BigInt(Math.trunc(double)))
  }
  if (typeof value === 'string' && /^\d+$/.test(value)) {
    const read = uintOf(BigInt(value))
    if (!(read instanceof CelFailure)) return read
  }
  return wrong(value, 'uint')
}

export function toTimestamp(value: Value): Value {
  if (value instanceof CelTimestamp) return value
  if (isInt(value)) return timestampAt(Number(value), 0)
  if (typeof value === 'string') return parseTimestamp(value) ?? wrong(value, 'google.protobuf.Timestamp')
  return wrong(value, 'google.protobuf.Timestamp')
}

export function toText(value: Value): Value {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(value)
  }
  if (value === null) return 'null'
  if (value instanceof CelUint) return String(value.value)
  if (value instanceof CelDouble) return formatFloat(value.value, 'g', -1)
  if (value instanceof CelBytes) {
    return utf8Text(value.bytes) ?? new CelFailure('invalid UTF-8 in bytes, cannot convert to string')
  }
  if (value instanceof CelTimestamp) return formatTimestamp(value)
  if (value instanceof CelDuration) return formatDuration(value)
  if (value instanceof CelTypeValue) return value.name
  if (value instanceof CelLibraryValue) return value.text() ?? wrong(value, 'string')
  return wrong(value, 'string')
}

/** The value of `type(value)`. */
export function toType(value: Value): Value {
  return value instanceof CelFailure ? value : new CelTypeValue(typeNameOf(value))
}

/** As Go's %v shows a key or an index in an error. */
export function showValue(value: Value): string {
  const text = toText(value)
  if (typeof text === 'string') return text
  return `${typeNameOf(value)}`
}
