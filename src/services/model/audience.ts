import { messageOf } from '../../base/errors.js'
import { matchesLabels, parseLabelSelector } from '../../kube/object/selector.js'
import type { Audience, Offer } from './service-model.js'

/** True when a cluster may use the offer. A selector that cannot be read lets nobody in. */
export function mayUse(
  offer: Pick<Offer, 'audience' | 'cluster'>,
  cluster: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
): boolean {
  const { audience } = offer
  if (audience === undefined || offer.cluster === cluster.name) return true
  if (audience.clusters !== undefined && !audience.clusters.includes(cluster.name)) return false
  if (audience.selector === undefined) return true
  return audienceProblem(audience) === undefined && matchesLabels(parseLabelSelector(audience.selector), cluster.labels)
}

/** What is wrong with the audience's selector. */
export function audienceProblem(audience: Audience | undefined): string | undefined {
  if (audience?.selector === undefined) return undefined
  try {
    parseLabelSelector(audience.selector)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}
