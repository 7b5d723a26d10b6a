import { messageOf } from '../../../base/errors.js'
import { setOwn } from '../../../base/json.js'
import type { KubeObject } from '../../object/kube-object.js'
import { encodeBase64 } from '../base64.js'
import { builtInSchemas } from '../built-in.js'
import { type FieldRow, inlineFlag, scalarRow, structIndexByName, structIndexOf, structRow } from '../tables.js'
import { toTyped } from '../typed.js'
import { goFieldName } from './go-field-name.js'
import { parseRawJson, readDuration, readIntOrString, readMicroTime, readQuantity, readRaw, readTime } from './special-types.js'
import { ProtobufProblem, WireReader, wireBytes, wireFixed64, wireVarint } from './wire-reader.js'

/** What stands before every object that Kubernetes encodes as protobuf: `k8s` and a zero byte. */
const magic = [0x6b, 0x38, 0x73, 0x00]
const mostDepth = 64

/** True when the bytes start as a Kubernetes protobuf object does. */
export function isProtobuf(bytes: Uint8Array): boolean {
  return magic.every((byte, index) => bytes[index] === byte)
}

/** Of what version and kind an object is. */
export interface TypeMeta {
  readonly apiVersion: string
  readonly kind: string
}

/** Why a body was not read; `of` says what it holds, unless not even that could be read. */
export class ProtobufError extends Error {
  readonly of: TypeMeta | undefined
  constructor(why: string, of: TypeMeta | undefined) {
    super(why)
    this.of = of
  }
}

/**
 * Decodes an object of a built-in kind (review kinds, DeleteOptions, Eviction, Scale, TokenRequest, Binding and lists
 * included) from `application/vnd.kubernetes.protobuf`: the magic, then a runtime.Unknown with the object's message in it.
 * Gives the JSON that client-go would have sent. Unknown field numbers are skipped, as upstream does. What the body does not
 * say of its version and kind is as `expected`.
 *
 * Throws ProtobufErrors. The caller limits the number of bytes; nesting is limited here.
 *
 * Reference: k8s.io/apimachinery/pkg/runtime/serializer/protobuf.
 */
export function decodeProtobuf(bytes: Uint8Array, expected?: TypeMeta): KubeObject {
  return decodeEnvelope(bytes, mostDepth, expected)
}

function decodeEnvelope(bytes: Uint8Array, depth: number, expected: TypeMeta | undefined): KubeObject {
  let of: TypeMeta | undefined
  try {
    const { meta, raw } = readEnvelope(bytes)
    of = completed(meta, expected)
    const { apiVersion, kind } = of
    const known = older.get(`${apiVersion} ${kind}`) ?? apiVersion
    const index = structIndexOf(known, kind)
    const schema = builtInSchemas.forKind(known, kind)
    if (index === undefined || schema === undefined) {
      if (kind === '') throw new ProtobufProblem("Object 'Kind' is missing in the protobuf body")
      throw new ProtobufProblem(
        `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:110"`,
      )
    }
    const fields = readStruct(index, new WireReader(raw), depth)
    return { ...(toTyped(schema, fields).object as object), apiVersion, kind } as KubeObject
  } catch (error) {
    throw error instanceof ProtobufError ? error : new ProtobufError(messageOf(error), of)
  }
}

/** Versions that have no table, and those that are the same on the wire. */
const older: ReadonlyMap<string, string> = new Map([['policy/v1beta1 Eviction', 'policy/v1']])

function readEnvelope(bytes: Uint8Array): { meta: TypeMeta; raw: Uint8Array } {
  if (bytes.length === 0) throw new ProtobufProblem('empty data')
  if (!isProtobuf(bytes)) {
    throw new ProtobufProblem('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  }
  if (bytes.length === magic.length) throw new ProtobufProblem('empty body')
  let apiVersion = ''
  let kind = ''
  let raw: Uint8Array = new Uint8Array(0)
  const envelope = new WireReader(bytes, magic.length)
  while (!envelope.done) {
    const { number, wire } = envelope.key('Unknown')
    if (number === 1) {
      const meta = expectMessage(envelope, wire, 'typeMeta')
      while (!meta.done) {
        const field = meta.key('TypeMeta')
        if (field.number === 1 || field.number === 2) {
          if (field.wire !== wireBytes) throw wrongWire(field.wire, field.number === 1 ? 'apiVersion' : 'kind')
          if (field.number === 1) apiVersion = meta.string()
          else kind = meta.string()
        } else meta.skip(field.wire)
      }
    } else if (number === 2) {
      if (wire !== wireBytes) throw wrongWire(wire, 'raw')
      raw = envelope.bytes()
    } else envelope.skip(wire)
  }
  return { meta: { apiVersion, kind }, raw }
}

/** A version that is none counts as absent. */
function completed(meta: TypeMeta, expected: TypeMeta | undefined): TypeMeta {
  const given = meta.apiVersion.split('/').length > 2 ? '' : meta.apiVersion
  return { apiVersion: given || (expected?.apiVersion ?? ''), kind: meta.kind || (expected?.kind ?? '') }
}

function wrongWire(wire: number, jsonName: string): ProtobufProblem {
  return new ProtobufProblem(`proto: wrong wireType = ${wire} for field ${goFieldName(jsonName)}`)
}

/** Rows of a struct by their numbers; made once. */
const rowsByNumber = new Map<number, ReadonlyMap<number, FieldRow>>()

function rowsOf(index: number): ReadonlyMap<number, FieldRow> {
  let rows = rowsByNumber.get(index)
  if (rows === undefined) {
    rows = new Map(structRow(index).fields.map((row) => [row[1], row]))
    rowsByNumber.set(index, rows)
  }
  return rows
}

function readStruct(index: number, reader: WireReader, depth: number): Record<string, unknown> {
  const into: Record<string, unknown> = {}
  readInto(into, index, reader, depth)
  return into
}

function readInto(into: Record<string, unknown>, index: number, reader: WireReader, depth: number): void {
  if (depth <= 0) throw new ProtobufProblem('nested too deeply')
  const rows = rowsOf(index)
  const { name } = structRow(index)
  const goName = name.slice(name.lastIndexOf('.') + 1)
  while (!reader.done) {
    const { number, wire } = reader.key(goName)
    const row = rows.get(number)
    if (row === undefined) {
      reader.skip(wire)
      continue
    }
    const [jsonName, , expression, flags] = row
    if ((flags & inlineFlag) !== 0) {
      readInto(into, Number(expression.slice(1)), expectMessage(reader, wire, jsonName), depth - 1)
    } else if (expression.startsWith('{}')) {
      into[jsonName] ??= {}
      readEntry(into[jsonName] as Record<string, unknown>, expression.slice(2), expectMessage(reader, wire, jsonName), depth - 1)
    } else if (expression.startsWith('[]')) {
      into[jsonName] ??= []
      readElement(into[jsonName] as unknown[], expression.slice(2), reader, wire, depth, jsonName)
    } else if (expression.startsWith('#') && into[jsonName] !== undefined) {
      // A message that is sent in pieces is merged.
      readInto(
        into[jsonName] as Record<string, unknown>,
        Number(expression.slice(1)),
        expectMessage(reader, wire, jsonName),
        depth - 1,
      )
    } else into[jsonName] = readValue(expression, reader, wire, depth, jsonName)
  }
}

function expectMessage(reader: WireReader, wire: number, jsonName: string): WireReader {
  if (wire !== wireBytes) throw wrongWire(wire, jsonName)
  return reader.message()
}

function readElement(
  into: unknown[],
  expression: string,
  reader: WireReader,
  wire: number,
  depth: number,
  jsonName: string,
): void {
  const base = expression.startsWith('$') ? scalarRow(Number(expression.slice(1))).base : expression
  if (wire === wireBytes && (base === 'i' || base === 'l' || base === 'b')) {
    const packed = reader.message()
    while (!packed.done) into.push(base === 'b' ? packed.integer() !== 0 : readInteger(base, packed))
  } else into.push(readValue(expression, reader, wire, depth, jsonName))
}

function readEntry(into: Record<string, unknown>, expression: string, reader: WireReader, depth: number): void {
  let key = ''
  let value: unknown
  while (!reader.done) {
    const { number, wire } = reader.key('')
    if (number === 1 && wire === wireBytes) key = reader.string()
    else if (number === 2) value = readValue(expression, reader, wire, depth, 'mapvalue')
    else reader.skip(wire)
  }
  setOwn(into, key, value ?? null)
}

function readValue(expression: string, reader: WireReader, wire: number, depth: number, jsonName: string): unknown {
  if (expression.startsWith('$')) return readValue(scalarRow(Number(expression.slice(1))).base, reader, wire, depth, jsonName)
  if (wire === wireVarint && (expression === 'i' || expression === 'l' || expression === 'u8')) {
    return readInteger(expression, reader)
  }
  if (wire === wireVarint && expression === 'b') return reader.integer() !== 0
  if (wire === wireFixed64 && expression === 'f') return reader.double()
  if (wire !== wireBytes || numeric.has(expression)) throw wrongWire(wire, jsonName)
  if (expression === 's') return reader.string()
  if (expression === 'y') return encodeBase64(reader.bytes())
  return readMessage(expression, reader.message(), depth - 1)
}

/** What is no field with a length. */
const numeric: ReadonlySet<string> = new Set(['i', 'l', 'u8', 'b', 'f'])

function readInteger(expression: 'i' | 'l' | 'u8', reader: WireReader): number | bigint {
  return expression === 'i' ? reader.integer32() : expression === 'l' ? reader.integer64() : reader.integer()
}

function readMessage(expression: string, reader: WireReader, depth: number): unknown {
  if (expression.startsWith('#')) return readStruct(Number(expression.slice(1)), reader, depth)
  if (expression.startsWith('@')) {
    const items: unknown[] = []
    while (!reader.done) {
      const { number, wire } = reader.key('')
      if (number === 1) readElement(items, expression.slice(3), reader, wire, depth, 'items')
      else reader.skip(wire)
    }
    return items
  }
  switch (expression) {
    case 't':
      return readTime(reader)
    case 'T':
      return readMicroTime(reader)
    case 'D':
      return readDuration(reader)
    case 'q':
      return readQuantity(reader)
    case 'x':
      return readIntOrString(reader)
    case 'R':
    case 'F':
    case 'J': {
      const raw = readRaw(reader)
      if (raw === undefined) return expression === 'F' ? {} : null
      return isProtobuf(raw) ? decodeEnvelope(raw, depth, undefined) : parseRawJson(raw, depth)
    }
    case 'A':
    case 'B':
    case 'S':
      return readSchemaUnion(expression, reader, depth)
    default:
      throw new ProtobufProblem(`a value of type ${expression}`)
  }
}

/** JSONSchemaPropsOrArray, OrBool and OrStringArray: a schema (field 1, of OrBool field 2) or the other thing. */
function readSchemaUnion(expression: 'A' | 'B' | 'S', reader: WireReader, depth: number): unknown {
  const props = structIndexByName('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps')
  const schemaNumber = expression === 'B' ? 2 : 1
  let schema: unknown
  let allowed = false
  const others: unknown[] = []
  while (!reader.done) {
    const { number, wire } = reader.key('')
    if (number === schemaNumber && wire === wireBytes) schema = readStruct(props, reader.message(), depth - 1)
    else if (number === 1 && expression === 'B' && wire === wireVarint) allowed = reader.integer() !== 0
    else if (number === 2 && expression === 'A' && wire === wireBytes) others.push(readStruct(props, reader.message(), depth - 1))
    else if (number === 2 && expression === 'S' && wire === wireBytes) others.push(reader.string())
    else reader.skip(wire)
  }
  if (others.length > 0) return others
  return schema ?? (expression === 'B' ? allowed : null)
}
