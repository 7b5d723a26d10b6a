import { GoComplex, GoInt, GoStruct, isFunction } from './values.js'

/**
 * Functions that look at everything inside of what they are given, and take as long as that is. What is in several places
 * counts in each: a few maps that hold each other twice are a text without end.
 */
export const functionsThatLookInside: ReadonlySet<string> = new Set([
  ...['print', 'printf', 'println', 'html', 'js', 'urlquery', 'eq', 'ne', 'cat', 'join', 'quote', 'squote', 'sortAlpha'],
  ...['toString', 'toStrings', 'deepCopy', 'mustDeepCopy', 'slugify'],
  ...['toJson', 'mustToJson', 'toRawJson', 'mustToRawJson', 'toPrettyJson', 'mustToPrettyJson'],
  ...['toYaml', 'mustToYaml', 'toYamlPretty', 'toToml', 'mustToToml'],
])

const between = 1024

/** Charges a step for each part of the values, and one for each 64 characters of their texts, before more than a few are looked at. */
export function chargeForParts(values: readonly unknown[], charge: (size: number) => void): void {
  // Most are texts and numbers.
  if (!values.some(hasParts)) return
  const waiting: object[] = []
  let size = 0
  // Counted before it is kept: what holds itself many times must not fill the memory first.
  const add = (part: unknown) => {
    size++
    if (typeof part === 'string') size += part.length >>> 6
    else if (hasParts(part)) waiting.push(part)
  }
  for (const value of values) if (hasParts(value)) add(value)
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    addParts(value, add)
    if (size < between) continue
    charge(size)
    size = 0
  }
  if (size > 0) charge(size)
}

function hasParts(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof GoInt || value instanceof GoComplex)
}

function addParts(value: object, add: (part: unknown) => void): void {
  if (value instanceof GoStruct) add(value.underlying ?? value.fields)
  else if (Array.isArray(value)) for (const item of value) add(item)
  else if (!(value instanceof Uint8Array || isFunction(value)))
    for (const key of Object.keys(value)) add((value as Record<string, unknown>)[key])
}

const longText = 4 * 1024 * 1024

/** What a result costs besides the work for it: the memory that it may hold for as long as the template runs. */
export function costOfResult(result: unknown): number {
  if (typeof result === 'string') return result.length >>> (result.length > longText ? 3 : 6)
  return Array.isArray(result) ? result.length >>> 3 : 0
}
