import type { Change, Operation } from './history.js'

interface Version {
  readonly from: number
  readonly change: Change
}

/**
 * Whether a history is linearizable, given the order of all changes as a watch saw it. Every change has a revision of its own,
 * so what is left to find is a place between revisions for each read and each refusal: the earliest one that shows what was
 * answered, and that is not before anything that had ended when the operation began. Taking the earliest for each, in the order
 * of time, finds places for all of them if there are any. Returns what is wrong, at most ten findings.
 */
export function checkHistory(operations: readonly Operation[], changes: readonly Change[]): string[] {
  const problems: string[] = []
  const say = (text: string) => {
    if (problems.length < 10) problems.push(text)
  }
  const versions = new Map<string, Version[]>()
  let before = 0
  for (const change of changes) {
    if (change.revision <= before) say(`the watch went back from revision ${before} to ${change.revision}`)
    before = change.revision
    const known = versions.get(change.key) ?? []
    const last = known.at(-1)
    const exists = last !== undefined && last.change.type !== 'DELETED'
    if ((change.type === 'ADDED') === exists)
      say(`${change.key}: ${change.type} at ${change.revision}, and it ${exists ? 'was' : 'was not'} there`)
    known.push({ from: change.revision, change })
    versions.set(change.key, known)
  }

  // Who made which change.
  const writers = new Map<string, Operation>()
  for (const operation of operations) if (operation.value !== undefined) writers.set(operation.value, operation)
  const revisionOfValue = new Map<string, number>()
  const deletionOfUid = new Map<string, number>()
  const deletions = new Map<string, number>()
  for (const change of changes) {
    if (change.type === 'DELETED') {
      deletionOfUid.set(change.uid, change.revision)
      deletions.set(change.key, (deletions.get(change.key) ?? 0) + 1)
      continue
    }
    if (revisionOfValue.has(change.value))
      say(`${change.value} was written twice: at ${revisionOfValue.get(change.value)} and ${change.revision}`)
    revisionOfValue.set(change.value, change.revision)
    const writer = writers.get(change.value)
    if (writer === undefined) say(`${change.key} has ${change.value} at ${change.revision}, which nobody wrote`)
    else if (writer.outcome.type !== 'written' && writer.outcome.type !== 'unknown')
      say(`${change.value} is there at ${change.revision}, and its writer was told: ${writer.outcome.type}`)
  }
  for (const [key, count] of deletions) {
    const able = operations.filter(
      ({ kind, key: of, outcome }) =>
        kind === 'delete' && of === key && (outcome.type === 'deleted' || outcome.type === 'unknown'),
    )
    if (able.length < count) say(`${key} was deleted ${count} times by ${able.length} deletions`)
  }

  const versionsOf = (key: string) => versions.get(key) ?? []
  /** The state of a key at a revision, and the revision of its next change. */
  const at = (key: string, revision: number): { change: Change | undefined; until: number } => {
    const known = versionsOf(key)
    let low = 0
    let high = known.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (known[middle]!.from <= revision) low = middle + 1
      else high = middle
    }
    const change = low === 0 ? undefined : known[low - 1]!.change
    return { change: change?.type === 'DELETED' ? undefined : change, until: known[low]?.from ?? Number.POSITIVE_INFINITY }
  }
  /** The earliest revision from `from` on at which the key is as `fits` wants it. */
  const earliest = (key: string, from: number, fits: (change: Change | undefined) => boolean): number => {
    for (let revision = from; revision < Number.POSITIVE_INFINITY; ) {
      const { change, until } = at(key, revision)
      if (fits(change)) return revision
      revision = until
    }
    return Number.POSITIVE_INFINITY
  }

  const place = (operation: Operation, floor: number): number => {
    const { key, kind, outcome, expected } = operation
    const tell = `client ${operation.client} ${kind} ${key}`
    switch (outcome.type) {
      case 'unknown':
      case 'refused':
        return 0
      case 'written': {
        const revision = revisionOfValue.get(operation.value!)
        if (revision !== outcome.revision) {
          say(
            `${tell}: ${operation.value} was acknowledged at ${outcome.revision}, the watch has it at ${revision ?? 'no revision'}`,
          )
          return floor
        }
        if (revision <= floor) say(`${tell}: got revision ${revision}, when ${floor} was known already`)
        const previous = at(key, revision - 1).change
        if (kind === 'create' && previous !== undefined) say(`${tell}: created at ${revision} over ${previous.value}`)
        if (kind === 'update' && previous === undefined) say(`${tell}: updated at ${revision} what was not there`)
        if (expected !== undefined && previous?.revision !== expected)
          say(`${tell}: expected ${expected}, and changed ${previous?.revision ?? 'nothing'} at ${revision}`)
        return revision
      }
      case 'deleted': {
        const revision = deletionOfUid.get(outcome.uid)
        if (revision === undefined) {
          say(`${tell}: the deletion was acknowledged and did not happen`)
          return floor
        }
        if (revision <= floor) say(`${tell}: deleted at ${revision}, when ${floor} was known already`)
        return revision
      }
      case 'found': {
        const found = revisionOfValue.get(outcome.value)
        if (found !== outcome.revision) {
          say(`${tell}: found ${outcome.value} at ${outcome.revision}, the watch has it at ${found ?? 'no revision'}`)
          return floor
        }
        const point = Math.max(found, floor)
        const now = at(key, point).change
        if (now?.revision !== found)
          say(`${tell}: found revision ${found}, when ${floor} was known and it was ${now?.revision ?? 'gone'}`)
        return point
      }
      case 'listed': {
        const { revision, items } = outcome
        if (revision < floor) say(`${tell}: listed at ${revision}, when ${floor} was known already`)
        for (const each of versions.keys()) {
          const then = at(each, revision).change
          const item = items.get(each)
          if (then?.revision !== item?.revision || then?.value !== item?.value)
            say(`${tell} at ${revision}: ${each} is ${item?.revision ?? 'absent'} and was ${then?.revision ?? 'absent'}`)
        }
        for (const each of items.keys()) if (!versions.has(each)) say(`${tell}: ${each} never was`)
        return Math.max(revision, floor)
      }
      default: {
        const fits = (change: Change | undefined) =>
          outcome.type === 'absent'
            ? change === undefined
            : outcome.type === 'exists'
              ? change !== undefined
              : change?.revision !== expected
        const point = earliest(key, floor, fits)
        if (point < Number.POSITIVE_INFINITY) return point
        say(`${tell}: was told ${outcome.type}, which it never was after ${floor}`)
        return floor
      }
    }
  }

  // In the order of time: at its beginning an operation learns what is known, at its end it adds to that.
  const moments = operations.flatMap((operation) => [
    { at: operation.start, begins: true, operation },
    { at: operation.end, begins: false, operation },
  ])
  moments.sort((a, b) => a.at - b.at || Number(b.begins) - Number(a.begins))
  const points = new Map<Operation, number>()
  let known = 0
  for (const { begins, operation } of moments) {
    if (begins) points.set(operation, place(operation, known))
    else if (operation.outcome.type !== 'unknown') known = Math.max(known, points.get(operation)!)
  }
  // Nothing is seen before it was asked for: a place must lie before every change that was begun after the operation's end.
  const begun = operations.filter(({ outcome }) => outcome.type === 'written').sort((a, b) => b.start - a.start)
  const ended = operations.filter(({ outcome }) => outcome.type !== 'unknown').sort((a, b) => b.end - a.end)
  let least = Number.POSITIVE_INFINITY
  let next = 0
  for (const operation of ended) {
    for (; next < begun.length && begun[next]!.start > operation.end; next++) least = Math.min(least, points.get(begun[next]!)!)
    if (points.get(operation)! >= least) {
      say(
        `client ${operation.client} ${operation.kind} ${operation.key} saw revision ${points.get(operation)}, and ${least} was begun later`,
      )
    }
  }
  return problems
}
