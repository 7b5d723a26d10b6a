import { isObject } from '../../base/json.js'
import type { SchemaNode } from '../schema/schema-node.js'

/** The shape of what has no schema: maps are granular, lists atomic. */
export const untyped: SchemaNode = { type: 'any' }

/**
 * How server-side apply treats a value: `fields` (struct or map, owned by field), `items` (associative list, owned by
 * element), `whole` (atomic map or list), `scalar`. What has no fixed type is told by the value itself.
 */
export type Shape = 'fields' | 'items' | 'whole' | 'scalar'

export function shapeOf(schema: SchemaNode, value: unknown): Shape {
  switch (schema.type) {
    case 'struct':
    case 'map':
      return schema.mapType === 'atomic' ? 'whole' : 'fields'
    case 'list':
      return schema.listType === 'map' || schema.listType === 'set' ? 'items' : 'whole'
    case 'any':
      // Raw JSON inside of built-in kinds is one value.
      if (schema.name?.startsWith('io.k8s.') === true) return value === null || value === undefined ? 'scalar' : 'whole'
      return Array.isArray(value) ? 'whole' : isObject(value) || value === null || value === undefined ? 'fields' : 'scalar'
    default:
      return 'scalar'
  }
}

/** The schema of a member, undefined when a struct knows no such field. */
export function memberSchema(schema: SchemaNode, name: string): SchemaNode | undefined {
  switch (schema.type) {
    case 'struct': {
      const field = schema.fields?.get(name)
      if (field !== undefined) return field.schema
      return schema.preserveUnknown === true ? untyped : undefined
    }
    case 'map':
      return schema.items ?? untyped
    default:
      return untyped
  }
}

/** True for fields that a struct names (not for keys of maps, nor for what it merely preserves). */
export function isNamedField(schema: SchemaNode, name: string): boolean {
  return schema.type === 'struct' && schema.fields?.has(name) === true
}

/** Null and absent have no members. */
export function membersOf(value: unknown): Record<string, unknown> | undefined {
  return isObject(value) ? value : undefined
}

/** Null and absent have no items. */
export function itemsOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined
}

export function isEmptyObject(value: Record<string, unknown>): boolean {
  for (const key in value) if (value[key] !== undefined) return false
  return true
}
