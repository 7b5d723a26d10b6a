import { cloneJson, isObject, type Json, type JsonObject } from '../../../base/json.js'
import { builtInStruct } from '../built-in.js'
import type { Descriptions } from '../descriptions.js'
import type { FieldNode, SchemaNode } from '../schema-node.js'
import { builtInKinds, structRow } from '../tables.js'
import { plainSchemas, unions, withoutEnumeration } from './plain-schemas.js'
import { schemeVersions, serverGroups } from './scheme-versions.js'

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

/** Types of Kubernetes whose JSON is not that of their fields. */
const scalars: Readonly<Record<string, JsonObject>> = {
  [`${meta}Time`]: { description: 'A time as RFC 3339 text.', type: 'string', format: 'date-time' },
  [`${meta}MicroTime`]: { description: 'A time as RFC 3339 text with microseconds.', type: 'string', format: 'date-time' },
  [`${meta}Duration`]: { description: 'A length of time as text, such as 1h30m.', type: 'string' },
  [`${meta}FieldsV1`]: { description: 'A set of fields, as a tree of JSON objects.', type: 'object' },
  [`${meta}Patch`]: { description: 'A change to an object, in one of the patch formats.', type: 'object' },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': {
    description: 'A number with an optional suffix, such as 500m, 2 or 128Mi.',
    oneOf: [{ type: 'string' }, { type: 'number' }],
  },
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
    description: 'A whole number, or text such as the name of a port or a percentage.',
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
  'io.k8s.apimachinery.pkg.runtime.RawExtension': { description: 'Any object.', type: 'object' },
}

const conventions = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md'

/** Kinds that belong to every version. */
const ofEveryVersion: Readonly<Record<string, string>> = {
  [`${meta}DeleteOptions`]: 'DeleteOptions',
  [`${meta}WatchEvent`]: 'WatchEvent',
}

/** Kinds that are no resources, and belong to v1. */
const ownKinds: ReadonlySet<string> = new Set(
  ['APIGroup', 'APIGroupList', 'APIResourceList', 'Status'].map((kind) => meta + kind),
)

/** The kind that a struct is, where it is one of a group: a template of claims is a claim as well. */
function kindOfStruct(name: string): GroupVersionKind | undefined {
  if (kindsByStruct === undefined) {
    kindsByStruct = new Map()
    for (const [apiVersion, kinds] of Object.entries(builtInKinds())) {
      if (apiVersion.startsWith('meta.k8s.io/')) continue
      const [version = '', group = ''] = apiVersion.split('/').reverse()
      for (const [kind, index] of Object.entries(kinds)) kindsByStruct.set(structRow(index).name, { group, version, kind })
    }
  }
  return kindsByStruct.get(name)
}
let kindsByStruct: Map<string, GroupVersionKind> | undefined

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

export interface GroupVersionKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** `components.schemas` of one document: what is asked for, and all that it refers to. */
export class Components {
  readonly schemas: JsonObject = {}
  readonly #descriptions: Descriptions | undefined
  readonly #isCustom: boolean

  /** `isCustom`: of definitions of users, which another part of the server documents. */
  constructor(descriptions: Descriptions | undefined, isCustom = false) {
    this.#descriptions = descriptions
    this.#isCustom = isCustom
  }

  /** A reference to a struct or special type of Kubernetes by its OpenAPI name. */
  reference(name: string): JsonObject {
    if (this.schemas[name] === undefined) {
      const scalar = scalars[name]
      const plain = plainSchemas[name]
      if (scalar !== undefined) this.schemas[name] = { ...scalar, ...described(this.#descriptions?.ofStruct(name)) }
      else if (plain !== undefined) {
        this.schemas[name] = cloneJson(plain.schema)
        for (const other of plain.refersTo) this.reference(other)
      } else if (name.startsWith('io.k8s.apiextensions-apiserver.') && isUntyped(name)) {
        this.schemas[name] = described(this.#descriptions?.ofStruct(name))
      } else this.#addStruct(name, builtInStruct(name))
      const own = kindOfStruct(name)
      if (own !== undefined) this.#mark(name, own)
      const kind = ofEveryVersion[name]
      if (kind !== undefined) {
        const versions = this.#isCustom ? schemeVersions.filter(({ group }) => !serverGroups.has(group)) : schemeVersions
        const all = versions.map(({ group, version }) => printed({ group, version, kind }))
        ;(this.schemas[name] as JsonObject)['x-kubernetes-group-version-kind'] = all
      } else if (ownKinds.has(name)) this.#mark(name, { group: '', version: 'v1', kind: lastOf(name) })
    }
    return { $ref: `#/components/schemas/${name}` }
  }

  /** A reference to the schema of a kind, which is marked as that kind. */
  kind(schema: SchemaNode, gvk: GroupVersionKind): JsonObject {
    const name = schema.name ?? friendlyName(gvk)
    if (schema.name === undefined) {
      if (this.schemas[name] === undefined) this.schemas[name] = this.#custom(schema, gvk)
      return { $ref: `#/components/schemas/${name}` }
    }
    const reference = this.reference(name)
    this.#mark(name, gvk)
    return reference
  }

  #mark(name: string, gvk: GroupVersionKind): void {
    const component = this.schemas[name] as JsonObject
    const kinds = (component['x-kubernetes-group-version-kind'] ?? []) as Json[]
    const isMarked = kinds.some((one) => JSON.stringify(one) === JSON.stringify(printed(gvk)))
    if (!isMarked) component['x-kubernetes-group-version-kind'] = [...kinds, printed(gvk)]
  }

  /** The list of a custom resource's kind. */
  customList(item: JsonObject, gvk: GroupVersionKind, plural: string): JsonObject {
    const name = friendlyName(gvk)
    this.schemas[name] = {
      description: `${gvk.kind} is a list of ${gvk.kind.replace(/List$/, '')}`,
      type: 'object',
      required: ['items'],
      properties: {
        ...this.#typeMeta(),
        items: { description: `List of ${plural}. More info: ${conventions}`, type: 'array', items: item },
        metadata: withoutDefault(this.#field(`${meta}List`, 'metadata')),
      },
      'x-kubernetes-group-version-kind': [printed(gvk)],
    }
    return { $ref: `#/components/schemas/${name}` }
  }

  #typeMeta(): JsonObject {
    return { apiVersion: this.#field(`${meta}Status`, 'apiVersion'), kind: this.#field(`${meta}Status`, 'kind') }
  }

  #field(struct: string, name: string): JsonObject {
    return this.#property(struct, name, builtInStruct(struct).fields?.get(name) as FieldNode)
  }

  #custom(schema: SchemaNode, gvk: GroupVersionKind): JsonObject {
    const { validations = {} } = schema
    const properties = (validations['properties'] ?? {}) as JsonObject
    return {
      type: 'object',
      ...(validations as JsonObject),
      properties: { ...this.#typeMeta(), ...this.#expandedMembers(properties), metadata: this.#metadata() },
      'x-kubernetes-group-version-kind': [printed(gvk)],
    }
  }

  /** What OpenAPI says of the extensions of a structural schema: their types, and the members of objects inside of objects. */
  #expanded(schema: JsonObject): JsonObject {
    const result = { ...schema }
    if (isObject(schema['properties'])) result['properties'] = this.#expandedMembers(schema['properties'] as JsonObject)
    for (const key of ['items', 'additionalProperties']) {
      if (isObject(schema[key])) result[key] = this.#expanded(schema[key] as JsonObject)
    }
    if (schema['x-kubernetes-int-or-string'] === true && schema['type'] === undefined) {
      result['anyOf'] ??= [{ type: 'integer' }, { type: 'string' }]
    }
    if (schema['x-kubernetes-embedded-resource'] === true) {
      result['properties'] = {
        ...(result['properties'] as JsonObject | undefined),
        ...this.#typeMeta(),
        metadata: this.#metadata(),
      }
      result['required'] = ['kind', 'apiVersion', ...((schema['required'] ?? []) as string[])]
    }
    return result
  }

  #expandedMembers(properties: JsonObject): JsonObject {
    return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, this.#expanded(value as JsonObject)]))
  }

  #metadata(): JsonObject {
    return withoutDefault(this.#field('io.k8s.api.core.v1.Pod', 'metadata'))
  }

  #addStruct(name: string, struct: SchemaNode): void {
    const properties: JsonObject = {}
    const component: JsonObject = { ...described(this.#descriptions?.ofStruct(name)), type: 'object' }
    // Before its fields, which may refer to it.
    this.schemas[name] = component
    const required: string[] = []
    for (const [key, field] of struct.fields ?? []) {
      properties[key] = this.#property(name, key, field)
      if (field.required) required.push(key)
    }
    if (Object.keys(properties).length > 0) component['properties'] = properties
    if (required.length > 0) component['required'] = required
    const union = unions[name]
    if (union !== undefined) component['x-kubernetes-unions'] = [union]
    if (struct.mapType !== undefined) component['x-kubernetes-map-type'] = struct.mapType
  }

  #property(struct: string, key: string, field: FieldNode): JsonObject {
    const node = field.schema
    const fallback = node.default ?? (field.pointer === true ? undefined : zeroDefault(node, field.omitEmpty === true))
    const value = this.#value(node, {
      ...(fallback === undefined ? {} : { default: fallback }),
      ...described(this.#descriptions?.ofField(struct, key)),
    })
    if (withoutEnumeration.has(`${struct} ${key}`)) delete value['enum']
    if (node.patchMergeKey !== undefined) value['x-kubernetes-patch-merge-key'] = node.patchMergeKey
    if (node.patchStrategy !== undefined) value['x-kubernetes-patch-strategy'] = node.patchStrategy.join(',')
    if (node.listType !== undefined) value['x-kubernetes-list-type'] = node.listType
    if (node.listMapKeys !== undefined) value['x-kubernetes-list-map-keys'] = [...node.listMapKeys]
    if (node.mapType !== undefined && node.mapType !== builtInMapType(node)) value['x-kubernetes-map-type'] = node.mapType
    return value
  }

  #value(node: SchemaNode, more: JsonObject): JsonObject {
    switch (node.type) {
      case 'string':
      case 'boolean':
        return { ...more, type: node.type, ...(node.enumeration ? { enum: [...node.enumeration] } : {}) }
      case 'integer':
        return { ...more, type: 'integer', format: node.format === 'uint8' ? 'byte' : (node.format ?? 'int64') }
      case 'number':
        return { ...more, type: 'number', format: 'double' }
      case 'bytes':
        return { ...more, type: 'string', format: 'byte' }
      case 'list':
        return { ...more, type: 'array', items: this.#element(node.items as SchemaNode) }
      case 'map':
        return { ...more, type: 'object', additionalProperties: this.#element(node.items as SchemaNode) }
      default: {
        const reference = this.reference(node.name ?? 'io.k8s.apimachinery.pkg.runtime.RawExtension')
        return Object.keys(more).length === 0 ? reference : { allOf: [reference], ...more }
      }
    }
  }

  #element(node: SchemaNode): JsonObject {
    const fallback = zeroDefault(node, false)
    return this.#value(node, fallback === undefined ? {} : { default: fallback })
  }
}

function withoutDefault({ default: _, ...rest }: JsonObject): JsonObject {
  return rest
}

/** Types that OpenAPI leaves open: JSON and the unions of JSONSchemaProps. */
function isUntyped(name: string): boolean {
  return /\.v1\.JSON(?:SchemaPropsOr\w+)?$/.test(name)
}

/** Structs carry their own map type; a field repeats it only when it differs. */
function builtInMapType(node: SchemaNode): string | undefined {
  return node.type === 'struct' && node.name !== undefined ? builtInStruct(node.name).mapType : undefined
}

/** What Go has for a value that is never absent. */
function zeroDefault(node: SchemaNode, omitEmpty: boolean): Json | undefined {
  if (node.type === 'struct') return {}
  if (omitEmpty) return undefined
  if (node.type === 'string') return ''
  if (node.type === 'boolean') return false
  return node.type === 'integer' || node.type === 'number' ? 0 : undefined
}

function described(text: string | undefined): JsonObject {
  return text === undefined || text === '' ? {} : { description: text }
}

function printed({ group, kind, version }: GroupVersionKind): JsonObject {
  return { group, kind, version }
}

/** The component's name of a custom resource: `com.example.v1.Thing`. */
export function friendlyName({ group, version, kind }: GroupVersionKind): string {
  return [...group.split('.').reverse(), version, kind].filter((part) => part !== '').join('.')
}
