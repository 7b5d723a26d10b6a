import { isObject } from '../../base/json.js'
import { isNumber } from '../../base/json-text.js'
import type { SchemaNode } from '../schema/schema-node.js'
import { goPrint } from './go-print.js'
import { elementOf, fieldElement, formatPathElement, type PathElement, UnidentifiedElement } from './path-element.js'
import { memberSchema, untyped } from './typed-schema.js'

/**
 * What keeps a value from being applied: fields that the schema does not know, values of another type, elements of
 * associative lists that are there twice or have no key. In the texts of an API server, with paths such as
 * `.spec.replicas`; empty when all is well.
 */
export function validateTyped(schema: SchemaNode, value: unknown): string[] {
  const problems: string[] = []
  validate(schema, value, undefined, problems)
  return problems
}

/** Where a value stands; made into text only for a problem. */
interface Place {
  readonly parent: Place | undefined
  readonly element: PathElement
}

function format(place: Place | undefined): string {
  return place === undefined ? '' : format(place.parent) + formatPathElement(place.element)
}

function validate(schema: SchemaNode, value: unknown, place: Place | undefined, problems: string[]): void {
  if (value === null || value === undefined) return
  const report = (text: string) => problems.push(place === undefined ? text : `${format(place)}: ${text}`)
  switch (schema.type) {
    case 'struct':
    case 'map':
      if (!isObject(value)) report(`expected map, got ${describe(value)}`)
      else validateMembers(schema, value, place, problems)
      return
    case 'list':
      if (!Array.isArray(value)) report(`expected list, got ${describe(value)}`)
      else validateItems(schema, value, place, problems)
      return
    case 'any':
      return
    case 'integer':
    case 'number':
      if (!isNumber(value)) report(`expected numeric (int or float), got ${goType(value)}`)
      return
    case 'string':
    case 'bytes':
      if (typeof value !== 'string') report(`expected string, got ${describe(value)}`)
      return
    case 'boolean':
      if (typeof value !== 'boolean') report(`expected boolean, got ${describe(value)}`)
      return
    default:
      if (typeof value === 'object') report(`expected any scalar, got ${describe(value)}`)
  }
}

function validateMembers(schema: SchemaNode, value: Record<string, unknown>, place: Place | undefined, problems: string[]): void {
  // In the order of names: the first field that nobody declared ends it.
  for (const name of Object.keys(value).sort()) {
    const below = memberSchema(schema, name)
    if (below === undefined) {
      problems.push(`${format(place)}.${name}: field not declared in schema`)
      return
    }
    validate(below, value[name], { parent: place, element: fieldElement(name) }, problems)
  }
}

function validateItems(schema: SchemaNode, items: readonly unknown[], place: Place | undefined, problems: string[]): void {
  const itemSchema = schema.items ?? untyped
  const associative = schema.listType === 'map' || schema.listType === 'set'
  const seen = new Set<string>()
  for (const [index, item] of items.entries()) {
    let element: PathElement = `i:${index}`
    if (associative) {
      try {
        element = elementOf(schema, item)
        if (seen.has(element)) problems.push(`${format(place)}: duplicate entries for key ${formatPathElement(element)}`)
        seen.add(element)
      } catch (error) {
        if (!(error instanceof UnidentifiedElement)) throw error
        problems.push(`${format(place)}: element ${index}: ${error.message}`)
        return
      }
    }
    validate(itemSchema, item, { parent: place, element }, problems)
  }
}

/** Go prints the pointer to what holds the value. */
function describe(value: unknown): string {
  return `&{${goPrint(value)}}`
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (isObject(value)) return 'map[string]interface {}'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
