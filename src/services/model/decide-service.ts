import { compareText } from '../../base/compare-text.js'
import { canonicalJson, equalJson } from '../../base/json.js'
import type { Conflict, ConflictReason, FleetService, Offer, Origin, ServicePort, TrafficRule } from './service-model.js'
import { mostPorts, portText } from './service-ports.js'

/**
 * Merges the offers of one service (all of the same name and reach) by the rules of KEP-1645: the oldest decides, ties go by
 * the name of the cluster; ports are the union, by name and then by protocol and number. The order of the input does not
 * matter. Undefined when nobody offers it.
 */
export function decideService(offers: readonly Offer[], rules: readonly TrafficRule[] = []): FleetService | undefined {
  const sorted = [...offers].sort(byAge)
  const oldest = sorted[0]
  if (oldest === undefined) return undefined
  const merged = mergePorts(sorted)
  const optional = {
    ...(oldest.internalTrafficPolicy === undefined ? {} : { internalTrafficPolicy: oldest.internalTrafficPolicy }),
    ...(oldest.trafficDistribution === undefined ? {} : { trafficDistribution: oldest.trafficDistribution }),
  }
  return {
    service: oldest.service,
    reach: oldest.reach,
    type: oldest.type,
    ports: merged,
    sessionAffinity: oldest.sessionAffinity,
    ...optional,
    ipFamilies: oldest.ipFamilies,
    labels: oldest.labels,
    annotations: oldest.annotations,
    offers: sorted,
    conflicts: oldest.reach === 'clusterset' ? conflictsOf(sorted, oldest, merged) : [],
    rules,
  }
}

/** Oldest first; a total order for offers of one service. */
export function byAge(a: Offer, b: Offer): number {
  return (
    a.createdMs - b.createdMs ||
    compareText(a.cluster, b.cluster) ||
    compareText(a.dialect, b.dialect) ||
    compareText(a.origin.text, b.origin.text)
  )
}

function mergePorts(offers: readonly Offer[]): ServicePort[] {
  const ports: ServicePort[] = []
  const taken = new Set<string>()
  for (const offer of offers) {
    for (const port of offer.ports) {
      const keys = [`name ${port.name}`, `${port.port}/${port.protocol}`]
      if (ports.length === mostPorts || keys.some((key) => taken.has(key))) continue
      ports.push(port)
      for (const key of keys) taken.add(key)
    }
  }
  // A Service may leave the name away only while it has one port; two offers without names make two ports.
  return ports
}

interface Aspect {
  readonly reason: ConflictReason
  /** Undefined: the offer has no say in this. */
  value(offer: Offer): unknown
  text(offer: Offer): string
}

const aspects: readonly Aspect[] = [
  { reason: 'PortConflict', value: portSet, text: (offer) => offer.ports.map(portText).join(', ') || 'no ports' },
  { reason: 'TypeConflict', value: (offer) => offer.type, text: (offer) => offer.type },
  {
    reason: 'SessionAffinityConflict',
    value: (offer) => offer.sessionAffinity.type,
    text: (offer) => offer.sessionAffinity.type,
  },
  {
    reason: 'SessionAffinityConfigConflict',
    // Offers without affinity have nothing to configure.
    value: (offer) => (offer.sessionAffinity.type === 'None' ? undefined : (offer.sessionAffinity.timeoutSeconds ?? null)),
    text: (offer) => `${offer.sessionAffinity.timeoutSeconds ?? 'no'} seconds`,
  },
  { reason: 'AnnotationsConflict', value: (offer) => offer.annotations, text: (offer) => mapText(offer.annotations) },
  { reason: 'LabelsConflict', value: (offer) => offer.labels, text: (offer) => mapText(offer.labels) },
  {
    reason: 'InternalTrafficPolicyConflict',
    value: (offer) => offer.internalTrafficPolicy ?? 'Cluster',
    text: (offer) => offer.internalTrafficPolicy ?? 'Cluster',
  },
  {
    reason: 'TrafficDistributionConflict',
    value: (offer) => offer.trafficDistribution ?? null,
    text: (offer) => offer.trafficDistribution ?? 'none',
  },
  {
    reason: 'IPFamilyConflict',
    value: (offer) => [...offer.ipFamilies].sort(compareText),
    text: (offer) => offer.ipFamilies.join(', ') || 'none',
  },
]

function conflictsOf(sorted: readonly Offer[], oldest: Offer, merged: readonly ServicePort[]): Conflict[] {
  const conflicts: Conflict[] = []
  for (const { reason, value, text } of aspects) {
    const holds = value(oldest)
    if (holds === undefined) continue
    const losers = sorted.filter((offer) => {
      const own = value(offer)
      return own !== undefined && !equalJson(own, holds)
    })
    if (losers.length === 0) continue
    const outcome = reason === 'PortConflict' ? `the service has ${merged.map(portText).join(', ')}` : `${text(oldest)} holds`
    conflicts.push({
      reason,
      message:
        `${subject[reason]} differ: ${cut(outcome)}; ${cut(text(oldest))} in ${place(oldest.origin)} (the oldest), ` +
        listLosers(losers.map((offer) => `${cut(text(offer))} in ${offer.cluster}`)),
      winner: oldest.origin,
      losers: losers.map((offer) => offer.origin),
    })
  }
  return conflicts
}

const subject: Readonly<Record<ConflictReason, string>> = {
  PortConflict: 'ports',
  TypeConflict: 'types',
  SessionAffinityConflict: 'session affinities',
  SessionAffinityConfigConflict: 'session affinity timeouts',
  AnnotationsConflict: 'exported annotations',
  LabelsConflict: 'exported labels',
  InternalTrafficPolicyConflict: 'internal traffic policies',
  TrafficDistributionConflict: 'traffic distributions',
  IPFamilyConflict: 'IP families',
}

/** In whatever order the ports stand. */
function portSet(offer: Offer): string[] {
  return offer.ports
    .map((port) => canonicalJson([port.name, port.protocol, port.port, port.appProtocol ?? null]))
    .sort(compareText)
}

function mapText(map: Readonly<Record<string, string>>): string {
  const entries = Object.entries(map).map(([key, value]) => `${key}=${value}`)
  return entries.length === 0 ? 'none' : entries.sort(compareText).join(', ')
}

const mostText = 1000
const mostLosers = 20

function cut(words: string): string {
  return words.length <= mostText ? words : `${words.slice(0, mostText)}...`
}

function listLosers(losers: readonly string[]): string {
  const more = losers.length - mostLosers
  return `${losers.slice(0, mostLosers).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function place(origin: Origin): string {
  return `${origin.cluster} (${origin.text})`
}
