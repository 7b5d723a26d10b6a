import { equalJson } from '../../base/json.js'
import type { SchemaNode } from '../schema/schema-node.js'
import { emptyFieldSet, type FieldSet, type FieldSetNode, fieldSetNode } from './field-set.js'
import { fieldElement, type PathElement } from './path-element.js'
import { identify } from './typed-fields.js'
import { itemsOf, memberSchema, membersOf, shapeOf, untyped } from './typed-schema.js'
import { isEmptyStruct, zeroMembers } from './zero-values.js'

export interface TypedComparison {
  /** Fields that are new or have another value. */
  readonly changed: FieldSet
  /** Fields that are gone. */
  readonly removed: FieldSet
}

const unchanged: TypedComparison = { changed: emptyFieldSet, removed: emptyFieldSet }

/** How two states of an object differ. Parts that are the same by identity cost nothing. */
export function compareTyped(schema: SchemaNode, before: unknown, after: unknown): TypedComparison {
  const delta = compareValue(schema, before, after)
  return delta === undefined ? unchanged : { changed: delta.changed ?? emptyFieldSet, removed: delta.removed ?? emptyFieldSet }
}

type Growing = Map<PathElement, FieldSetNode>

/** Undefined where nothing differs, which is nearly everywhere. */
interface Delta {
  changed?: Growing
  removed?: Growing
  changedHere: boolean
  removedHere: boolean
}

function compareValue(schema: SchemaNode, before: unknown, after: unknown): Delta | undefined {
  if (before === after) return undefined
  const shapeAfter = shapeOf(schema, after)
  if (schema.type === 'any' && before !== undefined && after !== undefined) {
    const shapeBefore = shapeOf(schema, before)
    if (shapeBefore !== shapeAfter) {
      const delta = compareShape(shapeBefore, schema, before, after) ?? { changedHere: false, removedHere: false }
      return absorb(delta, compareShape(shapeAfter, schema, before, after))
    }
  }
  return compareShape(after === undefined ? shapeOf(schema, before) : shapeAfter, schema, before, after)
}

function compareShape(
  shape: 'fields' | 'items' | 'whole' | 'scalar',
  schema: SchemaNode,
  before: unknown,
  after: unknown,
): Delta | undefined {
  if (shape === 'fields') {
    const left = membersOf(before)
    const right = membersOf(after)
    if (!isEmptyStruct(schema, left) || !isEmptyStruct(schema, right)) {
      return withPresence(compareMembers(schema, left, right), before, after)
    }
  } else if (shape === 'items') {
    const left = itemsOf(before)
    const right = itemsOf(after)
    if ((left !== undefined && left.length > 0) || (right !== undefined && right.length > 0)) {
      return withPresence(compareItems(schema, left ?? [], right ?? []), before, after)
    }
  }
  if (before === undefined) return { changedHere: true, removedHere: false }
  if (after === undefined) return { changedHere: false, removedHere: true }
  return equalJson(before, after) ? undefined : { changedHere: true, removedHere: false }
}

function withPresence(delta: Delta | undefined, before: unknown, after: unknown): Delta | undefined {
  if (before !== undefined && after !== undefined) return delta
  const result = delta ?? { changedHere: false, removedHere: false }
  if (before === undefined) result.changedHere = true
  else result.removedHere = true
  return result
}

function compareMembers(
  schema: SchemaNode,
  left: Record<string, unknown> | undefined,
  right: Record<string, unknown> | undefined,
): Delta | undefined {
  let delta: Delta | undefined
  const zeros = zeroMembers(schema)
  const compare = (name: string, before: unknown, after: unknown) => {
    if (before === after) return
    delta = insert(delta, fieldElement(name), compareValue(memberSchema(schema, name) ?? untyped, before, after))
  }
  if (left !== undefined) {
    for (const name of Object.keys(left)) {
      const before = left[name]
      if (before !== undefined && (right === undefined || before !== right[name]))
        compare(name, before, memberOf(right, name, zeros))
    }
  }
  if (right !== undefined) {
    for (const name of Object.keys(right)) {
      const after = right[name]
      if (after === undefined || (left !== undefined && Object.hasOwn(left, name) && left[name] !== undefined)) continue
      compare(name, memberOf(left, name, zeros), after)
    }
  }
  if (left === undefined || right === undefined) {
    for (const name of Object.keys(zeros)) {
      const given = left ?? right
      if (given !== undefined && Object.hasOwn(given, name) && given[name] !== undefined) continue
      compare(name, left && zeros[name], right && zeros[name])
    }
  }
  return delta
}

function memberOf(members: Record<string, unknown> | undefined, name: string, zeros: Readonly<Record<string, unknown>>): unknown {
  if (members === undefined) return undefined
  const member = Object.hasOwn(members, name) ? members[name] : undefined
  return member === undefined && Object.hasOwn(zeros, name) ? zeros[name] : member
}

function compareItems(schema: SchemaNode, left: readonly unknown[], right: readonly unknown[]): Delta | undefined {
  if (left.length === right.length && left.every((item, index) => item === right[index])) return undefined
  const itemSchema = schema.items ?? untyped
  const before = grouped(schema, left)
  const after = grouped(schema, right)
  let delta: Delta | undefined
  for (const [element, lefts] of before) {
    const rights = after.get(element)
    if (lefts.length === 1 && (rights === undefined || rights.length === 1)) {
      delta = insert(delta, element, compareValue(itemSchema, lefts[0], rights?.[0]))
    } else if (lefts.length > 1 && rights !== undefined && rights.length > 1) {
      // Elements that cannot be told apart are compared together.
      if (!equalJson(lefts, rights)) delta = insert(delta, element, { changedHere: true, removedHere: false })
    } else if (lefts.length > 1) {
      if (rights !== undefined) delta = insert(delta, element, compareValue(itemSchema, undefined, rights[0]))
      delta = insert(delta, element, { changedHere: false, removedHere: true })
    } else {
      delta = insert(delta, element, compareValue(itemSchema, lefts[0], undefined))
      delta = insert(delta, element, { changedHere: true, removedHere: false })
    }
  }
  for (const [element, rights] of after) {
    if (before.has(element)) continue
    delta = insert(
      delta,
      element,
      rights.length === 1 ? compareValue(itemSchema, undefined, rights[0]) : { changedHere: true, removedHere: false },
    )
  }
  return delta
}

function grouped(schema: SchemaNode, items: readonly unknown[]): Map<PathElement, unknown[]> {
  const groups = new Map<PathElement, unknown[]>()
  for (const item of items) {
    const element = identify(schema, item)
    if (element === undefined) continue
    const group = groups.get(element)
    if (group === undefined) groups.set(element, [item])
    else group.push(item)
  }
  return groups
}

/** Puts what differs below `element` into the delta of its parent. */
function insert(into: Delta | undefined, element: PathElement, below: Delta | undefined): Delta | undefined {
  if (below === undefined) return into
  const delta = into ?? { changedHere: false, removedHere: false }
  if (below.changedHere || below.changed !== undefined) {
    delta.changed = put(delta.changed, element, below.changedHere, below.changed)
  }
  if (below.removedHere || below.removed !== undefined) {
    delta.removed = put(delta.removed, element, below.removedHere, below.removed)
  }
  return delta
}

function put(into: Growing | undefined, element: PathElement, here: boolean, children: Growing | undefined): Growing {
  const target = into ?? new Map<PathElement, FieldSetNode>()
  const present = target.get(element)
  const below = present === undefined || present.children.size === 0 ? (children ?? emptyFieldSet) : present.children
  target.set(element, fieldSetNode(here || present?.member === true, below))
  return target
}

function absorb(delta: Delta, other: Delta | undefined): Delta {
  if (other === undefined) return delta
  delta.changedHere ||= other.changedHere
  delta.removedHere ||= other.removedHere
  for (const [element, node] of other.changed ?? [])
    delta.changed = put(delta.changed, element, node.member, node.children as Growing)
  for (const [element, node] of other.removed ?? [])
    delta.removed = put(delta.removed, element, node.member, node.children as Growing)
  return delta
}
