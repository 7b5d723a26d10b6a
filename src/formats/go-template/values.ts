import { compareText } from '../../base/compare-text.js'

/**
 * How Go values look in JavaScript, for templates:
 *
 * | Go | here |
 * |---|---|
 * | string, bool | string, boolean |
 * | float64 (every number of decoded JSON) | number |
 * | int, int64, uint8 ... (literals, `len`, arithmetic) | GoInt; a bigint in data counts as int64 |
 * | complex128 (`1i`) | GoComplex |
 * | nil in an interface | null |
 * | no value at all (a missing map key) | undefined |
 * | []interface{}, map[string]interface{} | array, plain object (own keys only, prototypes are never looked at) |
 * | []string, map[string]string, nil slices | the same, marked with `typedList` / `typedMap` |
 * | []byte | Uint8Array |
 * | struct or pointer with methods | GoStruct |
 * | func | GoFunction (see functions.ts) |
 */
export type IntType = 'int' | 'int64' | 'int32' | 'uint8' | 'uint32' | 'uint64'

const intBits: Record<IntType, number> = { int: 64, int64: 64, int32: 32, uint8: 8, uint32: 32, uint64: 64 }

/** A Go integer of a named type; wraps around as Go's do. */
export class GoInt {
  readonly value: bigint
  readonly type: IntType
  constructor(value: bigint, type: IntType) {
    this.type = type
    this.value = type.startsWith('u') ? BigInt.asUintN(intBits[type], value) : BigInt.asIntN(intBits[type], value)
  }
}

/** A complex128: templates can write them, and no function takes them apart. */
export class GoComplex {
  readonly real: number
  readonly imaginary: number
  constructor(real: number, imaginary: number) {
    this.real = real
    this.imaginary = imaginary
  }
}

export function int(value: number | bigint): GoInt {
  return new GoInt(BigInt(value), 'int')
}

export function int64(value: number | bigint): GoInt {
  return new GoInt(BigInt(value), 'int64')
}

/** What `{{ .Field }}` and `{{ .Method arg }}` reach on a value that is neither a map nor a list. */
export interface GoStructParts {
  /** As `%T` prints it: `*semver.Version`. */
  readonly type: string
  readonly fields?: Readonly<Record<string, unknown>>
  readonly methods?: Readonly<Record<string, unknown>>
  /** What String() gives; without it the value prints as its fields. */
  readonly text?: (() => string) | undefined
  /** What the String() of a pointer to it gives: only what an action prints has an address. */
  readonly addressText?: (() => string) | undefined
  /** For named map and list types with methods: the map or list. */
  readonly underlying?: unknown
  /** What encoding/json shows as a string, where that differs from the text. */
  readonly jsonText?: (() => string) | undefined
  /** The same type over other data: how deep copies of named map types are made. Without it a copy is the value itself. */
  readonly over?: ((underlying: GoMap) => unknown) | undefined
  /** What encoding/json shows, where that is neither a text nor the fields. */
  readonly json?: (() => unknown) | undefined
  /** The JavaScript value that functions of the same package work on. */
  readonly native?: unknown
}

const nothing: Readonly<Record<string, unknown>> = Object.freeze({})

export class GoStruct implements GoStructParts {
  readonly type: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly text: (() => string) | undefined
  readonly addressText: (() => string) | undefined
  readonly jsonText: (() => string) | undefined
  readonly json: (() => unknown) | undefined
  readonly over: ((underlying: GoMap) => unknown) | undefined
  readonly native: unknown
  readonly #parts: GoStructParts
  constructor(parts: GoStructParts) {
    this.#parts = parts
    this.type = parts.type
    this.fields = parts.fields ?? nothing
    this.text = parts.text
    this.addressText = parts.addressText
    this.jsonText = parts.jsonText
    this.json = parts.json
    this.over = parts.over
    this.native = parts.native
  }

  /** Made when somebody asks: most values that have methods are only looked into. */
  get methods(): Readonly<Record<string, unknown>> {
    return this.#parts.methods ?? nothing
  }

  get underlying(): unknown {
    return this.#parts.underlying
  }
}

/** Whether a map's elements are interface{}: messages name their type so, whatever they hold. */
export function hasInterfaceElements(map: GoMap): boolean {
  const type = marks.get(map)?.type
  return type === undefined || !(type.startsWith('map[') && !type.endsWith(']interface {}'))
}

export type GoMap = Record<string, unknown>

interface Marked {
  readonly type: string
  readonly isNil: boolean
}
const marks = new WeakMap<object, Marked>()

/** Marks an array as a slice of a named Go type (`[]string`), or as a nil slice. */
export function typedList<T extends unknown[]>(type: string, items: T, isNil = false): T {
  marks.set(items, { type, isNil })
  return items
}

/** Marks an object as a map of a named Go type (`map[string]string`). */
export function typedMap(type: string, members: GoMap): GoMap {
  marks.set(members, { type, isNil: false })
  return members
}

/** What `rest`, `initial` and `reverse` give for nothing: a list without elements that JSON shows as null. */
export function nilList(): unknown[] {
  return typedList('[]interface {}', [], true)
}

/** Gives a copy of a list or map the Go type that the original is marked with. */
export function sameType<T extends object>(original: object, copy: T): T {
  const mark = marks.get(original)
  if (mark !== undefined) marks.set(copy, mark)
  return copy
}

export function isNilList(value: unknown): boolean {
  return Array.isArray(value) && marks.get(value)?.isNil === true
}

/** The Go types that a template can tell apart, as reflect.Kind prints them. */
export type Kind =
  | 'invalid'
  | 'interface'
  | 'bool'
  | 'string'
  | IntType
  | 'float64'
  | 'complex128'
  | 'slice'
  | 'map'
  | 'struct'
  | 'ptr'
  | 'func'

export function isFunction(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'run' in value && 'parameters' in value && Object.isFrozen(value)
}

export function isMap(value: unknown): value is GoMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  if (value instanceof GoInt || value instanceof GoComplex) return false
  return !(value instanceof GoStruct || value instanceof Uint8Array || isFunction(value))
}

export function kindOf(value: unknown): Kind {
  switch (typeof value) {
    case 'undefined':
      return 'invalid'
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'number':
      return 'float64'
    case 'bigint':
      return 'int64'
    case 'object': {
      if (value === null) return 'interface'
      if (Array.isArray(value) || value instanceof Uint8Array) return 'slice'
      if (value instanceof GoInt) return value.type
      if (value instanceof GoComplex) return 'complex128'
      if (value instanceof GoStruct) {
        if (value.underlying !== undefined) return kindOf(value.underlying)
        return value.type.startsWith('*') ? 'ptr' : 'struct'
      }
      return isFunction(value) ? 'func' : 'map'
    }
    default:
      return 'invalid'
  }
}

/** The type as `%T` prints it. */
export function typeName(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return '<nil>'
    case 'string':
      return 'string'
    case 'boolean':
      return 'bool'
    case 'number':
      return 'float64'
    case 'bigint':
      return 'int64'
    default: {
      if (value === null) return 'interface {}'
      if (Array.isArray(value)) return marks.get(value)?.type ?? '[]interface {}'
      if (value instanceof Uint8Array) return '[]uint8'
      if (value instanceof GoInt) return value.type
      if (value instanceof GoComplex) return 'complex128'
      if (value instanceof GoStruct) return value.type
      if (isFunction(value)) return 'func()'
      return marks.get(value as object)?.type ?? 'map[string]interface {}'
    }
  }
}

/** The integer in a value of an integer type, undefined for other types. */
export function integerOf(value: unknown): bigint | undefined {
  if (value instanceof GoInt) return value.value
  return typeof value === 'bigint' ? value : undefined
}

/** What the map has under the key: its own keys only. */
export function lookUp(map: GoMap, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined
}

/** The zero value of a map's elements: "" for map[string]string, nil for map[string]interface{}. */
export function zeroElement(map: unknown): unknown {
  const type = typeName(map)
  if (type === 'map[string]string') return ''
  return type === 'map[string][]uint8' ? new Uint8Array() : null
}

/** The members of a map in the order in which templates visit them: by key, bytewise. */
export function sortedKeys(map: GoMap): string[] {
  return Object.keys(map).sort(compareText)
}

/** Whether `if` takes the value for true: everything but nil, zero, false and what is empty. */
export function isTrue(value: unknown): boolean {
  if (value === undefined || value === null) return false
  if (typeof value === 'string') return value.length > 0
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0
  const integer = integerOf(value)
  if (integer !== undefined) return integer !== 0n
  if (value instanceof GoComplex) return value.real !== 0 || value.imaginary !== 0
  const length = lengthOf(value)
  return length === undefined || length > 0
}

/** The length of a string (in bytes), list or map; undefined for what has none. */
export function lengthOf(value: unknown): number | undefined {
  if (typeof value === 'string') return byteLength(value)
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length
  if (value instanceof GoStruct) return value.underlying === undefined ? undefined : lengthOf(value.underlying)
  return isMap(value) ? Object.keys(value).length : undefined
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const strictDecoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })

// Go's strings hold any bytes. Those that are no UTF-8 stand here as lone surrogates, U+DC80 to U+DCFF, so that functions
// which look at bytes (b64enc, sha256sum) see what Go's see; they become U+FFFD where text leaves a template.
const escapedByte = /[\udc80-\udcff]/
const loneSurrogate = /\p{Surrogate}/gu

export function byteLength(text: string): number {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return bytesOfText(text).length
  return text.length
}

/** The bytes of a text. */
export function bytesOfText(text: string): Uint8Array {
  if (!escapedByte.test(text)) return encoder.encode(text)
  const bytes: number[] = []
  for (const character of text) {
    const code = character.codePointAt(0)!
    if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00)
    else bytes.push(...encoder.encode(character))
  }
  return Uint8Array.from(bytes)
}

/** The text of bytes, whatever they are. */
export function textOfBytes(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes)
  } catch {
    let text = ''
    let at = 0
    while (at < bytes.length) {
      const size = sequenceLength(bytes, at)
      text += size === 0 ? String.fromCharCode(0xdc00 + bytes[at]!) : decoder.decode(bytes.subarray(at, at + size))
      at += Math.max(size, 1)
    }
    return text
  }
}

/** The length of the UTF-8 sequence at a place, 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!
  if (first < 0x80) return 1
  const size = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc2 && first < 0xe0 ? 2 : 0
  if (size === 0 || at + size > bytes.length) return 0
  return decoder.decode(bytes.subarray(at, at + size)).includes('\ufffd') && !isReplacement(bytes, at) ? 0 : size
}

function isReplacement(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd
}

/** A text without bytes that are no UTF-8: each is U+FFFD. */
export function wellFormed(text: string): string {
  return escapedByte.test(text) ? text.replace(loneSurrogate, '\ufffd') : text
}

/** A string in which each character is one byte of the UTF-8 form: Go's view of a string, for indexes and slices. */
export function toByteString(text: string): string {
  if (byteLength(text) === text.length && !escapedByte.test(text)) return text
  let bytes = ''
  for (const byte of bytesOfText(text)) bytes += String.fromCharCode(byte)
  return bytes
}

/** The inverse of toByteString. */
export function fromByteString(bytes: string): string {
  const array = new Uint8Array(bytes.length)
  let ascii = true
  for (let index = 0; index < bytes.length; index++) {
    array[index] = bytes.charCodeAt(index)
    if (array[index]! > 0x7f) ascii = false
  }
  return ascii ? bytes : textOfBytes(array)
}
