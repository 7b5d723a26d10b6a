import type { ManagedFieldsEntry } from '../object/kube-object.js'
import { difference, type FieldSet, fieldSetOf, hasPath } from './field-set.js'
import { decodeOwners, encodeOwners, type FieldOwners } from './managed-fields.js'
import { fieldElement } from './path-element.js'

const scaleVersion = 'autoscaling/v1'
const replicasInScale = ['spec', 'replicas'].map(fieldElement)

type Entries = readonly ManagedFieldsEntry[] | undefined

/** The owners of an object's replicas, as owners of those of its scale. `path` is where the object has them: `spec.replicas`. */
export function ownersInScale(parent: Entries, apiVersion: string, path: string): readonly ManagedFieldsEntry[] {
  const replicas = path.split('.').map(fieldElement)
  const owners: FieldOwners = new Map()
  for (const [key, owner] of decodeOwners(parent) ?? []) {
    if (owner.apiVersion !== apiVersion || !hasPath(owner.fields, replicas)) continue
    const { entry: _, ...rest } = owner
    owners.set(keyOf(key, apiVersion, scaleVersion), { ...rest, apiVersion: scaleVersion, fields: fieldSetOf([replicasInScale]) })
  }
  return encodeOwners(owners)
}

/**
 * The owners of an object after its scale was applied: who no longer owns the replicas of the scale loses those of the object,
 * new owners get them, without a time.
 */
export function ownersInParent(parent: Entries, scale: Entries, apiVersion: string, path: string): readonly ManagedFieldsEntry[] {
  const replicas = fieldSetOf([path.split('.').map(fieldElement)])
  const left: FieldOwners = new Map()
  for (const [key, owner] of decodeOwners(scale) ?? []) {
    if (hasPath(owner.fields, replicasInScale)) left.set(keyOf(key, scaleVersion, apiVersion), owner)
  }
  const owners: FieldOwners = new Map()
  for (const [key, owner] of decodeOwners(parent) ?? []) {
    const owns = owner.apiVersion === apiVersion && has(owner.fields, path)
    if (!owns || left.delete(key)) owners.set(key, owner)
    else {
      const fields = difference(owner.fields, replicas)
      if (fields.size > 0) owners.set(key, { ...owner, fields })
    }
  }
  for (const [key, owner] of left) {
    const { entry: _, ...rest } = owner
    owners.set(key, { ...rest, apiVersion, time: undefined, fields: replicas })
  }
  return encodeOwners(owners)
}

function has(fields: FieldSet, path: string): boolean {
  return hasPath(fields, path.split('.').map(fieldElement))
}

/** The version is a part of the identity of those who update. */
function keyOf(key: string, from: string, to: string): string {
  return key.endsWith(`\0${from}`) ? `${key.slice(0, -from.length)}${to}` : key
}
