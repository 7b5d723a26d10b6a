/** Go's text of a duration: `1h0m0s`, `1.5s`, `300ms`, `0s`. */
export function formatGoDuration(nanoseconds: number): string {
  if (nanoseconds === 0) return '0s'
  const sign = nanoseconds < 0 ? '-' : ''
  const total = Math.abs(nanoseconds)
  if (total < 1000) return `${sign}${total}ns`
  if (total < 1_000_000) return `${sign}${trim(total / 1000, 3)}µs`
  if (total < 1_000_000_000) return `${sign}${trim(total / 1_000_000, 6)}ms`
  const hours = Math.floor(total / 3_600_000_000_000)
  const minutes = Math.floor((total % 3_600_000_000_000) / 60_000_000_000)
  const seconds = trim((total % 60_000_000_000) / 1_000_000_000, 9)
  return `${sign}${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`
}

function trim(value: number, digits: number): string {
  return value.toFixed(digits).replace(/\.?0+$/, '')
}

const units: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1000,
  µs: 1000,
  μs: 1000,
  ms: 1_000_000,
  s: 1_000_000_000,
  m: 60_000_000_000,
  h: 3_600_000_000_000,
}

/** Nanoseconds of a text that Go's time.ParseDuration takes, undefined otherwise. */
export function parseGoDuration(text: string): number | undefined {
  const match = /^([+-]?)((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+$/.exec(text)
  if (text === '0' || text === '+0' || text === '-0') return 0
  if (match === null) return undefined
  let total = 0
  for (const [, number = '', unit = ''] of text.matchAll(/([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(number) * (units[unit] ?? 0)
  }
  return match[1] === '-' ? -Math.round(total) : Math.round(total)
}
