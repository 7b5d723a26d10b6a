import { zoneNames } from './zone-names.js'

/** An instant with the zone it is shown in. `zone` is an IANA name, `UTC`, or a fixed offset in seconds with a name: `CET@3600`, `@-7200`. */
export interface GoTime {
  /** Whole milliseconds since the Unix epoch. */
  readonly epochMs: number
  /** What is beyond the millisecond, 0 to 999,999. */
  readonly nanoseconds?: number
  readonly zone: string
}

interface Fields {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly nanosecond: number
  readonly weekday: number
  readonly yearDay: number
  readonly offsetSeconds: number
  readonly abbreviation: string
}

export const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
export const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

/** 2 January of the year 1. */
const firstYear = -62_135_510_400_000
const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(zone: string): Intl.DateTimeFormat {
  let found = formatters.get(zone)
  if (found === undefined) {
    found = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formatters.set(zone, found)
  }
  return found
}

/** The zone's name when there is such a zone, otherwise UTC. `Local` is UTC: a rendered manifest depends on no machine. */
export function knownZone(name: string): string {
  if (name === '' || name === 'Local' || name === 'UTC') return 'UTC'
  try {
    formatter(name)
    return name
  } catch {
    return 'UTC'
  }
}

function offsetOf(epochMs: number, zone: string): { offsetSeconds: number; abbreviation: string } {
  if (zone === 'UTC') return { offsetSeconds: 0, abbreviation: 'UTC' }
  const at = zone.indexOf('@')
  if (at !== -1) {
    const offsetSeconds = Number(zone.slice(at + 1))
    return { offsetSeconds, abbreviation: zone.slice(0, at) || offsetText(offsetSeconds, '') }
  }
  const offsetSeconds = offsetIn(zone, epochMs)
  return { offsetSeconds, abbreviation: abbreviationOf(epochMs, zone, offsetSeconds) ?? hoursText(offsetSeconds) }
}

function offsetIn(zone: string, epochMs: number): number {
  // Years before the first count backwards here; the offset was the same then.
  const at = Math.max(epochMs, firstYear)
  const parts = new Map(
    formatter(zone)
      .formatToParts(at)
      .map((part) => [part.type, part.value]),
  )
  const part = (name: Intl.DateTimeFormatPartTypes) => Number(parts.get(name))
  const shown = utcMs(part('year'), part('month'), part('day'), part('hour'), part('minute'), part('second'))
  return Math.round((shown - Math.floor(at / 1000) * 1000) / 1000)
}

function abbreviationOf(epochMs: number, zone: string, offsetSeconds: number): string | undefined {
  const names = zoneNames(zone)
  if (names === undefined || offsetSeconds % 900 !== 0) return undefined
  const year = new Date(epochMs).getUTCFullYear()
  const winter = Math.min(offsetIn(zone, utcMs(year, 1, 1)), offsetIn(zone, utcMs(year, 7, 1)))
  return names[offsetSeconds > winter ? 1 : 0] ?? names[0]
}

/** Milliseconds since the epoch for a date in UTC; months from 1; days and hours may overflow. */
export function utcMs(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  return date.getTime()
}

export function timeFields(time: GoTime): Fields {
  const { offsetSeconds, abbreviation } = offsetOf(time.epochMs, time.zone)
  const shown = new Date(time.epochMs + offsetSeconds * 1000)
  const year = shown.getUTCFullYear()
  return {
    year,
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
    second: shown.getUTCSeconds(),
    nanosecond: shown.getUTCMilliseconds() * 1_000_000 + (time.nanoseconds ?? 0),
    weekday: shown.getUTCDay(),
    yearDay: Math.floor((shown.getTime() - utcMs(year, 1, 1)) / 86_400_000) + 1,
    offsetSeconds,
    abbreviation,
  }
}

const layoutParts =
  /January|Jan|Monday|Mon|MST|2006|__2|_2006|_2|002|01|02|03|04|05|06|15|PM|pm|Z07:00:00|Z070000|Z0700|Z07:00|Z07|-07:00:00|-070000|-0700|-07:00|-07|[.,]0+(?![0-9])|[.,]9+(?![0-9])|1|2|3|4|5/g

/** A layout in its parts: those that stand for something, and the text between. */
export function pieces(layout: string): { text: string; isPart: boolean }[] {
  const found: { text: string; isPart: boolean }[] = []
  let position = 0
  for (const match of layout.matchAll(layoutParts)) {
    // `Jan` and `Mon` count only when no lower-case letter follows.
    if ((match[0] === 'Jan' || match[0] === 'Mon') && /[a-z]/.test(layout.charAt(match.index + 3))) continue
    if (match.index > position) found.push({ text: layout.slice(position, match.index), isPart: false })
    if (match[0] === '_2006') found.push({ text: '_', isPart: false }, { text: '2006', isPart: true })
    else found.push({ text: match[0], isPart: true })
    position = match.index + match[0].length
  }
  if (position < layout.length) found.push({ text: layout.slice(position), isPart: false })
  return found
}

/** Go's Time.Format: the layout shows how Mon Jan 2 15:04:05 MST 2006 would look. */
export function formatTime(time: GoTime, layout: string): string {
  const fields = timeFields(time)
  return pieces(layout)
    .map((piece) => (piece.isPart ? formatPart(piece.text, fields) : piece.text))
    .join('')
}

function formatPart(part: string, fields: Fields): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const hour12 = fields.hour % 12 === 0 ? 12 : fields.hour % 12
  switch (part) {
    case 'January':
      return months[fields.month - 1]!
    case 'Jan':
      return months[fields.month - 1]!.slice(0, 3)
    case '1':
      return String(fields.month)
    case '01':
      return two(fields.month)
    case 'Monday':
      return weekdays[fields.weekday]!
    case 'Mon':
      return weekdays[fields.weekday]!.slice(0, 3)
    case '2':
      return String(fields.day)
    case '_2':
      return String(fields.day).padStart(2)
    case '02':
      return two(fields.day)
    case '__2':
      return String(fields.yearDay).padStart(3)
    case '002':
      return String(fields.yearDay).padStart(3, '0')
    case '15':
      return two(fields.hour)
    case '3':
      return String(hour12)
    case '03':
      return two(hour12)
    case '4':
      return String(fields.minute)
    case '04':
      return two(fields.minute)
    case '5':
      return String(fields.second)
    case '05':
      return two(fields.second)
    case '2006':
      return String(fields.year).padStart(4, '0')
    case '06':
      return two(fields.year % 100)
    case 'PM':
      return fields.hour < 12 ? 'AM' : 'PM'
    case 'pm':
      return fields.hour < 12 ? 'am' : 'pm'
    case 'MST':
      return fields.abbreviation
  }
  if (part.startsWith('Z') && fields.offsetSeconds === 0) return 'Z'
  if (part.startsWith('Z') || part.startsWith('-')) {
    const digits = part.slice(1)
    const separator = digits.includes(':') ? ':' : ''
    const text = offsetText(fields.offsetSeconds, separator)
    if (digits === '07') return text.slice(0, 3)
    return digits.length > 5 ? `${text}${separator}${two(Math.abs(fields.offsetSeconds) % 60)}` : text
  }
  const digits = String(fields.nanosecond)
    .padStart(9, '0')
    .padEnd(part.length - 1, '0')
    .slice(0, part.length - 1)
  if (part[1] === '0') return part[0] + digits
  const trimmed = digits.replace(/0+$/, '')
  return trimmed === '' ? '' : part[0] + trimmed
}

function offsetText(seconds: number, separator: string): string {
  const minutes = Math.trunc(Math.abs(seconds) / 60)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${seconds < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}${separator}${two(minutes % 60)}`
}

/** How zones without letters are called: `+04`, `+0545`; before there were zones, each place had its own time. */
function hoursText(seconds: number): string {
  if (seconds % 900 !== 0) return 'LMT'
  const text = offsetText(seconds, '')
  return text.endsWith('00') ? text.slice(0, 3) : text
}

export function monthName(month: number): string {
  return months[month - 1]!
}

export function weekdayName(weekday: number): string {
  return weekdays[weekday]!
}
