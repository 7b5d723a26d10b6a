import { compareText } from '../../../base/compare-text.js'

export interface SpreadGroup {
  readonly name: string
  /** How many clusters it has. */
  readonly size: number
  readonly score: number
}

/** Beyond so many steps the search gives way to taking the best groups in turn. */
const mostSteps = 20_000

interface Path {
  readonly groups: readonly SpreadGroup[]
  readonly score: number
  readonly size: number
  readonly id: number
}

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
  const paths: Path[] = []
  const taken: SpreadGroup[] = []
  let steps = 0
  // Upstream leaves the levels one after the other once all groups are needed; nothing is undone then.
  const allNeeded = groups.length === min
  const walk = (sum: number, begin: number): void => {
    if (sum >= clusters && taken.length >= min && taken.length <= max) {
      paths.push(pathOf(taken, paths.length + 1))
      return
    }
    if (taken.length >= max) return
    for (let index = begin; index < groups.length; index++) {
      if (++steps > mostSteps) return
      const group = groups[index] as SpreadGroup
      taken.push(group)
      walk(sum + group.size, index + 1)
      if (allNeeded) break
      taken.pop()
    }
  }
  walk(0, 0)
  if (steps > mostSteps) return { groups: inTurn(groups, min, max, clusters), exact: false }
  paths.sort((a, b) => b.score - a.score || b.size - a.size || a.id - b.id)
  let best = paths[0]
  if (best === undefined) return { groups: [], exact: true }
  for (const path of paths) if (isStartOf(path, best)) best = path
  return { groups: best.groups, exact: true }
}

function pathOf(taken: readonly SpreadGroup[], id: number): Path {
  const groups = [...taken].sort((a, b) => b.score - a.score || compareText(a.name, b.name))
  let score = 0
  let size = 0
  for (const group of groups) {
    score += group.score
    size += group.size
  }
  return { groups, score, size, id }
}

function isStartOf(part: Path, whole: Path): boolean {
  return part.groups.length < whole.groups.length && part.groups.every((group, index) => group.name === whole.groups[index]?.name)
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
