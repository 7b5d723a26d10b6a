import type { FieldNode, SchemaCatalogue, SchemaNode, SchemaType } from './schema-node.js'
import {
  type FieldMore,
  inlineFlag,
  omitEmptyFlag,
  pointerFlag,
  requiredFlag,
  scalarRow,
  structIndexByName,
  structIndexOf,
  structRow,
} from './tables.js'

/** The kinds of Kubernetes itself. Everything is made on first use: asking for one kind costs microseconds. */
export const builtInSchemas: SchemaCatalogue = {
  forKind(apiVersion, kind) {
    const index = structIndexOf(apiVersion, kind)
    return index === undefined ? undefined : structNode(index)
  },
}

/** A struct whose fields are resolved when they are first asked for, since structs may be recursive. */
class StructNode implements SchemaNode {
  readonly type = 'struct'
  readonly name: string
  readonly mapType?: 'granular' | 'atomic'
  /** Its place in the table. */
  readonly index: number
  constructor(index: number) {
    const row = structRow(index)
    this.name = row.name
    if (row.atomic) this.mapType = 'atomic'
    this.index = index
  }
  get fields(): ReadonlyMap<string, FieldNode> {
    return fieldsOf(this.index)
  }
}

const structNodes = new Map<number, StructNode>()
const fieldMaps = new Map<number, ReadonlyMap<string, FieldNode>>()

function structNode(index: number): SchemaNode {
  let node = structNodes.get(index)
  if (node === undefined) {
    node = new StructNode(index)
    structNodes.set(index, node)
  }
  return node
}

function fieldsOf(index: number): ReadonlyMap<string, FieldNode> {
  const known = fieldMaps.get(index)
  if (known !== undefined) return known
  const fields = new Map<string, FieldNode>()
  for (const [jsonName, number, expression, flags, more] of structRow(index).fields) {
    if ((flags & inlineFlag) !== 0) {
      // The fields of an inlined struct stand in this one's JSON; their numbers are those of another message.
      for (const [name, field] of fieldsOf(Number(expression.slice(1)))) {
        const { number: _, ...rest } = field
        if (!fields.has(name)) fields.set(name, rest)
      }
      continue
    }
    fields.set(jsonName, {
      schema: refine(nodeOf(expression), more),
      required: (flags & requiredFlag) !== 0,
      ...(number > 0 ? { number } : {}),
      omitEmpty: (flags & omitEmptyFlag) !== 0,
      pointer: (flags & pointerFlag) !== 0,
    })
  }
  fieldMaps.set(index, fields)
  return fields
}

const simpleNodes: Readonly<Record<string, SchemaNode>> = {
  s: { type: 'string' },
  b: { type: 'boolean' },
  i: { type: 'integer', format: 'int32' },
  l: { type: 'integer', format: 'int64' },
  u8: { type: 'integer', format: 'uint8' },
  f: { type: 'number', format: 'double' },
  y: { type: 'bytes' },
  t: { type: 'time', name: 'io.k8s.apimachinery.pkg.apis.meta.v1.Time' },
  T: { type: 'micro-time', name: 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime' },
  D: { type: 'duration', name: 'io.k8s.apimachinery.pkg.apis.meta.v1.Duration' },
  q: { type: 'quantity', name: 'io.k8s.apimachinery.pkg.api.resource.Quantity' },
  x: { type: 'int-or-string', name: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString' },
  R: { type: 'any', name: 'io.k8s.apimachinery.pkg.runtime.RawExtension' },
  F: { type: 'any', name: 'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1' },
  J: { type: 'any', name: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON' },
  B: { type: 'any', name: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool' },
  A: { type: 'any', name: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray' },
  S: { type: 'any', name: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray' },
}

const nodes = new Map<string, SchemaNode>()

/** The node of a type expression (see tables.ts). */
function nodeOf(expression: string): SchemaNode {
  if (expression.startsWith('#')) return structNode(Number(expression.slice(1)))
  const known = simpleNodes[expression] ?? nodes.get(expression)
  if (known !== undefined) return known
  const node = makeNode(expression)
  nodes.set(expression, node)
  return node
}

function makeNode(expression: string): SchemaNode {
  if (expression.startsWith('@')) return nodeOf(expression.slice(1))
  if (expression.startsWith('[]')) return { type: 'list', items: nodeOf(expression.slice(2)) }
  if (expression.startsWith('{}')) return { type: 'map', items: nodeOf(expression.slice(2)) }
  const { goName, base, values } = scalarRow(Number(expression.slice(1)))
  const { type, format } = simpleNodes[base] ?? { type: 'string' as SchemaType, format: undefined }
  return { type, goName, ...(format ? { format } : {}), ...(values ? { enumeration: values } : {}) }
}

/** A copy of the node that carries what a field says of its own use of the type. */
function refine(node: SchemaNode, more: FieldMore | undefined): SchemaNode {
  if (more === undefined) return node
  const refined: { -readonly [Key in keyof SchemaNode]: SchemaNode[Key] } =
    node instanceof StructNode ? new StructNode(node.index) : { ...node }
  if (more.l !== undefined) refined.listType = more.l
  if (more.k !== undefined) refined.listMapKeys = more.k
  if (more.s !== undefined) refined.patchStrategy = more.s.split(',') as ('merge' | 'replace' | 'retainKeys')[]
  if (more.m !== undefined) refined.patchMergeKey = more.m
  if (more.a !== undefined) refined.mapType = more.a
  if (more.d !== undefined) refined.default = more.d
  return refined
}

/** A struct by its OpenAPI name (`io.k8s.api.core.v1.PodSpec`). Throws when there is none. */
export function builtInStruct(name: string): SchemaNode {
  return structNode(structIndexByName(name))
}
