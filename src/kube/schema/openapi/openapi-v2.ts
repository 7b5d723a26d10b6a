import type { Json, JsonObject } from '../../../base/json.js'
import { equalJson, isObject } from '../../../base/json.js'
import { kubernetesVersion } from '../tables.generated.js'
import { convertPaths } from './paths-v2.js'

const kinds = 'x-kubernetes-group-version-kind'

/** What OpenAPI v2 knows of a schema; what else there is of v3 (`oneOf`, `nullable` ...) is left out, and so are defaults, as upstream does. */
const kept = new Set([
  ...['description', 'type', 'format', 'title', 'required', 'enum', 'pattern', 'uniqueItems'],
  ...['maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum', 'multipleOf'],
  ...['maxLength', 'minLength', 'maxItems', 'minItems', 'maxProperties', 'minProperties'],
])

/**
 * The OpenAPI v2 document with the paths and definitions of these v3 documents, each once; a kind that several of them mark is
 * marked for all.
 */
export function openApiV2Document(documents: Iterable<JsonObject>): JsonObject {
  const definitions: JsonObject = {}
  const paths: JsonObject = {}
  for (const document of documents) {
    for (const [path, item] of Object.entries((document['paths'] ?? {}) as JsonObject)) paths[path] = item as JsonObject
    const schemas = (document['components'] as JsonObject | undefined)?.['schemas'] ?? {}
    for (const [name, schema] of Object.entries(schemas as JsonObject)) {
      const known = definitions[name] as JsonObject | undefined
      if (known === undefined) definitions[name] = converted(schema as JsonObject)
      else addKinds(known, (schema as JsonObject)[kinds])
    }
  }
  const bearerToken = { type: 'apiKey', description: 'A bearer token.', name: 'authorization', in: 'header' }
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: kubernetesVersion },
    ...convertPaths(sortedByKey(paths)),
    definitions: sortedByKey(definitions),
    securityDefinitions: { BearerToken: bearerToken },
    security: [{ BearerToken: [] }],
  }
}

function sortedByKey(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function addKinds(schema: JsonObject, more: Json | undefined): void {
  if (!Array.isArray(more)) return
  const own = (schema[kinds] ?? []) as Json[]
  const added = more.filter((each) => !own.some((one) => equalJson(one, each)))
  if (added.length > 0) schema[kinds] = [...own, ...added]
}

export function converted(schema: JsonObject): JsonObject {
  const result: JsonObject = {}
  for (const [key, value] of Object.entries(schema)) {
    if (kept.has(key) || key.startsWith('x-')) result[key] = value
  }
  const reference = referenceOf(schema)
  if (reference !== undefined) return { ...pick(result, isBesideReference), $ref: reference }
  if (Array.isArray(schema['oneOf']) && schema['type'] === undefined && schema['x-kubernetes-int-or-string'] !== true) {
    // Quantities and numbers of ports: v2 has one type only, and calls them strings.
    result['type'] = 'string'
  }
  if (isObject(schema['items'])) result['items'] = converted(schema['items'] as JsonObject)
  if (isObject(schema['properties'])) result['properties'] = mapped(schema['properties'] as JsonObject)
  const more = schema['additionalProperties']
  if (isObject(more)) result['additionalProperties'] = converted(more as JsonObject)
  else if (more === true) result['additionalProperties'] = true
  const required = nonNull(schema)
  if (required.length > 0) result['required'] = required
  else delete result['required']
  // v2 has neither null nor any other way to be of any shape: as upstream publishes them, such schemas hold nobody to anything.
  if (schema['x-kubernetes-preserve-unknown-fields'] === true && isObject(schema['properties']) && schema[kinds] !== undefined) {
    delete result['x-kubernetes-preserve-unknown-fields']
    return { type: 'object', ...pick(result, isBesideReference) }
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === true || schema['nullable'] === true) {
    for (const key of ['type', 'items', 'properties', 'additionalProperties', 'required']) delete result[key]
  }
  return result
}

/** Required properties that may not be null. */
function nonNull(schema: JsonObject): Json[] {
  const properties = (schema['properties'] ?? {}) as Record<string, JsonObject>
  return ((schema['required'] ?? []) as string[]).filter((name) => properties[name]?.['nullable'] !== true)
}

function mapped(properties: JsonObject): JsonObject {
  const result: JsonObject = {}
  for (const [name, value] of Object.entries(properties)) result[name] = converted(value as JsonObject)
  return result
}

/** v3 wraps a reference that has something beside it: `allOf: [{$ref}]`. */
function referenceOf(schema: JsonObject): string | undefined {
  const wrapped = schema['allOf']
  const [first] = Array.isArray(wrapped) && wrapped.length === 1 ? wrapped : [undefined]
  const reference = schema['$ref'] ?? (isObject(first) ? first['$ref'] : undefined)
  return typeof reference === 'string' ? reference.replace('#/components/schemas/', '#/definitions/') : undefined
}

function isBesideReference(key: string): boolean {
  return key === 'description' || key.startsWith('x-')
}

function pick(from: JsonObject, wanted: (key: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(from).filter(([key]) => wanted(key)))
}
