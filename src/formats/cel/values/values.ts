/**
 * What expressions compute with. An int is a `number` while it is a safe integer and a `bigint` beyond (never both for the
 * same int); a double is wrapped, since ints are what rules count with. Errors are values: `&&`, `||` and comprehensions
 * decide whether one matters.
 */
export type Value =
  | boolean
  | string
  | number
  | bigint
  | null
  | CelUint
  | CelDouble
  | CelBytes
  | CelTimestamp
  | CelDuration
  | CelList
  | CelMap
  | CelOptional
  | CelTypeValue
  | CelLibraryValue
  | CelFailure

export class CelFailure {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

export class CelUint {
  readonly value: bigint
  constructor(value: bigint) {
    this.value = value
  }
}

export class CelDouble {
  readonly value: number
  constructor(value: number) {
    this.value = value
  }
}

export class CelBytes {
  readonly bytes: Uint8Array
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }
}

/** Seconds since 1970 and nanoseconds; the offset is only how it likes to be printed. */
export class CelTimestamp {
  readonly seconds: number
  readonly nanos: number
  readonly offsetSeconds: number
  constructor(seconds: number, nanos: number, offsetSeconds = 0) {
    this.seconds = seconds
    this.nanos = nanos
    this.offsetSeconds = offsetSeconds
  }
}

/** Nanoseconds. */
export class CelDuration {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}

export class CelOptional {
  readonly value: Value | undefined
  constructor(value: Value | undefined) {
    this.value = value
  }
}

export class CelTypeValue {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

/** A value that a library brings: a quantity, an address, a URL ... */
export abstract class CelLibraryValue {
  abstract readonly typeName: string
  abstract equals(other: CelLibraryValue): Value
  /** For the cost of calls; undefined when the type has no size. */
  size(): number | undefined {
    return undefined
  }
  /** `string(value)`. */
  text(): string | undefined {
    return undefined
  }
}

export abstract class CelList {
  abstract readonly size: number
  abstract get(index: number): Value
  /** Set for lists whose equality and `+` follow x-kubernetes-list-type. */
  equals?(other: CelList): Value
  plus?(other: CelList): Value
}

/** A list that was computed; the only kind that may grow, and only while a comprehension builds it. */
export class ValueList extends CelList {
  readonly items: Value[]
  constructor(items: Value[]) {
    super()
    this.items = items
  }
  get size(): number {
    return this.items.length
  }
  get(index: number): Value {
    return this.items[index]!
  }
}

export abstract class CelMap {
  abstract readonly size: number
  /** undefined when there is no such key. */
  abstract find(key: Value): Value | undefined
  abstract keys(): Value[]
  /** Set for objects, which know what of them can be compared. */
  equals?(other: CelMap): Value
}

/** A map that was computed. */
export class ValueMap extends CelMap {
  readonly entries: Map<unknown, { readonly key: Value; readonly value: Value }>
  constructor(entries: Map<unknown, { readonly key: Value; readonly value: Value }>) {
    super()
    this.entries = entries
  }
  static of(pairs: Iterable<readonly [Value, Value]>): ValueMap {
    const map = new ValueMap(new Map())
    for (const [key, value] of pairs) map.set(key, value)
    return map
  }
  get size(): number {
    return this.entries.size
  }
  set(key: Value, value: Value): void {
    this.entries.set(mapKey(key), { key, value })
  }
  find(key: Value): Value | undefined {
    return this.entries.get(mapKey(key))?.value
  }
  keys(): Value[] {
    return [...this.entries.values()].map((entry) => entry.key)
  }
}

/** Numbers that are equal are one key, whatever their type. */
export function mapKey(key: Value): unknown {
  if (key instanceof CelUint) return key.value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(key.value) : key.value
  if (key instanceof CelDouble) {
    return Number.isInteger(key.value) && !Number.isSafeInteger(key.value) ? BigInt(key.value) : key.value
  }
  return key
}

export const noSuchOverload = new CelFailure('no such overload')

/** An error stays what it is; anything else becomes `no such overload`. */
export function orNoSuchOverload(value: Value): CelFailure {
  return value instanceof CelFailure ? value : noSuchOverload
}

export const optionalNone = new CelOptional(undefined)

/** The runtime name of a value's type, as `type()` and error texts give it. */
export function typeNameOf(value: Value): string {
  switch (typeof value) {
    case 'boolean':
      return 'bool'
    case 'string':
      return 'string'
    case 'number':
    case 'bigint':
      return 'int'
  }
  if (value === null) return 'null_type'
  if (value instanceof CelList) return 'list'
  if (value instanceof CelMap) return 'map'
  if (value instanceof CelDouble) return 'double'
  if (value instanceof CelUint) return 'uint'
  if (value instanceof CelBytes) return 'bytes'
  if (value instanceof CelTimestamp) return 'google.protobuf.Timestamp'
  if (value instanceof CelDuration) return 'google.protobuf.Duration'
  if (value instanceof CelOptional) return 'optional_type'
  if (value instanceof CelTypeValue) return 'type'
  if (value instanceof CelFailure) return 'error'
  return value.typeName
}

export function isInt(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}
