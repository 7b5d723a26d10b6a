import { recordUpdate } from '../../../kube/apply/server-side-apply.js'
import { normalizeTyped } from '../../../kube/apply/typed-normal.js'
import { untyped } from '../../../kube/apply/typed-schema.js'
import type { KubeObject, ManagedFieldsEntry } from '../../../kube/object/kube-object.js'
import { resetFieldsOf } from '../lifecycles/reset-fields.js'
import type { Resource } from '../resource.js'
import type { WriteRequest } from './write-request.js'

const mostShapes = 256
const shapes = new WeakMap<Resource, Map<string, ManagedFieldsEntry>>()

/**
 * The new object with the writer as the owner of its fields. Which fields those are depends on the shape of the object alone,
 * and objects come in series of one shape (the pods of a ReplicaSet, one chart in many namespaces), so a few shapes are
 * remembered: working out ownership is a third of what a create costs.
 */
export function recordCreation(request: WriteRequest, object: KubeObject, nowText: string): KubeObject {
  const { resource } = request
  const manager = request.options.fieldManager || 'unknown'
  const whole = (updated: KubeObject) =>
    recordUpdate({ schema: resource.schema, updated, manager, nowText, resetFields: resetFieldsOf(request) })
  // A writer may bring owners along; they are merged with its own.
  if (object.metadata.managedFields !== undefined) return whole(object)
  const normal = normalizeTyped(resource.schema ?? untyped, object)
  const shape = flat(shapeOf(normal))
  let known = shapes.get(resource)
  if (known === undefined) shapes.set(resource, (known = new Map()))
  const entry = known.get(shape)
  if (entry !== undefined) {
    const managedFields = [{ ...entry, manager, time: nowText }]
    return { ...normal, metadata: { ...normal.metadata, managedFields } }
  }
  const result = whole(normal)
  const entries = result.metadata.managedFields
  if (entries?.length === 1) {
    if (known.size >= mostShapes) known.clear()
    known.set(shape, entries[0]!)
  }
  return result
}

/** A text as one run of characters. As it was put together it holds all its parts, ten times its size, as long as it is kept. */
function flat(text: string): string {
  text.charCodeAt(0)
  return text
}

/**
 * A text that is equal for objects whose fields have the same paths: names of members, which values are zero, and below lists
 * the values too, since they tell the items apart.
 */
export function shapeOf(value: unknown, listed = false): string {
  if (value === null || value === undefined) return 'n'
  if (typeof value === 'string') return listed ? `s${value.length}:${value}` : value === '' ? '0' : '1'
  if (typeof value !== 'object') return listed ? `v${String(value)};` : value ? '1' : '0'
  let text: string
  if (Array.isArray(value)) {
    text = '['
    for (const item of value) text += shapeOf(item, true)
    return `${text}]`
  }
  text = '{'
  for (const key of Object.keys(value)) {
    text += `${key.length}:${key}${shapeOf((value as Record<string, unknown>)[key], listed)}`
  }
  return `${text}}`
}
