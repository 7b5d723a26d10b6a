import { checkArgument } from './arguments.js'
import { type FunctionTable, type GoFunction, goFunction, goVariadic, type ParameterType, parameterNames } from './functions.js'
import { isPrintable, printValue, sprint, sprintf, sprintln } from './print.js'
import {
  fromByteString,
  GoComplex,
  GoInt,
  GoStruct,
  int,
  integerOf,
  isFunction,
  isMap,
  isNilList,
  isTrue,
  kindOf,
  lengthOf,
  lookUp,
  toByteString,
  typedList,
  typeName,
  zeroElement,
} from './values.js'

/** The functions that every template has. */
export function builtinFunctions(): FunctionTable {
  return builtins
}

type Comparable = 'bool' | 'complex' | 'int' | 'float' | 'string' | 'uint' | 'none'

function comparableKind(value: unknown): Comparable {
  const kind = kindOf(value)
  if (kind === 'bool' || kind === 'string') return kind
  if (kind === 'float64') return 'float'
  if (kind === 'complex128') return 'complex'
  if (kind.startsWith('uint')) return 'uint'
  return kind.startsWith('int') && kind !== 'interface' ? 'int' : 'none'
}

/** Nil in an interface and no value are the same to comparisons and indexes. */
function plain(value: unknown): unknown {
  return value === null ? undefined : value
}

function equal(first: unknown, others: readonly unknown[]): boolean {
  const left = plain(first)
  if (others.length === 0) throw new Error('missing argument for comparison')
  const leftKind = comparableKind(left)
  for (const other of others) {
    const right = plain(other)
    const rightKind = comparableKind(right)
    if (leftKind !== rightKind) {
      const integers = (leftKind === 'int' || leftKind === 'uint') && (rightKind === 'int' || rightKind === 'uint')
      if (integers) {
        if (integerOf(left) === integerOf(right)) return true
      } else if (left !== undefined && right !== undefined) {
        throw new Error(`incompatible types for comparison: ${typeName(left)} and ${typeName(right)}`)
      }
      continue
    }
    if (leftKind === 'int' || leftKind === 'uint') {
      if (integerOf(left) === integerOf(right)) return true
    } else if (left instanceof GoComplex && right instanceof GoComplex) {
      if (left.real === right.real && left.imaginary === right.imaginary) return true
    } else if (leftKind !== 'none') {
      if (left === right) return true
    } else if (equalUncomparable(left, right)) return true
  }
  return false
}

function equalUncomparable(left: unknown, right: unknown): boolean {
  if (left !== undefined && right !== undefined && kindOf(left) !== kindOf(right)) {
    const parts = [sprintf('%s', [left]), typeName(left), typeName(right), printValue(right)]
    throw new Error(`non-comparable types ${parts[0]}: ${parts[1]}, ${parts[2]}: ${parts[3]}`)
  }
  const leftNil = left === undefined || isNilList(left)
  const rightNil = right === undefined || isNilList(right)
  if (leftNil || rightNil) return leftNil === rightNil
  const kind = kindOf(right)
  if (kind === 'slice' || kind === 'map' || kind === 'func') {
    throw new Error(`non-comparable type ${sprintf('%s', [right])}: ${typeName(right)}`)
  }
  return (
    left === right ||
    (left instanceof GoStruct && right instanceof GoStruct && left.native === right.native && left.native !== undefined)
  )
}

function less(first: unknown, second: unknown): boolean {
  const left = plain(first)
  const right = plain(second)
  const leftKind = comparableKind(left)
  const rightKind = comparableKind(right)
  if (leftKind === 'none' || rightKind === 'none') throw new Error('invalid type for comparison')
  const leftInteger = integerOf(left)
  const rightInteger = integerOf(right)
  if (leftInteger !== undefined && rightInteger !== undefined) return leftInteger < rightInteger
  if (leftKind !== rightKind) throw new Error(`incompatible types for comparison: ${typeName(left)} and ${typeName(right)}`)
  if (leftKind === 'bool' || leftKind === 'complex') throw new Error('invalid type for comparison')
  if (leftKind === 'string') return toByteString(left as string) < toByteString(right as string)
  return (left as number) < (right as number)
}

function lessOrEqual(left: unknown, right: unknown): boolean {
  return less(left, right) || equal(left, [right])
}

function indexNumber(index: unknown, limit: number): number {
  const value = plain(index)
  if (value === undefined) throw new Error('cannot index slice/array with nil')
  const integer = integerOf(value)
  if (integer === undefined) throw new Error(`cannot index slice/array with type ${typeName(value)}`)
  if (integer < 0n || integer > BigInt(limit)) throw new Error(`index out of range: ${integer}`)
  return Number(integer)
}

function underlying(value: unknown): unknown {
  return value instanceof GoStruct && value.underlying !== undefined ? value.underlying : value
}

function elementAt(container: unknown, index: unknown): unknown {
  const item = underlying(container)
  if (typeof item === 'string') {
    const bytes = toByteString(item)
    const at = indexNumber(index, bytes.length)
    if (at === bytes.length) throw new Error('reflect: string index out of range')
    return new GoInt(BigInt(bytes.charCodeAt(at)), 'uint8')
  }
  if (Array.isArray(item) || item instanceof Uint8Array) {
    const at = indexNumber(index, item.length)
    if (at === item.length) throw new Error('reflect: slice index out of range')
    return item instanceof Uint8Array ? new GoInt(BigInt(item[at]!), 'uint8') : item[at]
  }
  if (!isMap(item)) throw new Error(`can't index item of type ${typeName(item)}`)
  const key = plain(index)
  if (key === undefined) throw new Error('value is nil; should be of type string')
  if (typeof key !== 'string') throw new Error(`value has type ${typeName(key)}; should be string`)
  return Object.hasOwn(item, key) ? lookUp(item, key) : zeroElement(item)
}

function indexInto(item: unknown, indexes: readonly unknown[]): unknown {
  let value = plain(item)
  if (value === undefined) throw new Error('index of untyped nil')
  for (const index of indexes) {
    if (plain(value) === undefined) throw new Error('index of nil pointer')
    value = elementAt(value, index)
  }
  return value
}

function sliceOf(item: unknown, indexes: readonly unknown[]): unknown {
  const value = underlying(plain(item))
  if (value === undefined) throw new Error('slice of untyped nil')
  if (indexes.length > 3) throw new Error(`too many slice indexes: ${indexes.length}`)
  if (typeof value === 'string' && indexes.length === 3) throw new Error('cannot 3-index slice a string')
  if (typeof value !== 'string' && !Array.isArray(value) && !(value instanceof Uint8Array)) {
    throw new Error(`can't slice item of type ${typeName(value)}`)
  }
  const length = lengthOf(value) ?? 0
  const bounds = [0, length]
  for (const [position, index] of indexes.entries()) bounds[position] = indexNumber(index, length)
  for (let position = 1; position < bounds.length; position++) {
    const before = bounds[position - 1]!
    if (before > bounds[position]!) throw new Error(`invalid slice index: ${before} > ${bounds[position]}`)
  }
  if (typeof value === 'string') return fromByteString(toByteString(value).slice(bounds[0], bounds[1]))
  if (value instanceof Uint8Array) return value.subarray(bounds[0], bounds[1])
  return typedList(typeName(value), value.slice(bounds[0], bounds[1]))
}

function textOf(values: readonly unknown[]): string {
  if (values.length === 1 && typeof values[0] === 'string') return values[0]
  return sprint(values.map((value) => (value === null || value === undefined ? '<no value>' : value)))
}

const htmlEscapes: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
}
const jsEscapes: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
}

function escapeJs(text: string): string {
  let escaped = ''
  for (const character of text) {
    const code = character.codePointAt(0)!
    const special = jsEscapes[character]
    if (special !== undefined) escaped += special
    else if (code < 0x20) escaped += `\\u00${code.toString(16).toUpperCase().padStart(2, '0')}`
    else
      escaped +=
        code < 0x80 || isPrintable(character) || (code >= 0xdc80 && code <= 0xdcff)
          ? character
          : `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`
  }
  return escaped
}

/** Go's url.QueryEscape: everything but letters, digits and `-_.~` as %XX, a space as `+`. */
export function escapeQuery(text: string): string {
  let escaped = ''
  for (const byte of toByteString(text)) {
    if (/[A-Za-z0-9\-_.~]/.test(byte)) escaped += byte
    else escaped += byte === ' ' ? '+' : `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  }
  return escaped
}

function callFunction(
  this: ThisParameterType<GoFunction['run']>,
  name: string,
  callee: unknown,
  args: readonly unknown[],
): unknown {
  const target = plain(callee)
  if (target === undefined) throw new Error('call of nil')
  if (!isFunction(target)) throw new Error(`non-function ${name} of type ${typeName(target)}`)
  const fn = target as GoFunction
  const fixed = fn.parameters.length
  if (fn.rest !== undefined && args.length < fixed) {
    throw new Error(`wrong number of args for ${name}: got ${args.length} want at least ${fixed}`)
  }
  if (fn.rest === undefined && args.length !== fixed) {
    throw new Error(`wrong number of args for ${name}: got ${args.length} want ${fixed}`)
  }
  return fn.run.apply(
    this,
    args.map((arg, position) => preparedArgument(plain(arg), fn.parameters[position] ?? fn.rest!, position)),
  )
}

function preparedArgument(value: unknown, type: ParameterType, position: number): unknown {
  const integer = integerOf(value)
  try {
    if (integer !== undefined && (type === 'int' || type === 'int64')) return checkArgument(new GoInt(integer, type), type)
    return checkArgument(value, type)
  } catch {
    const found = value === undefined ? 'is nil' : `has type ${typeName(value)}`
    throw new Error(`arg ${position}: value ${found}; should be ${value === undefined ? 'of type ' : ''}${parameterNames[type]}`)
  }
}

const nothing = () => undefined

const builtins: FunctionTable = new Map<string, GoFunction>([
  ['and', Object.freeze({ ...goVariadic(['value'], 'value', nothing), special: 'and' as const })],
  ['or', Object.freeze({ ...goVariadic(['value'], 'value', nothing), special: 'or' as const })],
  [
    'call',
    Object.freeze({
      ...goVariadic(['value'], 'value', function (callee, ...args) {
        return callFunction.call(this, args[0] as string, callee, args.slice(1))
      }),
      special: 'call' as const,
    }),
  ],
  ['not', goFunction(['value'], (value) => !isTrue(value))],
  ['html', goVariadic([], 'any', (...values) => textOf(values).replace(/[\0"'&<>]/g, (found) => htmlEscapes[found]!))],
  ['js', goVariadic([], 'any', (...values) => escapeJs(textOf(values)))],
  ['urlquery', goVariadic([], 'any', (...values) => escapeQuery(textOf(values)))],
  ['index', goVariadic(['value'], 'value', (item, ...indexes) => indexInto(item, indexes))],
  ['slice', goVariadic(['value'], 'value', (item, ...indexes) => sliceOf(item, indexes))],
  [
    'len',
    goFunction(['value'], (value) => {
      if (plain(value) === undefined) {
        throw new Error(value === null ? 'len of nil pointer' : 'reflect: call of reflect.Value.Type on zero Value')
      }
      const length = lengthOf(value)
      if (length === undefined) throw new Error(`len of type ${typeName(value).replace('*', '')}`)
      return int(length)
    }),
  ],
  ['print', goVariadic([], 'any', (...values) => sprint(values))],
  [
    'printf',
    goVariadic(['string'], 'any', function (format, ...values) {
      return sprintf(format, values, (size) => this.charge(size))
    }),
  ],
  ['println', goVariadic([], 'any', (...values) => sprintln(values))],
  ['eq', goVariadic(['value'], 'value', (first, ...others) => equal(first, others))],
  ['ne', goFunction(['value', 'value'], (left, right) => !equal(left, [right]))],
  ['lt', goFunction(['value', 'value'], less)],
  ['le', goFunction(['value', 'value'], lessOrEqual)],
  ['gt', goFunction(['value', 'value'], (left, right) => !lessOrEqual(left, right))],
  ['ge', goFunction(['value', 'value'], (left, right) => !less(left, right))],
])
