import { printJson } from '../../base/json-text.js'
import type { ManagedFieldsEntry, ObjectMeta } from '../../kube/object/kube-object.js'

/**
 * Objects that one writer makes from one template own the same fields, and these are half of what a small object weighs.
 * Equal `fieldsV1` are therefore one value in memory. Two generations bound the table; what falls out lives on in the objects.
 */
const generationSize = 2048
let young = new Map<string, Record<string, unknown>>()
let old = new Map<string, Record<string, unknown>>()
const shared = new WeakSet<object>()

/** The metadata with shared values in its managedFields: the same one, when they are shared already. */
export function shareFields(metadata: ObjectMeta): ObjectMeta {
  const entries = metadata.managedFields
  if (entries === undefined || entries.every(isShared)) return metadata
  return { ...metadata, managedFields: entries.map((entry) => ({ ...entry, fieldsV1: share(entry.fieldsV1) })) }
}

function isShared(entry: ManagedFieldsEntry): boolean {
  return typeof entry.fieldsV1 !== 'object' || entry.fieldsV1 === null || shared.has(entry.fieldsV1)
}

function share(fields: Record<string, unknown>): Record<string, unknown> {
  if (typeof fields !== 'object' || fields === null || shared.has(fields)) return fields
  const text = printJson(fields)
  let known = young.get(text)
  if (known !== undefined) return known
  known = old.get(text) ?? fields
  if (young.size >= generationSize) {
    old = young
    young = new Map()
  }
  young.set(text, known)
  shared.add(known)
  return known
}
