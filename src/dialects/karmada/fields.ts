import { isObject } from '../../base/json.js'

// Reads of JSON that a cluster or a user wrote: whatever is not of the shape asked for counts as absent.

export type Fields = Readonly<Record<string, unknown>>

export function fieldsOf(value: unknown): Fields {
  return isObject(value) ? value : {}
}

/** The value at a path of fields; undefined where the path ends early. */
export function fieldAt(value: unknown, ...path: readonly string[]): unknown {
  let current = value
  for (const name of path) {
    if (!isObject(current) || !Object.hasOwn(current, name)) return undefined
    current = current[name]
  }
  return current
}

export function objectAt(value: unknown, ...path: readonly string[]): Fields | undefined {
  const found = fieldAt(value, ...path)
  return isObject(found) ? found : undefined
}

export function objectsAt(value: unknown, ...path: readonly string[]): Fields[] {
  const found = fieldAt(value, ...path)
  return Array.isArray(found) ? found.filter(isObject) : []
}

/** '' for what is no text. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = fieldAt(value, ...path)
  return typeof found === 'string' ? found : ''
}

export function textsAt(value: unknown, ...path: readonly string[]): string[] {
  const found = fieldAt(value, ...path)
  return Array.isArray(found) ? found.filter((each): each is string => typeof each === 'string') : []
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = fieldAt(value, ...path)
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined
}

export function textMapAt(value: unknown, ...path: readonly string[]): Record<string, string> | undefined {
  const found = objectAt(value, ...path)
  if (found === undefined) return undefined
  const texts: Record<string, string> = {}
  for (const [key, each] of Object.entries(found)) if (typeof each === 'string') texts[key] = each
  return texts
}
