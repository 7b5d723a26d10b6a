import { type FunctionDeclaration, member } from '../check/declarations.js'
import { durationType, intType, stringType, timestampType } from '../types/type-node.js'
import { type Civil, civilFrom } from '../values/time.js'
import { CelDuration, CelFailure, CelTimestamp, orNoSuchOverload, type Value } from '../values/values.js'

/** Seconds east of UTC. Names of the time zone database are not here: a pure room has none. */
function offsetOf(zone: string): number | CelFailure {
  if (zone === '' || zone === 'UTC' || zone === 'Local') return 0
  const colon = zone.indexOf(':')
  if (colon < 0) return new CelFailure(`unknown time zone ${zone}`)
  const hours = atoi(zone.slice(0, colon))
  if (hours instanceof CelFailure) return hours
  const minutes = atoi(zone.slice(colon + 1))
  if (minutes instanceof CelFailure) return minutes
  return (zone.startsWith('-') ? hours * 60 - minutes : hours * 60 + minutes) * 60
}

function atoi(text: string): number | CelFailure {
  if (/^[+-]?\d{1,15}$/.test(text)) return Number(text)
  return new CelFailure(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`)
}

type Field = (civil: Civil, time: CelTimestamp) => number

function read(field: Field, time: Value, zone: Value): Value {
  if (!(time instanceof CelTimestamp)) return orNoSuchOverload(time)
  if (typeof zone !== 'string') return orNoSuchOverload(zone)
  const offset = offsetOf(zone)
  return offset instanceof CelFailure ? offset : field(civilFrom(time.seconds + offset), time)
}

function field(name: string, id: string, get: Field, withZone = `${id}_with_tz`): FunctionDeclaration {
  return {
    name,
    overloads: [
      member(id, [timestampType], intType, (time) => read(get, time!, 'UTC')),
      member(withZone, [timestampType, stringType], intType, (time, zone) => read(get, time!, zone!)),
    ],
  }
}

function ofDuration(name: string, id: string, nanos: bigint): FunctionDeclaration {
  return {
    name,
    overloads: [
      member(id, [durationType], intType, (value) =>
        value instanceof CelDuration ? Number(value.nanos / nanos) : orNoSuchOverload(value!),
      ),
    ],
  }
}

export const timeFunctions: readonly FunctionDeclaration[] = [
  field('getFullYear', 'timestamp_to_year', (civil) => civil.year),
  field('getMonth', 'timestamp_to_month', (civil) => civil.month - 1),
  field('getDayOfYear', 'timestamp_to_day_of_year', (civil) => civil.dayOfYear),
  field('getDayOfMonth', 'timestamp_to_day_of_month', (civil) => civil.day - 1),
  field('getDate', 'timestamp_to_day_of_month_1_based', (civil) => civil.day),
  field('getDayOfWeek', 'timestamp_to_day_of_week', (civil) => civil.dayOfWeek),
  field('getHours', 'timestamp_to_hours', (civil) => civil.hour),
  ofDuration('getHours', 'duration_to_hours', 3_600_000_000_000n),
  field('getMinutes', 'timestamp_to_minutes', (civil) => civil.minute),
  ofDuration('getMinutes', 'duration_to_minutes', 60_000_000_000n),
  field('getSeconds', 'timestamp_to_seconds', (civil) => civil.second, 'timestamp_to_seconds_tz'),
  ofDuration('getSeconds', 'duration_to_seconds', 1_000_000_000n),
  field('getMilliseconds', 'timestamp_to_milliseconds', (_civil, time) => Math.trunc(time.nanos / 1_000_000)),
  ofDuration('getMilliseconds', 'duration_to_milliseconds', 1_000_000n),
]
