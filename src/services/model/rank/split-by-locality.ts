import { compareText } from '../../../base/compare-text.js'
import type { Consumer, Locality, LocalityRule } from '../service-model.js'
import type { Candidate, Draft, Dropped, Split } from './candidate.js'
import { groupByLocality } from './group-by-locality.js'
import { formatLocality, matchesLocality, namePlace } from './locality-text.js'
import { splitByLabels } from './split-by-labels.js'

/** The parts of a locality rule that decide; `canFailOver`: there is outlier detection, or something forces failover. */
export interface LocalitySetting extends Pick<LocalityRule, 'enabled' | 'distribute' | 'failover' | 'failoverPriority'> {
  readonly canFailOver: boolean
}

/**
 * Istio's locality load balancing: `distribute` alone, or failover by labels, by region, or by both. Without outlier
 * detection nothing fails over and every place gets its share.
 */
export function splitByLocality(
  candidates: readonly Candidate[],
  consumer: Consumer,
  consumerLabels: Readonly<Record<string, string>>,
  setting: LocalitySetting,
): Split {
  if (!setting.enabled) return everywhere(candidates, 'locality load balancing is off: every place by its number of endpoints')
  if (setting.distribute.length > 0) return distribute(candidates, consumer.locality, setting.distribute)
  if (!setting.canFailOver)
    return everywhere(candidates, 'without outlier detection nothing fails over: every place by its number of endpoints')
  if (setting.failoverPriority.length === 0) {
    const drafts = groupByLocality(candidates, '')
    failOver(drafts, consumer.locality, setting.failover)
    return { drafts, dropped: [] }
  }
  const drafts = groupByLocality(candidates, '').flatMap((each) => splitByLabels(each, consumerLabels, setting.failoverPriority))
  compact(drafts)
  if (setting.failover.length > 0) failOver(drafts, consumer.locality, setting.failover)
  return { drafts, dropped: [] }
}

function everywhere(candidates: readonly Candidate[], why: string): Split {
  return { drafts: groupByLocality(candidates, why), dropped: [] }
}

function distribute(candidates: readonly Candidate[], from: Locality, rules: LocalityRule['distribute']): Split {
  const rule = rules.find((each) => matchesLocality(from, each.from))
  if (rule === undefined)
    return everywhere(candidates, `no "from" of distribute matches ${namePlace(from)}: every place by its number of endpoints`)
  const drafts = groupByLocality(candidates, '')
  const left = new Set(drafts)
  // Destinations of a valid rule do not overlap, so their order does not matter; with others it must not depend on chance.
  for (const [pattern, weight] of Object.entries(rule.to).sort(([a], [b]) => compareText(b, a))) {
    const matched = [...left].filter((each) => matchesLocality(each.locality, pattern))
    let total = 0
    for (const each of matched) total += each.weight
    for (const each of matched) {
      left.delete(each)
      const share = Math.ceil((each.weight * weight) / total)
      if (share > 0) each.weight = share
      each.why = `distribute from ${rule.from}: ${weight} to ${pattern}${matched.length > 1 ? `, of that ${share} to ${namePlace(each.locality)} by its endpoints` : ''}`
    }
  }
  const dropped: Dropped[] = []
  for (const { locality, members } of left)
    for (const candidate of members)
      dropped.push({ candidate, why: `distribute from ${rule.from} sends nothing to ${namePlace(locality)}: no "to" matches it` })
  return { drafts: drafts.filter((each) => !left.has(each)), dropped, weightsAreShares: true }
}

/** Adds nearness by region, zone and sub-zone to the priorities that there are. */
function failOver(drafts: Draft[], from: Locality, rules: LocalityRule['failover']): void {
  const rule = rules.find((each) => each.from === from.region)
  for (const draft of drafts) {
    const { step, why } = nearness(draft.locality, from, rule?.to)
    const unmatched = step === 3 && rule === undefined && rules.length > 0 ? `, and no "from" of failover is ${from.region}` : ''
    draft.priority = draft.priority * 5 + step
    draft.why = `${draft.why === '' ? '' : `${draft.why}; `}${why}${unmatched}`
  }
  compact(drafts)
}

function nearness(place: Locality, from: Locality, to: string | undefined): { step: number; why: string } {
  if (place.region !== from.region) {
    if (to === undefined) return { step: 3, why: `another region than ${namePlace(from)}: ${namePlace(place)}` }
    if (place.region === to) return { step: 3, why: `failover from ${from.region} goes to ${to}` }
    return { step: 4, why: `${namePlace(place)} is not where failover from ${from.region} goes (${to})` }
  }
  if (place.zone !== from.zone)
    return { step: 2, why: `same region ${from.region || '(unknown)'}, another zone: ${namePlace(place)}` }
  if (place.subZone !== from.subZone) return { step: 1, why: `same zone, another sub-zone: ${namePlace(place)}` }
  return { step: 0, why: from.region === '' ? 'neither place is known' : `same place ${formatLocality(from)}` }
}

/** From 0, without gaps. */
export function compact(drafts: readonly Draft[]): void {
  const priorities = [...new Set(drafts.map(({ priority }) => priority))].sort((a, b) => a - b)
  const places = new Map(priorities.map((priority, index) => [priority, index]))
  for (const draft of drafts) draft.priority = places.get(draft.priority)!
}
