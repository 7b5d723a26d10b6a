import { type GoFunction, goFunction, goVariadic } from '../functions.js'
import { parseInteger } from '../literals.js'
import { printValue } from '../print.js'
import { GoStruct, int, int64, kindOf, typeName } from '../values.js'
import { toFloat64, toInt64 } from './cast.js'

/** A value as text: strings and bytes as they are, everything else as `%v` prints it. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return '<nil>'
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : printValue(value)
}

/** The elements of a list as texts, nil elements left out; a single value is a list of one. */
export function textsOf(value: unknown): string[] {
  if (value === null || value === undefined) return []
  const list = value instanceof GoStruct && Array.isArray(value.underlying) ? value.underlying : value
  if (!Array.isArray(list)) return [textOf(value)]
  return list.filter((item) => item !== null && item !== undefined).map(textOf)
}

export function conversionFunctions(): [string, GoFunction][] {
  return [
    [
      'atoi',
      goFunction(['string'], (text) => {
        const found = /^([+-]?)0*([0-9]+)$/.exec(text)
        if (found === null) return int(0n)
        // What does not fit becomes the nearest that does.
        const magnitude = found[2]!.length > 19 ? 2n ** 64n : BigInt(found[2]!)
        const value = found[1] === '-' ? -magnitude : magnitude
        const limit = 2n ** 63n
        return int(value >= limit ? limit - 1n : value < -limit ? -limit : value)
      }),
    ],
    ['int', goFunction(['any'], (value) => int(toInt64(value)))],
    ['int64', goFunction(['any'], (value) => int64(toInt64(value)))],
    ['float64', goFunction(['any'], toFloat64)],
    [
      'toDecimal',
      goFunction(['any'], (value) => {
        const text = textOf(value)
        const parsed = /^[+-]?[0-7]+$/.test(text) ? parseInteger(text.replace(/^([+-]?)/, '$10')) : undefined
        return int64(parsed !== undefined && parsed >= -(2n ** 63n) && parsed < 2n ** 63n ? parsed : 0n)
      }),
    ],
    ['typeOf', goFunction(['any'], typeOf)],
    ['typeIs', goFunction(['string', 'any'], (wanted, value) => wanted === typeOf(value))],
    ['typeIsLike', goFunction(['string', 'any'], (wanted, value) => wanted === typeOf(value) || `*${wanted}` === typeOf(value))],
    ['kindOf', goFunction(['any'], kind)],
    ['kindIs', goFunction(['string', 'any'], (wanted, value) => wanted === kind(value))],
    ['ternary', goFunction(['any', 'any', 'bool'], (yes, no, condition) => (condition ? yes : no))],
    ['seq', goVariadic([], 'int', sequenceText)],
  ]
}

function typeOf(value: unknown): string {
  return value === null || value === undefined ? '<nil>' : typeName(value)
}

function kind(value: unknown): string {
  return value === null || value === undefined ? 'invalid' : kindOf(value)
}

function sequenceText(this: { charge(size: number): void }, ...parameters: number[]): string {
  if (parameters.length === 0 || parameters.length > 3) return ''
  const start = parameters.length === 1 ? 1 : parameters[0]!
  const end = parameters[parameters.length - 1]!
  const direction = end < start ? -1 : 1
  // One more than the last int64 is the first.
  if (Math.abs(end) >= 2 ** 63) return ''
  const step = parameters.length === 3 ? parameters[1]! : direction
  if (parameters.length === 3 && direction < 0 && step > 0) return ''
  return numbersBetween.call(this, start, end + direction, step).join(' ')
}

/** start, start + step, ... before stop; none when the step leads away from stop. */
export function numbersBetween(this: { charge(size: number): void }, start: number, stop: number, step: number): number[] {
  if (step === 0 || (stop < start ? step >= 0 : step < 0)) return []
  const count = Math.ceil((stop - start) / step)
  this.charge(Math.max(count, 0))
  return Array.from({ length: Math.max(count, 0) }, (_, index) => start + index * step)
}
