import { formatFloat } from '../../go-template/float-format.js'
import { mostInt } from './numbers.js'
import { CelDuration, CelFailure, CelTimestamp } from './values.js'

const leastSeconds = -62135596800
const mostSeconds = 253402300799
export const timestampOverflow = new CelFailure('timestamp overflow')
const second = 1_000_000_000n

/** Days since 1970-01-01 of a date in the proleptic Gregorian calendar. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const ofEra = y - era * 400
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  return era * 146097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719468
}

export interface Civil {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly dayOfWeek: number
  readonly dayOfYear: number
}

/** The calendar of a moment, shifted by an offset. */
export function civilFrom(seconds: number): Civil {
  const days = Math.floor(seconds / 86400)
  const rest = seconds - days * 86400
  const z = days + 719468
  const era = Math.floor(z / 146097)
  const ofEra = z - era * 146097
  const yearOfEra = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36524) - Math.floor(ofEra / 146096)) / 365)
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * ofYear + 2) / 153)
  const day = ofYear - Math.floor((153 * shifted + 2) / 5) + 1
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return {
    year,
    month,
    day,
    hour: Math.floor(rest / 3600),
    minute: Math.floor((rest % 3600) / 60),
    second: rest % 60,
    dayOfWeek: (((days + 4) % 7) + 7) % 7,
    dayOfYear: days - daysFromCivil(year, 1, 1),
  }
}

const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:Z|([+-])(\d{2}):(\d{2}))$/

/** RFC 3339 as Go reads it; undefined when the text is none. */
export function parseTimestamp(text: string): CelTimestamp | CelFailure | undefined {
  const match = rfc3339.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, sec] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number]
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
  if (days === undefined || day < 1 || day > days || hour > 23 || minute > 59 || sec > 59) return undefined
  const nanos = Number((match[7] ?? '').padEnd(9, '0').slice(0, 9))
  const offsetHours = Number(match[9] ?? 0)
  const offsetMinutes = Number(match[10] ?? 0)
  if (offsetHours > 24 || offsetMinutes > 60) return undefined
  const offset = (match[8] === '-' ? -1 : 1) * (offsetHours * 3600 + offsetMinutes * 60)
  const seconds = daysFromCivil(year, month, day) * 86400 + hour * 3600 + minute * 60 + sec - offset
  return timestampAt(seconds, nanos, offset)
}

export function timestampAt(seconds: number, nanos: number, offset = 0): CelTimestamp | CelFailure {
  if (seconds < leastSeconds || seconds > mostSeconds) return timestampOverflow
  return new CelTimestamp(seconds, nanos, offset)
}

export function formatTimestamp(time: CelTimestamp): string {
  const c = civilFrom(time.seconds + time.offsetSeconds)
  const two = (n: number): string => String(n).padStart(2, '0')
  const date = `${String(c.year).padStart(4, '0')}-${two(c.month)}-${two(c.day)}`
  const fraction = time.nanos === 0 ? '' : `.${String(time.nanos).padStart(9, '0').replace(/0+$/, '')}`
  const away = Math.abs(time.offsetSeconds)
  const zone =
    time.offsetSeconds === 0
      ? 'Z'
      : `${time.offsetSeconds < 0 ? '-' : '+'}${two(Math.floor(away / 3600))}:${two(Math.floor((away % 3600) / 60))}`
  return `${date}T${two(c.hour)}:${two(c.minute)}:${two(c.second)}${fraction}${zone}`
}

export function addDuration(time: CelTimestamp, nanos: bigint): CelTimestamp | CelFailure {
  const total = BigInt(time.nanos) + nanos
  let seconds = total / second
  let rest = total % second
  if (rest < 0n) {
    rest += second
    seconds -= 1n
  }
  return timestampAt(time.seconds + Number(seconds), Number(rest), time.offsetSeconds)
}

export function nanosBetween(a: CelTimestamp, b: CelTimestamp): bigint {
  return BigInt(a.seconds - b.seconds) * second + BigInt(a.nanos - b.nanos)
}

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: second,
  m: 60n * second,
  h: 3600n * second,
}

/** A duration as Go reads it (`1h30m`, `-1.5s`); undefined when the text is none or too long. */
export function parseDuration(text: string): CelDuration | undefined {
  const sign = /^[+-]/.exec(text)?.[0] ?? ''
  let rest = text.slice(sign.length)
  if (rest === '0') return new CelDuration(0n)
  if (rest === '') return undefined
  let total = 0n
  while (rest !== '') {
    const match = /^(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)(?![a-zµμ])/u.exec(rest)
    if (match === null || (match[1] === '' && (match[2] ?? '') === '')) return undefined
    const unit = units[match[3]!]!
    const whole = BigInt(match[1] === '' ? '0' : match[1]!) * unit
    total += whole
    if (match[2] !== undefined && match[2] !== '') {
      // Go counts a fraction in floating point; digits that do not fit into 63 bits are dropped.
      let digits = match[2]
      while (BigInt(digits) > mostInt) digits = digits.slice(0, -1)
      total += BigInt(Math.trunc(Number(BigInt(digits)) * (Number(unit) / 10 ** digits.length)))
    }
    if (total > mostInt + 1n) return undefined
    rest = rest.slice(match[0].length)
  }
  if (sign === '-') return new CelDuration(-total)
  return total > mostInt ? undefined : new CelDuration(total)
}

export function durationSeconds(nanos: bigint): number {
  return Number(nanos / second) + Number(nanos % second) / 1e9
}

export function formatDuration(duration: CelDuration): string {
  return `${formatFloat(durationSeconds(duration.nanos), 'f', -1)}s`
}
