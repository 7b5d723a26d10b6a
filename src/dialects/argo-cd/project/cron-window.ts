/**
 * Five-field cron expressions (`minute hour day-of-month month day-of-week`) as robfig/cron's standard parser takes them:
 * lists, ranges, steps, names of months and days, `?`, and `@hourly` and its like.
 */
export interface CronExpression {
  /** Whether the expression fires in the minute of a local time. */
  matches(local: LocalTime): boolean
}

export interface LocalTime {
  readonly minute: number
  readonly hour: number
  readonly day: number
  /** 1 to 12. */
  readonly month: number
  /** 0 is Sunday. */
  readonly weekday: number
}

const descriptors: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

/** Undefined for a malformed expression. */
export function parseCron(text: string): CronExpression | undefined {
  const fields = (descriptors[text.trim().toLowerCase()] ?? text).trim().split(/\s+/)
  if (fields.length !== 5) return undefined
  const minute = parseField(fields[0]!, 0, 59)
  const hour = parseField(fields[1]!, 0, 23)
  const day = parseField(fields[2]!, 1, 31)
  const month = parseField(fields[3]!, 1, 12, months, 1)
  const weekday = parseField(fields[4]!, 0, 7, weekdays, 0)
  if (!minute || !hour || !day || !month || !weekday) return undefined
  if (weekday.has(7)) weekday.add(0)
  const anyDay = /^[*?]/.test(fields[2]!)
  const anyWeekday = /^[*?]/.test(fields[4]!)
  return {
    matches(local) {
      if (!minute.has(local.minute) || !hour.has(local.hour) || !month.has(local.month)) return false
      // With both days restricted, either will do.
      return anyDay || anyWeekday
        ? day.has(local.day) && weekday.has(local.weekday)
        : day.has(local.day) || weekday.has(local.weekday)
    },
  }
}

function parseField(
  text: string,
  low: number,
  high: number,
  names: readonly string[] = [],
  firstName = 0,
): Set<number> | undefined {
  const values = new Set<number>()
  const number = (word: string): number | undefined => {
    const named = names.indexOf(word.toLowerCase())
    if (named >= 0) return named + firstName
    return /^\d{1,2}$/.test(word) ? Number(word) : undefined
  }
  for (const part of text.split(',')) {
    const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(part)
    if (!match) return undefined
    const step = match[2] === undefined ? 1 : Number(match[2])
    let from: number | undefined
    let to: number | undefined
    if (match[1] === '*' || match[1] === '?') [from, to] = [low, names === weekdays ? 6 : high]
    else {
      const ends = match[1]!.split('-')
      if (ends.length > 2) return undefined
      from = number(ends[0]!)
      to = ends.length === 2 ? number(ends[1]!) : match[2] === undefined ? from : high
    }
    if (from === undefined || to === undefined || from < low || to > high || from > to || step === 0) return undefined
    for (let value = from; value <= to; value += step) values.add(value)
  }
  return values
}

/**
 * Whether a window that opens by the expression and stays open for `durationMs` is open now. `offsetMs` tells the zone's
 * distance from UTC at a time.
 */
export function isWindowOpen(
  cron: CronExpression,
  durationMs: number,
  nowMs: number,
  offsetMs: (atMs: number) => number,
): boolean {
  const minute = 60_000
  const last = Math.floor(nowMs / minute) * minute
  // Offsets change at whole hours at most a few times a year: one look for each hour is enough.
  let hour = Number.NaN
  let offset = 0
  for (let at = last; at > nowMs - durationMs; at -= minute) {
    const thisHour = Math.floor(at / 3_600_000)
    if (thisHour !== hour) {
      hour = thisHour
      offset = offsetMs(at)
    }
    const local = new Date(at + offset)
    if (
      cron.matches({
        minute: local.getUTCMinutes(),
        hour: local.getUTCHours(),
        day: local.getUTCDate(),
        month: local.getUTCMonth() + 1,
        weekday: local.getUTCDay(),
      })
    )
      return true
  }
  return false
}

/** A zone's distance from UTC by its IANA name; undefined for a name that is not known. */
export function zoneOffset(name: string): ((atMs: number) => number) | undefined {
  if (name === '' || name === 'UTC') return () => 0
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    return (atMs) => {
      const parts = Object.fromEntries(format.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]))
      const local = Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute, parts.second)
      return local - Math.floor(atMs / 1000) * 1000
    }
  } catch {
    return undefined
  }
}
