/** An instant with the zone it is shown in. `zone` is an IANA name, `UTC`, or a fixed offset such as `+02:00`. */
export interface GoTime {
  /** Milliseconds since the Unix epoch. */
  readonly epochMs: number
  readonly zone: string
}

interface Fields {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
  readonly weekday: number
  readonly yearDay: number
  readonly offsetMinutes: number
  readonly abbreviation: string
}

const months = [
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
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(zone: string, locale = 'en-US'): Intl.DateTimeFormat {
  const key = `${locale} ${zone}`
  let found = formatters.get(key)
  if (found === undefined) {
    found = new Intl.DateTimeFormat(locale, {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      timeZoneName: 'short',
    })
    formatters.set(key, found)
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

function offsetOf(epochMs: number, zone: string): { offsetMinutes: number; abbreviation: string } {
  if (zone === 'UTC') return { offsetMinutes: 0, abbreviation: 'UTC' }
  const fixed = /^([+-])(\d\d):(\d\d)$/.exec(zone)
  if (fixed !== null) {
    const minutes = (Number(fixed[2]) * 60 + Number(fixed[3])) * (fixed[1] === '-' ? -1 : 1)
    return { offsetMinutes: minutes, abbreviation: zone.replace(':', '') }
  }
  const parts = new Map(
    formatter(zone)
      .formatToParts(epochMs)
      .map((part) => [part.type, part.value]),
  )
  const part = (name: Intl.DateTimeFormatPartTypes) => Number(parts.get(name))
  const shown = utcMs(part('year'), part('month'), part('day'), part('hour'), part('minute'), part('second'))
  const offsetMinutes = Math.round((shown - Math.floor(epochMs / 1000) * 1000) / 60_000)
  return { offsetMinutes, abbreviation: abbreviationOf(epochMs, zone) ?? offsetText(offsetMinutes, '', true) }
}

/** Which abbreviations Intl knows depends on the locale: CEST in British English, EST in American. */
const abbreviationLocales = ['en-US', 'en-GB', 'en-AU', 'en-NZ', 'en-IN', 'en-ZA']

function abbreviationOf(epochMs: number, zone: string): string | undefined {
  for (const locale of abbreviationLocales) {
    const parts = formatter(zone, locale).formatToParts(epochMs)
    const name = parts.find((part) => part.type === 'timeZoneName')?.value
    if (name !== undefined && /^[A-Z]{3,5}$/.test(name)) return name
  }
  return undefined
}

/** Milliseconds since the epoch for a date in UTC; months from 1; days and hours may overflow. */
export function utcMs(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  return date.getTime()
}

export function timeFields(time: GoTime): Fields {
  const { offsetMinutes, abbreviation } = offsetOf(time.epochMs, time.zone)
  const shown = new Date(time.epochMs + offsetMinutes * 60_000)
  const year = shown.getUTCFullYear()
  return {
    year,
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
    second: shown.getUTCSeconds(),
    millisecond: shown.getUTCMilliseconds(),
    weekday: shown.getUTCDay(),
    yearDay: Math.floor((shown.getTime() - utcMs(year, 1, 1)) / 86_400_000) + 1,
    offsetMinutes,
    abbreviation,
  }
}

const layoutParts =
  /January|Jan|Monday|Mon|MST|2006|__2|_2006|_2|002|01|02|03|04|05|06|15|PM|pm|Z07:00:00|Z070000|Z0700|Z07:00|Z07|-07:00:00|-070000|-0700|-07:00|-07|[.,]0+(?![0-9])|[.,]9+(?![0-9])|1|2|3|4|5/g

function pieces(layout: string): { text: string; isPart: boolean }[] {
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
  if (part.startsWith('Z') && fields.offsetMinutes === 0) return 'Z'
  if (part.startsWith('Z') || part.startsWith('-')) {
    const digits = part.slice(1)
    const text = offsetText(fields.offsetMinutes, digits.includes(':') ? ':' : '', digits === '07')
    return digits.length > 5 ? `${text}${digits.includes(':') ? ':' : ''}00` : text
  }
  const digits = String(fields.millisecond)
    .padStart(3, '0')
    .padEnd(part.length - 1, '0')
    .slice(0, part.length - 1)
  if (part[1] === '0') return part[0] + digits
  const trimmed = digits.replace(/0+$/, '')
  return trimmed === '' ? '' : part[0] + trimmed
}

function offsetText(minutes: number, separator: string, hoursOnly: boolean): string {
  const sign = minutes < 0 ? '-' : '+'
  const hours = String(Math.trunc(Math.abs(minutes) / 60)).padStart(2, '0')
  return hoursOnly && minutes % 60 === 0
    ? sign + hours
    : hoursOnly
      ? `${sign}${hours}${String(Math.abs(minutes) % 60).padStart(2, '0')}`
      : `${sign}${hours}${separator}${String(Math.abs(minutes) % 60).padStart(2, '0')}`
}

const partPatterns: Readonly<Record<string, string>> = {
  January: months.join('|'),
  Jan: months.map((name) => name.slice(0, 3)).join('|'),
  Monday: weekdays.join('|'),
  Mon: weekdays.map((name) => name.slice(0, 3)).join('|'),
  MST: '[A-Z]{3,5}|[+-][0-9]{2}(?:[0-9]{2})?',
  '2006': '[0-9]{4}',
  PM: 'AM|PM',
  pm: 'am|pm',
  _2: ' ?[0-9]{1,2}',
  __2: ' {0,2}[0-9]{1,3}',
  '002': '[0-9]{3}',
  '1': '[0-9]{1,2}',
  '2': '[0-9]{1,2}',
  '3': '[0-9]{1,2}',
  '4': '[0-9]{1,2}',
  '5': '[0-9]{1,2}',
  '15': '[0-9]{1,2}',
}

/** Go's time.ParseInLocation in UTC; undefined when the text does not have the layout's form or is no date. */
export function parseTime(layout: string, text: string): GoTime | undefined {
  const parts: string[] = []
  let pattern = '^'
  for (const piece of pieces(layout)) {
    if (!piece.isPart) {
      pattern += piece.text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replace(/ +/g, ' *')
      continue
    }
    parts.push(piece.text)
    if (/^[Z-]07/.test(piece.text)) {
      const digits = piece.text.includes(':') ? '[0-9]{2}:[0-9]{2}' : piece.text.length === 3 ? '[0-9]{2}' : '[0-9]{4}'
      pattern += piece.text.startsWith('Z') ? `(Z|[+-]${digits})` : `([+-]${digits})`
    } else if (/^[.,]/.test(piece.text))
      pattern += piece.text[1] === '0' ? `([.,][0-9]{${piece.text.length - 1}})` : '((?:[.,][0-9]+)?)'
    else pattern += `(${partPatterns[piece.text] ?? '[0-9]{2}'})`
    // Seconds may be followed by a fraction that the layout does not mention.
    if ((piece.text === '05' || piece.text === '5') && !/0?5[.,][09]/.test(layout)) {
      parts.push('.9')
      pattern += '((?:[.,][0-9]+)?)'
    }
  }
  const found = new RegExp(`${pattern}$`, 'i').exec(text)
  if (found === null) return undefined
  return assemble(parts, found.slice(1))
}

function assemble(parts: readonly string[], texts: readonly string[]): GoTime | undefined {
  const read = (...names: string[]): string | undefined => {
    const index = parts.findIndex((part) => names.includes(part))
    return index < 0 ? undefined : texts[index]
  }
  const number = (fallback: number, ...names: string[]) => Number(read(...names) ?? fallback)
  const monthName = read('January', 'Jan')?.slice(0, 3).toLowerCase()
  const month =
    monthName === undefined ? number(1, '01', '1') : months.findIndex((name) => name.toLowerCase().startsWith(monthName)) + 1
  const short = read('06')
  const year = short === undefined ? number(0, '2006') : Number(short) + (Number(short) >= 69 ? 1900 : 2000)
  const day = number(1, '02', '2', '_2')
  const clock12 = read('03', '3')
  let hour = clock12 === undefined ? number(0, '15') : Number(clock12)
  const half = read('PM', 'pm')?.toLowerCase()
  if (half === 'pm' && hour < 12) hour += 12
  else if (half === 'am' && hour === 12) hour = 0
  const minute = number(0, '04', '4')
  const second = number(0, '05', '5')
  const lastDay = new Date(utcMs(year, month + 1, 0)).getUTCDate()
  if (month < 1 || month > 12 || day < 1 || day > lastDay || hour > 23 || minute > 59 || second > 59) return undefined
  const fraction = parts.findIndex((part) => /^[.,]/.test(part))
  const fractionText = fraction < 0 ? '' : (texts[fraction] ?? '')
  const milliseconds = fractionText === '' ? 0 : Math.floor(Number(`0.${fractionText.slice(1)}`) * 1000)
  const offset = texts[parts.findIndex((part) => /^[Z-]07/.test(part))]
  const found = offset === undefined ? null : /^([+-])(\d\d):?(\d\d)?$/.exec(offset)
  const minutes = found === null ? 0 : (Number(found[2]) * 60 + Number(found[3] ?? 0)) * (found[1] === '-' ? -1 : 1)
  const zone = minutes === 0 ? 'UTC' : `${found![1]}${found![2]}:${found![3] ?? '00'}`
  return { epochMs: utcMs(year, month, day, hour, minute, second) + milliseconds - minutes * 60_000, zone }
}

export function monthName(month: number): string {
  return months[month - 1]!
}

export function weekdayName(weekday: number): string {
  return weekdays[weekday]!
}
