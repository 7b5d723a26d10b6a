import { isObject, setOwn } from '../../base/json.js'
import { stepsText } from './scan-fields.js'
import type { SchemaNode } from './schema-node.js'

export interface Pruned {
  /** The object without what its schema does not know; the same one when there is nothing to take away. */
  readonly object: unknown
  /** Paths of what was taken away, sorted as upstream does. */
  readonly unknown: readonly string[]
}

/**
 * Takes away what a custom resource's schema does not know. Metadata is never pruned, nor is anything below
 * `x-kubernetes-preserve-unknown-fields`, save for what its known fields say of their own values.
 *
 * Reference: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning.
 */
export function pruneUnknown(schema: SchemaNode, object: unknown): Pruned {
  const unknown: string[] = []
  const pruned = prune(schema, object, [], unknown)
  return { object: pruned, unknown: unknown.sort() }
}

function prune(schema: SchemaNode, value: unknown, steps: (string | number)[], unknown: string[]): unknown {
  if (Array.isArray(value)) {
    const { items } = schema
    if (schema.type !== 'list' || items === undefined) return value
    return replaced(
      value,
      value.map((item, index) => within(steps, index, () => prune(items, item, steps, unknown))),
    )
  }
  if (!isObject(value)) return value
  if (schema.type === 'map' && schema.items !== undefined) {
    const { items } = schema
    return pruneEntries(value, (key, member) => within(steps, key, () => prune(items, member, steps, unknown)))
  }
  if (schema.type !== 'struct') return value
  return pruneEntries(value, (key, member) => {
    const field = schema.fields?.get(key)
    // The metadata of whole objects has a schema of Kubernetes' own.
    if (field !== undefined)
      return isBuiltIn(field.schema) ? member : within(steps, key, () => prune(field.schema, member, steps, unknown))
    if (schema.preserveUnknown === true) return member
    within(steps, key, () => unknown.push(stepsText(steps)))
    return undefined
  })
}

function isBuiltIn(schema: SchemaNode): boolean {
  return schema.name?.startsWith('io.k8s.') === true
}

function within<T>(steps: (string | number)[], step: string | number, run: () => T): T {
  steps.push(step)
  const result = run()
  steps.pop()
  return result
}

function replaced(before: unknown[], after: unknown[]): unknown[] {
  return after.some((item, index) => item !== before[index]) ? after : before
}

/** Keeps the object when no entry changes. An entry that becomes undefined is dropped. */
function pruneEntries(
  value: Record<string, unknown>,
  change: (key: string, member: unknown) => unknown,
): Record<string, unknown> {
  const after: Record<string, unknown> = {}
  let changed = false
  for (const key of Object.keys(value)) {
    const member = value[key]
    const pruned = change(key, member)
    if (pruned !== member) changed = true
    if (pruned !== undefined) setOwn(after, key, pruned)
  }
  return changed ? after : value
}
