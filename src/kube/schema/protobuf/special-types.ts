import { isObject } from '../../../base/json.js'
import { parseJson } from '../../../base/json-text.js'
import { formatGoDuration } from '../go-duration.js'
import { ProtobufProblem, type WireReader, wireBytes } from './wire-reader.js'

/** Messages whose JSON is not an object of their fields. Each takes the message's reader and gives its JSON. */

interface Fields {
  readonly numbers: ReadonlyMap<number, number>
  readonly texts: ReadonlyMap<number, string>
  readonly raws: ReadonlyMap<number, Uint8Array>
}

function read(reader: WireReader, text: boolean): Fields {
  const numbers = new Map<number, number>()
  const texts = new Map<number, string>()
  const raws = new Map<number, Uint8Array>()
  while (!reader.done) {
    const { number, wire } = reader.key('')
    if (wire === 0) numbers.set(number, reader.integer())
    else if (wire === wireBytes && text) texts.set(number, reader.string())
    else if (wire === wireBytes) raws.set(number, reader.bytes())
    else reader.skip(wire)
  }
  return { numbers, texts, raws }
}

/** metav1.Time: null when it is zero, whole seconds otherwise. */
export function readTime(reader: WireReader): string | null {
  if (reader.empty) return null
  return `${timestamp(read(reader, true)).slice(0, 19)}Z`
}

/** metav1.MicroTime: microseconds. */
export function readMicroTime(reader: WireReader): string | null {
  if (reader.empty) return null
  const fields = read(reader, true)
  const micros = Math.floor((fields.numbers.get(2) ?? 0) / 1000)
  return `${timestamp(fields).slice(0, 19)}.${String(micros).padStart(6, '0')}Z`
}

function timestamp(fields: Fields): string {
  const epochMs = (fields.numbers.get(1) ?? 0) * 1000
  // Years 0 to 9999: what RFC 3339 can say.
  if (!(epochMs >= -62_167_219_200_000 && epochMs <= 253_402_300_799_999)) throw new ProtobufProblem('a time out of range')
  return new Date(epochMs).toISOString()
}

/** metav1.Duration: nanoseconds on the wire, Go's text in JSON. */
export function readDuration(reader: WireReader): string {
  return formatGoDuration(read(reader, true).numbers.get(1) ?? 0)
}

export function readQuantity(reader: WireReader): string {
  return read(reader, true).texts.get(1) ?? '0'
}

export function readIntOrString(reader: WireReader): number | string {
  // Go cuts the number down to 32 bits.
  const { numbers, texts } = read(reader, true)
  return numbers.get(1) === 1 ? (texts.get(3) ?? '') : (numbers.get(2) ?? 0) | 0
}

/** The bytes of field 1, and whether there are any: RawExtension, FieldsV1, JSON. */
export function readRaw(reader: WireReader): Uint8Array | undefined {
  const raw = read(reader, false).raws.get(1)
  return raw === undefined || raw.length === 0 ? undefined : raw
}

const utf8 = new TextDecoder()

export function parseRawJson(raw: Uint8Array, depth: number): unknown {
  let value: unknown
  try {
    value = parseJson(utf8.decode(raw))
  } catch {
    throw new ProtobufProblem('an embedded value that is not JSON')
  }
  if (isDeeperThan(value, depth)) throw new ProtobufProblem('an embedded value that is nested too deeply')
  return value
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (Array.isArray(value)) return depth <= 0 || value.some((item) => isDeeperThan(item, depth - 1))
  if (isObject(value)) return depth <= 0 || Object.values(value).some((item) => isDeeperThan(item, depth - 1))
  return false
}
