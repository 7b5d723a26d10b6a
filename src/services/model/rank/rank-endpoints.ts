import { compareText } from '../../../base/compare-text.js'
import type { ClusterReach, Consumer, EndpointGroup, FleetService, LocalityRule, Ranking, TrafficRule } from '../service-model.js'
import type { Candidate, Draft, Split } from './candidate.js'
import { type Choice, chooseRule, rulesFor } from './choose-rule.js'
import { collectCandidates } from './collect-candidates.js'
import { compareLocality, namePlace } from './locality-text.js'
import { shareByCluster } from './share-by-cluster.js'
import { splitByAffinity } from './split-by-affinity.js'
import { splitByLocality } from './split-by-locality.js'
import { splitByNearness } from './split-by-nearness.js'
import { completeLabels, topologyLabels } from './topology-labels.js'

export interface RankFacts {
  reachOf(cluster: string): ClusterReach
  labelsOf(cluster: string): Readonly<Record<string, string>>
}

/**
 * The endpoints of a service in the order in which a consumer uses them, with the reason of each place. The same facts give
 * the same ranking, whatever the order in which offers and endpoints come.
 *
 * Whatever the rule: clusters of weight 0 come after all others, and clusters that are lost (but for the consumer's own) after
 * those. `without`: as if these clusters gave nothing.
 */
export function rankEndpoints(
  service: FleetService,
  consumer: Consumer,
  fleet: RankFacts,
  without: readonly string[] = [],
): Ranking {
  const { candidates, excluded } = collectCandidates({
    service,
    consumer,
    without: new Set(without),
    labelsOf: fleet.labelsOf,
  })
  const rules = rulesFor(service, consumer)
  const choice = chooseRule(service, rules)
  const weights = rules.find((rule) => rule.clusterWeights !== undefined)?.clusterWeights
  const weightOf = weigh(candidates, weights)
  const groups: EndpointGroup[] = []
  for (const block of intoBlocks(candidates, weightOf, consumer, fleet)) {
    const { drafts, dropped, weightsAreShares } = split(choice, block.members, consumer)
    for (const { candidate, why } of dropped)
      excluded.push({ cluster: candidate.offer.cluster, endpoint: candidate.endpoint, origin: candidate.offer.origin, why })
    const shared = shareByCluster(drafts, block.weightOf, weightsAreShares === true)
    appendGroups(groups, shared, block.why)
  }
  const origin = choice.kind === 'nearest' ? undefined : choice.rule?.origin
  return { consumer, ...nameRule(choice, consumer), ...(origin === undefined ? {} : { origin }), groups, excluded }
}

interface Block {
  readonly members: readonly Candidate[]
  /** Why these come only now. */
  readonly why?: string
  weightOf(cluster: string): number
}

/** Everybody; who is only for when nobody is left; who is lost. */
function intoBlocks(
  candidates: readonly Candidate[],
  weightOf: (cluster: string) => number,
  consumer: Consumer,
  fleet: RankFacts,
): Block[] {
  const parts: Candidate[][] = [[], [], []]
  const places = new Map<string, number>()
  for (const candidate of candidates) {
    const { cluster } = candidate.offer
    let place = places.get(cluster)
    if (place === undefined) {
      const isLost = cluster !== consumer.cluster && fleet.reachOf(cluster) === 'lost'
      place = isLost ? 2 : weightOf(cluster) <= 0 ? 1 : 0
      places.set(cluster, place)
    }
    parts[place]!.push(candidate)
  }
  const [first = [], last = [], lost = []] = parts
  const alike = () => 1
  const blocks: Block[] = [
    { members: first, weightOf },
    { members: last, weightOf: alike, why: 'weight 0: only when nobody else is left' },
    { members: lost, weightOf: alike, why: 'the cluster is lost: only when nobody else is left' },
  ]
  return blocks.filter(({ members }) => members.length > 0)
}

/** What rules give a cluster goes before what its offers say; of several offers the heaviest counts. */
function weigh(candidates: readonly Candidate[], ruled: TrafficRule['clusterWeights']): (cluster: string) => number {
  const offered = new Map<string, number>()
  for (const { offer } of candidates) offered.set(offer.cluster, Math.max(offered.get(offer.cluster) ?? 0, offer.weight))
  return (cluster) => (ruled !== undefined && Object.hasOwn(ruled, cluster) ? ruled[cluster]! : (offered.get(cluster) ?? 1))
}

function split(choice: Choice, candidates: readonly Candidate[], consumer: Consumer): Split {
  const labels = () => completeLabels(consumer.labels, consumer)
  switch (choice.kind) {
    case 'affinity':
      return splitByAffinity(candidates, consumer, choice.affinity)
    case 'locality':
      return splitByLocality(candidates, consumer, labels(), {
        ...choice.locality,
        canFailOver: choice.locality.outlierDetection !== undefined,
      })
    case 'distribution': {
      const { network, region, zone, subZone, hostname } = topologyLabels
      const failoverPriority = [network, region, zone, ...(choice.preference === 'node' ? [subZone, hostname] : [])]
      const setting = { enabled: true, distribute: [], failover: [], failoverPriority, canFailOver: true }
      return splitByLocality(candidates, consumer, labels(), setting)
    }
    case 'nearest':
      return splitByNearness(candidates, consumer)
  }
}

function nameRule(choice: Choice, consumer: Consumer): Pick<Ranking, 'rule' | 'why'> {
  switch (choice.kind) {
    case 'affinity':
      return { rule: `${choice.rule.dialect} affinity ${choice.affinity}`, why: `${said(choice.rule)}` }
    case 'locality': {
      const { locality, rule } = choice
      const why = locality.isDefault ? `${said(rule)}: its outlier detection alone switches failover by locality on` : said(rule)
      return { rule: `${rule.dialect} ${nameLocality(choice.locality)}`, why }
    }
    case 'distribution':
      return { rule: `trafficDistribution ${choice.value}`, why: choice.rule ? said(choice.rule) : 'the Service says so itself' }
    case 'nearest':
      return { rule: 'nearest first', why: `nobody says otherwise for consumers in ${consumer.cluster}` }
  }
}

function said({ origin }: TrafficRule): string {
  return `${origin.text} in ${origin.cluster} says so`
}

function nameLocality({ enabled, distribute, failover, failoverPriority, outlierDetection }: LocalityRule): string {
  if (!enabled) return 'locality load balancing off'
  if (distribute.length > 0) return 'distribute'
  if (outlierDetection === undefined) return 'locality without outlier detection'
  if (failoverPriority.length === 0) return 'failover'
  return failover.length === 0 ? 'failoverPriority' : 'failoverPriority and failover'
}

/** Behind what is there already, without gaps, in one order. */
function appendGroups(groups: EndpointGroup[], drafts: readonly Draft[], why: string | undefined): void {
  const first = groups.length === 0 ? 0 : groups[groups.length - 1]!.priority + 1
  const places = new Map(
    [...new Set(drafts.map((each) => each.priority))].sort((a, b) => a - b).map((old, index) => [old, first + index]),
  )
  const made = drafts.map(
    (draft): EndpointGroup => ({
      priority: places.get(draft.priority)!,
      locality: draft.locality,
      ...(draft.cluster === undefined ? {} : { cluster: draft.cluster }),
      weight: draft.weight,
      endpoints: draft.members.map(({ ranked }) => ranked),
      why: `${why === undefined ? '' : `${why}; `}${draft.why || namePlace(draft.locality)}`,
    }),
  )
  made.sort(
    (a, b) => a.priority - b.priority || compareLocality(a.locality, b.locality) || compareText(a.cluster ?? '', b.cluster ?? ''),
  )
  groups.push(...made)
}
