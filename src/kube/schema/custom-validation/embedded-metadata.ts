import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import { explainDns1035Label } from '../../object/names.js'
import type { StatusCause } from '../../object/status-error.js'
import { builtInStruct } from '../built-in.js'
import { fieldCauses } from '../field-cause.js'
import type { SchemaNode } from '../schema-node.js'
import { toTyped } from '../typed.js'
import { Findings, membersOf } from '../validation/findings.js'
import { checkMetadata } from '../validation/metadata.js'

export interface Coerced {
  /** The value with the metadata of embedded objects as Go would marshal it; the same one when nothing changes. */
  readonly value: unknown
  /** What is unknown in that metadata. */
  readonly unknown: string[]
  /** The first value of a wrong type. */
  readonly problem?: StatusCause
}

export function below(path: string, step: string): string {
  return path === '' ? step : `${path}.${step}`
}

/** Schemas without embedded objects need no walk. */
const withEmbedded = new WeakMap<SchemaNode, boolean>()

export function hasEmbedded(schema: SchemaNode): boolean {
  let known = withEmbedded.get(schema)
  if (known === undefined) {
    known =
      schema.embeddedResource === true ||
      (schema.items !== undefined && hasEmbedded(schema.items)) ||
      [...(schema.fields ?? [])].some(([, { schema: field }]) => field.validations !== undefined && hasEmbedded(field))
    withEmbedded.set(schema, known)
  }
  return known
}

/**
 * Types the apiVersion, kind and metadata of objects inside of a custom resource (x-kubernetes-embedded-resource).
 *
 * Reference: Coerce of k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta.
 */
export function coerceEmbedded(schema: SchemaNode, value: unknown, path = ''): Coerced {
  const unknown: string[] = []
  let problem: StatusCause | undefined
  const walk = (node: SchemaNode | undefined, part: unknown, at: string): unknown => {
    if (node === undefined || problem !== undefined || !hasEmbedded(node)) return part
    if (Array.isArray(part)) {
      const items = part.map((item, index) => walk(node.items, item, `${at}[${index}]`))
      return items.some((item, index) => item !== part[index]) ? items : part
    }
    if (!isObject(part)) return part
    let result = part
    for (const [key, member] of Object.entries(part)) {
      let next = member
      if (node.embeddedResource === true) {
        if ((key === 'apiVersion' || key === 'kind') && typeof member !== 'string') {
          problem ??= fieldCauses.invalid(below(at, key), member, 'must be a string')
        }
        if (key === 'metadata') next = typedMetadata(member, below(at, key))
      }
      const field = node.type === 'map' ? undefined : node.fields?.get(key)?.schema
      if (node.type === 'map') next = walk(node.items, next, `${at}[${key}]`)
      else if (field !== undefined && field.validations !== undefined) next = walk(field, next, below(at, key))
      if (next !== member) {
        if (result === part) result = { ...part }
        result[key] = next
      }
    }
    return result
  }
  const typedMetadata = (metadata: unknown, at: string): unknown => {
    try {
      if (metadata !== null && !isObject(metadata)) {
        const type = Array.isArray(metadata) ? 'array' : typeof metadata === 'boolean' ? 'bool' : typeof metadata
        problem ??= fieldCauses.invalid(at, metadata, `json: cannot unmarshal ${type} into Go value of type v1.ObjectMeta`)
        return metadata
      }
      const typed = toTyped(objectMeta(), metadata)
      unknown.push(...typed.unknown.map((step) => `${at}.${step}`))
      const { creationTimestamp, ...rest } = typed.object as Record<string, unknown>
      return creationTimestamp === null || creationTimestamp === undefined ? rest : { creationTimestamp, ...rest }
    } catch (error) {
      problem ??= fieldCauses.invalid(at, metadata, messageOf(error))
      return metadata
    }
  }
  const result = walk(schema, value, path)
  return { value: result, unknown: unknown.sort(), ...(problem === undefined ? {} : { problem }) }
}

function objectMeta(): SchemaNode {
  return builtInStruct('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')
}

/** What is wrong with the apiVersion, kind and metadata of objects inside of a custom resource. `root`: the value itself is one. */
export function embeddedCauses(schema: SchemaNode, value: unknown, path: string, root = false): StatusCause[] {
  const to = new Findings()
  const walk = (node: SchemaNode | undefined, part: unknown, at: string, whole: boolean): void => {
    if (node === undefined || (!whole && !hasEmbedded(node))) return
    if (Array.isArray(part)) {
      for (const [index, item] of part.entries()) walk(node.items, item, `${at}[${index}]`, false)
      return
    }
    if (!isObject(part)) return
    if (whole || node.embeddedResource === true) checkWhole(part, at, to)
    for (const [key, member] of Object.entries(part)) {
      if (node.type === 'map') walk(node.items, member, `${at}[${key}]`, false)
      else {
        const field = node.fields?.get(key)?.schema
        if (field?.validations !== undefined) walk(field, member, below(at, key), false)
      }
    }
  }
  walk(schema, value, path, root)
  return to.causes
}

function checkWhole(object: Record<string, unknown>, path: string, to: Findings): void {
  for (const key of ['apiVersion', 'kind']) {
    if (!Object.hasOwn(object, key)) to.required(below(path, key), 'must not be empty')
  }
  for (const [key, value] of Object.entries(object)) {
    const at = below(path, key)
    if (key === 'apiVersion' || key === 'kind') {
      if (typeof value !== 'string') to.invalid(at, value, 'must be a string')
      else if (value === '') to.invalid(at, value, 'must not be empty')
      else if (key === 'apiVersion') {
        if (value.split('/').length > 2) to.invalid(at, value, `unexpected GroupVersion string: ${value}`)
      } else {
        const reasons = explainDns1035Label(value.toLowerCase())
        if (reasons.length > 0) to.invalid(at, value, `may have mixed case, but should otherwise match: ${reasons.join(',')}`)
      }
    } else if (key === 'metadata') checkEmbeddedMetadata(value, at, to)
  }
}

function checkEmbeddedMetadata(value: unknown, at: string, to: Findings): void {
  let metadata: Record<string, unknown>
  try {
    metadata = membersOf(toTyped(objectMeta(), value).object)
  } catch (error) {
    to.invalid(at, value, messageOf(error))
    return
  }
  const found = new Findings()
  const namespaced = typeof metadata['namespace'] === 'string' && metadata['namespace'] !== ''
  const named = { ...metadata, name: metadata['name'] || 'fakename' }
  checkMetadata('', named, { namespaced, anyName: true, anyFinalizer: true }, found)
  const prefix = at.slice(0, -'metadata'.length)
  for (const cause of found.causes) to.causes.push({ ...cause, field: `${prefix}${cause.field}` })
}
