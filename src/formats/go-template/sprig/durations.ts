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
  const found = /^([+-]?)(.+)$/.exec(text)
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
