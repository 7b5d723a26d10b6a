import type { Draft } from './candidate.js'
import { totalWeight } from './candidate.js'
import { partition } from './group-by-locality.js'

/**
 * Where clusters have different weights, they share what comes to a priority in proportion to them, whatever the number of
 * their endpoints. With equal weights every endpoint counts alike, and nothing changes. `weightsAreShares`: the localities'
 * weights stay, and clusters share within each.
 */
export function shareByCluster(
  drafts: readonly Draft[],
  weightOf: (cluster: string) => number,
  weightsAreShares: boolean,
): Draft[] {
  const priorities = new Set(drafts.map(({ priority }) => priority))
  return [...priorities].flatMap((priority) =>
    share(
      drafts.filter((draft) => draft.priority === priority),
      weightOf,
      weightsAreShares,
    ),
  )
}

function share(drafts: readonly Draft[], weightOf: (cluster: string) => number, weightsAreShares: boolean): Draft[] {
  const totals = new Map<string, number>()
  for (const { members } of drafts)
    for (const { offer, weight } of members) totals.set(offer.cluster, (totals.get(offer.cluster) ?? 0) + weight)
  const weights = new Set([...totals.keys()].map(weightOf))
  if (weights.size <= 1) return [...drafts]
  const parts = drafts.flatMap((draft) => {
    const clusters = [...partition(draft.members, ({ offer }) => offer.cluster)]
    let present = 0
    for (const members of clusters) present += weightOf(members[0].offer.cluster)
    return clusters.map((members) => {
      const { cluster } = members[0].offer
      const mine = weightOf(cluster)
      const exact = weightsAreShares ? (draft.weight * mine) / present : (mine * totalWeight(members)) / totals.get(cluster)!
      return { ...draft, cluster, members, exact, why: `${draft.why}; ${cluster} weighs ${mine} among clusters` }
    })
  })
  const whole = wholeNumbers(parts.map(({ exact }) => exact))
  return parts.map(({ exact: _exact, ...draft }, index) => ({ ...draft, weight: whole[index]! }))
}

/** In the same proportions to a thousandth of the smallest, and no larger than need be. */
function wholeNumbers(numbers: readonly number[]): number[] {
  const smallest = Math.min(...numbers)
  const isWhole = numbers.every(Number.isInteger)
  // Envoy and gRPC refuse sums above 2^32-1.
  const largest = Math.max(...numbers)
  const scale = isWhole ? 1 : Math.min(1000 / smallest, 1e6 / largest)
  const scaled = numbers.map((each) => Math.max(1, Math.round(each * scale)))
  const divisor = scaled.reduce(greatestDivisor)
  return scaled.map((each) => each / divisor)
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b)
}
