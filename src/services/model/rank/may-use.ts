import { messageOf } from '../../../base/errors.js'
import { matchesLabels, parseLabelSelector } from '../../../kube/object/selector.js'
import type { Audience, Offer } from '../service-model.js'

/** Why a cluster may not use an offer; undefined when it may. A selector that cannot be read lets nobody in. */
export function explainAudience(
  offer: Offer,
  cluster: string,
  labelsOf: (cluster: string) => Readonly<Record<string, string>>,
): string | undefined {
  const { audience } = offer
  if (audience === undefined || offer.cluster === cluster) return undefined
  if (audience.clusters !== undefined && !audience.clusters.includes(cluster)) {
    const list = audience.clusters.length === 0 ? 'its own cluster only' : `the clusters ${audience.clusters.join(', ')}`
    return `${offer.cluster} offers it to ${list}`
  }
  return audience.selector === undefined ? undefined : explainSelector(offer.cluster, audience.selector, labelsOf(cluster))
}

function explainSelector(
  offering: string,
  selector: NonNullable<Audience['selector']>,
  labels: Readonly<Record<string, string>>,
): string | undefined {
  try {
    if (matchesLabels(parseLabelSelector(selector), labels)) return undefined
    return `${offering} offers it to clusters that match ${selector}`
  } catch (error) {
    return `${offering} offers it to clusters that match a selector that cannot be read: ${messageOf(error)}`
  }
}
