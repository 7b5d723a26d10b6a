const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

/** Go's time.ParseDuration in nanoseconds: `1h30m`, `-1.5s`; undefined for anything else. */
export function parseDuration(text: string): bigint | undefined {
  const found = text.length > 1000 ? null : /^([+-]?)(.+)$/.exec(text)
  if (found === null) return undefined
  const body = found[2]!
  if (body === '0') return 0n
  let total = 0n
  let length = 0
  for (const [all, whole = '', fraction = '', unit = ''] of body.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/gy)) {
    if (whole === '' && fraction === '') return undefined
    const size = units[unit]!
    total += BigInt(whole === '' ? 0 : whole) * size
    if (fraction !== '') total += (BigInt(fraction) * size) / 10n ** BigInt(fraction.length)
    length += all.length
  }
  if (length !== body.length || total >= 2n ** 63n) return undefined
  return found[1] === '-' ? -total : total
}

/** What time.ParseDuration says about a text that it cannot read. */
export function durationProblem(text: string): string {
  const quoted = JSON.stringify(text)
  const rest = /^[+-]?((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*)(.*)$/s.exec(text.slice(0, 1000))?.[2] ?? ''
  const number = /^(?:\d+\.?\d*|\.\d+)/.exec(rest)
  if (number === null || /^[0-9.]*\d{20}/.test(rest)) return `time: invalid duration ${quoted}`
  const unit = /^[^.0-9]*/.exec(rest.slice(number[0].length))![0]
  if (unit === '') return `time: missing unit in duration ${quoted}`
  return Object.hasOwn(units, unit)
    ? `time: invalid duration ${quoted}`
    : `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`
}

/** Go's Duration.String: `1h30m0s`, `1.5s`, `250ms`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  const sign = nanoseconds < 0n ? '-' : ''
  const magnitude = nanoseconds < 0n ? -nanoseconds : nanoseconds
  if (magnitude < units['s']!) {
    const [unit, size] = magnitude < 1_000n ? ['ns', 1n] : magnitude < 1_000_000n ? ['µs', 1_000n] : ['ms', 1_000_000n]
    return `${sign}${decimal(magnitude, size as bigint)}${unit}`
  }
  const seconds = magnitude / units['s']!
  const tail = `${decimal(magnitude - (seconds - (seconds % 60n)) * units['s']!, units['s']!)}s`
  const minutes = seconds / 60n
  if (minutes === 0n) return sign + tail
  const hours = minutes / 60n
  return hours === 0n ? `${sign}${minutes}m${tail}` : `${sign}${hours}h${minutes % 60n}m${tail}`
}

function decimal(value: bigint, unit: bigint): string {
  const fraction =
    unit === 1n
      ? ''
      : (value % unit)
          .toString()
          .padStart(unit.toString().length - 1, '0')
          .replace(/0+$/, '')
  return fraction === '' ? String(value / unit) : `${value / unit}.${fraction}`
}
