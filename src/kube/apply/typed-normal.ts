import { isObject, setOwn } from '../../base/json.js'
import type { FieldNode, SchemaNode } from '../schema/schema-node.js'
import { untyped } from './typed-schema.js'

/**
 * The object as upstream would store it: for built-in kinds without nulls (but those that Go prints) and without empty values
 * of fields that are left out when empty (`labels: {}`, `hostNetwork: false`). Shares what stays; parts that are the same by identity in `live` are
 * taken to be normal already. Custom resources (schemas without Go's marks) keep what they have, null included.
 */
export function normalizeTyped<T>(schema: SchemaNode, value: T, live?: unknown): T {
  if (schema.name?.startsWith('io.k8s.') !== true) return value
  return normal(schema, value, live) as T
}

function normal(schema: SchemaNode, value: unknown, live: unknown): unknown {
  if (value === live || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return normalItems(schema, value, live)
  switch (schema.type) {
    case 'struct':
      return normalStruct(schema, value as Record<string, unknown>, live)
    case 'map':
      return schema.items === undefined || isPlain(schema.items)
        ? value
        : normalMap(schema.items, value as Record<string, unknown>, live)
    default:
      return value
  }
}

function isPlain(schema: SchemaNode): boolean {
  return schema.type !== 'struct' && schema.type !== 'list' && schema.type !== 'map'
}

function normalStruct(schema: SchemaNode, value: Record<string, unknown>, live: unknown): unknown {
  const before = isObject(live) ? live : undefined
  let result: Record<string, unknown> | undefined
  for (const name of Object.keys(value)) {
    const member = value[name]
    const field = schema.fields?.get(name)
    let kept = member
    if (field === undefined) continue
    if (isOmitted(field, member)) kept = undefined
    else if (isNilled(field, member)) kept = null
    else if (typeof member === 'object') kept = normal(field.schema, member, before?.[name])
    if (kept === member) continue
    result ??= { ...value }
    if (kept === undefined) delete result[name]
    else result[name] = kept
  }
  return result ?? value
}

function isOmitted(field: FieldNode, value: unknown): boolean {
  if (value === undefined) return true
  if (value === null) return field.schema.type !== 'any' && !isNullWhenAbsent(field)
  if (field.omitEmpty !== true) return false
  if (field.schema.type === 'list' || field.schema.type === 'map') {
    return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0
  }
  if (field.pointer !== false) return false
  return (value === '' || value === 0 || value === false) && field.schema.type !== 'int-or-string'
}

/** Go prints times and, without omitempty, lists and maps that are not there as null. */
function isNullWhenAbsent(field: FieldNode): boolean {
  if (field.pointer !== false) return false
  const { type } = field.schema
  if (type === 'time' || type === 'micro-time') return true
  return field.omitEmpty !== true && (type === 'list' || type === 'map' || type === 'bytes')
}

/** An empty list comes back from storage as none at all. */
function isNilled(field: FieldNode, value: unknown): boolean {
  if (!isNullWhenAbsent(field) || typeof value !== 'object' || value === null) return false
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0
}

function normalMap(items: SchemaNode, value: Record<string, unknown>, live: unknown): unknown {
  const before = isObject(live) ? live : undefined
  let result: Record<string, unknown> | undefined
  for (const name of Object.keys(value)) {
    const kept = normal(items, value[name], before?.[name])
    if (kept === value[name]) continue
    result ??= { ...value }
    setOwn(result, name, kept)
  }
  return result ?? value
}

function normalItems(schema: SchemaNode, value: unknown[], live: unknown): unknown[] {
  const items = schema.items ?? untyped
  if (isPlain(items)) return value
  const before = Array.isArray(live) ? live : undefined
  let result: unknown[] | undefined
  for (let index = 0; index < value.length; index++) {
    const kept = normal(items, value[index], before?.[index])
    if (kept === value[index]) continue
    result ??= [...value]
    result[index] = kept
  }
  return result ?? value
}
