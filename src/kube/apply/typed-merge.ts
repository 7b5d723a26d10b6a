import { equalJson } from '../../base/json.js'
import type { SchemaNode } from '../schema/schema-node.js'
import type { PathElement } from './path-element.js'
import { identify } from './typed-fields.js'
import { isEmptyObject, itemsOf, memberSchema, membersOf, shapeOf, untyped } from './typed-schema.js'

/**
 * The live value with what an applier wants laid over it: maps and structs by field, associative lists by element, all else
 * replaced. Shares every part of `live` that the configuration does not change; gives `live` itself when that is all of it.
 */
export function mergeTyped(schema: SchemaNode, live: unknown, applied: unknown): unknown {
  if (applied === undefined || live === applied) return live
  if (live === undefined) return applied
  const shape = shapeOf(schema, applied)
  if (shape === 'fields') return mergeMembers(schema, live, applied)
  if (shape === 'items') return mergeItems(schema, live, applied)
  return equalJson(live, applied) ? live : applied
}

function mergeMembers(schema: SchemaNode, live: unknown, applied: unknown): unknown {
  const left = membersOf(live)
  const right = membersOf(applied)
  if (left === undefined || isEmptyObject(left)) {
    return right !== undefined && !isEmptyObject(right) ? right : equalJson(live, applied) ? live : applied
  }
  if (right === undefined) return schema.type === 'any' && applied !== null ? applied : live
  let result: Record<string, unknown> | undefined
  for (const name of Object.keys(right)) {
    const wanted = right[name]
    if (wanted === undefined) continue
    const present = Object.hasOwn(left, name) ? left[name] : undefined
    const merged = mergeTyped(memberSchema(schema, name) ?? untyped, present, wanted)
    if (merged === present) continue
    result ??= { ...left }
    result[name] = merged
  }
  return result ?? left
}

/**
 * The merged order: elements in both stand in the applied order, those of one side alone keep their place relative to
 * their neighbours.
 */
function mergeItems(schema: SchemaNode, live: unknown, applied: unknown): unknown {
  const left = itemsOf(live) ?? []
  const right = itemsOf(applied) ?? []
  if (left.length === 0 && right.length === 0) return equalJson(live, applied) ? live : applied
  if (right.length === 0) return left
  if (left.length === 0) return right
  const leftElements = left.map((item) => identify(schema, item))
  const rightElements = right.map((item) => identify(schema, item))
  const leftIndex = indexOf(leftElements)
  const rightIndex = indexOf(rightElements)
  const merge = (rightAt: number): unknown => {
    const leftAt = leftIndex.get(rightElements[rightAt] as PathElement)
    // An element that is there more than once is not merged, but replaced.
    if (leftAt === undefined || leftAt < 0) return right[rightAt]
    return mergeTyped(schema.items ?? untyped, left[leftAt], right[rightAt])
  }
  const shared = rightElements.filter((element) => leftIndex.has(element as PathElement))
  let nextShared = 0
  const done = new Set<PathElement | undefined>()
  const result: unknown[] = []
  let l = 0
  let r = 0
  while (l < left.length || r < right.length) {
    const leftElement = leftElements[l]
    const rightElement = rightElements[r]
    if (l < left.length && r < right.length) {
      if (leftElement === rightElement) {
        done.add(leftElement)
        result.push(merge(r))
        l++
        r++
        nextShared++
        continue
      }
      if (rightIndex.has(leftElement as PathElement) && nextShared < shared.length && shared[nextShared] !== leftElement) {
        l++
        continue
      }
    }
    if (l < left.length) {
      if (!rightIndex.has(leftElement as PathElement)) {
        result.push(left[l])
        l++
        continue
      }
      if (done.has(leftElement)) l++
    }
    if (r < right.length) {
      done.add(rightElement)
      result.push(merge(r))
      r++
      if (nextShared < shared.length && shared[nextShared] === rightElement) nextShared++
    }
  }
  return result.length === left.length && result.every((item, index) => item === left[index]) ? live : result
}

/** Where each element stands; -1 when in several places. */
function indexOf(elements: readonly (PathElement | undefined)[]): Map<PathElement, number> {
  const index = new Map<PathElement, number>()
  for (const [at, element] of elements.entries()) {
    if (element !== undefined) index.set(element, index.has(element) ? -1 : at)
  }
  return index
}
