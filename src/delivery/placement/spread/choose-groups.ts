import { compareText } from '../../../base/compare-text.js'

export interface SpreadGroup {
  readonly name: string
  /** How many clusters it has. */
  readonly size: number
  readonly score: number
}

/** Beyond so many steps the search gives way to taking the best groups in turn. */
const mostSteps = 50_000

/**
 * Between `min` and `max` groups that have at least `clusters` clusters together: the combination with the highest score, then
 * with most clusters, then the one found first; where a part of it (its best groups) suffices, that part. Groups come in order of
 * score. As Karmada does for regions; `exact` is false when there were too many combinations and the best groups were
 * taken in turn. Empty when no combination suffices.
 */
export function chooseGroups(
  all: readonly SpreadGroup[],
  min: number,
  max: number,
  clusters: number,
): { groups: readonly SpreadGroup[]; exact: boolean } {
  const groups = [...all].sort((a, b) => a.size - b.size || b.score - a.score || compareText(a.name, b.name))
  const taken: SpreadGroup[] = []
  let best: SpreadGroup[] | undefined
  let bestScore = 0
  let bestSize = 0
  let steps = 0
  // Upstream leaves the levels one after the other once all groups are needed; nothing is undone then.
  const allNeeded = groups.length === min
  const walk = (size: number, score: number, begin: number): void => {
    if (size >= clusters && taken.length >= min && taken.length <= max) {
      if (best !== undefined && (score < bestScore || (score === bestScore && size <= bestSize))) return
      best = [...taken]
      bestScore = score
      bestSize = size
      return
    }
    if (taken.length >= max) return
    for (let index = begin; index < groups.length; index++) {
      if (++steps > mostSteps) return
      const group = groups[index] as SpreadGroup
      taken.push(group)
      walk(size + group.size, score + group.score, index + 1)
      if (allNeeded) break
      taken.pop()
    }
  }
  walk(0, 0, 0)
  if (steps > mostSteps) return { groups: inTurn(groups, min, max, clusters), exact: false }
  return { groups: best === undefined ? [] : startThatSuffices(best, min, clusters), exact: true }
}

/**
 * The shortest start of the combination, by score, that the search would have ended at too: it suffices, and without its largest
 * group it would not.
 */
function startThatSuffices(combination: readonly SpreadGroup[], min: number, clusters: number): readonly SpreadGroup[] {
  const ordered = [...combination].sort((a, b) => b.score - a.score || compareText(a.name, b.name))
  let size = 0
  let largest = 0
  for (const [index, group] of ordered.entries()) {
    size += group.size
    largest = Math.max(largest, group.size)
    const count = index + 1
    const suffices = size >= clusters && count >= min
    const needsAll = count - 1 < min || size - largest < clusters
    if (suffices && needsAll) return ordered.slice(0, count)
  }
  return ordered
}

/** The best by score until there are enough; while the most that are allowed fall short, the smallest gives way to a larger one. */
function inTurn(groups: readonly SpreadGroup[], min: number, max: number, clusters: number): SpreadGroup[] {
  const ordered = [...groups].sort((a, b) => b.score - a.score || b.size - a.size || compareText(a.name, b.name))
  const chosen: SpreadGroup[] = []
  let sum = 0
  for (const group of ordered) {
    if (chosen.length >= max || (chosen.length >= min && sum >= clusters)) break
    chosen.push(group)
    sum += group.size
  }
  const rest = ordered.slice(chosen.length).sort((a, b) => b.size - a.size)
  for (let at = chosen.length - 1; at >= 0 && sum < clusters && rest.length > 0; at--) {
    const larger = rest[0] as SpreadGroup
    if (larger.size <= (chosen[at] as SpreadGroup).size) continue
    sum += larger.size - (chosen[at] as SpreadGroup).size
    chosen[at] = larger
    rest.shift()
  }
  return sum >= clusters && chosen.length >= min ? chosen : []
}
