import { equalJson, isObject } from '../../base/json.js'
import type { KubeObject, ManagedFieldsEntry } from '../object/kube-object.js'
import { StatusError, statusErrors } from '../object/status-error.js'
import type { SchemaNode } from '../schema/schema-node.js'
import { type Conflict, conflictError, conflictsOf, withoutPaths } from './apply-conflict.js'
import {
  difference,
  emptyFieldSet,
  equalFieldSets,
  type FieldSet,
  intersection,
  recursiveDifference,
  union,
} from './field-set.js'
import { fieldsOfLastApplied, syncLastApplied } from './last-applied.js'
import {
  capUpdateManagers,
  decodeOwners,
  encodeOwners,
  type FieldOwner,
  type FieldOwners,
  isReset,
  ownerKey,
  unownedFields,
  withManagedFields,
} from './managed-fields.js'
import { reconcileWithSchema } from './schema-change.js'
import { compareTyped, type TypedComparison } from './typed-compare.js'
import { fieldSetOfValue, removeFields, withNamedFields } from './typed-fields.js'
import { mergeTyped } from './typed-merge.js'
import { normalizeTyped } from './typed-normal.js'
import { untyped } from './typed-schema.js'
import { validateTyped } from './typed-validate.js'
import { zeroMembers } from './zero-values.js'

export interface ApplyRequest {
  /** Of the whole object; undefined for kinds without one, whose maps then are granular and lists atomic. */
  schema: SchemaNode | undefined
  /** Absent when the object does not exist yet. */
  live?: KubeObject | undefined
  applied: KubeObject
  manager: string
  /** Takes over fields that others own. */
  force?: boolean | undefined
  subresource?: string | undefined
  /** RFC 3339 */
  nowText: string
  /** Fields (with all below them) that this endpoint resets and so does not track: `status` on the main resource. */
  resetFields?: FieldSet | undefined
}

/**
 * Server-side apply: what to store when `manager` applies a configuration to the live object. Values that `manager` applied
 * before and not now go, unless others own them. The result is `live` itself when nothing changes, owners included.
 * Throws a StatusError: 409 with a cause for each field of another owner (without `force`), 400 and 500 for configurations
 * that cannot be applied. Defaults are the caller's part.
 */
export function applyServerSide(request: ApplyRequest): KubeObject {
  const { applied, manager } = request
  const schema = request.schema ?? untyped
  if (applied.metadata.managedFields !== undefined) throw statusErrors.badRequest('metadata.managedFields must be nil')
  const problems = validateTyped(schema, applied)
  if (problems.length > 0) throw cannotBeApplied(applied, problems)
  const live = withoutOwners(request.live ?? emptyObjectLike(applied, schema))
  const entries = request.live?.metadata.managedFields
  const owners = decodeOwners(entries)
  if (owners === undefined) throw internal('failed to decode managed fields')
  if (owners.size === 0 && request.live !== undefined) {
    takeUpdate({ ...request, schema, before: emptyObjectLike(live, schema), after: live, owners, manager: 'before-first-apply' })
  }
  let attempt = tryApply({ ...request, schema, live }, owners, request.force === true)
  // kubectl may take over what its client-side apply set, which an Update entry owns.
  if (attempt.conflicts.length > 0 && manager === 'kubectl') {
    const allowed = fieldsOfLastApplied(schema, live, applied.apiVersion)
    const left = allowed === undefined ? attempt.conflicts : withoutPaths(attempt.conflicts, allowed)
    attempt = left.length > 0 ? { ...attempt, conflicts: left } : tryApply({ ...request, schema, live }, owners, true)
  }
  if (attempt.conflicts.length > 0) throw conflictError(attempt.conflicts)
  let object = attempt.object
  if (manager === 'kubectl') object = syncLastApplied(object, applied)
  return withOwners(request.live, object, attempt.owners)
}

interface Attempt {
  object: KubeObject
  owners: FieldOwners
  conflicts: Conflict[]
}

function tryApply(
  request: ApplyRequest & { schema: SchemaNode; live: KubeObject },
  present: FieldOwners,
  force: boolean,
): Attempt {
  const { schema, live, applied } = request
  const owners = reconciled(present, schema)
  const self = identify(request, 'Apply')
  const key = ownerKey(self)
  const entry = present.get(key)
  const last = owners.get(key)?.fields ?? emptyFieldSet
  let fields = fieldSetOfValue(schema, applied)
  if (request.resetFields !== undefined) fields = recursiveDifference(fields, request.resetFields)
  let own = difference(fields, unownedFields)
  // The very set that was there keeps its stored form.
  if (entry !== undefined && equalFieldSets(own, entry.fields)) own = entry.fields
  owners.set(key, { ...self, time: entry?.time, fields })
  const merged = mergeTyped(schema, live, applied)
  const pruned = own === last ? merged : prune(schema, merged, last, fields, owners)
  const comparison = withoutReset(compareTyped(schema, live, pruned), request.resetFields)
  const conflicts = disown(owners, key, comparison, force)
  const changed = pruned !== live && !equalJson(normalizeTyped(schema, pruned), live)
  if (own.size === 0) owners.delete(key)
  else {
    // Empty lists and maps count, though they are not stored.
    const counts = changed || comparison.changed.size > 0 || comparison.removed.size > 0
    const time = counts ? request.nowText : entry?.time
    owners.set(key, { ...self, time, fields: own, ...(entry?.entry === undefined ? {} : { entry: entry.entry }) })
  }
  // Custom resources keep what pruning leaves of a value that it emptied: their definition says whether that may be null.
  const left = schema.validations === undefined ? withoutEmptied(pruned, merged) : pruned
  const object = changed ? (normalizeTyped(schema, left, live) as KubeObject) : live
  return { object, owners, conflicts }
}

/**
 * Removes what the applier applied last time and not now, and nobody else owns. Elements and structs go with all that is
 * in them, such as defaults; but what somebody owns inside keeps them.
 */
function prune(schema: SchemaNode, merged: unknown, last: FieldSet, fields: FieldSet, owners: FieldOwners): unknown {
  if (difference(last, fields).size === 0) return merged
  const lastNamed = withNamedFields(last, schema)
  let managed = emptyFieldSet
  for (const owner of owners.values()) managed = union(managed, owner.fields)
  const mergedSet = withNamedFields(fieldSetOfValue(schema, merged), schema)
  const first = removeFields(schema, merged, lastNamed)
  const kept = union(withNamedFields(fieldSetOfValue(schema, first), schema), withNamedFields(managed, schema))
  const second = removeFields(schema, merged, difference(mergedSet, kept))
  const secondSet = withNamedFields(fieldSetOfValue(schema, second), schema)
  return removeFields(schema, merged, intersection(difference(mergedSet, secondSet), lastNamed))
}

/** Takes changed and removed fields from their owners. Without `force` changed fields of others are conflicts. */
function disown(owners: FieldOwners, self: string, { changed, removed }: TypedComparison, force: boolean): Conflict[] {
  const conflicts: Conflict[] = []
  const lost: [string, FieldOwner, FieldSet][] = []
  for (const [key, owner] of owners) {
    if (key === self) continue
    let left = owner.fields
    if (changed.size > 0) {
      const contested = intersection(owner.fields, changed)
      if (contested.size > 0) {
        if (!force) conflicts.push(...conflictsOf(owner, contested))
        left = difference(left, contested)
      }
    }
    if (removed.size > 0) left = difference(left, removed)
    if (left !== owner.fields) lost.push([key, owner, left])
  }
  if (conflicts.length > 0) {
    return conflicts.sort((a, b) => (ownerKey(a.owner) < ownerKey(b.owner) ? -1 : ownerKey(a.owner) > ownerKey(b.owner) ? 1 : 0))
  }
  for (const [key, owner, left] of lost) {
    if (left.size === 0) owners.delete(key)
    else owners.set(key, { ...owner, fields: left })
  }
  return conflicts
}

export interface UpdateRequest {
  schema: SchemaNode | undefined
  /** Absent on create. */
  live?: KubeObject | undefined
  /** What is to be stored: patched, defaulted, without what this endpoint resets. */
  updated: KubeObject
  manager: string
  subresource?: string | undefined
  /** RFC 3339 */
  nowText: string
  resetFields?: FieldSet | undefined
}

/**
 * The object with its owners brought up to date after a create, update or patch that is no apply: `manager` owns what it
 * changed, nobody what is gone. Writes that change nothing keep the entries as they are (the very same values), so that
 * a caller can tell by comparing. An object that is not tracked stays so.
 */
export function recordUpdate(request: UpdateRequest): KubeObject {
  const { live, updated } = request
  const schema = request.schema ?? untyped
  const owners = startingOwners(request)
  const object = normalizeTyped(schema, withoutOwners(updated), live)
  if (owners.size === 0 && live !== undefined) return object
  const before = live === undefined ? emptyObjectLike(updated, schema) : live
  takeUpdate({ ...request, schema, before, after: object, owners })
  capUpdateManagers(owners)
  return withManagedFields(object, reuse(live, encodeOwners(owners)))
}

function startingOwners({ live, updated, subresource }: UpdateRequest): FieldOwners {
  const ofLive = () => decodeOwners(live?.metadata.managedFields) ?? new Map()
  if (subresource) return ofLive()
  const given = updated.metadata.managedFields
  if (given !== undefined && given === live?.metadata.managedFields) return ofLive()
  if (isReset(given)) return new Map()
  const owners = decodeOwners(given)
  return owners === undefined || owners.size === 0 ? ofLive() : owners
}

interface Update extends Omit<UpdateRequest, 'updated' | 'live'> {
  schema: SchemaNode
  before: KubeObject
  after: KubeObject
  owners: FieldOwners
}

function takeUpdate(update: Update): void {
  const { owners, schema } = update
  for (const [key, owner] of reconciled(owners, schema)) owners.set(key, owner)
  const comparison = withoutReset(compareTyped(schema, update.before, update.after), update.resetFields)
  if (comparison.changed.size === 0 && comparison.removed.size === 0) return
  disown(owners, '', comparison, true)
  const taken = difference(comparison.changed, unownedFields)
  if (taken.size === 0) return
  const self = identify(update, 'Update')
  const key = ownerKey(self)
  const present = owners.get(key)
  owners.set(key, { ...self, time: update.nowText, fields: present === undefined ? taken : union(present.fields, taken) })
}

function identify(
  request: { manager: string; subresource?: string | undefined } & ({ applied: KubeObject } | { after: KubeObject }),
  operation: 'Apply' | 'Update',
): Omit<FieldOwner, 'time' | 'fields'> {
  const object = 'applied' in request ? request.applied : request.after
  return {
    manager: request.manager === '' ? 'unknown' : request.manager,
    operation,
    apiVersion: object.apiVersion,
    subresource: request.subresource ?? '',
  }
}

function reconciled(owners: FieldOwners, schema: SchemaNode): FieldOwners {
  const result: FieldOwners = new Map()
  for (const [key, owner] of owners) {
    const fields = reconcileWithSchema(owner.fields, schema)
    result.set(key, fields === owner.fields ? owner : { ...owner, fields })
  }
  return result
}

function withoutReset(comparison: TypedComparison, reset: FieldSet | undefined): TypedComparison {
  if (reset === undefined) return comparison
  return { changed: recursiveDifference(comparison.changed, reset), removed: recursiveDifference(comparison.removed, reset) }
}

function withoutOwners(object: KubeObject): KubeObject {
  if (object.metadata.managedFields === undefined) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

/** The live object itself when neither it nor its owners change. */
function withOwners(live: KubeObject | undefined, object: KubeObject, owners: FieldOwners): KubeObject {
  const entries = reuse(live, encodeOwners(owners))
  if (live !== undefined && entries === live.metadata.managedFields) {
    const { managedFields: _, ...metadata } = live.metadata
    if (equalJson({ ...live, metadata }, object)) return live
  }
  return withManagedFields(object, entries)
}

function reuse(live: KubeObject | undefined, entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const present = live?.metadata.managedFields
  if (present === undefined || present.length !== entries.length) return entries
  return entries.every((entry, at) => entry === present[at] || equalJson(entry, present[at])) ? present : entries
}

/**
 * What upstream compares a new object with. Built-in kinds are structs there, so their struct-valued fields exist before
 * anybody sets them; custom resources start from nothing.
 */
function emptyObjectLike(object: KubeObject, schema: SchemaNode): KubeObject {
  return { ...zeroMembers(schema), apiVersion: object.apiVersion, kind: object.kind, metadata: {} } as unknown as KubeObject
}

/** Null is what pruning leaves of a value that it emptied: that is absent. Nulls that somebody wrote stay. */
function withoutEmptied(value: unknown, before: unknown): unknown {
  if (value === before || !isObject(value) || !isObject(before)) return value
  let result: Record<string, unknown> | undefined
  for (const name of Object.keys(value)) {
    const member = value[name]
    const emptied = member === null && before[name] !== null
    const kept = emptied ? undefined : withoutEmptied(member, before[name])
    if (kept === member) continue
    result ??= { ...value }
    if (emptied) delete result[name]
    else result[name] = kept
  }
  return result ?? value
}

function cannotBeApplied(applied: KubeObject, problems: readonly string[]): StatusError {
  const slash = applied.apiVersion.indexOf('/')
  const groupVersion = slash < 0 ? `/${applied.apiVersion}` : applied.apiVersion
  const about = `${applied.metadata.namespace ?? ''}/${applied.metadata.name}; ${groupVersion}, Kind=${applied.kind}`
  const text = problems.length === 1 ? problems[0] : ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n')
  return internal(`failed to create typed patch object (${about}): ${text}`)
}

/** Upstream answers these with a plain 500. */
function internal(message: string): StatusError {
  return new StatusError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code: 500 })
}
