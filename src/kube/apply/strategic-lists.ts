import { isObject } from '../../base/json.js'
import { goPrint } from './go-print.js'
import { patchImpossible, patchRefused, patchUnreadable } from './patch-errors.js'

/** What tells two elements apart: the value of the merge key, or the element itself. */
export function identityOf(item: unknown, mergeKey: string | undefined): unknown {
  if (mergeKey === undefined || !isObject(item)) return item
  return item[mergeKey]
}

/** Elements are all of one kind, and no lists. Undefined when there are none. */
export function elementKind(...lists: (readonly unknown[])[]): 'map' | 'scalar' | undefined {
  let kind: 'map' | 'scalar' | undefined
  let first: string | undefined
  for (const list of lists) {
    for (const item of list) {
      if (Array.isArray(item)) throw patchImpossible('lists of lists are not supported')
      const type = typeof item
      if (first !== undefined && first !== type) {
        throw patchRefused(`list element types are not identical: ${goPrint(lists)}`)
      }
      first = type
      kind = isObject(item) ? 'map' : 'scalar'
    }
  }
  return kind
}

/** Puts merged elements in order: those of the patch as the patch has them, the others where the server had them. */
export function orderElements(
  merged: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const inPatch = indexByIdentity(patchOrder, mergeKey)
  const onServer = indexByIdentity(serverOrder, mergeKey)
  const place = (index: ReadonlyMap<unknown, number>, item: unknown) => index.get(identityOf(item, mergeKey)) ?? -1
  const fromPatch = merged.filter((item) => place(inPatch, item) >= 0).sort((a, b) => place(inPatch, a) - place(inPatch, b))
  const others = merged.filter((item) => place(inPatch, item) < 0).sort((a, b) => place(onServer, a) - place(onServer, b))
  const result: unknown[] = []
  let left = 0
  let right = 0
  while (left < others.length || right < fromPatch.length) {
    if (right >= fromPatch.length) result.push(others[left++])
    else if (left >= others.length) result.push(fromPatch[right++])
    else {
      const l = place(onServer, others[left])
      const r = place(onServer, fromPatch[right])
      result.push(l >= 0 && r >= 0 && l < r ? others[left++] : fromPatch[right++])
    }
  }
  return result
}

function indexByIdentity(items: readonly unknown[], mergeKey: string | undefined): Map<unknown, number> {
  const index = new Map<unknown, number>()
  for (const [at, item] of items.entries()) {
    const identity = identityOf(item, mergeKey)
    if (!index.has(identity)) index.set(identity, at)
  }
  return index
}

/**
 * The server's list as upstream finds it when it comes to put elements in order: merging has been at work on the same
 * memory. Deleted elements have let those behind them move up, and new ones stand in the places that became free, which
 * decides where they end up among the server's own.
 */
export function orderLeftBehind(server: readonly unknown[], patch: readonly unknown[], mergeKey: string): readonly unknown[] {
  const memory = [...server]
  let length = memory.length
  const find = (identity: unknown) => {
    const at = memory.findIndex((item) => identityOf(item, mergeKey) === identity)
    return at < length ? at : -1
  }
  for (const item of patch) {
    if (!isObject(item) || item['$patch'] !== 'delete') continue
    for (let at = find(item[mergeKey]); at >= 0; at = find(item[mergeKey])) {
      memory.copyWithin(at, at + 1, length)
      length--
    }
  }
  if (patch.some((item) => isObject(item) && item['$patch'] === 'replace')) return memory
  for (const item of patch) {
    if (!isObject(item) || item['$patch'] !== undefined || length >= memory.length) continue
    if (find(item[mergeKey]) < 0) memory[length++] = item
  }
  return memory
}

/** Elements of a list that is to be merged by key must have it. */
export function requireMergeKey(items: readonly unknown[], mergeKey: string): void {
  for (const item of items) {
    if (!isObject(item)) throw patchRefused(`expected a map, but received ${goPrint(item)}`)
    if (item[mergeKey] === undefined) {
      throw patchRefused(`map: ${goPrint(item)} does not contain declared merge key: ${mergeKey}`)
    }
  }
}

/** The patch's elements must stand in the order that its `$setElementOrder` says. */
export function checkElementOrder(patch: readonly unknown[], order: readonly unknown[], mergeKey: string | undefined): void {
  if (patch.length === 0 || order.length === 0) return
  let at = 0
  for (const item of patch) {
    if (isObject(item) && item['$patch'] !== undefined) continue
    const identity = identityOf(item, mergeKey)
    while (at < order.length && identityOf(order[at], mergeKey) !== identity) at++
    if (at >= order.length) {
      throw patchRefused(
        `The order in patch list:\n${goPrint(patch)}\n doesn't match $setElementOrder list:\n${goPrint(order)}\n`,
      )
    }
    at++
  }
}

/** A directive's value that must be a list. */
export function requireList(
  value: unknown,
  directive: 'primitive list' | 'retainKeys' | 'setElementOrder list',
): readonly unknown[] {
  if (!Array.isArray(value)) throw patchUnreadable(`invalid patch format of ${directive}`)
  return value
}
