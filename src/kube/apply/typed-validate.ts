import { isObject } from '../../base/json.js'
import type { SchemaNode } from '../schema/schema-node.js'
import { elementOf, formatPathElement, UnidentifiedElement } from './path-element.js'
import { memberSchema, untyped } from './typed-schema.js'

/**
 * What keeps a value from being applied: fields that the schema does not know, values of another type, elements of
 * associative lists that are there twice or have no key. In the texts of an API server, with paths such as
 * `.spec.replicas`; empty when all is well.
 */
export function validateTyped(schema: SchemaNode, value: unknown): string[] {
  const problems: string[] = []
  validate(schema, value, '', problems)
  return problems
}

function validate(schema: SchemaNode, value: unknown, path: string, problems: string[]): void {
  if (value === null || value === undefined) return
  const report = (text: string) => problems.push(path === '' ? text : `${path}: ${text}`)
  switch (schema.type) {
    case 'struct':
    case 'map':
      if (!isObject(value)) report(`expected map, got ${describe(value)}`)
      else validateMembers(schema, value, path, problems)
      return
    case 'list':
      if (!Array.isArray(value)) report(`expected list, got ${describe(value)}`)
      else validateItems(schema, value, path, problems)
      return
    case 'any':
      return
    case 'integer':
    case 'number':
      if (typeof value !== 'number') report(`expected numeric (int or float), got ${goType(value)}`)
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

function validateMembers(schema: SchemaNode, value: Record<string, unknown>, path: string, problems: string[]): void {
  for (const name of Object.keys(value)) {
    const below = memberSchema(schema, name)
    if (below === undefined) {
      problems.push(`${path}.${name}: field not declared in schema`)
      return
    }
    validate(below, value[name], `${path}.${name}`, problems)
  }
}

function validateItems(schema: SchemaNode, items: readonly unknown[], path: string, problems: string[]): void {
  const itemSchema = schema.items ?? untyped
  const associative = schema.listType === 'map' || schema.listType === 'set'
  const seen = new Set<string>()
  for (const [index, item] of items.entries()) {
    let step = `[${index}]`
    if (associative) {
      try {
        const element = elementOf(schema, item)
        step = formatPathElement(element)
        if (seen.has(element)) problems.push(`${path}: duplicate entries for key ${step}`)
        seen.add(element)
      } catch (error) {
        if (!(error instanceof UnidentifiedElement)) throw error
        problems.push(`${path}: element ${index}: ${error.message}`)
        return
      }
    }
    validate(itemSchema, item, `${path}${step}`, problems)
  }
}

function describe(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (isObject(value)) return 'map[string]interface {}'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
