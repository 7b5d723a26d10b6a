import { printJson } from '../../base/json-text.js'
import type { ManagedFieldsEntry, ObjectMeta } from '../../kube/object/kube-object.js'

/**
 * Objects that one writer makes from one template own the same fields, and these are half of what a small object weighs.
 * Equal `fieldsV1` are therefore one value in memory. Two generations bound the table; what falls out lives on in the objects.
 * The table keeps no value alive: those that name an owner's uid are of no use once its objects are gone.
 */
const generationSize = 2048
type Fields = Record<string, unknown>
/** `text`: undefined once the value has fallen out, so that what lives on in objects keeps no text. */
interface Shared {
  readonly value: WeakRef<Fields>
  text: string | undefined
}
let young = new Map<string, Shared>()
let old = new Map<string, Shared>()
const shared = new WeakSet<object>()
const gone = new FinalizationRegistry<Shared>((entry) => {
  for (const table of [young, old]) if (entry.text !== undefined && table.get(entry.text) === entry) table.delete(entry.text)
})

/** The metadata with shared values in its managedFields: the same one, when they are shared already. */
export function shareFields(metadata: ObjectMeta): ObjectMeta {
  const entries = metadata.managedFields
  if (entries === undefined || entries.every(isShared)) return metadata
  return { ...metadata, managedFields: entries.map((entry) => ({ ...entry, fieldsV1: share(entry.fieldsV1) })) }
}

function isShared(entry: ManagedFieldsEntry): boolean {
  return typeof entry.fieldsV1 !== 'object' || entry.fieldsV1 === null || shared.has(entry.fieldsV1)
}

function share(fields: Fields): Fields {
  if (typeof fields !== 'object' || fields === null || shared.has(fields)) return fields
  const text = printJson(fields)
  const known = young.get(text)?.value.deref()
  if (known !== undefined) return known
  const entry = old.get(text)
  const before = entry?.value.deref()
  if (young.size >= generationSize) beginGeneration()
  if (entry !== undefined && before !== undefined) {
    entry.text = text
    young.set(text, entry)
    return before
  }
  const added = { value: new WeakRef(fields), text }
  gone.register(fields, added)
  young.set(text, added)
  shared.add(fields)
  return fields
}

function beginGeneration(): void {
  for (const [text, entry] of old) if (young.get(text) !== entry) entry.text = undefined
  old = young
  young = new Map()
}
