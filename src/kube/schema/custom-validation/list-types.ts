import { canonicalJson, isObject } from '../../../base/json.js'
import { printJson } from '../../../base/json-text.js'
import type { StatusCause } from '../../object/status-error.js'
import { fieldCauses } from '../field-cause.js'
import type { SchemaNode } from '../schema-node.js'

/** Repeated elements of lists of type `set`, repeated keys of lists of type `map`. */
export function listTypeCauses(schema: SchemaNode, value: unknown, path: string): StatusCause[] {
  if (Array.isArray(value)) {
    const own =
      schema.listType === 'set'
        ? repeatedElements(value, path)
        : schema.listType === 'map'
          ? repeatedKeys(schema, value, path)
          : []
    const { items } = schema
    return items === undefined
      ? own
      : [...own, ...value.flatMap((item, index) => listTypeCauses(items, item, `${path}[${index}]`))]
  }
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, member]) => {
    if (schema.type === 'map' && schema.items !== undefined) return listTypeCauses(schema.items, member, `${path}[${key}]`)
    const field = schema.fields?.get(key)
    if (field === undefined || field.schema.name !== undefined) return []
    return listTypeCauses(field.schema, member, path === '' ? key : `${path}.${key}`)
  })
}

/** The indexes at which something stands for the second time. */
function repeated(elements: unknown[]): number[] {
  const counts = new Map<string, number>()
  return [...elements.keys()].filter((index) => {
    const element = elements[index] ?? null
    const text = typeof element === 'object' ? canonicalJson(element) : `${typeof element} ${element}`
    const count = (counts.get(text) ?? 0) + 1
    counts.set(text, count)
    return count === 2
  })
}

function repeatedElements(value: unknown[], path: string): StatusCause[] {
  return repeated(value).map((index) => fieldCauses.duplicate(`${path}[${index}]`, value[index]))
}

function repeatedKeys(schema: SchemaNode, value: unknown[], path: string): StatusCause[] {
  const wrong = value.findIndex((item) => item !== null && !isObject(item))
  if (wrong >= 0) {
    return [fieldCauses.invalid(`${path}[${wrong}]`, value[wrong], 'must be an object for an array of list-type map')]
  }
  const keys = value.map((item) => {
    const key: Record<string, unknown> = {}
    for (const name of schema.listMapKeys ?? []) if (isObject(item) && Object.hasOwn(item, name)) key[name] = item[name]
    return key
  })
  const texts = keys.map(textOfKeys)
  if (new Set(texts).size === texts.length) return []
  return repeated(keys).map((index) => fieldCauses.duplicate(`${path}[${index}]`, keys[index]))
}

/** Keys are in the order of their definition, so their text needs no sorting. Only equal keys have equal texts. */
function textOfKeys(keys: Record<string, unknown>): string {
  let text = ''
  for (const name in keys) {
    const value = keys[name]
    text += typeof value === 'object' ? canonicalJson(value) : `${name} ${typeof value} ${printJson(value)}\n`
  }
  return text
}
