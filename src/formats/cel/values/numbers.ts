import { CelDouble, CelFailure, CelUint, type Value } from './values.js'

export const divisionByZero = new CelFailure('division by zero')
export const modulusByZero = new CelFailure('modulus by zero')
export const intOverflow = new CelFailure('integer overflow')
export const uintOverflow = new CelFailure('unsigned integer overflow')

const mostUint = 0xffffffffffffffffn
export const mostInt = 0x7fffffffffffffffn
export const leastInt = -0x8000000000000000n

/** An int from a bigint: a number where that is exact; a failure outside of 64 bits. */
export function intOf(value: bigint): number | bigint | CelFailure {
  if (value >= -9007199254740991n && value <= 9007199254740991n) return Number(value)
  return value > mostInt || value < leastInt ? intOverflow : value
}

export function uintOf(value: bigint): CelUint | CelFailure {
  return value < 0n || value > mostUint ? uintOverflow : new CelUint(value)
}

type Int = number | bigint

export function addInts(a: Int, b: Int): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return intOf(BigInt(a) + BigInt(b))
}

export function subtractInts(a: Int, b: Int): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (Number.isSafeInteger(difference)) return difference
  }
  return intOf(BigInt(a) - BigInt(b))
}

export function multiplyInts(a: Int, b: Int): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    if (Number.isSafeInteger(product)) return product === 0 ? 0 : product
  }
  return intOf(BigInt(a) * BigInt(b))
}

export function divideInts(a: Int, b: Int): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    if (b === 0) return divisionByZero
    const quotient = Math.trunc(a / b)
    // The quotient of two safe integers is exact up to 2^52; beyond that bigint decides.
    if (Math.abs(a) < 4503599627370496) return quotient === 0 ? 0 : quotient
  }
  return intOf(BigInt(a) / BigInt(b))
}

export function remainderOfInts(a: Int, b: Int): Value {
  if (typeof a === 'number' && typeof b === 'number') {
    if (b === 0) return modulusByZero
    const remainder = a % b
    return remainder === 0 ? 0 : remainder
  }
  const divisor = BigInt(b)
  if (BigInt(a) === leastInt && divisor === -1n) return intOverflow
  return intOf(BigInt(a) % divisor)
}

export function negateInt(a: Int): Value {
  if (typeof a === 'number') return a === 0 ? 0 : -a
  return intOf(-a)
}

function compareNumbers(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** cel-go compares a double with an integer as doubles, after the range of the integer. */
function compareDoubleToInteger(double: number, integer: number | bigint, least: number, limit: number): number {
  if (double < least) return -1
  if (double > limit) return 1
  return compareNumbers(double, Number(integer))
}

/** -1, 0 or 1 for any two numbers; undefined when one is none. NaN is left to the caller. */
export function compareNumeric(a: Value, b: Value): number | undefined {
  if (typeof a === 'number' || typeof a === 'bigint') {
    if (typeof b === 'number' || typeof b === 'bigint') return compareNumbers(a, b)
    if (b instanceof CelDouble) return -compareDoubleToInteger(b.value, a, -(2 ** 63), 2 ** 63) || 0
    if (b instanceof CelUint) return compareNumbers(BigInt(a), b.value)
    return undefined
  }
  if (a instanceof CelUint) {
    if (b instanceof CelUint) return compareNumbers(a.value, b.value)
    if (typeof b === 'number' || typeof b === 'bigint') return compareNumbers(a.value, BigInt(b))
    if (b instanceof CelDouble) return -compareDoubleToInteger(b.value, a.value, 0, 2 ** 64) || 0
    return undefined
  }
  if (a instanceof CelDouble) {
    if (b instanceof CelDouble) return compareNumbers(a.value, b.value)
    if (b instanceof CelUint) return compareDoubleToInteger(a.value, b.value, 0, 2 ** 64)
    if (typeof b === 'number' || typeof b === 'bigint') return compareDoubleToInteger(a.value, b, -(2 ** 63), 2 ** 63)
  }
  return undefined
}

export function isNaNDouble(value: Value): boolean {
  return value instanceof CelDouble && Number.isNaN(value.value)
}
