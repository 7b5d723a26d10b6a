import type { Clock } from '../../../base/clock.js'
import { type GoFunction, goFunction } from '../functions.js'
import { GoInt, GoStruct, int, int64, integerOf, typeName } from '../values.js'
import { durationProblem, formatDuration, parseDuration } from './durations.js'
import { formatTime, type GoTime, knownZone, monthName, timeFields, utcMs, weekdayName } from './go-time.js'
import { parseTime } from './parse-time.js'

const zeroTime: GoTime = { epochMs: utcMs(1, 1, 1), zone: 'UTC' }

export function dateFunctions(clock: Pick<Clock, 'now'>): [string, GoFunction][] {
  const now = (): GoTime => ({ epochMs: clock.now(), zone: 'UTC' })
  /** Times, and int and int64 as seconds since 1970; anything else is now. */
  const instant = (value: unknown): GoTime => {
    if (value instanceof GoStruct && value.type === 'time.Time') return value.native as GoTime
    const type = typeName(value)
    if (type === 'int64' || type === 'int' || type === 'int32') return { epochMs: Number(integerOf(value)) * 1000, zone: 'UTC' }
    return now()
  }
  const inZone = (layout: string, value: unknown, zone: string) =>
    formatTime({ ...instant(value), zone: knownZone(zone) }, layout)
  const dateInZone = goFunction(['string', 'any', 'string'], inZone)
  const dateModify = goFunction(['string', 'time'], (duration, time) => shift(time, parseDuration(duration) ?? 0n))
  const mustDateModify = goFunction(['string', 'time'], (duration, time) => {
    const nanoseconds = parseDuration(duration)
    if (nanoseconds === undefined) throw new Error(durationProblem(duration))
    return shift(time, nanoseconds)
  })
  return [
    ['now', goFunction([], () => timeValue(now()))],
    ['date', goFunction(['string', 'any'], (layout, value) => inZone(layout, value, 'Local'))],
    ['htmlDate', goFunction(['any'], (value) => inZone('2006-01-02', value, 'Local'))],
    ['htmlDateInZone', goFunction(['any', 'string'], (value, zone) => inZone('2006-01-02', value, zone))],
    ['dateInZone', dateInZone],
    ['date_in_zone', dateInZone],
    ['dateModify', dateModify],
    ['date_modify', dateModify],
    ['mustDateModify', mustDateModify],
    ['must_date_modify', mustDateModify],
    [
      'ago',
      goFunction(['any'], (value) => {
        const elapsed = BigInt(Math.round((now().epochMs - instant(value).epochMs) / 1000))
        return formatDuration(elapsed * 1_000_000_000n)
      }),
    ],
    ['duration', goFunction(['any'], (value) => formatDuration(BigInt.asIntN(64, durationSeconds(value) * 1_000_000_000n)))],
    ['durationRound', goFunction(['any'], (value) => roundDuration(durationNanoseconds(value, now())))],
    ['toDate', goFunction(['string', 'string'], (layout, text) => timeValue(orZero(() => parseTime(layout, text))))],
    ['mustToDate', goFunction(['string', 'string'], (layout, text) => timeValue(parseTime(layout, text)))],
    ['unixEpoch', goFunction(['time'], (time) => String(Math.floor((time.native as GoTime).epochMs / 1000)))],
  ]
}

function durationSeconds(value: unknown): bigint {
  if (typeof value === 'string') return /^[+-]?[0-9]{1,18}$/.test(value) ? BigInt(value.replace('+', '')) : 0n
  return typeName(value) === 'int64' ? (integerOf(value) ?? 0n) : 0n
}

function durationNanoseconds(value: unknown, now: GoTime): bigint {
  if (typeof value === 'string') return parseDuration(value) ?? 0n
  if (value instanceof GoStruct && value.type === 'time.Time') {
    return nanosecondsOf(now) - nanosecondsOf(value.native as GoTime)
  }
  return typeName(value) === 'int64' ? (integerOf(value) ?? 0n) : 0n
}

/** The largest unit that is full: `2h` for 2h10m. */
function roundDuration(nanoseconds: bigint): string {
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds
  const hour = 3_600_000_000_000n
  const steps: [bigint, string][] = [
    [hour * 24n * 365n, 'y'],
    [hour * 24n * 30n, 'mo'],
    [hour * 24n, 'd'],
    [hour, 'h'],
    [hour / 60n, 'm'],
    [hour / 3600n, 's'],
  ]
  for (const [size, unit] of steps) if (magnitude > size) return `${magnitude / size}${unit}`
  return '0s'
}

function shift(time: GoStruct, nanoseconds: bigint): GoStruct {
  const native = time.native as GoTime
  const total = nanosecondsOf(native) + nanoseconds
  const beyond = ((total % 1_000_000n) + 1_000_000n) % 1_000_000n
  return timeValue({ epochMs: Number((total - beyond) / 1_000_000n), nanoseconds: Number(beyond), zone: native.zone })
}

function nanosecondsOf({ epochMs, nanoseconds = 0 }: GoTime): bigint {
  return BigInt(Math.floor(epochMs)) * 1_000_000n + BigInt(nanoseconds)
}

function orZero(read: () => GoTime): GoTime {
  try {
    return read()
  } catch {
    return zeroTime
  }
}

/** A time as templates see it: `.Format "2006"`, `.Unix`, `.Year`, prints as Go prints times. */
export function timeValue(time: GoTime): GoStruct {
  const fields = () => timeFields(time)
  const number = (give: () => number) => goFunction([], () => int(give()))
  const text = () => formatTime(time, '2006-01-02 15:04:05.999999999 -0700 MST')
  const order = (other: GoStruct) => Number(nanosecondsOf(time) - nanosecondsOf(other.native as GoTime))
  return new GoStruct({
    type: 'time.Time',
    native: time,
    text,
    jsonText: () => formatTime(time, '2006-01-02T15:04:05.999999999Z07:00'),
    methods: {
      Format: goFunction(['string'], (layout) => formatTime(time, layout)),
      String: goFunction([], text),
      Unix: goFunction([], () => int64(Math.floor(time.epochMs / 1000))),
      UnixMilli: goFunction([], () => int64(Math.floor(time.epochMs))),
      UnixNano: goFunction([], () => new GoInt(nanosecondsOf(time), 'int64')),
      Year: number(() => fields().year),
      Month: goFunction([], () => monthName(fields().month)),
      Day: number(() => fields().day),
      Hour: number(() => fields().hour),
      Minute: number(() => fields().minute),
      Second: number(() => fields().second),
      YearDay: number(() => fields().yearDay),
      Weekday: goFunction([], () => weekdayName(fields().weekday)),
      UTC: goFunction([], () => timeValue({ ...time, zone: 'UTC' })),
      Local: goFunction([], () => timeValue({ ...time, zone: 'UTC' })),
      IsZero: goFunction([], () => nanosecondsOf(time) === nanosecondsOf(zeroTime)),
      AddDate: goFunction(['int', 'int', 'int'], (years, months, days) => {
        const now = fields()
        const date = utcMs(now.year + years, now.month + months, now.day + days, now.hour, now.minute, now.second)
        return timeValue({ ...time, epochMs: date + Math.floor(now.nanosecond / 1e6) - now.offsetSeconds * 1000 })
      }),
      Before: goFunction(['time'], (other) => order(other) < 0),
      After: goFunction(['time'], (other) => order(other) > 0),
      Equal: goFunction(['time'], (other) => order(other) === 0),
    },
  })
}
