import { isObject } from '../../../base/json.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'

/** Fields as metadata.managedFields has them (FieldsV1): `f:name`, `k:{...}`, `v:...`. */
export type OwnedFields = Readonly<Record<string, unknown>>

/** What one field manager has applied (server-side apply) and nobody has changed since; undefined where it has nothing. */
export function ownedFields(object: KubeObject, manager: string): OwnedFields | undefined {
  for (const entry of object.metadata.managedFields ?? []) {
    if (entry.manager === manager && entry.operation === 'Apply' && (entry.subresource ?? '') === '') return entry.fieldsV1
  }
  return undefined
}

/**
 * Whether a manager still owns every field of what it applied. An API server takes a field from its owners as soon as somebody else
 * changes or removes it, so a manager that owns all is one whose values stand: no comparison of values, and no trouble with defaults,
 * quantities and other spellings.
 */
export function ownsAll(fields: OwnedFields, applied: KubeObject): boolean {
  const { apiVersion: _, kind: __, metadata, ...rest } = applied
  const { labels, annotations, finalizers } = metadata
  const ours: Record<string, unknown> = { ...(labels && { labels }), ...(annotations && { annotations }) }
  if (finalizers !== undefined) ours['finalizers'] = finalizers
  return owns(fields, { ...rest, metadata: ours })
}

/** Whether a manager owns the field (or anything below it) that a path of names leads to; a list on the way ends the search. */
export function ownsPath(fields: OwnedFields | undefined, path: readonly string[]): boolean {
  let node: unknown = fields
  for (const name of path) {
    if (!isObject(node)) return false
    if (!Object.hasOwn(node, `f:${name}`)) return false
    node = node[`f:${name}`]
  }
  return node !== undefined
}

/** The fields of one item of a list, by what identifies it. */
export function ownedItem(fields: unknown, item: Readonly<Record<string, unknown>>): OwnedFields | undefined {
  if (!isObject(fields)) return undefined
  for (const [key, node] of Object.entries(fields)) {
    if (key.startsWith('k:') && isObject(node) && identifies(key, item)) return node
  }
  return undefined
}

function owns(node: OwnedFields, value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => ownsItem(node, item))
  if (!isObject(value)) return true
  for (const [name, member] of Object.entries(value)) {
    // A null is the wish that there be nothing.
    if (member === undefined || member === null) continue
    const child = node[`f:${name}`]
    if (!isObject(child)) return isEmpty(member) ? owns(node, {}) : false
    if (!isLeaf(child) && !owns(child, member)) return false
  }
  return true
}

function ownsItem(node: OwnedFields, item: unknown): boolean {
  if (isObject(item)) {
    const own = ownedItem(node, item)
    return own !== undefined && (isLeaf(own) || owns(own, item))
  }
  return Object.hasOwn(node, `v:${JSON.stringify(item)}`)
}

function identifies(key: string, item: Readonly<Record<string, unknown>>): boolean {
  try {
    const parts: unknown = JSON.parse(key.slice(2))
    // A part that the item leaves out has a default (the protocol of a port).
    return isObject(parts) && Object.entries(parts).every(([name, value]) => item[name] === undefined || item[name] === value)
  } catch {
    return false
  }
}

/** The field itself alone, or a value that is owned as a whole. */
function isLeaf(node: OwnedFields): boolean {
  for (const key in node) if (key !== '.') return false
  return true
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0
}
