import type { Json } from '../../base/json.js'

/**
 * The shape of a value, one form for built-in kinds (from the generated tables) and for custom resources (from their
 * structural schemas). It drives decoding, validation, strategic merge, server-side apply, OpenAPI and explain.
 * Nodes are shared and may be recursive (`fields` and `items` are resolved on first use): never change them.
 */
export interface SchemaNode {
  readonly type: SchemaType
  /** OpenAPI name of a struct (`io.k8s.api.core.v1.PodSpec`), where it has one. */
  readonly name?: string
  readonly description?: string
  /** struct: the known fields by JSON name. */
  readonly fields?: ReadonlyMap<string, FieldNode>
  /** list: the element. map: the value. */
  readonly items?: SchemaNode
  /** list: how elements are told apart (server-side apply). Absent means atomic. */
  readonly listType?: 'atomic' | 'set' | 'map'
  readonly listMapKeys?: readonly string[]
  /** struct and map: `atomic` is owned and replaced as a whole. Absent means granular. */
  readonly mapType?: 'granular' | 'atomic'
  /** Strategic merge patch: absent means replace for lists, merge for maps and structs. */
  readonly patchStrategy?: readonly ('merge' | 'replace' | 'retainKeys')[]
  readonly patchMergeKey?: string
  /** struct: fields that are not known are kept (x-kubernetes-preserve-unknown-fields). */
  readonly preserveUnknown?: boolean
  /** struct: the value is a whole object with apiVersion, kind and metadata (x-kubernetes-embedded-resource). */
  readonly embeddedResource?: boolean
  /** integer and number of built-in kinds: the width. string of built-in kinds: never set. */
  readonly format?: 'int32' | 'int64' | 'double' | 'uint8'
  /** Named scalars of built-in kinds: the Go name that decoding errors show (`v1.Protocol`). */
  readonly goName?: string
  /** Values that the definition of a built-in kind enumerates. For documentation: validation may allow fewer. */
  readonly enumeration?: readonly string[]
  readonly nullable?: boolean
  readonly default?: Json
  /** Custom resources: the OpenAPI v3 node with its validations (enum, pattern, minimum ...), as written. */
  readonly validations?: Readonly<Record<string, Json>>
}

export type SchemaType =
  | 'struct'
  | 'map'
  | 'list'
  | 'string'
  | 'boolean'
  | 'integer'
  | 'number'
  /** base64 text in JSON */
  | 'bytes'
  | 'quantity'
  | 'int-or-string'
  /** metav1.Time, metav1.MicroTime: RFC 3339 text or null */
  | 'time'
  | 'micro-time'
  | 'duration'
  /** any JSON value (runtime.RawExtension, JSONSchemaProps' JSON, fields of FieldsV1) */
  | 'any'

export interface FieldNode {
  readonly schema: SchemaNode
  readonly required: boolean
  readonly description?: string
  /** Protobuf field number, for built-in kinds. */
  readonly number?: number
  /** Built-in kinds: left out of JSON when it has the zero value of its type (Go's omitempty). */
  readonly omitEmpty?: boolean
  /** Built-in kinds: tells an absent value from a zero one (a pointer in Go). */
  readonly pointer?: boolean
}

/** Where schemas are looked up; a logical cluster's own has its custom resources in it. */
export interface SchemaCatalogue {
  /** The schema of the whole object, undefined when the kind is not known. */
  forKind(apiVersion: string, kind: string): SchemaNode | undefined
}
