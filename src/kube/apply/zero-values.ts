import { isObject } from '../../base/json.js'
import type { FieldNode, SchemaNode } from '../schema/schema-node.js'

const known = new WeakMap<SchemaNode, Readonly<Record<string, unknown>>>()
const none: Readonly<Record<string, unknown>> = Object.freeze({})

/**
 * The members that a struct of a built-in kind always has in upstream's JSON, with their zero values: structs that are held
 * by value (`resources: {}`), and what is not left out when empty (`containers: null`). Ownership is told with them in place.
 */
export function zeroMembers(schema: SchemaNode): Readonly<Record<string, unknown>> {
  if (schema.type !== 'struct' || schema.fields === undefined) return none
  const before = known.get(schema)
  if (before !== undefined) return before
  const members: Record<string, unknown> = {}
  for (const [name, field] of schema.fields) {
    const zero = zeroOf(field)
    if (zero !== undefined) members[name] = zero
  }
  const result = Object.keys(members).length === 0 ? none : members
  known.set(schema, result)
  return result
}

function zeroOf(field: FieldNode): unknown {
  if (field.pointer !== false) return undefined
  switch (field.schema.type) {
    // Structs are there even where they are marked to be left out when empty.
    case 'struct':
      return zeroMembers(field.schema)
    case 'time':
    case 'micro-time':
      return null
    case 'int-or-string':
      return 0
    case 'quantity':
      return '0'
    case 'list':
    case 'map':
    case 'bytes':
    case 'any':
      return field.omitEmpty === true ? undefined : null
    case 'string':
      return field.omitEmpty === true ? undefined : ''
    case 'boolean':
      return field.omitEmpty === true ? undefined : false
    case 'integer':
    case 'number':
      return field.omitEmpty === true ? undefined : 0
    default:
      return undefined
  }
}

/** True when nothing at all is in the struct or map, zero values included. */
export function isEmptyStruct(schema: SchemaNode, value: unknown): boolean {
  if (!isObject(value)) return true
  for (const key in value) if (value[key] !== undefined) return false
  return zeroMembers(schema) === none
}
