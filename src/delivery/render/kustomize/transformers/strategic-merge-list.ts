import { isObject } from '../../../../base/json.js'
import type { SchemaNode } from '../../../../kube/schema/schema-node.js'
import { buildError } from '../build-error.js'
import { scalarText } from '../resources/resource.js'

/** A value on one side of a merge; undefined when the side has none. */
export type Side = unknown
/** A merged value; undefined and null remove the field. */
export type Keep = unknown
export const keepNull = Symbol('keep null')

interface Walker {
  walk(dest: Side, origin: Side, schema: SchemaNode | undefined, path: string): Keep
}

/**
 * Merges lists whose elements are told apart by one or more keys, or by themselves when they are scalars. Elements of the
 * patch come first, then what only the object has. As in kustomize, a key that no element has does not count.
 */
export function mergeLists(
  walker: Walker,
  dest: unknown[] | null | undefined,
  origin: unknown[] | null | undefined,
  schema: SchemaNode,
  path: string,
): Keep {
  const target = visitList(dest, origin, path)
  if (target === undefined || target === null) return target
  const sources = [target, origin ?? undefined]
  const keys = mergeKeys(schema)
  if (keys.length === 0) {
    const values = distinct([origin ?? [], target].flat().map((item) => [scalarText(item)]))
    return mergeElements(walker, target, sources, [''], values, schema, path)
  }
  const values = distinct([origin ?? [], target].flat().map((item) => keys.map((key) => keyText(item, key))))
  return mergeElements(walker, target, sources, keys, keys.length > 1 ? joinPartial(values) : values, schema, path)
}

function visitList(
  dest: unknown[] | null | undefined,
  origin: unknown[] | null | undefined,
  path: string,
): unknown[] | null | undefined {
  if (dest === undefined || dest === null) return origin
  if (origin === null) return undefined
  const directive = origin === undefined ? 'merge' : takeListDirective(origin, path)
  if (directive === 'delete') return undefined
  return directive === 'replace' ? origin : dest
}

/** A list's directive is an element that has `$patch` only. */
function takeListDirective(origin: unknown[], path: string): 'merge' | 'replace' | 'delete' {
  const element = origin.find((item) => isObject(item) && Object.hasOwn(item, '$patch'))
  if (!isObject(element) || Object.keys(element).length > 1 || element['$patch'] === null) return 'merge'
  const directive = element['$patch']
  if (directive !== 'merge' && directive !== 'replace' && directive !== 'delete') {
    throw buildError(`${path}: unknown patch strategy '${String(directive)}'`, 'Use merge, replace or delete.')
  }
  setElement(origin, undefined, ['$patch'], [directive])
  return directive
}

function mergeKeys(schema: SchemaNode): readonly string[] {
  if (schema.listMapKeys !== undefined && schema.listMapKeys.length > 0) return schema.listMapKeys
  return schema.patchMergeKey === undefined ? [] : [schema.patchMergeKey]
}

function keyText(item: unknown, key: string): string {
  return isObject(item) && Object.hasOwn(item, key) ? scalarText(item[key]) : ''
}

function distinct(values: string[][]): string[][] {
  const seen = new Set<string>()
  return values.filter((value) => {
    const text = JSON.stringify(value)
    if (seen.has(text)) return false
    seen.add(text)
    return true
  })
}

/** Two elements of which one lacks a key that the other has, and which agree in another, are the same element. */
function joinPartial(values: string[][]): string[][] {
  const joined = [...values]
  for (let a = 0; a < joined.length; a++) {
    // As it was before this round, also when the round changes it.
    const left = joined[a]!
    for (let b = 0; b < joined.length; b++) {
      const right = joined[b]!
      if (!left.some((text, index) => text === right[index])) continue
      if (left.some((text, index) => text !== right[index] && text !== '' && right[index] !== '')) continue
      const both = left.map((text, index) => (text === '' ? right[index]! : text))
      joined[a] = both
      joined[b] = both
    }
  }
  return joined
}

/** The keys that count, with their values: those that any of `all` has; when none has any, all of them. */
function usedKeys(all: readonly string[][], values: readonly string[], keys: readonly string[]): [string[], string[]] {
  const used = keys.filter((_, index) => all.some((other) => other[index] !== ''))
  if (used.length === 0) return [[...keys], [...values]]
  const kept = values.filter((value, index) => value !== '' || used.includes(keys[index]!))
  return [used, kept]
}

function mergeElements(
  walker: Walker,
  target: unknown[],
  sources: readonly (unknown[] | undefined)[],
  keys: readonly string[],
  values: readonly string[][],
  schema: SchemaNode,
  path: string,
): Keep {
  const added: unknown[] = []
  let lastKeys: string[] = []
  for (const value of values) {
    const [elementKeys, elementValues] = usedKeys(values, value, keys)
    lastKeys = elementKeys
    const [searchKeys, searchValues] = usedKeys([elementValues], elementValues, elementKeys)
    const found = sources.map((list) => list?.find((item) => matches(item, searchKeys, searchValues)))
    const merged = walker.walk(found[0], found[1], schema.items, `${path}[${elementValues.join(',')}]`)
    if (merged === undefined || merged === null || merged === keepNull || isEmptyMap(merged)) {
      setElement(target, undefined, elementKeys, elementValues)
      continue
    }
    if (isObject(merged)) {
      for (const [index, key] of elementKeys.entries()) {
        if (!Object.hasOwn(merged, key) && elementValues[index] !== '') merged[key] = elementValues[index]
      }
    }
    setElement(added, merged, elementKeys, elementValues)
  }
  if (values.length === 0) return target
  appendOthers(added, target, lastKeys)
  return added
}

/** Puts what the object has into the merged list: in the place of the element with the same keys, else at the end. */
function appendOthers(added: unknown[], target: readonly unknown[], keys: readonly string[]): void {
  for (const item of target) {
    if (keys[0] === '') {
      setElement(added, item, [''], [scalarText(item)])
      continue
    }
    const values: string[] = []
    for (const key of keys) {
      if (isObject(item) && Object.hasOwn(item, key)) values.push(scalarText(item[key]))
      else added.push(item)
    }
    if (keys.length > 1) setElement(added, undefined, keys, values)
    setElement(added, item, keys, values)
  }
}

/** Replaces (or, without an element, removes) the elements with these values; adds the element when there was none. */
function setElement(list: unknown[], element: unknown, keys: readonly string[], values: readonly string[]): void {
  const ofMaps = keys[0] !== '' && values.length > 0 && values[0] !== ''
  let found = false
  const kept: unknown[] = []
  for (const item of list) {
    if (item === null || item === undefined || isEmptyMap(item)) continue
    if (ofMaps && !isObject(item)) {
      kept.push(item)
      continue
    }
    if (!hasValues(item, keys, values)) {
      if (values.length > 0) kept.push(item)
      continue
    }
    found = true
    if (element !== undefined) kept.push(element)
  }
  if (element !== undefined && !found) kept.push(element)
  list.splice(0, list.length, ...kept)
}

/** As `matches`, except that an empty value stands for any value, and that keys beyond the values are as the last one. */
function hasValues(item: unknown, keys: readonly string[], values: readonly string[]): boolean {
  let last = false
  for (const [index, key] of keys.entries()) {
    const value = values[index]
    if (value !== undefined) {
      if (key === '') last = value === '' || scalarText(item) === value
      else
        last =
          isObject(item) && Object.hasOwn(item, key) && item[key] !== null && (value === '' || scalarText(item[key]) === value)
    }
    if (!last) return false
  }
  return true
}

function matches(item: unknown, keys: readonly string[], values: readonly string[]): boolean {
  if (keys[0] === '') return typeof item !== 'object' && scalarText(item) === values[0]
  return isObject(item) && keys.every((key, index) => Object.hasOwn(item, key) && scalarText(item[key]) === values[index])
}

function isEmptyMap(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0
}
