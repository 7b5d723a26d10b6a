import type { SchemaNode } from '../schema/schema-node.js'
import { type FieldSet, type FieldSetNode, fieldSetNode } from './field-set.js'
import { isFieldElement, type PathElement } from './path-element.js'
import { memberSchema } from './typed-schema.js'

const known = new WeakMap<FieldSet, WeakMap<SchemaNode, FieldSet>>()

/**
 * The set as it reads under the present schema: who owned parts of what has become atomic since owns all of it. (What has
 * become granular stays as it is.) Remembered for each set and schema, as schemas hardly ever change.
 */
export function reconcileWithSchema(set: FieldSet, schema: SchemaNode): FieldSet {
  let bySchema = known.get(set)
  const before = bySchema?.get(schema)
  if (before !== undefined) return before
  const result = reconcile(set, schema)
  if (bySchema === undefined) known.set(set, (bySchema = new WeakMap()))
  bySchema.set(schema, result)
  return result
}

function reconcile(set: FieldSet, schema: SchemaNode): FieldSet {
  let result: Map<PathElement, FieldSetNode> | undefined
  for (const [element, node] of set) {
    if (node.children.size === 0) continue
    const below = isFieldElement(element) ? memberSchema(schema, element.slice(2)) : schema.items
    if (below === undefined || below.type === 'any') continue
    if (isWhole(below)) {
      result ??= new Map(set)
      result.set(element, fieldSetNode(true, new Map()))
      continue
    }
    const children = reconcile(node.children, below)
    if (children === node.children) continue
    result ??= new Map(set)
    result.set(element, fieldSetNode(node.member, children))
  }
  return result ?? set
}

function isWhole(schema: SchemaNode): boolean {
  if (schema.type === 'list') return schema.listType !== 'map' && schema.listType !== 'set'
  return (schema.type === 'map' || schema.type === 'struct') && schema.mapType === 'atomic'
}
