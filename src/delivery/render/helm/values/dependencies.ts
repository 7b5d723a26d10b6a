import { cloneJson, setOwn } from '../../../../base/json.js'
import { checkWorkTime } from '../../../../base/work-time.js'
import { printValue } from '../../../../formats/go-template/print.js'
import { isCompatibleRange } from '../../../../formats/semver/constraints.js'
import { type Chart, type Dependency, setDependencies } from '../chart/chart.js'
import { HelmError } from '../helm-error.js'
import { type CoalesceOptions, coalesceTables, coalesceValues, type Warn } from './coalesce.js'
import { isTable, tableAt, type Values, valueAt } from './values.js'

export interface DependencyRules extends Omit<CoalesceOptions, 'merge'> {
  /** Helm 4's rules: a chart that is used under several names has sub-charts and dependencies of its own under each. */
  readonly copiesForNames?: boolean
}

/** Of one chart, names of the same counted: with names for names for names a few files are charts without end. */
const mostCharts = 2000

interface EnablingRules extends DependencyRules {
  readonly room: { charts: number }
}

/**
 * Decides which sub-charts take part and under which names (aliases, tags, conditions), and imports values that
 * sub-charts offer. Changes the chart, which must be a copy (copyChart).
 */
export function processDependencies(chart: Chart, values: Values, options: DependencyRules): void {
  enableDependencies(chart, values, '', { ...options, room: { charts: mostCharts } })
  importValues(chart, options.warn)
}

function applyConditions(dependencies: readonly Dependency[], values: Values, prefix: string, warn: Warn): void {
  for (const dependency of dependencies) {
    for (const condition of dependency.condition.trim().split(',')) {
      if (condition === '') continue
      const { found, value } = valueAt(values, prefix + condition)
      if (!found) continue
      if (typeof value === 'boolean') {
        dependency.enabled = value
        break
      }
      warn(`Warning: Condition path '${condition}' for chart ${dependency.name} returned non-bool value`)
    }
  }
}

function applyTags(dependencies: readonly Dependency[], values: Values, warn: Warn): void {
  const tags = tableAt(values, 'tags')
  if (tags === undefined) return
  for (const dependency of dependencies) {
    let anyTrue = false
    let anyFalse = false
    for (const tag of dependency.tags) {
      if (!Object.hasOwn(tags, tag)) continue
      const value = tags[tag]
      if (typeof value !== 'boolean') warn(`Warning: Tag '${tag}' for chart ${dependency.name} returned non-bool value`)
      else if (value) anyTrue = true
      else anyFalse = true
    }
    dependency.enabled = anyTrue || !anyFalse
  }
}

/** The chart that a dependency means, under its alias. With Helm 3 it shares its own sub-charts and dependencies with the original. */
function chartFor(charts: readonly Chart[], dependency: Dependency, copies: boolean): Chart | undefined {
  const found = charts.find(
    (chart) => chart.metadata.name === dependency.name && isCompatibleRange(dependency.version, chart.metadata.version),
  )
  if (found === undefined) return undefined
  const name = dependency.alias === '' ? found.metadata.name : dependency.alias
  const chart: Chart = { ...found, metadata: { ...found.metadata, name } }
  if (copies) {
    chart.metadata.dependencies = found.metadata.dependencies?.map((each) => ({ ...each }))
    setDependencies(
      chart,
      found.dependencies.map((each) => ({ ...each })),
    )
  }
  return chart
}

function enableDependencies(chart: Chart, values: Values, prefix: string, options: EnablingRules): void {
  checkWorkTime()
  const { warn } = options
  const wanted = chart.metadata.dependencies
  if (wanted === undefined) return
  const isListed = (existing: Chart) =>
    wanted.some((each) => existing.metadata.name === each.name && isCompatibleRange(each.version, existing.metadata.version))
  const charts = chart.dependencies.filter((existing) => !isListed(existing))
  const vendored = chart.dependencies
  for (const dependency of wanted) {
    const found = chartFor(vendored, dependency, options.copiesForNames === true)
    if (found !== undefined) {
      if (--options.room.charts < 0)
        throw new HelmError(`the chart depends on more than ${mostCharts} charts, each name of one counted`, {
          fix: 'Take names out of the dependencies of its Chart.yaml, or of those below charts/.',
        })
      charts.push(found)
    }
    if (dependency.alias !== '') dependency.name = dependency.alias
  }
  setDependencies(chart, charts)
  for (const dependency of wanted) dependency.enabled = true
  const coalesced = coalesceValues(chart, values, { ...options, merge: false })
  applyTags(wanted, coalesced, warn)
  applyConditions(wanted, coalesced, prefix, warn)
  const disabled = new Set(wanted.flatMap((each) => (each.enabled ? [] : [each.name])))
  const kept = charts.filter((each) => !disabled.has(each.metadata.name))
  const keptDependencies = wanted.filter((each) => !disabled.has(each.name))
  for (const child of kept) enableDependencies(child, coalesced, `${prefix}${child.metadata.name}.`, options)
  chart.metadata.dependencies = keptDependencies.length === 0 ? undefined : keptDependencies
  setDependencies(chart, kept)
}

/**
 * Imports that have been done once. Under Helm 3 the entries of a chart with several names are the same objects, and only the first
 * of the names imports: what a done entry is turned into is no longer what Helm looks for.
 */
const done = new WeakSet<object>()

function importValues(chart: Chart, warn: Warn): void {
  for (const child of chart.dependencies) importValues(child, warn)
  const dependencies = chart.metadata.dependencies
  if (dependencies === undefined) return
  const options = { warn, merge: true }
  const own = coalesceValues(chart, {}, options)
  let imported: Values = {}
  for (const dependency of dependencies) {
    const entries: object[] = []
    for (const entry of dependency.importValues) {
      if (isTable(entry) && !done.has(entry)) {
        const child = textOf(entry['child'])
        const parent = textOf(entry['parent'])
        entries.push({ child, parent })
        const table = tableAt(own, `${dependency.name}.${child}`)
        if (table === undefined) {
          const missing = JSON.stringify(missingKey(own, `${dependency.name}.${child}`))
          warn(`Warning: ImportValues missing table from chart ${dependency.name}: ${missing} is not a table`)
        } else imported = coalesceTables(imported, atPath(parent, table), options)
      } else if (typeof entry === 'string') {
        entries.push({ child: `exports.${entry}`, parent: '.' })
        const table = tableAt(own, `${dependency.name}.exports.${entry}`)
        if (table === undefined) {
          const missing = JSON.stringify(missingKey(own, `${dependency.name}.exports.${entry}`))
          warn(`Warning: ImportValues missing table: ${missing} is not a table`)
        } else imported = coalesceTables(imported, table, options)
      }
    }
    for (const entry of entries) done.add(entry)
    dependency.importValues = entries
  }
  chart.values = coalesceTables(cloneJson(own), imported, options)
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? '<nil>' : printValue(value)
}

function missingKey(values: Values, path: string): string {
  const keys = path.split('.')
  for (let count = 1; count < keys.length; count++) {
    if (tableAt(values, keys.slice(0, count).join('.')) === undefined) return keys[count - 1]!
  }
  return keys.at(-1)!
}

function atPath(path: string, table: Values): Values {
  if (path === '.') return table
  let current = table
  for (const key of path.split('.').reverse()) {
    const outer: Values = {}
    setOwn(outer, key, current)
    current = outer
  }
  return current
}
