import { type CelLibrary, type FunctionDeclaration, type Implementation, member, overload } from '../check/declarations.js'
import { add, fixed, scale, times } from '../cost/estimate-types.js'
import { plainSize } from '../cost/runtime-cost.js'
import { mapInsert, optionalMacros, twoVariableMacros } from '../syntax/macros.js'
import * as type from '../types/type-node.js'
import { showValue } from '../values/conversions.js'
import { compare, equal, isComparable } from '../values/equality.js'
import {
  CelBytes,
  CelDouble,
  CelDuration,
  CelFailure,
  CelList,
  CelMap,
  CelOptional,
  CelTimestamp,
  CelUint,
  noSuchOverload,
  optionalNone,
  orNoSuchOverload,
  type Value,
  ValueList,
  ValueMap,
} from '../values/values.js'
import { findFirst, findMatches } from './patterns.js'
import { itemsOf, plus } from './standard.js'

const { boolType, bytesType, doubleType, durationType, intType, stringType, timestampType, uintType } = type
const a = type.paramType('A')

const summable: [string, type.TypeNode, Value][] = [
  ['int', intType, 0],
  ['uint', uintType, new CelUint(0n)],
  ['double', doubleType, new CelDouble(0)],
  ['duration', durationType, new CelDuration(0n)],
]
const comparable: [string, type.TypeNode][] = [
  ['int', intType],
  ['uint', uintType],
  ['double', doubleType],
  ['bool', boolType],
  ['duration', durationType],
  ['timestamp', timestampType],
  ['string', stringType],
  ['bytes', bytesType],
]

function isSorted(list: Value): Value {
  let before: Value | undefined
  for (const item of itemsOf(list as CelList)) {
    if (!isComparable(item)) return orNoSuchOverload(item)
    if (before !== undefined && compare(before, item) === 1) return false
    before = item
  }
  return true
}

function best(name: string, preferred: number): Implementation {
  return (list) => {
    let result: Value | undefined
    for (const item of itemsOf(list as CelList)) {
      if (!isComparable(item)) return orNoSuchOverload(item)
      if (result === undefined || compare(result, item) === preferred) result = item
    }
    return result ?? new CelFailure(`${name} called on empty list`)
  }
}

function sum(list: Value, zero: Value): Value {
  let result = zero
  for (const item of itemsOf(list as CelList)) {
    result = plus(result, item)
    if (result instanceof CelFailure) return result
  }
  return result
}

function indexIn(list: Value, item: Value, last: boolean): Value {
  const items = itemsOf(list as CelList)
  const same = (candidate: Value): boolean => equal(candidate, item) === true
  return last ? items.findLastIndex(same) : items.findIndex(same)
}

/** Kubernetes' list functions. */
export const listsLibrary: CelLibrary = {
  functions: [
    {
      name: 'isSorted',
      overloads: comparable.map(([name, item]) =>
        member(`list_${name}_is_sorted_bool`, [type.listType(item)], boolType, (list) => isSorted(list!)),
      ),
    },
    {
      name: 'sum',
      overloads: summable.map(([name, item, zero]) =>
        member(`list_${name}_sum_${name}`, [type.listType(item)], item, (list) => sum(list!, zero)),
      ),
    },
    ...(['max', 'min'] as const).map(
      (op): FunctionDeclaration => ({
        name: op,
        overloads: comparable.map(([name, item]) =>
          member(`list_${name}_${op}_${name}`, [type.listType(item)], item, best(op, op === 'min' ? 1 : -1)),
        ),
      }),
    ),
    {
      name: 'indexOf',
      overloads: [member('list_a_index_of_int', [type.listType(a), a], intType, (list, item) => indexIn(list!, item!, false))],
    },
    {
      name: 'lastIndexOf',
      overloads: [
        member('list_a_last_index_of_int', [type.listType(a), a], intType, (list, item) => indexIn(list!, item!, true)),
      ],
    },
  ],
}

/** Kubernetes' `find` and `findAll`. */
export const regexLibrary: CelLibrary = {
  patterns: ['find', 'findAll'],
  functions: [
    {
      name: 'find',
      overloads: [member('string_find_string', [stringType, stringType], stringType, (text, re) => findFirst(text!, re!))],
    },
    {
      name: 'findAll',
      overloads: [
        member('string_find_all_string', [stringType, stringType], type.listType(stringType), (text, re) =>
          findAll(text!, re!, -1),
        ),
        member('string_find_all_string_int', [stringType, stringType, intType], type.listType(stringType), (text, re, n) =>
          findAll(text!, re!, n!),
        ),
      ],
    },
  ],
}

function findAll(text: Value, pattern: Value, limit: Value): Value {
  const found = findMatches(text as string, pattern as string, Number(limit))
  return found instanceof CelFailure ? found : new ValueList(found)
}

const t = type.listType(type.paramType('T'))

function holds(list: CelList, item: Value): boolean {
  for (let i = 0; i < list.size; i++) if (equal(item, list.get(i)) === true) return true
  return false
}

function containsAll(list: Value, part: Value): boolean {
  return itemsOf(part as CelList).every((item) => holds(list as CelList, item))
}

function setCost(factor: number): NonNullable<CelLibrary['costs']> extends ReadonlyMap<string, infer R> ? R : never {
  return (_overload, args) => 1 + Math.trunc(plainSize(args[0]!) * plainSize(args[1]!) * factor)
}

function setEstimate(factor: number): NonNullable<CelLibrary['estimates']> extends ReadonlyMap<string, infer R> ? R : never {
  return (context, _overload, _target, args) => ({
    cost: add(scale(times(context.sizeOf(args[0]!), context.sizeOf(args[1]!)), factor), fixed(1)),
  })
}

/** The sets extension. */
export const setsLibrary: CelLibrary = {
  functions: [
    {
      name: 'sets.contains',
      overloads: [overload('list_sets_contains_list', [t, t], boolType, (list, part) => containsAll(list!, part!))],
    },
    {
      name: 'sets.equivalent',
      overloads: [overload('list_sets_equivalent_list', [t, t], boolType, (x, y) => containsAll(x!, y!) && containsAll(y!, x!))],
    },
    {
      name: 'sets.intersects',
      overloads: [
        overload('list_sets_intersects_list', [t, t], boolType, (x, y) =>
          itemsOf(x as CelList).some((item) => holds(y as CelList, item)),
        ),
      ],
    },
  ],
  costs: new Map([
    ['sets.contains', setCost(1)],
    ['sets.intersects', setCost(1)],
    ['sets.equivalent', setCost(2)],
  ]),
  estimates: new Map([
    ['sets.contains', setEstimate(1)],
    ['sets.intersects', setEstimate(1)],
    ['sets.equivalent', setEstimate(2)],
  ]),
}

const k = type.paramType('K')
const v = type.paramType('V')
const optionalV = type.optionalType(v)
const listV = type.listType(v)
const mapKV = type.mapType(k, v)
const listOfOptionals = type.listType(optionalV)

function isZero(value: Value): boolean {
  if (value === null || value === false || value === '' || value === 0) return true
  if (value instanceof CelUint) return value.value === 0n
  if (value instanceof CelDouble) return value.value === 0
  if (value instanceof CelBytes) return value.bytes.length === 0
  if (value instanceof CelDuration) return value.nanos === 0n
  if (value instanceof CelTimestamp) return value.seconds === -62135596800 && value.nanos === 0
  return (
    (value instanceof ValueList || value instanceof ValueMap || value instanceof CelList || value instanceof CelMap) &&
    value.size === 0
  )
}

function unwrapAll(list: Value): Value {
  const items: Value[] = []
  for (const item of itemsOf(list as CelList)) {
    if (!(item instanceof CelOptional)) return new CelFailure(`value ${showValue(item)} is not optional`)
    if (item.value !== undefined) items.push(item.value)
  }
  return new ValueList(items)
}

function edge(list: Value, last: boolean): Value {
  const from = list as CelList
  return from.size === 0 ? optionalNone : new CelOptional(from.get(last ? from.size - 1 : 0))
}

/** Optional values, all versions up to 2. */
export const optionalsLibrary: CelLibrary = {
  macros: optionalMacros,
  types: new Map([['optional_type', type.opaqueType('optional_type')]]),
  functions: [
    { name: 'optional.of', overloads: [overload('optional_of', [v], optionalV, (value) => new CelOptional(value!))] },
    {
      name: 'optional.ofNonZeroValue',
      overloads: [
        overload('optional_ofNonZeroValue', [v], optionalV, (value) => (isZero(value!) ? optionalNone : new CelOptional(value!))),
      ],
    },
    { name: 'optional.none', overloads: [overload('optional_none', [], optionalV, () => optionalNone)] },
    {
      name: 'value',
      overloads: [
        member('optional_value', [optionalV], v, (value) =>
          value instanceof CelOptional ? (value.value ?? new CelFailure('optional.none() dereference')) : noSuchOverload,
        ),
      ],
    },
    {
      name: 'hasValue',
      overloads: [
        member('optional_hasValue', [optionalV], boolType, (value) =>
          value instanceof CelOptional ? value.value !== undefined : noSuchOverload,
        ),
      ],
    },
    { name: 'or', overloads: [member('optional_or_optional', [optionalV, optionalV], optionalV)] },
    { name: 'orValue', overloads: [member('optional_orValue_value', [optionalV, v], v)] },
    { name: '_?._', overloads: [overload('select_optional_field', [type.dynType, stringType], optionalV)] },
    {
      name: '_[?_]',
      overloads: [
        overload('list_optindex_optional_int', [listV, intType], optionalV),
        overload('optional_list_optindex_optional_int', [type.optionalType(listV), intType], optionalV),
        overload('map_optindex_optional_value', [mapKV, k], optionalV),
        overload('optional_map_optindex_optional_value', [type.optionalType(mapKV), k], optionalV),
      ],
    },
    {
      name: '_[_]',
      overloads: [
        overload('optional_list_index_int', [type.optionalType(listV), intType], optionalV),
        overload('optional_map_index_value', [type.optionalType(mapKV), k], optionalV),
      ],
    },
    { name: 'last', overloads: [member('list_last', [listV], optionalV, (list) => edge(list!, true))] },
    { name: 'first', overloads: [member('list_first', [listV], optionalV, (list) => edge(list!, false))] },
    { name: 'optional.unwrap', overloads: [overload('optional_unwrap', [listOfOptionals], listV, (list) => unwrapAll(list!))] },
    { name: 'unwrapOpt', overloads: [member('optional_unwrapOpt', [listOfOptionals], listV, (list) => unwrapAll(list!))] },
  ],
}

function insert(map: Value, key: Value, value: Value): Value {
  const into = map as ValueMap
  if (into.find(key) !== undefined) return new CelFailure(`insert failed: key ${showValue(key)} already exists`)
  into.set(key, value)
  return into
}

function insertAll(map: Value, from: Value): Value {
  const source = from as CelMap
  for (const key of source.keys()) {
    const result = insert(map, key, source.find(key) ?? null)
    if (result instanceof CelFailure) return result
  }
  return map
}

/** Comprehensions with an index or a key beside the element. */
export const twoVariableLibrary: CelLibrary = {
  macros: twoVariableMacros,
  functions: [
    {
      name: mapInsert,
      overloads: [
        overload('@mapInsert_map_key_value', [mapKV, k, v], mapKV, (map, key, value) => insert(map!, key!, value!)),
        overload('@mapInsert_map_map', [mapKV, mapKV], mapKV, (map, from) => insertAll(map!, from!)),
      ],
    },
  ],
}
