import type { Change } from './history.js'
import type { Segment } from './watch-stream.js'

export type View = (change: { readonly key: string; readonly value: string }) => boolean

interface Expected {
  readonly type: string
  readonly revision: number
  readonly key: string
  readonly value: string
}

/** As many changes of a cluster are kept, whatever the clock says: a reader that is further behind is told 410. */
const historyChanges = 10_000

/**
 * Whether what came over one connection is exactly what a watcher with this view must see: the initial state of one revision, if
 * it was asked for, then every change after it without gaps, twice-tolds or another order, up to where the connection ended.
 */
export function checkSegment(name: string, segment: Segment, changes: readonly Change[], view: View): string[] {
  const { events } = segment
  if (segment.gone) {
    const missed = (changes.at(-1)?.revision ?? 0) - (segment.from ?? 0)
    return missed > historyChanges ? [] : [`${name}: 410 after ${segment.from}, and the history reaches back so far`]
  }
  const problems: string[] = []
  let from = segment.from
  let rest = events.filter(({ key, type }) => type === 'BOOKMARK' || key.startsWith('storm-'))
  if (from === undefined) {
    const end = rest.findIndex(({ initialEnd }) => initialEnd)
    if (end < 0) return []
    from = rest[end]!.revision
    const told = rest.slice(0, end).map(({ type, key, value, revision }) => `${type} ${key} ${value} ${revision}`)
    const wanted = stateAt(changes, from, view).map(({ key, value, revision }) => `ADDED ${key} ${value} ${revision}`)
    if (told.join() !== wanted.join())
      problems.push(`${name}: the initial state at ${from} was ${told.join()} instead of ${wanted.join()}`)
    rest = rest.slice(end + 1)
  }
  const expected = projection(changes, from, view)
  let next = 0
  let last = from
  for (const event of rest) {
    if (event.revision < last) problems.push(`${name}: went back from ${last} to ${event.revision}`)
    last = event.revision
    if (event.type === 'BOOKMARK') {
      if (expected[next] !== undefined && expected[next]!.revision <= event.revision)
        problems.push(`${name}: a bookmark at ${event.revision}, before the change at ${expected[next]!.revision}`)
      continue
    }
    const wanted = expected[next++]
    const same =
      wanted?.type === event.type &&
      wanted.revision === event.revision &&
      wanted.key === event.key &&
      wanted.value === event.value
    if (same) continue
    const show = (each: Expected | undefined) =>
      each === undefined ? 'nothing' : `${each.type} ${each.key} ${each.value} at ${each.revision}`
    problems.push(`${name} after ${segment.from}: ${show(event)} instead of ${show(wanted)}`)
    break
  }
  return problems
}

/** The objects in view at a revision, by key. */
export function stateAt(changes: readonly Change[], revision: number, view: View): Change[] {
  const state = new Map<string, Change>()
  for (const change of changes) {
    if (change.revision > revision) break
    if (change.type === 'DELETED') state.delete(change.key)
    else state.set(change.key, change)
  }
  return [...state.values()].filter(view).sort((a, b) => (a.key < b.key ? -1 : 1))
}

function projection(changes: readonly Change[], from: number, view: View): Expected[] {
  const state = new Map<string, Change>()
  const expected: Expected[] = []
  for (const change of changes) {
    const previous = state.get(change.key)
    if (change.type === 'DELETED') state.delete(change.key)
    else state.set(change.key, change)
    if (change.revision <= from) continue
    const before = previous !== undefined && view(previous)
    const now = change.type !== 'DELETED' && view(change)
    if (now)
      expected.push({ type: before ? 'MODIFIED' : 'ADDED', revision: change.revision, key: change.key, value: change.value })
    else if (before) expected.push({ type: 'DELETED', revision: change.revision, key: change.key, value: previous.value })
  }
  return expected
}
