import { cloneJson, isObject, setOwn } from '../../base/json.js'
import type { SchemaNode } from './schema-node.js'

/**
 * Fills in the defaults of a custom resource's schema. A null in a field that is not nullable counts as absent: it takes
 * the default, or goes when there is none. Gives the same object when nothing changes. The API server does this on every
 * write and every read.
 *
 * Reference: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting.
 */
export function applySchemaDefaults<T>(schema: SchemaNode, object: T): T {
  return fill(schema, object) as T
}

function fill(schema: SchemaNode, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema
    if (items === undefined) return value
    const filled = value.map((item) => fill(items, isRefusedNull(items, item) ? defaultOf(items) : item))
    return filled.some((item, index) => item !== value[index]) ? filled : value
  }
  if (!isObject(value)) return value
  if (schema.type === 'struct') return fillStruct(schema, value)
  if (schema.type !== 'map' || schema.items === undefined) return value
  const { items } = schema
  return fillMembers(value, Object.keys(value), (member) => fillMember(items, member))
}

function fillStruct(schema: SchemaNode, struct: Record<string, unknown>): Record<string, unknown> {
  const keys = new Set(Object.keys(struct))
  for (const [key, field] of schema.fields ?? []) if (field.schema.default !== undefined) keys.add(key)
  return fillMembers(struct, keys, (member, key) => {
    const node = schema.fields?.get(key)?.schema
    if (node === undefined || node.name?.startsWith('io.k8s.') === true) return member
    if (member === undefined) return fill(node, defaultOf(node))
    return fillMember(node, member)
  })
}

/** Undefined when the member has to go. */
function fillMember(node: SchemaNode, member: unknown): unknown {
  if (!isRefusedNull(node, member)) return fill(node, member)
  return node.default === undefined || node.default === null ? undefined : fill(node, defaultOf(node))
}

function isRefusedNull(schema: SchemaNode, value: unknown): boolean {
  return value === null && schema.nullable !== true && schema.validations !== undefined
}

function defaultOf(schema: SchemaNode): unknown {
  return schema.default === undefined ? null : cloneJson(schema.default)
}

/** Keeps the object when no member changes. A member that becomes undefined is dropped. */
function fillMembers(
  before: Record<string, unknown>,
  keys: Iterable<string>,
  change: (member: unknown, key: string) => unknown,
): Record<string, unknown> {
  const after: Record<string, unknown> = {}
  let changed = false
  for (const key of keys) {
    const member = Object.hasOwn(before, key) ? before[key] : undefined
    const filled = change(member, key)
    if (filled !== member) changed = true
    if (filled !== undefined) setOwn(after, key, filled)
  }
  return changed ? after : before
}
