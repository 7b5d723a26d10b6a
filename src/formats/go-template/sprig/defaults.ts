import { isObject } from '../../../base/json.js'
import { type CallContext, type GoFunction, goFunction, goVariadic } from '../functions.js'
import { GoComplex, GoInt, type GoMap, GoStruct, isMap, isNilList, isTrue, sameType, typeName } from '../values.js'
import { decodeJson } from './decode-json.js'
import { encodeJson } from './json.js'

/** Whether a value is the zero of its type; structs never are. */
export function isEmpty(value: unknown): boolean {
  return !isTrue(value)
}

/** Go's reflect.DeepEqual: types count, so a float64 1 differs from an int 1. What is looked at is charged. */
export function deepEqual(a: unknown, b: unknown, context: Pick<CallContext, 'charge'>): boolean {
  if (a === b) return true
  if (a === null || a === undefined || b === null || b === undefined) return (a ?? null) === (b ?? null)
  if (typeName(a) !== typeName(b)) return false
  if (a instanceof GoInt && b instanceof GoInt) return a.value === b.value
  if (a instanceof GoComplex && b instanceof GoComplex) return a.real === b.real && a.imaginary === b.imaginary
  if (a instanceof GoStruct && b instanceof GoStruct) {
    return a.native !== undefined ? deepEqual(a.native, b.native, context) : deepEqual(a.fields, b.fields, context)
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length || isNilList(a) !== isNilList(b)) return false
    context.charge(1)
    return a.every((item, index) => deepEqual(item, b[index], context))
  }
  if (!isMap(a) || !isMap(b)) return false
  const keys = Object.keys(a)
  context.charge(1)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key], context))
}

export function defaultFunctions(): [string, GoFunction][] {
  const mustToJson = goFunction(['any'], (value) => encodeJson(value, { escapesHtml: true }))
  const mustToPrettyJson = goFunction(['any'], (value) => encodeJson(value, { escapesHtml: true, indent: '  ' }))
  const toRawJson = goFunction(['any'], (value) => encodeJson(value, { escapesHtml: false }))
  const deepCopy = goFunction(['any'], (value) => {
    if (value === null || value === undefined) throw new Error('reflect: call of reflect.Value.Type on zero Value')
    return copyValue(value)
  })
  return [
    [
      'default',
      goVariadic(['any'], 'any', (fallback, ...given) => (given.length === 0 || isEmpty(given[0]) ? fallback : given[0])),
    ],
    ['empty', goFunction(['any'], isEmpty)],
    ['coalesce', goVariadic([], 'any', (...values) => values.find((value) => !isEmpty(value)) ?? null)],
    ['all', goVariadic([], 'any', (...values) => values.every((value) => !isEmpty(value)))],
    ['any', goVariadic([], 'any', (...values) => values.some((value) => !isEmpty(value)))],
    [
      'fromJson',
      goFunction(['string'], function (text) {
        this.charge(text.length >>> 3)
        return quietly(() => decodeJson(text), null)
      }),
    ],
    [
      'mustFromJson',
      goFunction(['string'], function (text) {
        this.charge(text.length >>> 3)
        return decodeJson(text)
      }),
    ],
    ['toJson', goFunction(['any'], (value) => quietly(() => encodeJson(value, { escapesHtml: true }), ''))],
    ['mustToJson', mustToJson],
    ['toPrettyJson', goFunction(['any'], (value) => quietly(() => encodeJson(value, { escapesHtml: true, indent: '  ' }), ''))],
    ['mustToPrettyJson', mustToPrettyJson],
    ['toRawJson', toRawJson],
    ['mustToRawJson', toRawJson],
    ['deepCopy', deepCopy],
    ['mustDeepCopy', deepCopy],
    [
      'deepEqual',
      goFunction(['any', 'any'], function (a, b) {
        return deepEqual(a, b, this)
      }),
    ],
  ]
}

function quietly<T>(run: () => T, otherwise: T): T {
  try {
    return run()
  } catch {
    return otherwise
  }
}

/** A copy whose lists and maps may be changed without changing the original; it keeps their Go types. */
export function copyValue(value: unknown): unknown {
  if (Array.isArray(value)) return sameType(value, value.map(copyValue))
  if (value instanceof GoStruct && value.over !== undefined) return value.over(copyValue(value.underlying) as GoMap)
  if (!isMap(value) || !isObject(value)) return value
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    Object.defineProperty(copy, key, { value: copyValue(value[key]), enumerable: true, configurable: true, writable: true })
  }
  return sameType(value, copy)
}
