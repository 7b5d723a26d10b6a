import { type CelLibrary, type FunctionDeclaration, type Implementation, member, overload } from '../check/declarations.js'
import { codePoints } from '../syntax/issues.js'
import { standardMacros } from '../syntax/macros.js'
import { operators } from '../syntax/syntax-tree.js'
import * as type from '../types/type-node.js'
import * as convert from '../values/conversions.js'
import { compare, equal } from '../values/equality.js'
import * as number from '../values/numbers.js'
import { addDuration, nanosBetween } from '../values/time.js'
import {
  CelBytes,
  CelDouble,
  CelDuration,
  CelFailure,
  CelList,
  CelMap,
  CelTimestamp,
  CelUint,
  isInt,
  noSuchOverload,
  orNoSuchOverload,
  type Value,
  ValueList,
} from '../values/values.js'
import { matchPattern } from './patterns.js'
import { timeFunctions } from './time-fields.js'

const a = type.paramType('A')
const b = type.paramType('B')
const listOfA = type.listType(a)
const mapOfAB = type.mapType(a, b)
const { boolType, bytesType, doubleType, durationType, intType, stringType, timestampType, uintType, dynType } = type

/** Texts and times answer for themselves when they lack an operator; of others the operator is named. */
function noOverload(name: string, value: Value): CelFailure {
  if (typeof value === 'string' || value instanceof CelTimestamp || value instanceof CelDuration) return noSuchOverload
  return new CelFailure(`no such overload: ${name}`)
}

function durationOf(nanos: bigint): Value {
  const checked = number.intOf(nanos)
  return checked instanceof CelFailure ? checked : new CelDuration(nanos)
}

/** A value without the trait (a bool has no `+`) gives the operator's name in its error; a wrong right side does not. */
export function plus(x: Value, y: Value): Value {
  if (isInt(x)) return isInt(y) ? number.addInts(x, y) : orNoSuchOverload(y)
  if (typeof x === 'string') return typeof y === 'string' ? x + y : orNoSuchOverload(y)
  if (x instanceof CelList) {
    if (!(y instanceof CelList)) return orNoSuchOverload(y)
    if (x.plus !== undefined) return x.plus(y)
    if (x.size === 0) return y
    if (y.size === 0) return x
    return new ValueList([...itemsOf(x), ...itemsOf(y)])
  }
  if (x instanceof CelDouble) return y instanceof CelDouble ? new CelDouble(x.value + y.value) : orNoSuchOverload(y)
  if (x instanceof CelUint) return y instanceof CelUint ? number.uintOf(x.value + y.value) : orNoSuchOverload(y)
  if (x instanceof CelBytes) {
    return y instanceof CelBytes ? new CelBytes(Uint8Array.from([...x.bytes, ...y.bytes])) : orNoSuchOverload(y)
  }
  if (x instanceof CelDuration) {
    if (y instanceof CelDuration) return durationOf(x.nanos + y.nanos)
    return y instanceof CelTimestamp ? addDuration(y, x.nanos) : orNoSuchOverload(y)
  }
  if (x instanceof CelTimestamp) return y instanceof CelDuration ? addDuration(x, y.nanos) : orNoSuchOverload(y)
  return noOverload('_+_', x)
}

export function itemsOf(list: CelList): Value[] {
  if (list instanceof ValueList) return list.items
  return Array.from({ length: list.size }, (_, i) => list.get(i))
}

function minus(x: Value, y: Value): Value {
  if (isInt(x)) return isInt(y) ? number.subtractInts(x, y) : orNoSuchOverload(y)
  if (x instanceof CelDouble) return y instanceof CelDouble ? new CelDouble(x.value - y.value) : orNoSuchOverload(y)
  if (x instanceof CelUint) return y instanceof CelUint ? number.uintOf(x.value - y.value) : orNoSuchOverload(y)
  if (x instanceof CelDuration) return y instanceof CelDuration ? durationOf(x.nanos - y.nanos) : orNoSuchOverload(y)
  if (x instanceof CelTimestamp) {
    if (y instanceof CelDuration) return y.nanos === number.leastInt ? number.intOverflow : addDuration(x, -y.nanos)
    return y instanceof CelTimestamp ? durationOf(nanosBetween(x, y)) : orNoSuchOverload(y)
  }
  return noOverload('_-_', x)
}

function multiply(x: Value, y: Value): Value {
  if (isInt(x)) return isInt(y) ? number.multiplyInts(x, y) : orNoSuchOverload(y)
  if (x instanceof CelDouble) return y instanceof CelDouble ? new CelDouble(x.value * y.value) : orNoSuchOverload(y)
  if (x instanceof CelUint) return y instanceof CelUint ? number.uintOf(x.value * y.value) : orNoSuchOverload(y)
  return noOverload('_*_', x)
}

function divide(x: Value, y: Value): Value {
  if (isInt(x)) {
    if (!isInt(y)) return orNoSuchOverload(y)
    return BigInt(y) === 0n ? number.divisionByZero : number.divideInts(x, y)
  }
  if (x instanceof CelDouble) return y instanceof CelDouble ? new CelDouble(x.value / y.value) : orNoSuchOverload(y)
  if (x instanceof CelUint) {
    if (!(y instanceof CelUint)) return orNoSuchOverload(y)
    return y.value === 0n ? number.divisionByZero : new CelUint(x.value / y.value)
  }
  return noOverload('_/_', x)
}

function modulo(x: Value, y: Value): Value {
  if (isInt(x)) {
    if (!isInt(y)) return orNoSuchOverload(y)
    return BigInt(y) === 0n ? number.modulusByZero : number.remainderOfInts(x, y)
  }
  if (x instanceof CelUint) {
    if (!(y instanceof CelUint)) return orNoSuchOverload(y)
    return y.value === 0n ? number.modulusByZero : new CelUint(x.value % y.value)
  }
  return noOverload('_%_', x)
}

function negate(x: Value): Value {
  if (isInt(x)) return number.negateInt(x)
  if (x instanceof CelDouble) return new CelDouble(-x.value)
  if (x instanceof CelDuration) return durationOf(-x.nanos)
  return typeof x === 'boolean' ? noSuchOverload : noOverload('-_', x)
}

function not(x: Value): Value {
  return typeof x === 'boolean' ? !x : orNoSuchOverload(x)
}

function hasOrder(x: Value): boolean {
  return (
    typeof x !== 'object' ||
    x instanceof CelUint ||
    x instanceof CelDouble ||
    x instanceof CelBytes ||
    x instanceof CelTimestamp ||
    x instanceof CelDuration
  )
}

function ordering(name: string, holds: (order: number) => boolean): Implementation {
  const [below, same, above] = [holds(-1), holds(0), holds(1)]
  return (x, y) => {
    // Small ints are what rules compare.
    if (typeof x === 'number' && typeof y === 'number') return x < y ? below : x > y ? above : same
    if (!hasOrder(x!)) return noOverload(name, x!)
    const order = compare(x!, y!)
    return order instanceof CelFailure ? order : holds(order)
  }
}

function contains(item: Value, container: Value): Value {
  if (container instanceof CelList) {
    for (let i = 0; i < container.size; i++) if (equal(item, container.get(i)) === true) return true
    return false
  }
  if (container instanceof CelMap) {
    const found = container.find(item)
    return found instanceof CelFailure ? found : found !== undefined
  }
  return orNoSuchOverload(container)
}

/** What `size()` and cost rules count; undefined when the value has no size. */
export function sizeOf(value: Value): number | undefined {
  if (typeof value === 'string') return codePoints(value)
  if (value instanceof CelList || value instanceof CelMap) return value.size
  if (value instanceof CelBytes) return value.bytes.length
  return undefined
}

function size(value: Value): Value {
  return sizeOf(value) ?? noOverload('size', value)
}

/** The four comparisons, with numbers of different types. */
function comparison(name: string, prefix: string, holds: (order: number) => boolean): FunctionDeclaration {
  const kinds: [string, type.TypeNode, type.TypeNode][] = [
    ['bool', boolType, boolType],
    ['int64', intType, intType],
    ['int64_double', intType, doubleType],
    ['int64_uint64', intType, uintType],
    ['uint64', uintType, uintType],
    ['uint64_double', uintType, doubleType],
    ['uint64_int64', uintType, intType],
    ['double', doubleType, doubleType],
    ['double_int64', doubleType, intType],
    ['double_uint64', doubleType, uintType],
    ['string', stringType, stringType],
    ['bytes', bytesType, bytesType],
    ['timestamp', timestampType, timestampType],
    ['duration', durationType, durationType],
  ]
  return {
    name,
    run: ordering(name, holds),
    overloads: kinds.map(([suffix, left, right]) => overload(`${prefix}_${suffix}`, [left, right], boolType)),
  }
}

function binary(name: string, prefix: string, run: Implementation, kinds: [string, ...type.TypeNode[]][]): FunctionDeclaration {
  return {
    name,
    run,
    overloads: kinds.map(([suffix, left, right, result]) => overload(`${prefix}_${suffix}`, [left!, right!], result!)),
  }
}

function conversion(
  name: string,
  run: Implementation,
  kinds: [string, type.TypeNode][],
  result: type.TypeNode,
): FunctionDeclaration {
  return { name, overloads: kinds.map(([id, from]) => overload(id, [from], result, run)) }
}

function textTest(name: string, id: string, run: (text: string, part: string) => boolean): FunctionDeclaration {
  return {
    name,
    unguarded: true,
    overloads: [
      member(id, [stringType, stringType], boolType, (text, part) => {
        if (typeof text !== 'string') return orNoSuchOverload(text!)
        return typeof part === 'string' ? run(text, part) : orNoSuchOverload(part!)
      }),
    ],
  }
}

const nothing: Implementation = () => noSuchOverload

export const standardLibrary: CelLibrary = {
  macros: standardMacros,
  types: new Map(
    [boolType, bytesType, doubleType, durationType, intType, listOfA, mapOfAB, type.nullType, stringType, timestampType]
      .concat([type.typeType, uintType])
      .map((node) => [node.name, node] as const),
  ),
  patterns: ['matches'],
  functions: [
    { name: operators.conditional, run: nothing, overloads: [overload('conditional', [boolType, a, a], a)] },
    { name: operators.and, run: nothing, overloads: [overload('logical_and', [boolType, boolType], boolType)] },
    { name: operators.or, run: nothing, overloads: [overload('logical_or', [boolType, boolType], boolType)] },
    { name: operators.not, run: (x) => not(x!), overloads: [overload('logical_not', [boolType], boolType)] },
    { name: operators.notStrictlyFalse, run: nothing, overloads: [overload('not_strictly_false', [boolType], boolType)] },
    { name: operators.equals, run: nothing, overloads: [overload('equals', [a, a], boolType)] },
    { name: operators.notEquals, run: nothing, overloads: [overload('not_equals', [a, a], boolType)] },
    binary(operators.add, 'add', (x, y) => plus(x!, y!), [
      ['bytes', bytesType, bytesType, bytesType],
      ['double', doubleType, doubleType, doubleType],
      ['duration_duration', durationType, durationType, durationType],
      ['duration_timestamp', durationType, timestampType, timestampType],
      ['timestamp_duration', timestampType, durationType, timestampType],
      ['int64', intType, intType, intType],
      ['list', listOfA, listOfA, listOfA],
      ['string', stringType, stringType, stringType],
      ['uint64', uintType, uintType, uintType],
    ]),
    binary('_/_', 'divide', (x, y) => divide(x!, y!), [
      ['double', doubleType, doubleType, doubleType],
      ['int64', intType, intType, intType],
      ['uint64', uintType, uintType, uintType],
    ]),
    binary('_%_', 'modulo', (x, y) => modulo(x!, y!), [
      ['int64', intType, intType, intType],
      ['uint64', uintType, uintType, uintType],
    ]),
    binary('_*_', 'multiply', (x, y) => multiply(x!, y!), [
      ['double', doubleType, doubleType, doubleType],
      ['int64', intType, intType, intType],
      ['uint64', uintType, uintType, uintType],
    ]),
    {
      name: operators.negate,
      run: (x) => negate(x!),
      overloads: [overload('negate_double', [doubleType], doubleType), overload('negate_int64', [intType], intType)],
    },
    binary('_-_', 'subtract', (x, y) => minus(x!, y!), [
      ['double', doubleType, doubleType, doubleType],
      ['duration_duration', durationType, durationType, durationType],
      ['int64', intType, intType, intType],
      ['timestamp_duration', timestampType, durationType, timestampType],
      ['timestamp_timestamp', timestampType, timestampType, durationType],
      ['uint64', uintType, uintType, uintType],
    ]),
    comparison('_<_', 'less', (order) => order < 0),
    comparison('_<=_', 'less_equals', (order) => order <= 0),
    comparison('_>_', 'greater', (order) => order > 0),
    comparison('_>=_', 'greater_equals', (order) => order >= 0),
    {
      name: operators.index,
      run: nothing,
      overloads: [overload('index_list', [listOfA, intType], a), overload('index_map', [mapOfAB, a], b)],
    },
    {
      name: operators.in,
      run: (x, y) => contains(x!, y!),
      overloads: [overload('in_list', [a, listOfA], boolType), overload('in_map', [a, mapOfAB], boolType)],
    },
    {
      name: 'size',
      run: (x) => size(x!),
      overloads: [
        overload('size_bytes', [bytesType], intType),
        member('bytes_size', [bytesType], intType),
        overload('size_list', [listOfA], intType),
        member('list_size', [listOfA], intType),
        overload('size_map', [mapOfAB], intType),
        member('map_size', [mapOfAB], intType),
        overload('size_string', [stringType], intType),
        member('string_size', [stringType], intType),
      ],
    },
    { name: 'type', run: (x) => convert.toType(x!), overloads: [overload('type', [a], type.typeOfType(a))] },
    { name: 'dyn', run: (x) => x!, overloads: [overload('to_dyn', [a], dynType)] },
    conversion(
      'bool',
      (x) => convert.toBool(x!),
      [
        ['bool_to_bool', boolType],
        ['string_to_bool', stringType],
      ],
      boolType,
    ),
    conversion(
      'bytes',
      (x) => convert.toBytes(x!),
      [
        ['bytes_to_bytes', bytesType],
        ['string_to_bytes', stringType],
      ],
      bytesType,
    ),
    conversion(
      'double',
      (x) => convert.toDouble(x!),
      [
        ['double_to_double', doubleType],
        ['int64_to_double', intType],
        ['string_to_double', stringType],
        ['uint64_to_double', uintType],
      ],
      doubleType,
    ),
    {
      name: 'duration',
      overloads: [
        overload('duration_to_duration', [durationType], durationType, (x) => x!),
        overload('int64_to_duration', [intType], durationType, (x) => convert.toDuration(x!)),
        overload('string_to_duration', [stringType], durationType, (x) => convert.toDuration(x!)),
      ],
    },
    conversion(
      'int',
      (x) => convert.toInt(x!),
      [
        ['int64_to_int64', intType],
        ['double_to_int64', doubleType],
        ['duration_to_int64', durationType],
        ['string_to_int64', stringType],
        ['timestamp_to_int64', timestampType],
        ['uint64_to_int64', uintType],
      ],
      intType,
    ),
    conversion(
      'string',
      (x) => convert.toText(x!),
      [
        ['string_to_string', stringType],
        ['bool_to_string', boolType],
        ['bytes_to_string', bytesType],
        ['double_to_string', doubleType],
        ['duration_to_string', durationType],
        ['int64_to_string', intType],
        ['timestamp_to_string', timestampType],
        ['uint64_to_string', uintType],
      ],
      stringType,
    ),
    conversion(
      'timestamp',
      (x) => convert.toTimestamp(x!),
      [
        ['timestamp_to_timestamp', timestampType],
        ['int64_to_timestamp', intType],
        ['string_to_timestamp', stringType],
      ],
      timestampType,
    ),
    conversion(
      'uint',
      (x) => convert.toUint(x!),
      [
        ['uint64_to_uint64', uintType],
        ['double_to_uint64', doubleType],
        ['int64_to_uint64', intType],
        ['string_to_uint64', stringType],
      ],
      uintType,
    ),
    textTest('contains', 'contains_string', (text, part) => text.includes(part)),
    textTest('endsWith', 'ends_with_string', (text, part) => text.endsWith(part)),
    textTest('startsWith', 'starts_with_string', (text, part) => text.startsWith(part)),
    {
      name: 'matches',
      run: (text, pattern) => matchPattern(text!, pattern!),
      overloads: [
        overload('matches', [stringType, stringType], boolType),
        member('matches_string', [stringType, stringType], boolType),
      ],
    },
    ...timeFunctions,
  ],
}
