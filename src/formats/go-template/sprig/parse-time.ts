import { quoteString } from '../print.js'
import { type GoTime, months, pieces, utcMs, weekdays } from './go-time.js'

/** What a text holds that Go's layouts can name. */
interface Found {
  year: number
  month: number | undefined
  day: number | undefined
  yearDay: number | undefined
  hour: number
  minute: number
  second: number
  nanosecond: number
  isMorning: boolean
  isAfternoon: boolean
  isUtc: boolean
  offsetSeconds: number | undefined
  zoneName: string
}

/** The part of the text does not have the form that the layout wants. */
class BadForm extends Error {}
class OutOfRange extends Error {}

/** Go's time.ParseInLocation in UTC, from left to right without going back. Throws an Error with Go's words. */
export function parseTime(layout: string, text: string): GoTime {
  const reader = new TimeReader(text)
  const all = pieces(layout)
  const cannot = (element: string, rest: string) =>
    new Error(
      `parsing time ${quoteString(text)} as ${quoteString(layout)}: cannot parse ${quoteString(rest)} as ${quoteString(element)}`,
    )
  for (const [index, { text: element, isPart }] of all.entries()) {
    const before = reader.rest
    try {
      if (isPart) reader.part(element, all[index + 1])
      else if (!reader.skip(element)) throw cannot(element, reader.rest)
    } catch (error) {
      if (error instanceof OutOfRange) throw new Error(`parsing time ${quoteString(text)}: ${error.message} out of range`)
      if (error instanceof BadForm) throw cannot(element, before)
      throw error
    }
  }
  if (reader.rest !== '') throw new Error(`parsing time ${quoteString(text)}: extra text: ${quoteString(reader.rest)}`)
  try {
    return assemble(reader.found)
  } catch (error) {
    if (error instanceof OutOfRange) throw new Error(`parsing time ${quoteString(text)}: ${error.message}`)
    throw error
  }
}

class TimeReader {
  rest: string
  readonly found: Found = {
    year: 0,
    month: undefined,
    day: undefined,
    yearDay: undefined,
    hour: 0,
    minute: 0,
    second: 0,
    nanosecond: 0,
    isMorning: false,
    isAfternoon: false,
    isUtc: false,
    offsetSeconds: undefined,
    zoneName: '',
  }

  constructor(text: string) {
    this.rest = text
  }

  /** Text that stands for itself; a run of spaces takes any run of spaces. */
  skip(prefix: string): boolean {
    let at = 0
    while (at < prefix.length) {
      if (prefix[at] === ' ') {
        if (this.rest !== '' && this.rest[0] !== ' ') return false
        while (prefix[at] === ' ') at++
        this.rest = this.rest.replace(/^ +/, '')
        continue
      }
      if (this.rest[0] !== prefix[at]) return false
      at++
      this.rest = this.rest.slice(1)
    }
    return true
  }

  part(part: string, next: { readonly text: string; readonly isPart: boolean } | undefined): void {
    const { found } = this
    switch (part) {
      case '06': {
        const short = Number(this.#take(/^[0-9]{2}/))
        found.year = short + (short >= 69 ? 1900 : 2000)
        return
      }
      case '2006':
        found.year = Number(this.#take(/^[0-9]{4}/))
        return
      case 'January':
      case 'Jan':
        found.month = this.#name(months, part === 'Jan') + 1
        return
      case '1':
      case '01':
        found.month = this.#number(part === '01')
        if (found.month < 1 || found.month > 12) throw new OutOfRange('month')
        return
      case 'Monday':
      case 'Mon':
        this.#name(weekdays, part === 'Mon')
        return
      case '2':
      case '_2':
      case '02':
        if (part === '_2' && this.rest[0] === ' ') this.rest = this.rest.slice(1)
        found.day = this.#number(part === '02')
        return
      case '__2':
      case '002':
        if (part === '__2') this.rest = this.rest.replace(/^ {1,2}/, '')
        found.yearDay = Number(this.#take(part === '002' ? /^[0-9]{3}/ : /^[0-9]{1,3}/))
        return
      case '15':
        found.hour = this.#below(24, 'hour', false)
        return
      case '3':
      case '03':
        found.hour = this.#below(13, 'hour', part === '03')
        return
      case '4':
      case '04':
        found.minute = this.#below(60, 'minute', part === '04')
        return
      case '5':
      case '05':
        found.second = this.#below(60, 'second', part === '05')
        // A fraction may follow that the layout does not mention.
        if (!(next?.isPart === true && /^[.,]/.test(next.text))) this.#fraction(/^[.,][0-9]+/)
        return
      case 'PM':
      case 'pm': {
        const half = this.#take(part === 'PM' ? /^[AP]M/ : /^[ap]m/).toLowerCase()
        if (half === 'am') found.isMorning = true
        else found.isAfternoon = true
        return
      }
      case 'MST':
        this.#zone()
        return
    }
    if (/^[.,]0/.test(part)) {
      if (!this.#fraction(new RegExp(`^[.,][0-9]{${part.length - 1}}`))) throw new BadForm()
    } else if (/^[.,]9/.test(part)) this.#fraction(/^[.,][0-9]+/)
    else if (part.startsWith('Z') && this.rest[0] === 'Z') {
      this.rest = this.rest.slice(1)
      found.isUtc = true
    } else this.#offset(part.slice(1))
  }

  #take(shape: RegExp): string {
    const taken = shape.exec(this.rest)?.[0]
    if (taken === undefined) throw new BadForm()
    this.rest = this.rest.slice(taken.length)
    return taken
  }

  #number(isFixed: boolean): number {
    return Number(this.#take(isFixed ? /^[0-9]{2}/ : /^[0-9]{1,2}/))
  }

  #below(limit: number, what: string, isFixed: boolean): number {
    const number = this.#number(isFixed)
    if (number >= limit) throw new OutOfRange(what)
    return number
  }

  #name(names: readonly string[], isShort: boolean): number {
    const start = this.rest.slice(0, 9).toLowerCase()
    const index = names.findIndex((name) => start.startsWith((isShort ? name.slice(0, 3) : name).toLowerCase()))
    if (index === -1) throw new BadForm()
    this.rest = this.rest.slice(isShort ? 3 : names[index]!.length)
    return index
  }

  #fraction(shape: RegExp): boolean {
    const digits = shape.exec(this.rest)?.[0]
    if (digits === undefined) return false
    this.rest = this.rest.slice(digits.length)
    this.found.nanosecond = Number(digits.slice(1, 10).padEnd(9, '0'))
    return true
  }

  /** `07`, `0700`, `07:00`, `070000` or `07:00:00`, with a sign. */
  #offset(form: string): void {
    const shape = form.includes(':') ? '[0-9]{2}(?::[0-9]{2})' : '[0-9]{2}(?:[0-9]{2})'
    const pairs = form.replaceAll(':', '').length / 2 - 1
    const text = this.#take(new RegExp(`^[+-]${shape}{${pairs}}`))
    const [hours = 0, minutes = 0, seconds = 0] = text.slice(1).replaceAll(':', '').match(/../g)!.map(Number)
    if (hours > 24) throw new OutOfRange('time zone offset hour')
    if (minutes > 60) throw new OutOfRange('time zone offset minute')
    if (seconds > 60) throw new OutOfRange('time zone offset second')
    const offset = (hours * 60 + minutes) * 60 + seconds
    this.found.offsetSeconds = text[0] === '-' ? -offset : offset
  }

  #zone(): void {
    if (this.rest.startsWith('UTC')) {
      this.found.isUtc = true
      this.rest = this.rest.slice(3)
      return
    }
    const name =
      /^(?:ChST|MeST)/.exec(this.rest) ??
      /^GMT(?:[+-](?:2[0-3]|[01]?[0-9])(?![0-9]))?/.exec(this.rest) ??
      /^[+-](?:2[0-3]|[01]?[0-9])(?![0-9])/.exec(this.rest) ??
      /^(?:[A-Z]{4}T|[A-Z]{3}T|WITA|[A-Z]{3})(?![A-Z])/.exec(this.rest)
    if (name === null || this.rest === '') throw new BadForm()
    this.found.zoneName = name[0]
    this.rest = this.rest.slice(name[0].length)
  }
}

function assemble(found: Found): GoTime {
  const { year, yearDay } = found
  let { hour } = found
  if (found.isAfternoon && hour < 12) hour += 12
  else if (found.isMorning && hour === 12) hour = 0
  let month = found.month ?? 1
  let day = found.day ?? 1
  if (yearDay !== undefined) {
    const date = new Date(utcMs(year, 1, yearDay))
    if (yearDay < 1 || date.getUTCFullYear() !== year) throw new OutOfRange('day-of-year out of range')
    if (found.month !== undefined && found.month !== date.getUTCMonth() + 1)
      throw new OutOfRange('day-of-year does not match month')
    if (found.day !== undefined && found.day !== date.getUTCDate()) throw new OutOfRange('day-of-year does not match day')
    month = date.getUTCMonth() + 1
    day = date.getUTCDate()
  }
  if (day < 1 || day > new Date(utcMs(year, month + 1, 0)).getUTCDate()) throw new OutOfRange('day out of range')
  const shown = utcMs(year, month, day, hour, found.minute, found.second) + Math.floor(found.nanosecond / 1_000_000)
  const time = { epochMs: shown, nanoseconds: found.nanosecond % 1_000_000 }
  if (found.isUtc) return { ...time, zone: 'UTC' }
  const { offsetSeconds, zoneName } = found
  if (offsetSeconds !== undefined) {
    const zone = offsetSeconds === 0 && (zoneName === '' || zoneName === 'UTC') ? 'UTC' : `${zoneName}@${offsetSeconds}`
    return { ...time, epochMs: shown - offsetSeconds * 1000, zone }
  }
  if (zoneName === '') return { ...time, zone: 'UTC' }
  // Nobody knows the offset of a name, but for GMT+3: the time stays, and so does the name.
  const offset = zoneName.startsWith('GMT') ? Number(zoneName.slice(3) || 0) * 3600 : 0
  return { ...time, zone: `${zoneName}@${offset}` }
}
