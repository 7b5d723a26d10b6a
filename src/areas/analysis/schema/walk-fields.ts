import { isObject } from '../../../base/json.js'
import { parseQuantity } from '../../../kube/object/quantity.js'
import { base64Problem } from '../../../kube/schema/base64.js'
import type { SchemaNode } from '../../../kube/schema/schema-node.js'
import type { Path } from '../model/spot.js'
import { isPlaceholder } from './placeholder.js'

/** What is wrong with the shape of a value. */
export type ShapeProblem =
  | { readonly kind: 'unknown'; readonly path: Path; readonly key: string; readonly value: unknown; readonly struct: SchemaNode }
  | { readonly kind: 'type'; readonly path: Path; readonly value: unknown; readonly wanted: string; readonly instead?: Scalar }

type Scalar = string | number | boolean

/**
 * Holds a value against a schema, and tells of every field that it does not have and every value of another type. Nulls count as
 * absent, as they do for API servers; below `x-kubernetes-preserve-unknown-fields` only what is known is looked at.
 */
export function walkFields(schema: SchemaNode, value: unknown, tell: (problem: ShapeProblem) => void): void {
  walk(schema, value, [], tell)
}

function walk(schema: SchemaNode, value: unknown, path: Path, tell: (problem: ShapeProblem) => void): void {
  if (value === null || value === undefined) return
  const { type, items } = schema
  if (type === 'struct') {
    if (isObject(value)) walkStruct(schema, value, path, tell)
    else tellType('a map', value, path, tell)
  } else if (type === 'map') {
    if (!isObject(value)) tellType('a map', value, path, tell)
    else if (items !== undefined) for (const key of Object.keys(value)) walk(items, value[key], [...path, key], tell)
  } else if (type === 'list') {
    if (!Array.isArray(value)) tellType('a list', value, path, tell)
    else if (items !== undefined) for (const [index, item] of value.entries()) walk(items, item, [...path, index], tell)
  } else if (typeof value !== 'string' || !isPlaceholder(value)) {
    const wanted = wantedScalar(schema, value)
    if (wanted !== undefined) tellType(wanted.text, value, path, tell, wanted.instead)
  }
}

function walkStruct(schema: SchemaNode, value: Record<string, unknown>, path: Path, tell: (problem: ShapeProblem) => void): void {
  for (const key of Object.keys(value)) {
    const field = schema.fields?.get(key)
    if (field !== undefined) walk(field.schema, value[key], [...path, key], tell)
    else if (schema.preserveUnknown !== true && value[key] !== undefined && !isPlaceholder(key))
      tell({ kind: 'unknown', path: [...path, key], key, value: value[key], struct: schema })
  }
}

/** What the value should be; undefined when it is. */
function wantedScalar(schema: SchemaNode, value: unknown): { text: string; instead?: Scalar | undefined } | undefined {
  const isText = typeof value === 'string'
  switch (schema.type) {
    case 'string':
      return isText ? undefined : { text: 'text', instead: typeof value === 'object' ? undefined : String(value) }
    case 'boolean':
      if (typeof value === 'boolean') return undefined
      return { text: 'true or false', instead: value === 'true' ? true : value === 'false' ? false : undefined }
    case 'integer':
      return isWhole(value, schema.format) ? undefined : { text: 'a whole number', instead: numberIn(value) }
    case 'number':
      return typeof value === 'number' || typeof value === 'bigint' ? undefined : { text: 'a number', instead: numberIn(value) }
    case 'int-or-string':
      return isText || isWhole(value, 'int64') ? undefined : { text: 'a whole number or text' }
    case 'quantity':
      return isQuantity(value) ? undefined : { text: 'a quantity (`500m`, `2Gi`)' }
    case 'bytes':
      return Array.isArray(value) || (isText && base64Problem(value) === undefined) ? undefined : { text: 'base64' }
    case 'time':
    case 'micro-time':
    case 'duration':
      return isText ? undefined : { text: 'text' }
    default:
      return undefined
  }
}

function tellType(
  wanted: string,
  value: unknown,
  path: Path,
  tell: (problem: ShapeProblem) => void,
  instead?: Scalar | undefined,
): void {
  // In brackets (`name: [YOUR-CLUSTER]`) one looks like a list.
  const text = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value
  if (typeof text === 'string' && isPlaceholder(text)) return
  tell({ kind: 'type', path, value, wanted, ...(instead === undefined ? {} : { instead }) })
}

function isWhole(value: unknown, format: SchemaNode['format']): boolean {
  if (typeof value === 'bigint') return format !== 'int32'
  if (typeof value !== 'number' || !Number.isInteger(value)) return false
  return format !== 'int32' || (value >= -2_147_483_648 && value <= 2_147_483_647)
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : undefined
}

function isQuantity(value: unknown): boolean {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint') return false
  try {
    parseQuantity(typeof value === 'bigint' ? `${value}` : value)
    return true
  } catch {
    return false
  }
}
