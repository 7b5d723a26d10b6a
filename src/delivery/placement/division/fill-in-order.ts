/** A cluster with what it has and what it can take. */
export interface Vessel {
  readonly name: string
  readonly has: number
  readonly room: number
}

/** Gives to the first until it is full, then to the next. */
export function fillInOrder(vessels: readonly Vessel[], amount: number): { given: Map<string, number>; left: number } {
  const given = new Map<string, number>()
  let left = amount
  for (const { name, room } of vessels) {
    if (left <= 0) break
    const share = Math.min(left, Math.max(0, room))
    if (share > 0) given.set(name, share)
    left -= share
  }
  return { given, left }
}

/** Takes from the last until it is empty, then from the one before it; the result is what each keeps. */
export function drainFromLast(vessels: readonly Vessel[], amount: number): Map<string, number> {
  const kept = new Map<string, number>()
  let left = amount
  for (const { name, has } of [...vessels].reverse()) {
    const taken = Math.min(left, has)
    left -= taken
    if (has > taken) kept.set(name, has - taken)
  }
  return kept
}
