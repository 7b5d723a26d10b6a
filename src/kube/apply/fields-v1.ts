import { isObject, setOwn } from '../../base/json.js'
import { emptyFieldSet, type FieldSet, type FieldSetNode, fieldSetNode } from './field-set.js'
import { comparePathElements, type PathElement, parsePathElement } from './path-element.js'

// A stored object is written many times with most of its owners unchanged, so both directions are remembered by identity:
// an entry that nobody touches is neither decoded nor encoded again.
const decoded = new WeakMap<object, FieldSet>()
const encoded = new WeakMap<FieldSet, Readonly<Record<string, unknown>>>()

/** The set that a FieldsV1 value stands for. Throws a SyntaxError on malformed keys. */
export function decodeFieldsV1(fields: unknown): FieldSet {
  if (!isObject(fields)) throw new SyntaxError('fieldsV1 is not an object')
  const known = decoded.get(fields)
  if (known !== undefined) return known
  const set = decodeChildren(fields, 0)
  decoded.set(fields, set)
  return set
}

const deepest = 200

function decodeChildren(fields: Record<string, unknown>, depth: number): FieldSet {
  if (depth > deepest) throw new SyntaxError(`fieldsV1 is deeper than ${deepest} levels`)
  const set = new Map<PathElement, FieldSetNode>()
  for (const key of Object.keys(fields)) {
    if (key === '.') continue
    const element = parsePathElement(key)
    if (element === undefined) continue
    const below = fields[key]
    const nested = isObject(below) ? below : {}
    const children = decodeChildren(nested, depth + 1)
    set.set(element, fieldSetNode(children.size === 0 || Object.hasOwn(nested, '.'), children))
  }
  return set.size === 0 ? emptyFieldSet : set
}

/** FieldsV1 of a set, in canonical order. The value is shared: never change it. */
export function encodeFieldsV1(set: FieldSet): Readonly<Record<string, unknown>> {
  const known = encoded.get(set)
  if (known !== undefined) return known
  const fields = encodeChildren(set, false)
  if (set.size > 0) encoded.set(set, fields)
  decoded.set(fields, set)
  return fields
}

const nothing: Readonly<Record<string, unknown>> = Object.freeze({})

function encodeChildren(set: FieldSet, self: boolean): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  if (self) fields['.'] = nothing
  for (const element of sortedElements(set)) {
    const node = set.get(element) as FieldSetNode
    setOwn(fields, element, node.children.size === 0 ? nothing : encodeChildren(node.children, node.member))
  }
  return fields
}

function sortedElements(set: FieldSet): Iterable<PathElement> {
  if (set.size < 2) return set.keys()
  const elements = [...set.keys()]
  for (let index = 1; index < elements.length; index++) {
    if (comparePathElements(elements[index - 1] as string, elements[index] as string) > 0)
      return elements.sort(comparePathElements)
  }
  return elements
}
