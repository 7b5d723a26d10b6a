import { isObject } from '../../base/json.js'
import type { SchemaNode } from '../schema/schema-node.js'
import { emptyFieldSet, type FieldSet, type FieldSetNode, fieldSetNode } from './field-set.js'
import { elementOf, fieldElement, isFieldElement, type PathElement, UnidentifiedElement } from './path-element.js'
import { isNamedField, itemsOf, memberSchema, membersOf, shapeOf, untyped } from './typed-schema.js'

/** The fields that an object sets, as server-side apply tells them apart. */
export function fieldSetOfValue(schema: SchemaNode, value: unknown): FieldSet {
  return nodeOf(schema, value)?.children ?? emptyFieldSet
}

/** The node of a value: member when it is a leaf, undefined when it holds nothing. */
function nodeOf(schema: SchemaNode, value: unknown): FieldSetNode | undefined {
  switch (shapeOf(schema, value)) {
    case 'fields':
      return fieldsNode(schema, value)
    case 'items':
      return itemsNode(schema, value)
    default:
      return leaf
  }
}

const leaf = fieldSetNode(true, emptyFieldSet)

function fieldsNode(schema: SchemaNode, value: unknown): FieldSetNode | undefined {
  const members = membersOf(value)
  if (members === undefined) return undefined
  const children = new Map<PathElement, FieldSetNode>()
  for (const name of Object.keys(members)) {
    const member = members[name]
    if (member === undefined) continue
    const below = nodeOf(memberSchema(schema, name) ?? untyped, member)
    const owned = member === null || !isNamedField(schema, name) || (isObject(member) && Object.keys(member).length === 0)
    if (below === undefined) {
      if (owned) children.set(fieldElement(name), leaf)
    } else {
      children.set(fieldElement(name), owned && !below.member ? fieldSetNode(true, below.children) : below)
    }
  }
  return children.size === 0 ? undefined : fieldSetNode(false, children)
}

function itemsNode(schema: SchemaNode, value: unknown): FieldSetNode | undefined {
  const items = itemsOf(value)
  if (items === undefined || items.length === 0) return undefined
  const children = new Map<PathElement, FieldSetNode>()
  const itemSchema = schema.items ?? untyped
  let repeated: Set<PathElement> | undefined
  for (const item of items) {
    const element = identify(schema, item)
    if (element === undefined) continue
    if (children.has(element)) (repeated ??= new Set()).add(element)
    else children.set(element, fieldSetNode(true, nodeOf(itemSchema, item)?.children ?? emptyFieldSet))
  }
  // Elements that cannot be told apart are owned together, as a whole.
  if (repeated) for (const element of repeated) children.set(element, leaf)
  return children.size === 0 ? undefined : fieldSetNode(false, children)
}

/** Undefined for elements without an identity: they are of no concern where values are already accepted. */
export function identify(list: SchemaNode, item: unknown): PathElement | undefined {
  try {
    return elementOf(list, item)
  } catch (error) {
    if (error instanceof UnidentifiedElement) return undefined
    throw error
  }
}

/** The set with every named field of a struct a member that has longer paths in it. */
export function withNamedFields(set: FieldSet, schema: SchemaNode): FieldSet {
  if (set.size === 0) return set
  const result = new Map<PathElement, FieldSetNode>()
  for (const [element, node] of set) {
    if (node.children.size === 0) {
      result.set(element, node)
      continue
    }
    const isField = isFieldElement(element)
    const below = isField ? memberSchema(schema, element.slice(2)) : schema.items
    const member = node.member || (isField && isNamedField(schema, element.slice(2)))
    result.set(element, fieldSetNode(member, withNamedFields(node.children, below ?? untyped)))
  }
  return result
}

/**
 * A value without the members and items of the set, sharing what stays. What becomes empty is null, which a writer takes
 * as absent. Atomic values cannot be taken apart: they go as a whole when the set reaches into them.
 */
export function removeFields(schema: SchemaNode, value: unknown, set: FieldSet): unknown {
  if (set.size === 0) return value
  switch (shapeOf(schema, value)) {
    case 'scalar':
      return value
    case 'whole':
      return null
    case 'fields':
      return removeMembers(schema, value, set)
    case 'items':
      return removeItems(schema, value, set)
  }
}

function removeMembers(schema: SchemaNode, value: unknown, set: FieldSet): unknown {
  const members = membersOf(value)
  if (members === undefined) return null
  const result: Record<string, unknown> = {}
  let some = false
  for (const name of Object.keys(members)) {
    const member = members[name]
    if (member === undefined) continue
    const node = set.get(fieldElement(name))
    if (node?.member) continue
    some = true
    result[name] = node === undefined ? member : removeFields(memberSchema(schema, name) ?? untyped, member, node.children)
  }
  return some ? result : null
}

function removeItems(schema: SchemaNode, value: unknown, set: FieldSet): unknown {
  const items = itemsOf(value)
  if (items === undefined) return null
  const result: unknown[] = []
  for (const item of items) {
    const element = identify(schema, item)
    const node = element === undefined ? undefined : set.get(element)
    if (node?.member) continue
    result.push(node === undefined ? item : removeFields(schema.items ?? untyped, item, node.children))
  }
  return result.length === 0 ? null : result
}

/** Only what the set names, with the keys of the list elements on the way. Undefined when that is nothing. */
export function extractFields(schema: SchemaNode, value: unknown, set: FieldSet): unknown {
  switch (shapeOf(schema, value)) {
    case 'scalar':
    case 'whole':
      return value
    case 'fields': {
      const members = membersOf(value)
      if (members === undefined) return value
      const result: Record<string, unknown> = {}
      for (const [element, node] of set) {
        if (!isFieldElement(element)) continue
        const name = element.slice(2)
        const member = Object.hasOwn(members, name) ? members[name] : undefined
        if (member === undefined) continue
        const taken =
          node.children.size === 0 ? member : extractFields(memberSchema(schema, name) ?? untyped, member, node.children)
        if (taken !== undefined) result[name] = taken
      }
      return Object.keys(result).length === 0 ? undefined : result
    }
    case 'items': {
      const result: unknown[] = []
      for (const item of itemsOf(value) ?? []) {
        const element = identify(schema, item)
        const node = element === undefined ? undefined : set.get(element)
        if (node !== undefined) result.push(extractItem(schema, item, node))
      }
      return result.length === 0 ? undefined : result
    }
  }
}

function extractItem(list: SchemaNode, item: unknown, node: FieldSetNode): unknown {
  if (node.children.size === 0 || !isObject(item)) return item
  const taken = extractFields(list.items ?? untyped, item, node.children)
  const keys: Record<string, unknown> = {}
  for (const key of list.listMapKeys ?? []) if (item[key] !== undefined) keys[key] = item[key]
  return isObject(taken) ? { ...keys, ...taken } : keys
}
