import { isObject, type Json, type JsonObject } from '../../base/json.js'
import { builtInStruct } from './built-in.js'
import type { FieldNode, SchemaNode, SchemaType } from './schema-node.js'

/**
 * The schema of a custom resource from `spec.versions[*].schema.openAPIV3Schema` of its CustomResourceDefinition. The
 * root always has apiVersion, kind and metadata, the latter with the schema of every object's metadata. Every node keeps
 * the OpenAPI node that it was made from in `validations`.
 */
export function fromStructuralSchema(openApiV3Schema: JsonObject): SchemaNode {
  return objectNode(openApiV3Schema, true)
}

/** The schema of a part of a custom resource. */
export function nodeOfSchema(schema: JsonObject): SchemaNode {
  return nodeOf(schema)
}

function nodeOf(schema: JsonObject): SchemaNode {
  const common = commonOf(schema)
  if (schema['x-kubernetes-int-or-string'] === true) return { type: 'int-or-string', ...common }
  switch (schema['type']) {
    case 'object':
      return objectNode(schema, false)
    case 'array':
      return {
        type: 'list',
        items: isObject(schema['items']) ? nodeOf(schema['items'] as JsonObject) : { type: 'any' },
        ...common,
      }
    case 'string':
    case 'boolean':
    case 'number':
    case 'integer':
      return { type: schema['type'] as SchemaType, ...common }
    default:
      // Without a type only what preserves unknown fields is structural: anything may stand here.
      return isObject(schema['properties']) ? objectNode(schema, false) : { type: 'any', ...common }
  }
}

function objectNode(schema: JsonObject, isRoot: boolean): SchemaNode {
  const common = commonOf(schema)
  const additional = schema['additionalProperties']
  if (!isRoot && isObject(additional)) return { type: 'map', items: nodeOf(additional as JsonObject), ...common }
  if (!isRoot && additional === true) return { type: 'map', items: { type: 'any' }, ...common }
  const embedded = isRoot || schema['x-kubernetes-embedded-resource'] === true
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true || additional === true
  return {
    type: 'struct',
    ...common,
    fields: fieldsOf(schema, embedded),
    ...(preserves ? { preserveUnknown: true } : {}),
    ...(schema['x-kubernetes-embedded-resource'] === true ? { embeddedResource: true } : {}),
  }
}

function fieldsOf(schema: JsonObject, embedded: boolean): ReadonlyMap<string, FieldNode> {
  const properties = isObject(schema['properties']) ? (schema['properties'] as JsonObject) : {}
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const fields = new Map<string, FieldNode>()
  for (const [name, property] of Object.entries(properties)) {
    if (!isObject(property)) continue
    const description = property['description']
    fields.set(name, {
      schema: nodeOf(property as JsonObject),
      required: required.includes(name),
      ...(typeof description === 'string' ? { description } : {}),
    })
  }
  if (!embedded) return fields
  const meta = new Map<string, FieldNode>([
    ['apiVersion', fields.get('apiVersion') ?? { schema: { type: 'string' }, required: false }],
    ['kind', fields.get('kind') ?? { schema: { type: 'string' }, required: false }],
    ['metadata', { schema: builtInStruct('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'), required: false }],
  ])
  for (const [name, field] of fields) if (name !== 'metadata') meta.set(name, field)
  return meta
}

function commonOf(schema: JsonObject): Omit<SchemaNode, 'type'> {
  const listType = schema['x-kubernetes-list-type']
  const listMapKeys = schema['x-kubernetes-list-map-keys']
  const mapType = schema['x-kubernetes-map-type']
  const description = schema['description']
  return {
    validations: schema as Readonly<Record<string, Json>>,
    ...(typeof description === 'string' ? { description } : {}),
    ...(listType === 'atomic' || listType === 'set' || listType === 'map' ? { listType } : {}),
    ...(Array.isArray(listMapKeys) ? { listMapKeys: listMapKeys.map(String) } : {}),
    ...(mapType === 'atomic' || mapType === 'granular' ? { mapType } : {}),
    ...(schema['nullable'] === true ? { nullable: true } : {}),
    ...(schema['default'] !== undefined ? { default: schema['default'] } : {}),
  }
}
