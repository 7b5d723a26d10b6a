import { parseFloatLiteral, parseInteger } from '../literals.js'
import { integerOf } from '../values.js'

/** Loose conversion to a 64-bit integer: numbers are cut, strings parsed (with 0x and 0 prefixes), anything else is 0. */
export function toInt64(value: unknown): bigint {
  const integer = integerOf(value)
  if (integer !== undefined) return BigInt.asIntN(64, integer)
  if (typeof value === 'number')
    return Number.isFinite(value) && Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : -(2n ** 63n)
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value !== 'string') return 0n
  const parsed = parseInteger(value.replace(/\.0+$/, ''))
  return parsed !== undefined && parsed >= -(2n ** 63n) && parsed < 2n ** 63n ? parsed : 0n
}

/** Loose conversion to a float64. */
export function toFloat64(value: unknown): number {
  if (typeof value === 'number') return value
  const integer = integerOf(value)
  if (integer !== undefined) return Number(integer)
  if (typeof value === 'boolean') return value ? 1 : 0
  return typeof value === 'string' ? (parseFloatLiteral(value) ?? 0) : 0
}

export function toInt(value: unknown): number {
  return Number(toInt64(value))
}
