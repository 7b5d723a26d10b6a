import { type GoFunction, goFunction } from '../../../../formats/go-template/functions.js'
import { printValue, quoteString } from '../../../../formats/go-template/print.js'
import { formatDuration, parseDuration } from '../../../../formats/go-template/sprig/durations.js'
import { GoStruct, int64, integerOf, typeName } from '../../../../formats/go-template/values.js'

const second = 1_000_000_000n
const largest = 2n ** 63n - 1n
const smallest = -(2n ** 63n)

/** The functions for durations that Helm 4 has besides sprig's. What is no duration counts as none; mustToDuration fails. */
export function durationFunctions(): [string, GoFunction][] {
  const orZero = (value: unknown): bigint => {
    try {
      return toDuration(value)
    } catch {
      return 0n
    }
  }
  const whole = (unit: bigint) => goFunction(['any'], (value) => int64(orZero(value) / unit))
  const parts = (seconds: bigint) => goFunction(['any'], (value) => inUnits(orZero(value), seconds * second))
  const toMultiple = (compute: (value: bigint, multiple: bigint) => bigint) =>
    goFunction(['any', 'any'], (value, multiple) => {
      const given = orZero(value)
      const size = orZero(multiple)
      return durationValue(size <= 0n ? given : compute(given, size))
    })
  return [
    ['mustToDuration', goFunction(['any'], (value) => durationValue(toDuration(value)))],
    ['durationSeconds', parts(1n)],
    ['durationMilliseconds', whole(1_000_000n)],
    ['durationMicroseconds', whole(1_000n)],
    ['durationNanoseconds', whole(1n)],
    ['durationMinutes', parts(60n)],
    ['durationHours', parts(3600n)],
    ['durationDays', goFunction(['any'], (value) => inUnits(orZero(value), 3600n * second) / 24)],
    ['durationWeeks', goFunction(['any'], (value) => inUnits(orZero(value), 3600n * second) / 24 / 7)],
    ['durationRoundTo', toMultiple(rounded)],
    ['durationTruncateTo', toMultiple((value, multiple) => value - (value % multiple))],
  ]
}

/** Nanoseconds in a larger unit, computed as Go's Duration.Seconds, Minutes and Hours are. */
function inUnits(value: bigint, unit: bigint): number {
  return Number(value / unit) + Number(value % unit) / Number(unit)
}

/** Half of the multiple is rounded away from zero. */
function rounded(value: bigint, multiple: bigint): bigint {
  const rest = value % multiple
  if (value < 0n) return -rest * 2n < multiple ? value - rest : larger(value - multiple - rest)
  return rest * 2n < multiple ? value - rest : larger(value + multiple - rest)
}

function larger(value: bigint): bigint {
  return value > largest ? largest : value < smallest ? smallest : value
}

function toDuration(value: unknown): bigint {
  if (value instanceof GoStruct && value.type === 'time.Duration') return value.native as bigint
  if (typeof value === 'string') {
    const text = value.trim()
    if (text === '') throw new Error('empty duration')
    const parsed = parseDuration(text)
    if (parsed !== undefined) return parsed
    if (/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text)) return ofSeconds(Number(text))
    throw new Error(`could not parse duration ${quoteString(value)}`)
  }
  if (value === null || value === undefined) throw new Error('invalid duration')
  const integer = integerOf(value)
  if (integer !== undefined) {
    if (integer > largest / second || integer < smallest / second) throw new Error(`duration seconds overflow: ${integer}`)
    return integer * second
  }
  if (typeof value === 'number') return ofSeconds(value)
  throw new Error(`unsupported duration type ${typeName(value)}`)
}

function ofSeconds(seconds: number): bigint {
  if (!Number.isFinite(seconds)) throw new Error(`invalid duration seconds: ${printValue(seconds)}`)
  const nanoseconds = seconds * 1e9
  if (Math.abs(seconds) > Number(largest) / 1e9) throw new Error(`duration seconds overflow: ${printValue(seconds)}`)
  return larger(BigInt(Math.trunc(nanoseconds)))
}

/** A time.Duration. */
function durationValue(nanoseconds: bigint): GoStruct {
  const constant = (read: () => unknown) => goFunction([], read)
  return new GoStruct({
    type: 'time.Duration',
    native: nanoseconds,
    text: () => formatDuration(nanoseconds),
    json: () => int64(nanoseconds),
    methods: {
      String: constant(() => formatDuration(nanoseconds)),
      Hours: constant(() => inUnits(nanoseconds, 3600n * second)),
      Minutes: constant(() => inUnits(nanoseconds, 60n * second)),
      Seconds: constant(() => inUnits(nanoseconds, second)),
      Milliseconds: constant(() => int64(nanoseconds / 1_000_000n)),
      Microseconds: constant(() => int64(nanoseconds / 1_000n)),
      Nanoseconds: constant(() => int64(nanoseconds)),
    },
  })
}
