import { isObject, setOwn } from '../../base/json.js'
import type { SchemaNode } from '../schema/schema-node.js'
import { goPrint } from './go-print.js'
import { patchRefused, patchUnreadable } from './patch-errors.js'
import {
  checkElementOrder,
  elementKind,
  identityOf,
  orderElements,
  orderLeftBehind,
  requireList,
  requireMergeKey,
} from './strategic-lists.js'
import { memberSchema, untyped } from './typed-schema.js'

const directive = '$patch'
const retainKeys = '$retainKeys'
const deleteFromList = '$deleteFromPrimitiveList/'
const setOrder = '$setElementOrder/'

type JsonMap = Record<string, unknown>

/**
 * The original with a strategic merge patch applied: lists merge by their merge key where the schema says so, and the
 * directives `$patch`, `$retainKeys`, `$deleteFromPrimitiveList` and `$setElementOrder` are obeyed. Changes neither argument.
 * Throws a StatusError (400 or 422) for patches that are malformed or do not fit.
 */
export function applyStrategicMergePatch(schema: SchemaNode, original: unknown, patch: unknown): unknown {
  if (!isObject(patch)) throw patchUnreadable('strategic merge patch format is not supported')
  return mergeMap(schema, isObject(original) ? original : {}, patch)
}

function mergeMap(schema: SchemaNode, original: JsonMap, patch: JsonMap): JsonMap {
  const asked = patch[directive]
  if (asked !== undefined) {
    if (asked === 'delete') return {}
    if (asked !== 'replace') throw patchRefused(`unknown patch type: ${String(asked)} in map: ${goPrint(patch)}`)
    const { [directive]: _, ...replacement } = patch
    return replacement
  }
  const result = retain(original, patch)
  const ordered = new Set<string>()
  for (const key of Object.keys(patch)) {
    if (key === '$setElementOrder' && !Array.isArray(patch[key])) throw noOrder(patch[key])
    if (!key.startsWith(setOrder)) continue
    const name = key.slice(setOrder.length)
    if (mergeOrdered(schema, result, patch, name, requireList(patch[key], 'setElementOrder list'))) ordered.add(name)
  }
  for (const key of Object.keys(patch)) {
    if (key === retainKeys || key.startsWith(setOrder) || ordered.has(key)) continue
    if (key.startsWith(deleteFromList)) deleteScalars(result, key.slice(deleteFromList.length), patch[key])
    else mergeMember(schema, result, key, patch[key])
  }
  return result
}

function mergeMember(schema: SchemaNode, result: JsonMap, name: string, wanted: unknown): void {
  if (wanted === null || wanted === undefined) {
    delete result[name]
    return
  }
  const present = Object.hasOwn(result, name) ? result[name] : undefined
  if (isObject(present) && isObject(wanted)) {
    const below = required(schema, name)
    result[name] = strategyOf(below) === 'replace' ? wanted : mergeMap(below, present, wanted)
  } else if (Array.isArray(present) && Array.isArray(wanted)) {
    const below = required(schema, name)
    result[name] = strategyOf(below) === 'merge' ? mergeList(below, present, wanted) : wanted
  } else {
    const cleaned = withoutDirectives(wanted)
    if (cleaned === undefined) delete result[name]
    else setOwn(result, name, cleaned)
  }
}

/** A copy of the original with only the members that `$retainKeys` lists, all of them when it is not there. */
function retain(original: JsonMap, patch: JsonMap): JsonMap {
  const asked = patch[retainKeys]
  if (asked === undefined) return { ...original }
  const kept = new Set(requireList(asked, 'retainKeys'))
  for (const [key, value] of Object.entries(patch)) {
    const plain = value !== null && key !== retainKeys && !key.startsWith(deleteFromList) && !key.startsWith(setOrder)
    if (plain && !kept.has(key)) throw patchUnreadable('invalid patch format of retainKeys')
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => kept.has(key)))
}

function noOrder(value: unknown): Error {
  const types: Readonly<Record<string, string>> = { number: 'int64', boolean: 'bool', object: 'map[string]interface {}' }
  const found = value === null ? '<nil>' : (types[typeof value] ?? typeof value)
  return patchRefused(`expected a []interface {}, but received a ${found}`)
}

/** Handles one `$setElementOrder`; true when the list of the patch is dealt with. */
function mergeOrdered(schema: SchemaNode, result: JsonMap, patch: JsonMap, name: string, order: readonly unknown[]): boolean {
  const present = result[name]
  const wanted = patch[name]
  if (wanted === null) return false
  for (const list of [present, wanted]) {
    if (list !== undefined && list !== null && !Array.isArray(list)) {
      throw patchRefused(`expected a list for ${name}, but received ${goPrint(list)}`)
    }
  }
  const list = required(schema, name)
  const mergeKey = list.patchMergeKey
  const server = (present ?? []) as readonly unknown[]
  const patched = (wanted ?? []) as readonly unknown[]
  checkElementOrder(patched, order, mergeKey)
  let merged: readonly unknown[]
  let serverOrder = server
  if (present === undefined || present === null) {
    if (wanted === undefined) return false
    merged = withoutDirectives(patched) as unknown[]
  } else if (wanted === undefined) merged = server
  else if (strategyOf(list) === 'merge') {
    merged = mergeList(list, server, patched)
    if (mergeKey !== undefined) serverOrder = orderLeftBehind(server, patched, mergeKey)
  } else merged = patched
  if (mergeKey !== undefined && elementKind(merged) === 'map') requireMergeKey([...merged, ...order], mergeKey)
  result[name] = orderElements(merged, order, serverOrder, mergeKey)
  return true
}

function mergeList(list: SchemaNode, original: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  const kind = elementKind(original, patch)
  if (kind === undefined) return original
  if (kind === 'scalar') return orderElements([...new Set([...original, ...patch])], patch, original, undefined)
  const mergeKey = list.patchMergeKey
  if (mergeKey === undefined) throw patchRefused(`cannot merge lists without merge key for ${list.items?.name ?? 'this list'}`)
  const special = specialElements(original, patch as readonly JsonMap[], mergeKey)
  let merged = special.original
  for (const item of special.patch) {
    requireMergeKey([item], mergeKey)
    const identity = item[mergeKey]
    const at = merged.findIndex((candidate) => isObject(candidate) && candidate[mergeKey] === identity)
    if (at < 0) merged = [...merged, withoutDirectiveKeys(item)]
    else {
      merged = [...merged]
      merged[at] = mergeMap(list.items ?? untyped, merged[at] as JsonMap, item)
    }
  }
  requireMergeKey(merged, mergeKey)
  return orderElements(merged, special.patch, special.original, mergeKey)
}

/** Carries out `$patch: delete` and `$patch: replace` among the elements. */
function specialElements(
  original: readonly unknown[],
  patch: readonly JsonMap[],
  mergeKey: string,
): { original: unknown[]; patch: JsonMap[] } {
  let left = [...original]
  const plain: JsonMap[] = []
  let replace = false
  for (const item of patch) {
    switch (item[directive]) {
      case undefined:
        plain.push(item)
        break
      case 'delete':
        requireMergeKey([item], mergeKey)
        left = left.filter((candidate) => identityOf(candidate, mergeKey) !== item[mergeKey])
        break
      case 'replace':
        replace = true
        break
      case 'merge':
        throw patchRefused('merging lists cannot yet be specified in the patch')
      default:
        throw patchRefused(`unknown patch type: ${String(item[directive])} in map: ${goPrint(item)}`)
    }
  }
  return replace ? { original: plain, patch: [] } : { original: left, patch: plain }
}

function deleteScalars(result: JsonMap, name: string, values: unknown): void {
  const present = result[name]
  if (values === null || !Array.isArray(present)) return
  const gone = new Set(requireList(values, 'primitive list'))
  result[name] = present.filter((item) => !gone.has(item))
}

/** A value of the patch as it is stored where nothing was: undefined when a directive takes it away altogether. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined)
  if (!isObject(value)) return value
  if (value[directive] !== undefined) return undefined
  const result: JsonMap = {}
  for (const key of Object.keys(value)) {
    if (key === retainKeys || key.startsWith(setOrder) || key.startsWith(deleteFromList) || value[key] === null) continue
    const kept = withoutDirectives(value[key])
    if (kept !== undefined) setOwn(result, key, kept)
  }
  return result
}

/** A new element of a list: upstream takes it as it is, so that directives inside are unknown fields there, and dropped. */
function withoutDirectiveKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectiveKeys)
  if (!isObject(value)) return value
  const result: JsonMap = {}
  for (const key of Object.keys(value)) {
    if (!key.startsWith('$') && value[key] !== null) setOwn(result, key, withoutDirectiveKeys(value[key]))
  }
  return result
}

function required(schema: SchemaNode, name: string): SchemaNode {
  const below = memberSchema(schema, name)
  if (below === undefined) throw patchRefused(`unable to find api field "${name}" in ${schema.name ?? 'the object'}`)
  return below
}

function strategyOf(schema: SchemaNode): string | undefined {
  return schema.patchStrategy?.find((strategy) => strategy !== 'retainKeys')
}
