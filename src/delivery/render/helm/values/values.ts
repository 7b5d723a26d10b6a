import { isObject } from '../../../../base/json.js'

/**
 * A chart's values: JSON data in which numbers are Go's float64, as files give them, and bigints are Go's int64, as
 * `--set` gives them.
 */
export type Values = Record<string, unknown>

export function isTable(value: unknown): value is Values {
  return isObject(value)
}

/** The table at a path of keys, undefined when there is none. */
export function tableAt(values: Values, path: string): Values | undefined {
  let table: Values = values
  for (const key of path.split('.')) {
    const next = Object.hasOwn(table, key) ? table[key] : undefined
    if (!isTable(next)) return undefined
    table = next
  }
  return table
}

/** The value at a path of keys when it is no table; `found` is false when there is none. */
export function valueAt(values: Values, path: string): { readonly found: boolean; readonly value: unknown } {
  const keys = path.split('.')
  const last = keys.pop()!
  const table = keys.length === 0 ? values : tableAt(values, keys.join('.'))
  if (table === undefined || !Object.hasOwn(table, last) || isTable(table[last])) return { found: false, value: undefined }
  return { found: true, value: table[last] }
}

/** The Go type of a value, as messages name it. */
export function typeNameOf(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'bigint') return 'int64'
  if (typeof value === 'number') return 'float64'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'string' ? 'string' : 'map[string]interface {}'
}
