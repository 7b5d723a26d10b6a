import type { KubeObject, ManagedFieldsEntry } from '../object/kube-object.js'
import { type FieldSet, fieldSetOf, union } from './field-set.js'
import { decodeFieldsV1, encodeFieldsV1 } from './fields-v1.js'

/** Who owns which fields: one entry of metadata.managedFields, with its fields as a set. */
export interface FieldOwner {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string
  readonly time: string | undefined
  readonly fields: FieldSet
  /** The entry that this was read from: written back as it is while nothing of it changes. */
  readonly entry?: ManagedFieldsEntry
}

/** By identity: manager, operation, subresource, and for Update the version. */
export type FieldOwners = Map<string, FieldOwner>

export function ownerKey(owner: Pick<FieldOwner, 'manager' | 'operation' | 'apiVersion' | 'subresource'>): string {
  return owner.operation === 'Apply'
    ? `A\0${owner.manager}\0${owner.subresource}`
    : `U\0${owner.manager}\0${owner.subresource}\0${owner.apiVersion}`
}

/** Undefined when an entry is malformed: then none of them can be trusted. */
export function decodeOwners(entries: readonly ManagedFieldsEntry[] | null | undefined): FieldOwners | undefined {
  const owners: FieldOwners = new Map()
  for (const entry of entries ?? []) {
    if (entry === null || typeof entry !== 'object') return undefined
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') return undefined
    if (!entry.apiVersion || entry.fieldsType !== 'FieldsV1') return undefined
    let fields: FieldSet
    try {
      fields = decodeFieldsV1(entry.fieldsV1 ?? {})
    } catch {
      return undefined
    }
    const owner: FieldOwner = {
      manager: entry.manager ?? '',
      operation: entry.operation,
      apiVersion: entry.apiVersion,
      subresource: entry.subresource ?? '',
      time: entry.time ?? undefined,
      fields,
      entry,
    }
    owners.set(ownerKey(owner), owner)
  }
  return owners
}

/** Entries in the stored order: Apply first, then by time, manager, version and subresource. */
export function encodeOwners(owners: FieldOwners): ManagedFieldsEntry[] {
  const entries = [...owners.values()].filter((owner) => owner.fields.size > 0).map(encodeOwner)
  return entries.sort(
    (a, b) =>
      compare(a.operation, b.operation) ||
      secondsOf(a.time) - secondsOf(b.time) ||
      compare(a.manager, b.manager) ||
      compare(a.apiVersion, b.apiVersion) ||
      compare(a.subresource ?? '', b.subresource ?? ''),
  )
}

function encodeOwner(owner: FieldOwner): ManagedFieldsEntry {
  const { entry } = owner
  if (entry !== undefined && entry.time === owner.time && decodeFieldsV1(entry.fieldsV1) === owner.fields) {
    if (entry.apiVersion === owner.apiVersion) return entry
  }
  return {
    manager: owner.manager,
    operation: owner.operation,
    apiVersion: owner.apiVersion,
    ...(owner.time === undefined ? {} : { time: owner.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFieldsV1(owner.fields) as Record<string, unknown>,
    ...(owner.subresource === '' ? {} : { subresource: owner.subresource }),
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function secondsOf(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000)
}

/** True when a writer asks to start ownership anew: an empty list, or a list of one empty entry. */
export function isReset(entries: readonly ManagedFieldsEntry[] | null | undefined): boolean {
  if (!Array.isArray(entries)) return false
  return entries.length === 0 || (entries.length === 1 && entries[0] !== null && Object.keys(entries[0] as object).length === 0)
}

/** What nobody owns: it identifies the object, or the server writes it. */
export const unownedFields: FieldSet = fieldSetOf([
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((name) => ['f:metadata', `f:${name}`]),
])

/** At most this many managers of operation Update are told apart. */
export const mostUpdateManagers = 10

/** Gathers the oldest Update managers under `ancient-changes`, one for each version, until few enough are left. */
export function capUpdateManagers(owners: FieldOwners): void {
  const updaters = [...owners].filter(([, owner]) => owner.operation === 'Update')
  let left = updaters.length
  if (left <= mostUpdateManagers) return
  updaters.sort(
    ([, a], [, b]) =>
      secondsOf(a.time) - secondsOf(b.time) || compare(a.manager, b.manager) || compare(a.apiVersion, b.apiVersion),
  )
  const firstOfVersion = new Map<string, string>()
  for (const [key, owner] of updaters) {
    if (left <= mostUpdateManagers) return
    const bucket = {
      manager: 'ancient-changes',
      operation: 'Update' as const,
      apiVersion: owner.apiVersion,
      subresource: '',
    }
    const bucketKey = ownerKey(bucket)
    const first = firstOfVersion.get(owner.apiVersion)
    if (first === undefined) {
      firstOfVersion.set(owner.apiVersion, key)
      continue
    }
    const present = owners.get(bucketKey) ?? owners.get(first)
    if (!owners.has(bucketKey)) owners.delete(first)
    owners.delete(key)
    owners.set(bucketKey, { ...bucket, time: owner.time, fields: union(owner.fields, present?.fields ?? owner.fields) })
    left--
  }
}

/** The object with these entries in place of its own; without the field when there are none. */
export function withManagedFields(object: KubeObject, entries: readonly ManagedFieldsEntry[]): KubeObject {
  const present = object.metadata.managedFields
  if (entries.length === 0) {
    if (present === undefined) return object
    const { managedFields: _, ...metadata } = object.metadata
    return { ...object, metadata }
  }
  if (present !== undefined && present.length === entries.length && entries.every((entry, at) => entry === present[at])) {
    return object
  }
  return { ...object, metadata: { ...object.metadata, managedFields: entries as ManagedFieldsEntry[] } }
}
