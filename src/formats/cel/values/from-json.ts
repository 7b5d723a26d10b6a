import type { CelField, CelType } from '../contract.js'
import { base64Bytes } from './base64.js'
import { equal } from './equality.js'
import { intOf } from './numbers.js'
import { parseDuration, parseTimestamp } from './time.js'
import {
  CelBytes,
  CelDouble,
  CelDuration,
  CelFailure,
  CelLibraryValue,
  CelList,
  CelMap,
  CelOptional,
  CelTimestamp,
  CelTypeValue,
  CelUint,
  noSuchOverload,
  optionalNone,
  type Value,
  ValueList,
  ValueMap,
} from './values.js'

type ListType = Extract<CelType, { kind: 'list' }>
type MapType = Extract<CelType, { kind: 'map' }>
type ObjectType = Extract<CelType, { kind: 'object' }>

const dyn: CelType = { kind: 'dyn' }
const dynList: ListType = { kind: 'list', items: dyn }
const dynMap: MapType = { kind: 'map', key: { kind: 'string' }, value: dyn }
export const noType: CelType = dyn

/** A JSON-like value as a value of the declared type. Lists and maps convert what is read from them, no more. */
export function fromJson(input: unknown, type: CelType): Value {
  switch (typeof input) {
    case 'string':
      return textAs(input, type)
    case 'boolean':
      return input
    case 'number':
      return numberAs(input, type)
    case 'bigint':
      if (type.kind === 'double') return new CelDouble(Number(input))
      return type.kind === 'uint' ? new CelUint(input) : intOf(input)
    case 'object':
      return objectAs(input, type)
    default:
      return new CelFailure(`unsupported conversion to ref.Val: (${typeof input})`)
  }
}

function textAs(text: string, type: CelType): Value {
  switch (type.kind) {
    case 'timestamp': {
      const time = parseTimestamp(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text.replace(' ', 'T'))
      return time ?? new CelFailure(`Invalid date-time formatted string ${text}: cannot parse`)
    }
    case 'duration':
      return parseDuration(text) ?? new CelFailure(`Invalid duration ${text}: unable to parse ${text} as duration`)
    case 'bytes': {
      const bytes = base64Bytes(text)
      return bytes === undefined ? new CelFailure(`Invalid byte formatted string ${text}`) : new CelBytes(bytes)
    }
    case 'optional':
      return new CelOptional(fromJson(text, type.of))
    default:
      return text
  }
}

function numberAs(value: number, type: CelType): Value {
  if (type.kind === 'double') return new CelDouble(value)
  if (type.kind === 'uint') return new CelUint(BigInt(value))
  if (type.kind === 'optional') return new CelOptional(fromJson(value, type.of))
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value
  return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? intOf(BigInt(value)) : new CelDouble(value)
}

function objectAs(input: object | null, type: CelType): Value {
  if (input === null) return type.kind === 'optional' ? optionalNone : null
  if (Array.isArray(input)) return new JsonList(input, type.kind === 'list' ? type : dynList)
  if (isValueObject(input)) return input
  if (type.kind === 'optional') return new CelOptional(fromJson(input, type.of))
  if (input instanceof Date) {
    const ms = input.getTime()
    return new CelTimestamp(Math.floor(ms / 1000), (((ms % 1000) + 1000) % 1000) * 1_000_000)
  }
  if (input instanceof Map) {
    const value = type.kind === 'map' ? type.value : dyn
    return ValueMap.of([...input].map(([key, item]) => [fromJson(key, dyn), fromJson(item, value)] as const))
  }
  if (type.kind === 'dyn' && type.preserved === true) return new PreservedValue(input)
  const record = input as Readonly<Record<string, unknown>>
  if (type.kind === 'object') return new JsonObject(record, type)
  return new JsonMap(record, type.kind === 'map' ? type : dynMap)
}

function isValueObject(input: object): input is Exclude<Value, boolean | string | number | bigint | null> {
  return (
    input instanceof CelLibraryValue ||
    input instanceof CelOptional ||
    input instanceof CelList ||
    input instanceof CelMap ||
    input instanceof CelDouble ||
    input instanceof CelUint ||
    input instanceof CelBytes ||
    input instanceof CelTimestamp ||
    input instanceof CelDuration ||
    input instanceof CelTypeValue ||
    input instanceof CelFailure
  )
}

/** What x-kubernetes-preserve-unknown-fields kept: it can be compared, nothing else. */
class PreservedValue extends CelLibraryValue {
  readonly typeName = 'unknown'
  readonly json: unknown
  constructor(json: unknown) {
    super()
    this.json = json
  }
  equals(other: CelLibraryValue): Value {
    return other instanceof PreservedValue && equal(fromJson(this.json, dyn), fromJson(other.json, dyn)) === true
  }
}

/** A list of an object; it knows how Kubernetes compares and joins it. */
class JsonList extends CelList {
  readonly elements: readonly unknown[]
  readonly type: ListType
  #items: CelType
  constructor(elements: readonly unknown[], type: ListType) {
    super()
    this.elements = elements
    this.type = type
    this.#items = type.items
    if (type.listType !== undefined) {
      this.equals = (other) => this.#equalsByType(other)
      this.plus = (other) => this.#plusByType(other)
    }
  }
  get size(): number {
    return this.elements.length
  }
  get(index: number): Value {
    return fromJson(this.elements[index], this.#items)
  }

  #key(item: Value): string {
    if (this.type.listType === 'set') return JSON.stringify(toPlain(item), bigintAsText) ?? ''
    if (!(item instanceof CelMap)) return ''
    const parts = (this.type.mapKeys ?? []).map((name) => {
      const value = item.find(name)
      return value === undefined ? null : toPlain(value)
    })
    return JSON.stringify(parts, bigintAsText)
  }

  #equalsByType(other: CelList): Value {
    if (other.size !== this.size) return false
    const byKey = new Map<string, Value>()
    for (let i = 0; i < this.size; i++) byKey.set(this.#key(this.get(i)), this.get(i))
    for (let i = 0; i < other.size; i++) {
      const theirs = other.get(i)
      const own = byKey.get(this.#key(theirs))
      if (own === undefined) return false
      if (this.type.listType === 'map') {
        const same = equal(own, theirs)
        if (same !== true) return same
      }
    }
    return true
  }

  #plusByType(other: CelList): Value {
    const items: Value[] = []
    const places = new Map<string, number>()
    for (let i = 0; i < this.size; i++) {
      places.set(this.#key(this.get(i)), i)
      items.push(this.get(i))
    }
    for (let i = 0; i < other.size; i++) {
      const item = other.get(i)
      const place = places.get(this.#key(item))
      if (place === undefined) {
        if (this.type.listType === 'set') places.set(this.#key(item), items.length)
        items.push(item)
      } else if (this.type.listType === 'map') items[place] = item
    }
    return new TypedList(items, this)
  }
}

/** The sum of lists with a Kubernetes list type. */
class TypedList extends ValueList {
  constructor(items: Value[], origin: CelList) {
    super(items)
    const again = (): CelList => fromPlainList(items, origin)
    this.equals = (other) => again().equals!(other)
    this.plus = (other) => again().plus!(other)
  }
}

function fromPlainList(items: readonly Value[], origin: CelList): CelList {
  return new JsonList(items, (origin as JsonList).type)
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}` : value
}

/** A map with keys of its own choice. */
class JsonMap extends CelMap {
  readonly json: Readonly<Record<string, unknown>>
  readonly #value: CelType
  #size = -1
  constructor(json: Readonly<Record<string, unknown>>, type: MapType) {
    super()
    this.json = json
    this.#value = type.value
  }
  get size(): number {
    if (this.#size < 0) this.#size = Object.keys(this.json).length
    return this.#size
  }
  find(key: Value): Value | undefined {
    if (typeof key !== 'string') return undefined
    if (!Object.hasOwn(this.json, key)) return undefined
    return fromJson(this.json[key], this.#value)
  }
  keys(): Value[] {
    return Object.keys(this.json)
  }
}

/** An object with declared fields; others and null are not there. */
class JsonObject extends CelMap {
  readonly json: Readonly<Record<string, unknown>>
  readonly type: ObjectType
  constructor(json: Readonly<Record<string, unknown>>, type: ObjectType) {
    super()
    this.json = json
    this.type = type
  }
  get size(): number {
    return Object.keys(this.json).length
  }
  find(key: Value): Value | undefined {
    if (typeof key !== 'string') return noSuchOverload
    const field = this.type.fields.get(key) ?? this.type.fields.get(`__${key}__`)
    return field === undefined ? undefined : this.field(field)
  }
  field(field: CelField): Value | undefined {
    const json = Object.hasOwn(this.json, field.property) ? this.json[field.property] : undefined
    return json === undefined || json === null ? undefined : fromJson(json, field.type)
  }
  /** Data that no field declares can only be compared with data of the same kind. */
  override equals(other: CelMap): Value {
    if (this.size !== other.size) return false
    const declared = new Map([...this.type.fields].map(([name, field]) => [field.property, name] as const))
    for (const property of Object.keys(this.json)) {
      const name = declared.get(property)
      if (name === undefined) {
        if (!(other instanceof JsonObject)) return noSuchOverload
        const theirs = other.json[property]
        if (theirs !== undefined && equal(fromJson(this.json[property], dyn), fromJson(theirs, dyn)) !== true) return false
        continue
      }
      const own = this.find(name)
      const theirs = other instanceof JsonObject ? other.find(name) : other.find(property)
      // Even of the same object: what is null is not there, and so not equal.
      if (own === undefined || theirs === undefined) return false
      const same = equal(own, theirs)
      if (same !== true) return same
    }
    return true
  }
  keys(): Value[] {
    const keys: Value[] = []
    for (const [name, field] of this.type.fields) {
      if (Object.hasOwn(this.json, field.property)) keys.push(name)
    }
    return keys
  }
}

/** The same data without declared types. */
export function untyped(value: Value): Value {
  if (value instanceof JsonObject || value instanceof JsonMap) return new JsonMap(value.json, dynMap)
  return value instanceof JsonList && !(value.elements[0] instanceof CelMap) ? new JsonList(value.elements, dynList) : value
}

/** What an evaluation gives to its caller: bigint for int and uint, number for double, Map only where keys are no strings. */
export function toPlain(value: Value): unknown {
  switch (typeof value) {
    case 'number':
      return BigInt(value)
    case 'string':
    case 'boolean':
    case 'bigint':
      return value
  }
  if (value === null) return null
  if (value instanceof CelUint) return value.value
  if (value instanceof CelDouble) return value.value
  if (value instanceof CelBytes) return value.bytes
  if (value instanceof CelList) return Array.from({ length: value.size }, (_, i) => toPlain(value.get(i)))
  if (value instanceof CelMap) {
    const pairs = value.keys().map((key) => [toPlain(key), toPlain(value.find(key) ?? null)] as const)
    return pairs.every(([key]) => typeof key === 'string') ? Object.fromEntries(pairs as [string, unknown][]) : new Map(pairs)
  }
  if (value instanceof CelOptional) return value.value === undefined ? undefined : toPlain(value.value)
  return value instanceof PreservedValue ? value.json : value
}
