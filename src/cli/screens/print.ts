import { plain } from '../../areas/analysis/report/report-format.js'
import { UsageError } from '../../base/errors.js'
import { formatYaml } from '../../formats/yaml/format-yaml.js'

export type OutputFormat = 'table' | 'wide' | 'json' | 'yaml' | 'name'

/** A column of a table; `wide` ones show with -o wide only. */
export interface Column<Row> {
  readonly title: string
  readonly wide?: boolean
  value(row: Row): string
}

/** Reads -o; throws UsageError for what it does not know. */
export function parseOutputFormat(text: string | undefined): OutputFormat {
  const format = text ?? 'table'
  if (format === 'table' || format === 'wide' || format === 'json' || format === 'yaml' || format === 'name') return format
  throw new UsageError({
    code: 'unknown-output-format',
    message: `unknown output format "${format}"`,
    fix: 'Use -o table, wide, json, yaml or name.',
  })
}

/** Rows as kubectl prints them: upper-case titles, columns parted by three spaces, no rules. What clusters say moves no cursor. */
export function formatTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  format: 'table' | 'wide' = 'table',
): string {
  const shown = columns.filter((column) => format === 'wide' || !column.wide)
  const cells = [shown.map((column) => column.title), ...rows.map((row) => shown.map((column) => plain(column.value(row))))]
  const widths = shown.map((_, index) => cells.reduce((widest, row) => Math.max(widest, row[index]!.length), 0))
  return `${cells
    .map((row) =>
      row
        .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index]! + 3)))
        .join('')
        .trimEnd(),
    )
    .join('\n')}\n`
}

/** Prints rows in the format asked for; `data` is what json and yaml show. */
export function printRows<Row>(options: {
  format: OutputFormat
  rows: readonly Row[]
  columns: readonly Column<Row>[]
  data: unknown
  names: (row: Row) => string
  empty: string
  out: (text: string) => void
  err: (text: string) => void
}): void {
  if (options.format === 'json') options.out(`${JSON.stringify(options.data, undefined, 2)}\n`)
  else if (options.format === 'yaml') options.out(formatYaml(options.data))
  else if (options.rows.length === 0) options.err(options.empty)
  else if (options.format === 'name') options.out(`${options.rows.map(options.names).join('\n')}\n`)
  else options.out(formatTable(options.rows, options.columns, options.format))
}

/** How long ago, as kubectl says it: 45s, 12m, 3h12m, 5d. */
export function formatAge(fromMs: number | undefined, nowMs: number): string {
  if (fromMs === undefined || Number.isNaN(fromMs)) return '<unknown>'
  const seconds = Math.max(0, Math.floor((nowMs - fromMs) / 1000))
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`
  if (hours < 48) return `${hours}h`
  return `${Math.floor(hours / 24)}d`
}

/** A whole screen without what a terminal would obey: what clusters and files say is in it. */
export function plainLines(text: string): string {
  return text.split('\n').map(plain).join('\n')
}
