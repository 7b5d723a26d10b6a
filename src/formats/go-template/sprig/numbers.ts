import type { Random } from '../../../base/random.js'
import { type GoFunction, goFunction, goVariadic } from '../functions.js'
import { int, int64, typedList } from '../values.js'
import { toFloat64, toInt64 } from './cast.js'
import { numbersBetween } from './conversion.js'
import { calculate } from './decimal.js'

export function numberFunctions(random: Random): [string, GoFunction][] {
  const biggest = goVariadic(['any'], 'any', (first, ...others) => int64(others.map(toInt64).reduce(larger, toInt64(first))))
  return [
    ['add1', goFunction(['any'], (value) => int64(toInt64(value) + 1n))],
    ['add', goVariadic([], 'any', (...values) => int64(values.map(toInt64).reduce((a, b) => a + b, 0n)))],
    ['sub', goFunction(['any', 'any'], (a, b) => int64(toInt64(a) - toInt64(b)))],
    ['div', goFunction(['any', 'any'], (a, b) => int64(toInt64(a) / divisor(b)))],
    ['mod', goFunction(['any', 'any'], (a, b) => int64(toInt64(a) % divisor(b)))],
    [
      'mul',
      goVariadic(['any'], 'any', (first, ...others) =>
        int64(others.map(toInt64).reduce((a, b) => BigInt.asIntN(64, a * b), toInt64(first))),
      ),
    ],
    ['add1f', goFunction(['any'], (value) => calculate('+', toFloat64(value), [1]))],
    ['addf', goVariadic([], 'any', (...values) => calculate('+', 0, values.map(toFloat64)))],
    ['subf', goVariadic(['any'], 'any', (first, ...others) => calculate('-', toFloat64(first), others.map(toFloat64)))],
    ['divf', goVariadic(['any'], 'any', (first, ...others) => calculate('/', toFloat64(first), others.map(toFloat64)))],
    ['mulf', goVariadic(['any'], 'any', (first, ...others) => calculate('*', toFloat64(first), others.map(toFloat64)))],
    ['biggest', biggest],
    ['max', biggest],
    ['min', goVariadic(['any'], 'any', (first, ...others) => int64(others.map(toInt64).reduce(smaller, toInt64(first))))],
    ['maxf', goVariadic(['any'], 'any', (first, ...others) => Math.max(toFloat64(first), ...others.map(toFloat64)))],
    ['minf', goVariadic(['any'], 'any', (first, ...others) => Math.min(toFloat64(first), ...others.map(toFloat64)))],
    ['ceil', goFunction(['any'], (value) => Math.ceil(toFloat64(value)))],
    ['floor', goFunction(['any'], (value) => Math.floor(toFloat64(value)))],
    ['round', goVariadic(['any', 'int'], 'float64', (value, places, roundOn) => round(toFloat64(value), places, roundOn ?? 0.5))],
    [
      'until',
      goFunction(['int'], function (count) {
        return intList(numbersBetween.call(this, 0, count, count < 0 ? -1 : 1))
      }),
    ],
    [
      'untilStep',
      goFunction(['int', 'int', 'int'], function (start, stop, step) {
        return intList(numbersBetween.call(this, start, stop, step))
      }),
    ],
    [
      'randInt',
      goFunction(['int', 'int'], (from, to) => {
        if (to <= from) throw new Error('invalid argument to Intn')
        return int(from + Math.floor(random.number() * (to - from)))
      }),
    ],
  ]
}

function larger(a: bigint, b: bigint): bigint {
  if (b > a) return b
  return a
}

function smaller(a: bigint, b: bigint): bigint {
  if (b < a) return b
  return a
}

function divisor(value: unknown): bigint {
  const number = toInt64(value)
  if (number === 0n) throw new Error('runtime error: integer divide by zero')
  return number
}

function intList(numbers: readonly number[]): unknown[] {
  return typedList('[]int', numbers.map(int))
}

/** Go's math.Pow(10, places), which squares, and so has another last bit than the power operator here and there. */
function powerOfTen(places: number): number {
  let [fraction, exponent, square, squareExponent] = [1, 0, 0.625, 4]
  for (let left = Math.abs(places); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      fraction *= square
      exponent += squareExponent
    }
    square *= square
    squareExponent *= 2
    if (square >= 0.5) continue
    square += square
    squareExponent--
  }
  if (places < 0) return (1 / fraction) * 2 ** -exponent
  // In two steps: the power of two alone may be too large.
  const half = Math.floor(exponent / 2)
  return fraction * 2 ** half * 2 ** (exponent - half)
}

function round(value: number, places: number, roundOn: number): number {
  const power = powerOfTen(places)
  const digit = power * value
  const fraction = digit - Math.trunc(digit)
  return (fraction >= roundOn ? Math.ceil(digit) : Math.floor(digit)) / power
}
