import { RE2JS } from 're2js'
import { messageOf } from '../../../base/errors.js'
import { equalJson } from '../../../base/json.js'
import type { StatusCause } from '../../object/status-error.js'
import { Findings, isSet, listOf, type Members, membersOf, textOf } from '../validation/findings.js'

const intOrString = [{ type: 'integer' }, { type: 'string' }]

/** Keywords of JSON schema that structural schemas cannot hold, each with what upstream calls it. */
const unsupported = ['id', '$schema', '$ref', 'patternProperties', 'dependencies', 'additionalItems', 'definitions'] as const

/**
 * Why a schema cannot be read as a structural one at all; undefined when it can. What stands here is also found by the rules for
 * OpenAPI schemas, so upstream shows it only when those find nothing.
 */
export function unstructurableReason(schema: Members): string | undefined {
  for (const keyword of unsupported) {
    const value = schema[keyword]
    if (isSet(value) && value !== '') return `OpenAPIV3Schema '${keyword === '$schema' ? 'schema' : keyword}' is not supported`
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined"
  if (Array.isArray(schema['items'])) return "OpenAPIV3Schema 'items' must be a schema, but is an array"
  for (const [child] of childrenOf(schema)) {
    const reason = unstructurableReason(child)
    if (reason !== undefined) return reason
  }
  return undefined
}

/** Every schema directly below, alternatives too, with its path relative to the schema. */
export function childrenOf(schema: Members): [Members, string][] {
  const children: [Members, string][] = []
  if (isSchema(schema['items'])) children.push([membersOf(schema['items']), 'items'])
  for (const [name, property] of propertiesOf(schema)) children.push([property, `properties[${name}]`])
  if (isSchema(schema['additionalProperties'])) children.push([membersOf(schema['additionalProperties']), 'additionalProperties'])
  for (const [part, at] of alternativesOf(schema)) children.push([part, at])
  return children
}

export function propertiesOf(schema: Members): [string, Members][] {
  return Object.entries(membersOf(schema['properties'])).map(([name, property]) => [name, membersOf(property)])
}

function alternativesOf(schema: Members): [Members, string][] {
  const parts: [Members, string][] = []
  for (const keyword of ['anyOf', 'allOf', 'oneOf']) {
    for (const [index, part] of listOf(schema[keyword]).entries()) parts.push([membersOf(part), `${keyword}[${index}]`])
  }
  if (isSchema(schema['not'])) parts.push([membersOf(schema['not']), 'not'])
  return parts
}

export function isSchema(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

type Level = 'root' | 'item' | 'field'

const missingType: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

/**
 * What keeps a schema from being structural: from saying of every field what it is, in one place. Sorted by text, as upstream.
 *
 * Reference: ValidateStructural of k8s.io/apiextensions-apiserver/pkg/apiserver/schema.
 */
export function structuralCauses(schema: Members, field: string): StatusCause[] {
  const to = new Findings()
  checkNode(schema, 'root', field, to)
  checkCompleteness(schema, schema, field, field, to)
  const textOfCause = ({ field: at, message }: StatusCause) => `${at}: ${message}`
  return to.causes.sort((a, b) => (textOfCause(a) < textOfCause(b) ? -1 : 1))
}

function checkNode(node: Members, level: Level, field: string, to: Findings): void {
  const type = textOf(node['type'])
  const embedded = node['x-kubernetes-embedded-resource'] === true
  const preserves = node['x-kubernetes-preserve-unknown-fields'] === true
  const isIntOrString = node['x-kubernetes-int-or-string'] === true
  const { items, additionalProperties: additional } = node
  if (type === 'array' && !isSchema(items)) to.required(`${field}.items`, 'must be specified')
  if (isSchema(items)) checkNode(membersOf(items), 'item', `${field}.items`, to)
  for (const [name, property] of propertiesOf(node)) checkNode(property, 'field', `${field}.properties[${name}]`, to)
  if (additional !== undefined) {
    if (level === 'root') to.forbidden(`${field}.additionalProperties`, 'must not be used at the root')
    if (isSchema(additional)) checkNode(membersOf(additional), 'field', `${field}.additionalProperties`, to)
  }
  if (isIntOrString && preserves) {
    to.invalid(`${field}.x-kubernetes-preserve-unknown-fields`, true, 'must be false if x-kubernetes-int-or-string is true')
  }
  if (isIntOrString && embedded) {
    to.invalid(`${field}.x-kubernetes-embedded-resource`, true, 'must be false if x-kubernetes-int-or-string is true')
  }
  checkValues(node, field, { anyOf: spellsIntOrString(node), allOf: spellsIntOrString(membersOf(listOf(node['allOf'])[0])) }, to)
  if (embedded && type !== 'object') {
    if (type === '') to.required(`${field}.type`, 'must be object if x-kubernetes-embedded-resource is true')
    else to.invalid(`${field}.type`, type, 'must be object if x-kubernetes-embedded-resource is true')
  } else if (type === '' && !isIntOrString && !preserves) to.required(`${field}.type`, missingType[level])
  if (embedded && additional !== undefined) {
    to.forbidden(`${field}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set')
  }
  if (level === 'root' && type !== '' && type !== 'object') to.invalid(`${field}.type`, type, 'must be object at the root')
  checkMeta(node, level, embedded, field, to)
  if (embedded && !preserves && propertiesOf(node).length === 0) {
    to.required(
      `${field}.properties`,
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
    )
  }
}

/** `anyOf` says nothing but that a value is an integer or a text: allowed, though types stand outside of alternatives. */
function spellsIntOrString(node: Members): boolean {
  return equalJson(node['anyOf'] ?? null, intOrString)
}

/** apiVersion, kind and metadata have schemas of their own: a definition may only narrow the names of the root's metadata. */
function checkMeta(node: Members, level: Level, embedded: boolean, field: string, to: Findings): void {
  const properties = membersOf(node['properties'])
  if (level === 'root' || embedded) {
    for (const key of ['kind', 'apiVersion']) {
      if (!Object.hasOwn(properties, key)) continue
      const type = textOf(membersOf(properties[key])['type'])
      if (type !== 'string') to.invalid(`${field}.properties[${key}].type`, type, 'must be string')
    }
  }
  if (!Object.hasOwn(properties, 'metadata')) return
  const at = `${field}.properties[metadata]`
  const { type, default: _, properties: own, ...rest } = membersOf(properties['metadata'])
  if ((level === 'root' || embedded) && type !== 'object') to.invalid(`${at}.type`, textOf(type), 'must be object')
  if (level !== 'root') return
  const others = Object.keys(membersOf(own)).filter((key) => key !== 'name' && key !== 'generateName')
  if (others.length > 0 || Object.keys(rest).length > 0) {
    const advice = 'must not specify anything other than name and generateName, but metadata is implicitly specified'
    to.forbidden(at, advice)
  }
}

interface Skips {
  /** The node's own `anyOf`, the `anyOf` of its first `allOf`: spelled int-or-string. */
  readonly anyOf: boolean
  readonly allOf: boolean
}

const skipNothing: Skips = { anyOf: false, allOf: false }

function checkValues(node: Members, field: string, skip: Skips, to: Findings): void {
  for (const [part, at] of alternativesOf(node)) {
    if (skip.anyOf && at.startsWith('anyOf')) continue
    checkAlternative(part, `${field}.${at}`, { anyOf: skip.allOf && at === 'allOf[0]', allOf: false }, to)
  }
  const pattern = textOf(node['pattern'])
  if (pattern === '') return
  const problem = patternProblem(pattern, to)
  if (problem !== undefined) to.invalid(`${field}.pattern`, pattern, `must be a valid regular expression, but isn't: ${problem}`)
}

/** Characters of different patterns in one definition: more are a program to keep a compiler busy. Upstream has no such bound. */
const mostPatternText = 128 * 1024
const patternsSeen = new WeakMap<Findings, { readonly patterns: Set<string>; length: number }>()

/** In the words of Go's regexp. */
function patternProblem(pattern: string, findings: Findings): string | undefined {
  const seen = patternsSeen.get(findings) ?? { patterns: new Set<string>(), length: 0 }
  patternsSeen.set(findings, seen)
  if (!seen.patterns.has(pattern)) {
    seen.patterns.add(pattern)
    seen.length += pattern.length
  }
  if (seen.length > mostPatternText) return `the patterns of the definition have more than ${mostPatternText} characters`
  try {
    RE2JS.compile(pattern)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

/** What gives a value its shape stands outside of allOf, anyOf, oneOf and not. */
const shaping: readonly (readonly [keyword: string, wanted: string])[] = [
  ['type', 'empty'],
  ['additionalProperties', 'undefined'],
  ['default', 'undefined'],
  ['title', 'empty'],
  ['description', 'empty'],
  ['nullable', 'false'],
  ['x-kubernetes-preserve-unknown-fields', 'false'],
  ['x-kubernetes-embedded-resource', 'false'],
  ['x-kubernetes-int-or-string', 'false'],
  ['x-kubernetes-list-map-keys', 'empty'],
  ['x-kubernetes-list-type', 'undefined'],
  ['x-kubernetes-map-type', 'undefined'],
  ['x-kubernetes-validations', 'empty'],
]

function checkAlternative(part: Members, field: string, skip: Skips, to: Findings): void {
  checkValues(part, field, skip, to)
  if (isSchema(part['items'])) checkAlternative(membersOf(part['items']), `${field}.items`, skipNothing, to)
  for (const [name, property] of propertiesOf(part)) checkAlternative(property, `${field}.properties[${name}]`, skipNothing, to)
  for (const [keyword, wanted] of shaping) {
    const value = part[keyword]
    if (value === undefined || value === '' || value === false) continue
    to.forbidden(`${field}.${keyword}`, `must be ${wanted} to be structural`)
  }
  if (Object.hasOwn(membersOf(part['properties']), 'metadata')) {
    to.forbidden(`${field}.properties[metadata]`, 'must not be specified in a nested context')
  }
}

/** Alternatives may speak only of fields and items that are defined outside of them. */
function checkCompleteness(values: Members, node: Members | undefined, nodeAt: string, at: string, to: Findings): void {
  for (const [part, below] of alternativesOf(values)) checkPart(part, node, nodeAt, `${at}.${below}`, to)
}

function checkPart(part: Members, node: Members | undefined, nodeAt: string, at: string, to: Findings): void {
  if (node === undefined) {
    to.required(nodeAt, `because it is defined in ${at}`)
    return
  }
  checkCompleteness(part, node, nodeAt, at, to)
  if (isSchema(part['items'])) {
    const items = isSchema(node['items']) ? membersOf(node['items']) : undefined
    checkPart(membersOf(part['items']), items, `${nodeAt}.items`, `${at}.items`, to)
  }
  const properties = membersOf(node['properties'])
  for (const [name, property] of propertiesOf(part)) {
    const inner = `${at}.properties[${name}]`
    const outer = `${nodeAt}.properties[${name}]`
    if (Object.hasOwn(properties, name)) checkPart(property, membersOf(properties[name]), outer, inner, to)
    else to.required(outer, `because it is defined in ${inner}`)
  }
}
