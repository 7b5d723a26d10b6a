import { CodedError, messageOf } from '../../base/errors.js'
import { isObject, setOwn } from '../../base/json.js'
import { isInt64, isNumber } from '../../base/json-text.js'
import { formatQuantity, parseQuantity } from '../object/quantity.js'
import { base64Problem, encodeBase64 } from './base64.js'
import { builtInStruct } from './built-in.js'
import { formatGoDuration, parseGoDuration } from './go-duration.js'
import { cannotUnmarshal, type Path, pathText } from './go-path.js'
import { parseMicroTime, parseTime, printMicroTime, printTime } from './go-time.js'
import type { FieldNode, SchemaNode } from './schema-node.js'

export interface Typed {
  /** A new value: known fields only, as Go would marshal the typed object. */
  readonly object: unknown
  /** Paths of the fields that the schema does not have, in the order of the input. */
  readonly unknown: readonly string[]
}

/**
 * Reads JSON as Go decodes it into the struct of a built-in kind and marshals it again: unknown fields go, zero values
 * are left out or put in as `omitempty` says, quantities and times get their canonical text, and a value of the wrong
 * type throws a CodedError `cannot-unmarshal` with the message of encoding/json. The input is not changed.
 */
export function toTyped(schema: SchemaNode, value: unknown): Typed {
  const unknown: string[] = []
  const object = typedStruct(schema, isObject(value) ? value : {}, { unknown, struct: schema, path: undefined })
  return { object, unknown }
}

interface Context {
  readonly unknown: string[]
  /** The innermost struct: what error messages name. */
  readonly struct: SchemaNode
  readonly path: Path | undefined
}

function fail(message: string): never {
  throw new CodedError({ code: 'cannot-unmarshal', message, fix: 'Give the field a value of the type that its kind defines.' })
}

function mismatch(value: unknown, type: string | SchemaNode, context: Context): never {
  fail(cannotUnmarshal(value, type, context.struct, context.path))
}

function typedStruct(schema: SchemaNode, input: Record<string, unknown>, context: Context): Record<string, unknown> {
  const fields = schema.fields ?? new Map<string, FieldNode>()
  const found = new Map<string, unknown>()
  for (const key of Object.keys(input)) {
    const value = input[key]
    const field = fields.get(key)
    if (field === undefined) {
      if (value !== undefined) context.unknown.push(pathText({ parent: context.path, step: key }))
    } else if (value !== undefined && value !== null) {
      found.set(
        key,
        typed(field.schema, value, { unknown: context.unknown, struct: schema, path: { parent: context.path, step: key } }),
      )
    }
  }
  const output: Record<string, unknown> = {}
  for (const [key, field] of fields) {
    const value = found.has(key) ? emitted(field, found.get(key)) : absent(field)
    if (value !== undefined) output[key] = value
  }
  return output
}

/** What is marshalled for a field that has no value; undefined when nothing is. */
function absent(field: FieldNode): unknown {
  const { schema } = field
  if (field.pointer === true) return field.omitEmpty === true ? undefined : null
  // Structs of Go are never empty in the sense of omitempty.
  switch (schema.type) {
    case 'struct':
      return typedStruct(schema, {}, { unknown: [], struct: schema, path: undefined })
    case 'time':
    case 'micro-time':
    case 'any':
      return null
    case 'quantity':
      return '0'
    case 'int-or-string':
      return 0
    case 'duration':
      return '0s'
    default:
      return field.omitEmpty === true ? undefined : zeroOf(schema)
  }
}

function zeroOf(schema: SchemaNode): unknown {
  switch (schema.type) {
    case 'string':
      return ''
    case 'boolean':
      return false
    case 'integer':
    case 'number':
      return 0
    case 'struct':
    case 'quantity':
    case 'int-or-string':
    case 'duration':
      return absent({ schema, required: false })
    default:
      return null
  }
}

function emitted(field: FieldNode, value: unknown): unknown {
  if (field.omitEmpty !== true || field.pointer === true) return value
  switch (field.schema.type) {
    case 'string':
    case 'bytes':
      return value === '' ? undefined : value
    case 'boolean':
      return value === false ? undefined : value
    case 'integer':
    case 'number':
      return value === 0 ? undefined : value
    case 'list':
      return (value as unknown[]).length === 0 ? undefined : value
    case 'map':
      return Object.keys(value as object).length === 0 ? undefined : value
    default:
      return value
  }
}

/** `value` is neither null nor undefined. */
function typed(schema: SchemaNode, value: unknown, context: Context): unknown {
  switch (schema.type) {
    case 'struct':
      if (!isObject(value)) mismatch(value, schema, context)
      return typedStruct(schema, value, context)
    case 'list':
      if (!Array.isArray(value)) mismatch(value, schema, context)
      return value.map((item, index) => element(schema, item, context, index))
    case 'map': {
      if (!isObject(value)) mismatch(value, schema, context)
      const output: Record<string, unknown> = {}
      for (const key of Object.keys(value).sort()) setOwn(output, key, element(schema, value[key], context, key))
      return output
    }
    case 'string':
      if (typeof value !== 'string') mismatch(value, schema, context)
      return value
    case 'boolean':
      if (typeof value !== 'boolean') mismatch(value, schema, context)
      return value
    case 'integer':
      if (!isNumber(value) || !isInRange(value, schema.format)) mismatch(value, schema, context)
      // Of a float Go prints the shortest digits, and reads these.
      return typeof value === 'bigint' || Number.isSafeInteger(value) ? value : BigInt(value.toString())
    case 'number':
      if (!isNumber(value)) mismatch(value, schema, context)
      return Number(value)
    default:
      return typedSpecial(schema, value, context)
  }
}

function element(schema: SchemaNode, item: unknown, context: Context, step: string | number): unknown {
  const items = schema.items as SchemaNode
  if (item === null || item === undefined) return zeroOf(items)
  return typed(items, item, { ...context, path: { parent: context.path, step, inside: true } })
}

function isInRange(value: number | bigint, format: SchemaNode['format']): boolean {
  if (typeof value === 'bigint') return format === 'int64' && isInt64(value)
  if (!Number.isInteger(value)) return false
  if (format === 'int32') return value >= -2_147_483_648 && value <= 2_147_483_647
  if (format === 'uint8') return value >= 0 && value <= 255
  // What stands for -2^63 was rounded: the integer itself is a bigint.
  return value > -(2 ** 63) && value < 2 ** 63
}

function typedSpecial(schema: SchemaNode, value: unknown, context: Context): unknown {
  switch (schema.type) {
    case 'bytes':
      return typedBytes(schema, value, context)
    case 'quantity': {
      if (typeof value !== 'string' && !isNumber(value)) {
        fail("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
      }
      try {
        return formatQuantity(parseQuantity(typeof value === 'bigint' ? `${value}` : value))
      } catch (error) {
        return fail(messageOf(error))
      }
    }
    case 'int-or-string':
      if (typeof value === 'string') return value
      if (typeof value !== 'number' || !isInRange(value, 'int32')) mismatch(value, 'int32', context)
      return value
    case 'time':
    case 'micro-time': {
      if (typeof value !== 'string') mismatch(value, 'string', context)
      const parsed = schema.type === 'time' ? parseTime(value) : parseMicroTime(value)
      if ('problem' in parsed) return fail(parsed.problem)
      return schema.type === 'time' ? printTime(parsed) : printMicroTime(parsed)
    }
    case 'duration': {
      if (typeof value !== 'string') mismatch(value, 'string', context)
      const nanoseconds = parseGoDuration(value)
      return nanoseconds === undefined ? fail(`time: invalid duration ${JSON.stringify(value)}`) : formatGoDuration(nanoseconds)
    }
    default:
      return typedAny(schema, value)
  }
}

function typedBytes(schema: SchemaNode, value: unknown, context: Context): string {
  if (Array.isArray(value)) {
    return encodeBase64(
      Uint8Array.from(value.map((byte) => typed({ type: 'integer', format: 'uint8' }, byte ?? 0, context) as number)),
    )
  }
  if (typeof value !== 'string') mismatch(value, schema, context)
  const at = base64Problem(value)
  if (at !== undefined) fail(`illegal base64 data at input byte ${at}`)
  return value.replace(/[\r\n]/g, '')
}

const crdPackage = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.'

/**
 * Raw JSON is passed on. The unions of JSONSchemaProps read their schemas leniently: their own decoders are not strict,
 * so that fields which are not known go without a word.
 */
function typedAny(schema: SchemaNode, value: unknown): unknown {
  const name = schema.name?.startsWith(crdPackage) === true ? schema.name.slice(crdPackage.length) : ''
  if (name === '' || name === 'JSON') return value
  const props = (item: unknown) => toTyped(builtInStruct(`${crdPackage}JSONSchemaProps`), item).object
  if (isObject(value)) return props(value)
  if (name === 'JSONSchemaPropsOrBool') return typeof value === 'boolean' ? value : fail('boolean or JSON schema expected')
  if (Array.isArray(value)) return name === 'JSONSchemaPropsOrArray' ? value.map(props) : value
  return fail(`json: cannot unmarshal ${typeof value} into Go value of type v1.${name}`)
}
