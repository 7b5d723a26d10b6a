import { type Candidate, type Draft, totalWeight } from './candidate.js'
import { compareLocality } from './locality-text.js'

/** One draft of priority 0 for each locality, in the order of their names, weighing what its members weigh. */
export function groupByLocality(candidates: readonly Candidate[], why: string): Draft[] {
  return [...partition(candidates, ({ place }) => place)]
    .map((members) => ({ priority: 0, locality: members[0]!.endpoint.locality, weight: totalWeight(members), members, why }))
    .sort((a, b) => compareLocality(a.locality, b.locality))
}

/** The parts in the order in which their first members come. */
export function partition<K>(
  candidates: readonly Candidate[],
  keyOf: (candidate: Candidate) => K,
): Iterable<[Candidate, ...Candidate[]]> {
  const parts = new Map<K, [Candidate, ...Candidate[]]>()
  for (const candidate of candidates) {
    const key = keyOf(candidate)
    const part = parts.get(key)
    if (part === undefined) parts.set(key, [candidate])
    else part.push(candidate)
  }
  return parts.values()
}
