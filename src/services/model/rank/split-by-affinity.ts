import type { Consumer } from '../service-model.js'
import type { Candidate, Split } from './candidate.js'
import { totalWeight } from './candidate.js'
import { groupByLocality, partition } from './group-by-locality.js'

/**
 * Cilium's service affinity. `local`: other clusters only while the own has no active endpoint. `remote`: the own only while no
 * other has a healthy one. `none`: everybody alike.
 */
export function splitByAffinity(
  candidates: readonly Candidate[],
  consumer: Consumer,
  affinity: 'local' | 'remote' | 'none',
): Split {
  if (affinity === 'none') return { drafts: groupByLocality(candidates, 'no affinity: all clusters alike'), dropped: [] }
  const drafts = []
  for (const members of partition(candidates, ({ offer }) => offer.cluster)) {
    const { cluster } = members[0].offer
    const isOwn = cluster === consumer.cluster
    const isFirst = isOwn === (affinity === 'local')
    const why = isFirst
      ? `affinity ${affinity}: ${isOwn ? `own cluster ${cluster}` : cluster} first`
      : `affinity ${affinity}: ${isOwn ? `own cluster ${cluster}` : cluster} only while ${isOwn ? 'no other cluster' : 'the own cluster'} has ${isOwn ? 'a healthy' : 'no active'} endpoint`
    for (const { locality, members: part } of groupByLocality(members, why))
      drafts.push({ priority: isFirst ? 0 : 1, locality, cluster, weight: totalWeight(part), members: part, why })
  }
  return { drafts, dropped: [] }
}
