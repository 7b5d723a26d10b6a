import { showValue } from '../values/conversions.js'
import { untyped } from '../values/from-json.js'
import {
  CelBytes,
  CelDouble,
  CelFailure,
  CelLibraryValue,
  CelList,
  CelMap,
  CelOptional,
  CelUint,
  optionalNone,
  orNoSuchOverload,
  typeNameOf,
  type Value,
  ValueList,
  ValueMap,
} from '../values/values.js'
import type { Run } from './frame.js'

/** A step from a value into it: a field or an index. */
export interface Qualifier {
  readonly optional: boolean
  /** The key; it costs what its own parts cost. */
  readonly key: Value | Run
  /** `has()`: only whether it is there. */
  readonly testOnly: boolean
}

/** Where a value comes from and the way into it. Qualifiers are added while the plan grows. */
export type Attribute =
  | { readonly kind: 'root'; readonly read: Run; readonly qualifiers: Qualifier[] }
  | { readonly kind: 'choice'; readonly condition: Run; readonly whenTrue: Attribute; readonly whenFalse: Attribute }

export function rootAttribute(read: Run): Attribute {
  return { kind: 'root', read, qualifiers: [] }
}

export function qualify(attribute: Attribute, qualifier: Qualifier): void {
  if (attribute.kind === 'root') attribute.qualifiers.push(qualifier)
  else {
    qualify(attribute.whenTrue, qualifier)
    qualify(attribute.whenFalse, qualifier)
  }
}

/** How the attribute is read, without the cost of the attribute itself. */
export function resolver(attribute: Attribute): Run {
  if (attribute.kind === 'choice') {
    const { condition } = attribute
    const whenTrue = resolver(attribute.whenTrue)
    const whenFalse = resolver(attribute.whenFalse)
    return (frame) => {
      const chosen = condition(frame)
      if (chosen === true) return whenTrue(frame)
      return chosen === false ? whenFalse(frame) : orNoSuchOverload(chosen)
    }
  }
  const { read, qualifiers } = attribute
  if (qualifiers.length === 0) return read
  const [only] = qualifiers
  if (qualifiers.length === 1 && only !== undefined && !only.optional && !only.testOnly && typeof only.key === 'string') {
    return oneField(read, only.key, qualifiers)
  }
  return (frame) => {
    const root = read(frame)
    return root instanceof CelFailure ? root : applyAll(frame, root, qualifiers)
  }
}

function oneField(read: Run, key: string, qualifiers: readonly Qualifier[]): Run {
  return (frame) => {
    const root = read(frame)
    if (root instanceof CelMap) {
      frame.spend(1)
      const found = root.find(key)
      return found === undefined ? new CelFailure(`no such key: ${key}`) : found
    }
    return root instanceof CelFailure ? root : applyAll(frame, root, qualifiers)
  }
}

function applyAll(frame: Parameters<Run>[0], root: Value, qualifiers: readonly Qualifier[]): Value {
  let value = root
  let optional = false
  if (value instanceof CelOptional) {
    if (value.value === undefined) return value
    // Upstream goes on with the plain data: types that a schema gave (times, list types) are gone.
    value = untyped(value.value)
    optional = true
  }
  for (const qualifier of qualifiers) {
    optional = optional || qualifier.optional
    const key = typeof qualifier.key === 'function' ? qualifier.key(frame) : qualifier.key
    if (key instanceof CelFailure) {
      if (!optional) frame.spend(1)
      return key
    }
    const wrong = typeof qualifier.key === 'function' ? invalidKey(key) : undefined
    const test = optional || qualifier.testOnly
    const found = wrong ?? into(value, key, test)
    if (!optional || (found !== undefined && !(found instanceof CelFailure))) frame.spend(1)
    if (found instanceof CelFailure) return found
    if (optional) {
      if (found === undefined) return optionalNone
      value = found
    } else value = qualifier.testOnly ? found !== undefined : found!
  }
  if (optional) return qualifiers.at(-1)!.testOnly ? true : new CelOptional(value)
  return value
}

/** What stands at a key; undefined when nothing does and that was asked. */
function into(value: Value, key: Value, test: boolean): Value | undefined {
  if (value instanceof CelMap) {
    const found = value.find(key)
    if (found !== undefined) return found
    return test ? undefined : new CelFailure(`no such key: ${showValue(key)}`)
  }
  if (value instanceof CelList) {
    const index = indexOf(key)
    if (index instanceof CelFailure) return index
    if (index >= 0 && index < value.size) return value.get(index)
    return test ? undefined : new CelFailure(`index out of bounds: ${showValue(key)}`)
  }
  if (value instanceof CelFailure) return value
  return test ? undefined : new CelFailure(`no such key: ${showValue(key)}`)
}

function indexOf(key: Value): number | CelFailure {
  if (typeof key === 'number') return key
  if (typeof key === 'bigint') return Number(key)
  if (key instanceof CelUint) {
    return key.value < 2n ** 63n ? Number(key.value) : new CelFailure(`unsupported index value ${key.value} in list`)
  }
  if (key instanceof CelDouble) {
    if (Number.isInteger(key.value) && Math.abs(key.value) < 2 ** 63) return key.value
    return new CelFailure(`unsupported index value ${showValue(key)} in list`)
  }
  return new CelFailure(`unsupported index type '${typeNameOf(key)}' in list`)
}

/** Keys are texts, numbers and bools. */
export function invalidKey(key: Value): CelFailure | undefined {
  if (typeof key !== 'object' || key instanceof CelUint || key instanceof CelDouble) return undefined
  return new CelFailure(`invalid qualifier type: ${goType(key)}`)
}

/** The name of a value's Go type, as %T shows it. */
export function goType(value: Value): string {
  if (value === null) return 'types.Null'
  if (typeof value === 'boolean') return 'types.Bool'
  if (typeof value === 'string') return 'types.String'
  if (typeof value === 'number' || typeof value === 'bigint') return 'types.Int'
  if (value instanceof CelBytes) return 'types.Bytes'
  if (value instanceof CelDouble) return 'types.Double'
  if (value instanceof CelUint) return 'types.Uint'
  if (value instanceof CelList) return value instanceof ValueList ? '*types.baseList' : '[]interface {}'
  if (value instanceof CelMap) return value instanceof ValueMap ? '*types.baseMap' : 'map[string]interface {}'
  if (value instanceof CelOptional) return '*types.Optional'
  const name = typeNameOf(value)
  if (name === 'type') return '*types.Type'
  if (name === 'google.protobuf.Timestamp') return 'types.Timestamp'
  if (name === 'google.protobuf.Duration') return 'types.Duration'
  return value instanceof CelLibraryValue ? `cel.${name.split('.').at(-1)}` : name
}
