import type { Json, JsonObject } from '../../../base/json.js'
import { isObject } from '../../../base/json.js'

/**
 * The Protobuf form of an OpenAPI v2 document: `openapi.v2.Document` of gnostic. Field numbers are those of its OpenAPIv2.proto;
 * what has no fixed type (defaults, values of enums, extensions) is YAML text, of which JSON is a part.
 */
export function encodeOpenApiV2(document: JsonObject): Uint8Array {
  const { title, version } = document['info'] as { title: string; version: string }
  const root = new Message()
  root.text(1, '2.0')
  root.message(2, new Message().text(1, title).text(2, version))
  root.message(8, new Message())
  root.message(9, named(document['definitions'] as JsonObject, 1))
  return root.bytes()
}

/** Schemas by their names, as a message that has them all at one field. */
function named(schemas: JsonObject, field: number): Message {
  const result = new Message()
  for (const [name, schema] of Object.entries(schemas)) {
    result.message(field, new Message().text(1, name).message(2, encodeSchema(schema as JsonObject)))
  }
  return result
}

const texts: Readonly<Record<string, number>> = { $ref: 1, format: 2, title: 3, description: 4, pattern: 13 }
const doubles: Readonly<Record<string, number>> = { multipleOf: 6, maximum: 7, minimum: 9 }
const integers: Readonly<Record<string, number>> = {
  ...{ exclusiveMaximum: 8, exclusiveMinimum: 10, maxLength: 11, minLength: 12 },
  ...{ maxItems: 14, minItems: 15, uniqueItems: 16, maxProperties: 17, minProperties: 18 },
}

function encodeSchema(schema: JsonObject): Message {
  const result = new Message()
  for (const [key, value] of Object.entries(schema)) {
    if (texts[key] !== undefined) result.text(texts[key], String(value))
    else if (doubles[key] !== undefined) result.double(doubles[key], Number(value))
    else if (integers[key] !== undefined) result.integer(integers[key], Number(value))
    else if (key === 'default') result.message(5, anyOf(value))
    else if (key === 'required') for (const each of value as string[]) result.text(19, each)
    else if (key === 'enum') for (const each of value as Json[]) result.message(20, anyOf(each))
    else if (key === 'additionalProperties') result.message(21, encodeAdditional(value))
    else if (key === 'type') result.message(22, new Message().text(1, String(value)))
    else if (key === 'items') result.message(23, new Message().message(1, encodeSchema(value as JsonObject)))
    else if (key === 'properties') result.message(25, named(value as JsonObject, 1))
    else if (key.startsWith('x-')) result.message(31, new Message().text(1, key).message(2, anyOf(value)))
  }
  return result
}

function encodeAdditional(value: Json | undefined): Message {
  return isObject(value)
    ? new Message().message(1, encodeSchema(value as JsonObject))
    : new Message().integer(2, value === true ? 1 : 0)
}

function anyOf(value: Json | undefined): Message {
  return new Message().text(2, `${JSON.stringify(value)}\n`)
}

const encoder = new TextEncoder()

/** A Protobuf message under construction. */
class Message {
  readonly #parts: Uint8Array[] = []
  #length = 0

  text(field: number, text: string): this {
    return this.#delimited(field, encoder.encode(text))
  }

  message(field: number, message: Message): this {
    const { bytes, length } = { bytes: message.#parts, length: message.#length }
    this.#add(varints((field << 3) | 2, length))
    for (const part of bytes) this.#add(part)
    return this
  }

  integer(field: number, value: number): this {
    this.#add(varints(field << 3, value))
    return this
  }

  double(field: number, value: number): this {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setFloat64(0, value, true)
    this.#add(varints((field << 3) | 1))
    this.#add(bytes)
    return this
  }

  bytes(): Uint8Array {
    const result = new Uint8Array(this.#length)
    let at = 0
    for (const part of this.#parts) {
      result.set(part, at)
      at += part.length
    }
    return result
  }

  #delimited(field: number, bytes: Uint8Array): this {
    this.#add(varints((field << 3) | 2, bytes.length))
    this.#add(bytes)
    return this
  }

  #add(bytes: Uint8Array): void {
    this.#parts.push(bytes)
    this.#length += bytes.length
  }
}

/** Whole numbers from 0 on; a schema has no negative ones at these fields. */
function varints(...values: number[]): Uint8Array {
  const result: number[] = []
  for (const value of values) {
    let rest = value
    while (rest >= 0x80) {
      result.push((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    result.push(rest)
  }
  return Uint8Array.from(result)
}
