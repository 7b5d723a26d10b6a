import { equalJson, isObject } from '../../base/json.js'
import type { KubeObject } from '../object/kube-object.js'
import { compareQuantities, parseQuantity } from '../object/quantity.js'
import type { FieldNode, SchemaNode } from '../schema/schema-node.js'
import { difference, emptyFieldSet, type FieldSet, formatFieldPath, leaves, pathsOf, union } from './field-set.js'
import { decodeFieldsV1 } from './fields-v1.js'
import { type IgnoredStep, parseIgnoredJqPath, parseIgnoredPointer, withoutPath } from './ignored-paths.js'
import { unownedFields } from './managed-fields.js'
import { fieldElement, isFieldElement, type PathElement } from './path-element.js'
import { fieldSetOfValue, identify, removeFields } from './typed-fields.js'
import { memberSchema, untyped } from './typed-schema.js'

/** What is not compared. Bad paths throw a CodedError. */
export interface IgnoreRules {
  /** RFC 6901, such as `/spec/replicas`. */
  readonly jsonPointers?: readonly string[]
  /** Simple jq paths, such as `.spec.template.spec.containers[] | select(.name == "web") | .image`. */
  readonly jqPathExpressions?: readonly string[]
  /** Whatever these field managers own in the live object. */
  readonly managedFieldsManagers?: readonly string[]
}

export interface FieldDifference {
  /** `.spec.template.spec.containers[name="web"].image` */
  readonly path: string
  /** Undefined: not wanted (any more). */
  readonly desired: unknown
  /** Undefined: not there. */
  readonly live: unknown
}

export interface DiffRequest {
  /** Of the whole object; undefined for kinds without one. */
  schema?: SchemaNode | undefined
  desired: KubeObject
  live: KubeObject
  /** Who applies: what this manager has applied and does not want any more is a difference. */
  manager: string
  ignore?: IgnoreRules | undefined
}

/**
 * Whether the live object is as desired. It is when every field of `desired` has its value in `live` (lists by key where
 * they have one, sets in any order, quantities by value, other lists element by element, where live elements may have more
 * because of defaults; null, empty and absent are the same), and `manager` owns nothing that `desired` does not have.
 * Status, and metadata other than labels and annotations, do not count.
 */
export function differsFromDesired(request: DiffRequest): { inSync: boolean; paths: string[] } {
  const differences = diffFromDesired(request)
  return { inSync: differences.length === 0, paths: differences.map(({ path }) => path) }
}

/** As `differsFromDesired`, with the values: in the order of the desired fields, then what is not wanted any more. */
export function diffFromDesired(request: DiffRequest): FieldDifference[] {
  const schema = request.schema ?? untyped
  const { ignore, manager } = request
  const ignored = [
    ...(ignore?.jsonPointers ?? []).map(parseIgnoredPointer),
    ...(ignore?.jqPathExpressions ?? []).map(parseIgnoredJqPath),
  ]
  const byManagers = ignore?.managedFieldsManagers ?? []
  let ownedByOthers: FieldSet = emptyFieldSet
  for (const other of byManagers) ownedByOthers = union(ownedByOthers, ownedBy(request.live, other))
  const desired = comparable(prepared(request.desired, ignored))
  const live = comparable(prepared(request.live, ignored))
  const wanted = ownedByOthers.size === 0 ? desired : removeFields(schema, desired, difference(ownedByOthers, unownedFields))
  const found: FieldDifference[] = []
  compareMembers(schema, wanted, live, [], found)
  const owned = difference(leaves(ownedBy(request.live, manager, 'Apply')), unownedFields)
  const unwanted = difference(difference(owned, fieldSetOfValue(schema, request.desired)), ownedByOthers)
  for (const path of pathsOf(unwanted)) {
    if (path[0] === 'f:status') continue
    const value = valueAt(schema, live, path)
    if (value === undefined || isAbsent(value)) continue
    found.push({ path: formatFieldPath(path), desired: undefined, live: value })
  }
  return found
}

function prepared(object: KubeObject, ignored: readonly (readonly IgnoredStep[])[]): Record<string, unknown> {
  let result: unknown = object.kind === 'Secret' && object.apiVersion === 'v1' ? withoutStringData(object) : object
  for (const steps of ignored) result = withoutPath(result, steps)
  return isObject(result) ? result : {}
}

/** `stringData` is a way to write `data`; a server never gives it back. */
function withoutStringData(secret: KubeObject): KubeObject {
  const { stringData, ...kept } = secret
  if (!isObject(stringData)) return secret
  const data: Record<string, unknown> = { ...(isObject(kept['data']) ? kept['data'] : {}) }
  for (const [key, text] of Object.entries(stringData)) {
    data[key] = btoa(String.fromCharCode(...new TextEncoder().encode(String(text))))
  }
  return { ...kept, data } as KubeObject
}

function comparable(object: Record<string, unknown>): Record<string, unknown> {
  const { apiVersion: _, kind: __, metadata, status: ___, ...rest } = object
  if (!isObject(metadata)) return rest
  return { metadata: { labels: metadata['labels'], annotations: metadata['annotations'] }, ...rest }
}

function ownedBy(live: KubeObject, manager: string, operation?: 'Apply'): FieldSet {
  let set = emptyFieldSet
  for (const entry of live.metadata.managedFields ?? []) {
    if (entry.manager !== manager || (operation !== undefined && entry.operation !== operation)) continue
    try {
      set = union(set, decodeFieldsV1(entry.fieldsV1))
    } catch {
      // An entry that cannot be read says nothing of who owns what.
    }
  }
  return set
}

type Path = readonly PathElement[]

function compareValue(schema: SchemaNode, desired: unknown, live: unknown, path: Path, found: FieldDifference[]): void {
  if (desired === live || (isAbsent(desired) && isAbsent(live))) return
  if (isObject(desired) && isObject(live)) compareMembers(schema, desired, live, path, found)
  else if (Array.isArray(desired) && Array.isArray(live)) compareItems(schema, desired, live, path, found)
  else if (!sameScalar(schema, desired, live)) found.push({ path: formatFieldPath(path), desired, live })
}

function compareMembers(schema: SchemaNode, desired: unknown, live: unknown, path: Path, found: FieldDifference[]): void {
  const present = isObject(live) ? live : {}
  for (const [name, wanted] of Object.entries(isObject(desired) ? desired : {})) {
    if (wanted === null || wanted === undefined) continue
    const actual = Object.hasOwn(present, name) ? present[name] : undefined
    if (actual === undefined && isZero(schema.fields?.get(name), wanted)) continue
    compareValue(memberSchema(schema, name) ?? untyped, wanted, actual, [...path, fieldElement(name)], found)
  }
}

function compareItems(
  schema: SchemaNode,
  desired: readonly unknown[],
  live: readonly unknown[],
  path: Path,
  found: FieldDifference[],
): void {
  const itemSchema = schema.items ?? untyped
  if (schema.listType === 'map' || schema.listType === 'set') {
    const present = new Map<PathElement | undefined, unknown>()
    for (const item of live) present.set(identify(schema, item), item)
    for (const [index, wanted] of desired.entries()) {
      const element = identify(schema, wanted)
      compareValue(
        itemSchema,
        wanted,
        element === undefined ? undefined : present.get(element),
        [...path, element ?? `i:${index}`],
        found,
      )
    }
  } else if (desired.length !== live.length) {
    found.push({ path: formatFieldPath(path), desired, live })
  } else {
    for (const [index, wanted] of desired.entries()) compareValue(itemSchema, wanted, live[index], [...path, `i:${index}`], found)
  }
}

/** Null, `{}`, `[]` and objects of nothing but those say the same: nothing. */
function isAbsent(value: unknown): boolean {
  if (value === null || value === undefined) return true
  if (Array.isArray(value)) return value.length === 0
  return isObject(value) && Object.values(value).every(isAbsent)
}

/** A value that upstream does not store, as it equals leaving the field out. */
function isZero(field: FieldNode | undefined, value: unknown): boolean {
  if (field === undefined || field.pointer !== false || field.omitEmpty !== true) return false
  return value === '' || value === 0 || value === false
}

function sameScalar(schema: SchemaNode, desired: unknown, live: unknown): boolean {
  if (schema.type === 'quantity' && isQuantity(desired) && isQuantity(live)) {
    try {
      return compareQuantities(parseQuantity(desired), parseQuantity(live)) === 0
    } catch {
      return equalJson(desired, live)
    }
  }
  if ((schema.type === 'time' || schema.type === 'micro-time') && typeof desired === 'string' && typeof live === 'string') {
    return desired === live || Date.parse(desired) === Date.parse(live)
  }
  return equalJson(desired, live)
}

function isQuantity(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}

function valueAt(schema: SchemaNode, value: unknown, path: Path): unknown {
  let current = value
  let below = schema
  for (const element of path) {
    if (isFieldElement(element)) {
      const name = element.slice(2)
      current = isObject(current) && Object.hasOwn(current, name) ? current[name] : undefined
      below = memberSchema(below, name) ?? untyped
    } else {
      const list = below
      current = Array.isArray(current) ? current.find((item) => identify(list, item) === element) : undefined
      below = list.items ?? untyped
    }
    if (current === undefined) return undefined
  }
  return current
}
