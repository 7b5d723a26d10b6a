import { compareText } from '../../../base/compare-text.js'
import type { Consumer, Locality } from '../service-model.js'
import type { Candidate, Draft, Split } from './candidate.js'
import { totalWeight } from './candidate.js'
import { partition } from './group-by-locality.js'
import { compareLocality, namePlace } from './locality-text.js'

/**
 * The rule where nobody says otherwise: own cluster in own zone, own zone, own cluster in own region, own region, own cluster
 * elsewhere, everything else. An endpoint of the own cluster whose place is not known counts as near.
 */
export function splitByNearness(candidates: readonly Candidate[], consumer: Consumer): Split {
  const drafts: Draft[] = []
  for (const members of partition(candidates, ({ clusterPlace }) => clusterPlace)) {
    const { cluster } = members[0].offer
    const { locality } = members[0].endpoint
    const { tier, why } = nearness(cluster, locality, consumer)
    drafts.push({ priority: tier, locality, cluster, weight: totalWeight(members), members, why })
  }
  drafts.sort((a, b) => compareLocality(a.locality, b.locality) || compareText(a.cluster ?? '', b.cluster ?? ''))
  return { drafts, dropped: [] }
}

function nearness(cluster: string, place: Locality, consumer: Consumer): { tier: number; why: string } {
  const own = cluster === consumer.cluster
  const mine = consumer.locality
  const unknown = (a: string, b: string) => own && (a === '' || b === '')
  const sameRegion = (mine.region !== '' && mine.region === place.region) || unknown(mine.region, place.region)
  const sameZone = sameRegion && ((mine.zone !== '' && mine.zone === place.zone) || unknown(mine.zone, place.zone))
  if (sameZone && own)
    return { tier: 0, why: `own cluster ${cluster}, ${place.zone === '' ? 'own place' : `own zone ${place.zone}`}` }
  if (sameZone) return { tier: 1, why: `own zone ${place.zone}, in ${cluster}` }
  if (sameRegion && own) return { tier: 2, why: `own cluster ${cluster}, own region ${place.region}, another zone` }
  if (sameRegion) return { tier: 3, why: `own region ${place.region}, in ${cluster}` }
  if (own) return { tier: 4, why: `own cluster ${cluster}, another region` }
  return { tier: 5, why: `${cluster} in ${namePlace(place)}, another region` }
}
