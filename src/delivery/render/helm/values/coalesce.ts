import { cloneJson, setOwn } from '../../../../base/json.js'
import { checkWorkTime } from '../../../../base/work-time.js'
import { printValue, sprintf } from '../../../../formats/go-template/print.js'
import type { Chart } from '../chart/chart.js'
import { HelmError } from '../helm-error.js'
import { isTable, type Values } from './values.js'

/** Where warnings go; they have no effect on the result. */
export type Warn = (message: string) => void

export interface CoalesceOptions {
  readonly warn: Warn
  /** Keeps nulls, for a later coalescing that needs them. */
  readonly merge: boolean
  /** Helm 4's rules: nulls among a chart's defaults are as if they were not there. */
  readonly dropsNullDefaults?: boolean
}

const globalKey = 'global'

function joined(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`
}

function has(table: Values, key: string): boolean {
  return Object.hasOwn(table, key)
}

/**
 * The values for a chart and those inside it: what is given wins over the chart's defaults, a parent's over those of its
 * sub-charts; tables merge, anything else replaces; a null removes a default; globals reach every chart. Neither input is changed.
 */
export function coalesceValues(chart: Chart, given: Values, options: CoalesceOptions): Values {
  return coalesce(chart, cloneJson(given), '', options)
}

function coalesce(chart: Chart, target: Values, prefix: string, options: CoalesceOptions): Values {
  checkWorkTime()
  coalesceDefaults(chart, target, prefix, options)
  for (const child of chart.dependencies) {
    const name = child.metadata.name
    if (!has(target, name)) setOwn(target, name, {})
    const own = target[name]
    if (!isTable(own)) throw new HelmError(sprintf('type mismatch on %s: %t', [name, own]))
    const inner = joined(prefix, chart.metadata.name)
    coalesceGlobals(own, target, inner, options.warn)
    setOwn(target, name, coalesce(child, own, inner, options))
  }
  return target
}

function coalesceGlobals(target: Values, source: Values, prefix: string, warn: Warn): void {
  const targetGlobals = has(target, globalKey) ? target[globalKey] : {}
  if (!isTable(targetGlobals)) {
    warn(`warning: skipping globals because destination ${globalKey} is not a table.`)
    return
  }
  const sourceGlobals = has(source, globalKey) ? source[globalKey] : {}
  if (!isTable(sourceGlobals)) {
    warn(`warning: skipping globals because source ${globalKey} is not a table.`)
    return
  }
  for (const [key, value] of Object.entries(sourceGlobals)) {
    if (isTable(value)) {
      const copy = { ...value }
      if (!has(targetGlobals, key)) setOwn(targetGlobals, key, copy)
      else {
        const present = targetGlobals[key]
        if (isTable(present)) {
          coalesceTables(copy, present, { warn, merge: true }, joined(prefix, key))
          setOwn(targetGlobals, key, copy)
        } else warn(`Conflict: cannot merge map onto non-map for ${JSON.stringify(key)}. Skipping.`)
      }
    } else if (has(targetGlobals, key) && isTable(targetGlobals[key])) warn(`key ${key} is table. Skipping`)
    else setOwn(targetGlobals, key, value)
  }
  target[globalKey] = targetGlobals
}

function coalesceDefaults(chart: Chart, target: Values, prefix: string, options: CoalesceOptions): void {
  const { warn, merge } = options
  const drops = options.dropsNullDefaults === true && !merge
  const inner = joined(prefix, chart.metadata.name)
  const defaults = cloneJson(chart.values)
  for (const [key, value] of Object.entries(defaults)) {
    if (!has(target, key)) {
      if (drops && value === null) continue
      if (drops && isTable(value)) dropNulls(value)
      setOwn(target, key, value)
      continue
    }
    const present = target[key]
    if (present === null && !merge) delete target[key]
    else if (isTable(present)) {
      if (isTable(value)) {
        const isChild = chart.dependencies.some((child) => child.metadata.name === key)
        if (drops && !isChild) dropNulls(value)
        coalesceTables(present, value, { warn, merge: isChild || merge }, joined(inner, key))
      } else if (value !== null) warn(`warning: skipped value for ${inner}.${key}: Not a table.`)
    }
  }
}

function dropNulls(table: Values): void {
  for (const [key, value] of Object.entries(table)) {
    if (value === null) delete table[key]
    else if (isTable(value)) dropNulls(value)
  }
}

/** Merges `source` into `target`, which wins. Both are changed: they may share tables afterwards. */
export function coalesceTables(target: Values, source: Values, options: CoalesceOptions, prefix = ''): Values {
  const { warn, merge } = options
  const hadValue = new Set(Object.keys(source).filter((key) => source[key] !== null))
  for (const key of Object.keys(target)) if (target[key] === null) setOwn(source, key, null)
  for (const [key, value] of Object.entries(source)) {
    const path = joined(prefix, key)
    if (!has(target, key)) {
      setOwn(target, key, value)
      continue
    }
    const present = target[key]
    if (!merge && present === null && hadValue.has(key)) delete target[key]
    else if (isTable(value)) {
      if (isTable(present)) coalesceTables(present, value, options, path)
      else warn(`warning: cannot overwrite table with non table for ${path} (${printValue(value)})`)
    } else if (isTable(present) && value !== null) {
      warn(`warning: destination for ${path} is a table. Ignoring non-table value (${printValue(value)})`)
    }
  }
  return target
}
