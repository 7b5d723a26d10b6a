import { CodedError } from '../../base/errors.js'

/** When something recurs: for each field of a cron line the values that match. */
export interface CronSchedule {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
  /** A day matches by its date or by its weekday when both are restricted, as cron has it. */
  readonly eitherDay: boolean
}

const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/**
 * Parses the five fields of cron (minute, hour, day, month, weekday) with lists, ranges, steps and names, and macros such
 * as `@hourly`. Throws a CodedError `cron-schedule-invalid`.
 */
export function parseCronSchedule(text: string): CronSchedule {
  const line = macros[text.trim().toLowerCase()] ?? text.trim()
  const fields = line.split(/\s+/)
  if (fields.length !== 5) throw invalid(text, `expected 5 fields, found ${fields.length}`)
  const [minutes, hours, days, months, weekdays] = fields as [string, string, string, string, string]
  const found = parseField(text, weekdays, 0, 7, dayNames)
  if (found.delete(7)) found.add(0)
  return {
    minutes: parseField(text, minutes, 0, 59),
    hours: parseField(text, hours, 0, 23),
    days: parseField(text, days, 1, 31),
    months: parseField(text, months, 1, 12, monthNames, 1),
    weekdays: found,
    eitherDay: !isAny(days) && !isAny(weekdays),
  }
}

function isAny(field: string): boolean {
  return field.startsWith('*') || field.startsWith('?')
}

function parseField(
  text: string,
  field: string,
  least: number,
  most: number,
  names: readonly string[] = [],
  base = 0,
): Set<number> {
  const values = new Set<number>()
  for (const part of field.split(',')) {
    const [range = '', stepText, ...more] = part.split('/')
    const step = stepText === undefined ? 1 : Number(stepText)
    if (more.length > 0 || !Number.isInteger(step) || step < 1) throw invalid(text, `bad step in "${part}"`)
    let from = least
    let to = most
    if (range !== '*' && range !== '?') {
      const [first = '', last, ...rest] = range.split('-')
      from = numberIn(text, first, names, base)
      to = last === undefined ? (stepText === undefined ? from : most) : numberIn(text, last, names, base)
      if (rest.length > 0 || from < least || to > most || from > to) {
        throw invalid(text, `"${part}" is not within ${least} to ${most}`)
      }
    }
    for (let value = from; value <= to; value += step) values.add(value)
  }
  return values
}

function numberIn(text: string, word: string, names: readonly string[], base: number): number {
  const named = names.indexOf(word.toLowerCase())
  if (named >= 0) return named + base
  if (!/^\d{1,3}$/.test(word)) throw invalid(text, `"${word}" is not a number`)
  return Number(word)
}

function invalid(text: string, why: string): CodedError {
  return new CodedError({
    code: 'cron-schedule-invalid',
    message: `the cron schedule ${JSON.stringify(text)} is not valid: ${why}`,
    fix: 'Write minute, hour, day of month, month and weekday, such as "*/5 * * * *".',
  })
}

const minuteMs = 60_000
const hourMs = 3_600_000
const dayMs = 86_400_000

/** A zone's distance from UTC (ms, positive in the east) at a time. */
export type ZoneOffset = (atMs: number) => number
const utc: ZoneOffset = () => 0

/**
 * The first time (epoch ms, whole minute) after `after` at which the schedule is due by the clocks of a zone (default UTC);
 * undefined when it never is.
 */
export function nextTime(schedule: CronSchedule, after: number, offsetMs: ZoneOffset = utc): number | undefined {
  let at = (Math.floor(after / minuteMs) + 1) * minuteMs
  // Four years and a day hold every date that can come.
  const end = after + 1500 * dayMs
  while (at < end) {
    const offset = offsetMs(at)
    const local = new Date(at + offset)
    // Never past the hour: the zone may change its offset there.
    const nextHour = Math.floor((at + offset) / hourMs) * hourMs + hourMs - offset
    if (!schedule.months.has(local.getUTCMonth() + 1) || !matchesDay(schedule, local)) {
      const nextDay = Math.floor((at + offset) / dayMs) * dayMs + dayMs - offset
      at = offsetMs(nextDay) === offset ? nextDay : nextHour
    } else if (!schedule.hours.has(local.getUTCHours())) at = nextHour
    else if (!schedule.minutes.has(local.getUTCMinutes())) at += minuteMs
    else return at
  }
  return undefined
}

/** Whether the schedule is due in the minute of `atMs` by the clocks of a zone. */
export function isDue(schedule: CronSchedule, atMs: number, offsetMs: ZoneOffset = utc): boolean {
  const local = new Date(atMs + offsetMs(atMs))
  return (
    schedule.minutes.has(local.getUTCMinutes()) &&
    schedule.hours.has(local.getUTCHours()) &&
    schedule.months.has(local.getUTCMonth() + 1) &&
    matchesDay(schedule, local)
  )
}

function matchesDay({ days, weekdays, eitherDay }: CronSchedule, local: Date): boolean {
  const byDate = days.has(local.getUTCDate())
  const byWeekday = weekdays.has(local.getUTCDay())
  return eitherDay ? byDate || byWeekday : byDate && byWeekday
}

/** The clocks of a zone by its IANA name; undefined for a name that is not known. */
export function zoneOffset(name: string): ZoneOffset | undefined {
  if (name === '' || name === 'UTC' || name === 'Etc/UTC') return utc
  let format: Intl.DateTimeFormat
  try {
    const parts = {
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    } as const
    format = new Intl.DateTimeFormat('en-US', { timeZone: name, hourCycle: 'h23', ...parts })
  } catch {
    return undefined
  }
  // Offsets change on quarters of an hour at most: one look for each is enough.
  let known = { quarter: Number.NaN, offset: 0 }
  return (atMs) => {
    const quarter = Math.floor(atMs / 900_000)
    if (quarter !== known.quarter) {
      const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]))
      const local = Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second)
      known = { quarter, offset: local - Math.floor(atMs / 1000) * 1000 }
    }
    return known.offset
  }
}
