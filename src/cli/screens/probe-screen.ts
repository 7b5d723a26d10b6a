import type { ProbeAnswer } from '../../app/services/probe-service.js'

/** What was counted in one interval. */
export interface ProbeInterval {
  readonly atMs: number
  readonly counts: Readonly<Record<string, number>>
  readonly errors: Readonly<Record<string, number>>
  readonly latencies: readonly number[]
}

export function gatherInterval(atMs: number, answers: readonly ProbeAnswer[]): ProbeInterval {
  const counts: Record<string, number> = {}
  const errors: Record<string, number> = {}
  for (const { from, error } of answers) {
    const [into, key] = error === undefined ? [counts, from ?? '?'] : [errors, error]
    into[key] = (into[key] ?? 0) + 1
  }
  return { atMs, counts, errors, latencies: answers.flatMap(({ ms, error }) => (error === undefined ? [ms] : [])) }
}

/** `p` from 0 to 1; NaN of nothing. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN
}

const total = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((sum, count) => sum + count, 0)

function milliseconds(value: number): string {
  return Number.isNaN(value) ? '-' : value >= 100 ? `${value.toFixed(0)}ms` : `${value.toPrecision(2)}ms`
}

/** One line for an interval, for files and pipes: `18:00:01Z us-east=20 errors=0 p50=1.2ms p99=3.4ms`. */
export function formatProbeLine({ atMs, counts, errors, latencies }: ProbeInterval): string {
  const names = Object.keys(counts).sort()
  const failed = Object.entries(errors).map(([error, count]) => `${error}:${count}`)
  return [
    new Date(atMs).toISOString().slice(11, 19),
    ...names.map((name) => `${name.replaceAll(' ', '_')}=${counts[name]}`),
    `errors=${total(errors)}${failed.length > 0 ? `(${failed.join(',')})` : ''}`,
    `p50=${milliseconds(percentile(latencies, 0.5))}`,
    `p99=${milliseconds(percentile(latencies, 0.99))}`,
  ].join(' ')
}

const bars = ' ▁▂▃▄▅▆▇█'
const colours = [36, 32, 33, 35, 34]

/**
 * A chart for terminals: a row of bars for each cluster that has answered, one for errors, the present interval at the right.
 * A bar's height is the cluster's share of the requests of its interval.
 */
export function formatProbeChart(
  intervals: readonly ProbeInterval[],
  options: { width: number; colour: boolean; title: string },
): string {
  const names = [...new Set(intervals.flatMap(({ counts }) => Object.keys(counts)))].sort()
  const pad = Math.max(6, ...names.map((name) => name.length))
  // What is left of the line beside the names and a count of nine digits; as long as nothing is there, it is blank.
  const room = Math.max(10, options.width - pad - 12)
  const shown = intervals.slice(-room)
  const paint = (text: string, code: number) => (options.colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  const row = (title: string, code: number, of: (interval: ProbeInterval) => number) => {
    const cells = shown.map((interval) => {
      const all = total(interval.counts) + total(interval.errors)
      const share = all === 0 ? 0 : of(interval) / all
      return bars[share === 0 ? 0 : Math.max(1, Math.round(share * 8))]
    })
    const sum = intervals.reduce((count, interval) => count + of(interval), 0)
    return `${title.padEnd(pad)} ${paint(cells.join('').padStart(room), code)} ${sum}`
  }
  const last = shown.at(-1)
  const latencies = last?.latencies ?? []
  return [
    // A line that the terminal breaks would be two.
    options.title.length > options.width ? `${options.title.slice(0, options.width - 1)}…` : options.title,
    ...names.map((name, index) => row(name, colours[index % colours.length]!, ({ counts }) => counts[name] ?? 0)),
    row('errors', 31, ({ errors }) => total(errors)),
    `p50 ${milliseconds(percentile(latencies, 0.5))}  p99 ${milliseconds(percentile(latencies, 0.99))}`,
    '',
  ].join('\n')
}
