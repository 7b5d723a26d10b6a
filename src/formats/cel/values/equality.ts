import { compareNumeric, isNaNDouble } from './numbers.js'
import { compareUtf8 } from './utf8.js'
import {
  CelBytes,
  CelDouble,
  CelDuration,
  CelFailure,
  CelLibraryValue,
  CelList,
  CelMap,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  noSuchOverload,
  orNoSuchOverload,
  type Value,
} from './values.js'

/** `==`: true, false or a failure. Values of different types are not equal; numbers compare by value. */
export function equal(a: Value, b: Value): Value {
  if (typeof a === 'string' || typeof a === 'boolean') return a === b
  if (typeof a === 'number' || typeof a === 'bigint') {
    if (typeof b === 'number' || typeof b === 'bigint') return a === b
    if (b instanceof CelFailure) return false
    return !isNaNDouble(b) && compareNumeric(a, b) === 0
  }
  if (a === null || b === null) return a === b
  if (a instanceof CelList) {
    if (a.equals !== undefined && b instanceof CelList) return a.equals(b)
    return b instanceof CelList && equalLists(a, b)
  }
  if (a instanceof CelMap) {
    if (!(b instanceof CelMap)) return false
    return a.equals === undefined ? equalMaps(a, b) : a.equals(b)
  }
  if (a instanceof CelDouble || a instanceof CelUint) return !isNaNDouble(a) && !isNaNDouble(b) && compareNumeric(a, b) === 0
  if (a instanceof CelBytes) return b instanceof CelBytes && compareBytes(a.bytes, b.bytes) === 0
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.seconds === b.seconds && a.nanos === b.nanos
  if (a instanceof CelDuration) return b instanceof CelDuration && a.nanos === b.nanos
  if (a instanceof CelTypeValue) return b instanceof CelTypeValue && a.name === b.name
  if (a instanceof CelOptional) {
    if (!(b instanceof CelOptional)) return false
    if (a.value === undefined || b.value === undefined) return a.value === b.value
    return equal(a.value, b.value)
  }
  if (a instanceof CelLibraryValue) return b instanceof CelLibraryValue ? a.equals(b) : orNoSuchOverload(b)
  return a
}

export function equalLists(a: CelList, b: CelList): boolean {
  if (a.size !== b.size) return false
  for (let i = 0; i < a.size; i++) if (equal(a.get(i), b.get(i)) === false) return false
  return true
}

function equalMaps(a: CelMap, b: CelMap): boolean {
  if (a.size !== b.size) return false
  for (const key of a.keys()) {
    const value = a.find(key)
    const other = b.find(key)
    if (value === undefined || other === undefined || equal(value, other) === false) return false
  }
  return true
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1
  return Math.sign(a.length - b.length)
}

const nanOrder = new CelFailure('NaN values cannot be ordered')

/** -1, 0 or 1; a failure when the two have no order. */
export function compare(a: Value, b: Value): number | CelFailure {
  if (typeof a === 'number' && typeof b === 'number') return a < b ? -1 : a > b ? 1 : 0
  if (typeof a === 'string') return typeof b === 'string' ? compareUtf8(a, b) : orNoSuchOverload(b)
  if (isNaNDouble(a)) return nanOrder
  const numeric = compareNumeric(a, b)
  if (numeric !== undefined) return isNaNDouble(b) ? nanOrder : numeric
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b)
  if (a instanceof CelBytes && b instanceof CelBytes) return compareBytes(a.bytes, b.bytes)
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) {
    return Math.sign(a.seconds - b.seconds) || Math.sign(a.nanos - b.nanos)
  }
  if (a instanceof CelDuration && b instanceof CelDuration) return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0
  return b instanceof CelFailure ? b : noSuchOverload
}

/** Whether values of this type have an order at all. */
export function isComparable(value: Value): boolean {
  return (
    (typeof value !== 'object' && value !== null) ||
    value instanceof CelUint ||
    value instanceof CelDouble ||
    value instanceof CelBytes ||
    value instanceof CelTimestamp ||
    value instanceof CelDuration
  )
}
