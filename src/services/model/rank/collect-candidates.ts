import type { Consumer, FleetService, Ranking } from '../service-model.js'
import type { Candidate } from './candidate.js'
import { explainAudience } from './may-use.js'
import { exclude, prepareOffers } from './prepare-offers.js'
import { topologyLabels } from './topology-labels.js'

export interface CollectOptions {
  readonly service: FleetService
  readonly consumer: Consumer
  readonly without: ReadonlySet<string>
  labelsOf(cluster: string): Readonly<Record<string, string>>
}

export interface Collected {
  /** In one order whatever the order of offers and endpoints. */
  readonly candidates: readonly Candidate[]
  readonly excluded: Ranking['excluded'][number][]
}

/** Which endpoints the consumer may use at all, before any rule. */
export function collectCandidates({ service, consumer, without, labelsOf }: CollectOptions): Collected {
  const excluded: Collected['excluded'] = []
  const ready: Candidate[] = []
  const terminating: Candidate[] = []
  const node = service.internalTrafficPolicy === 'Local' ? consumer.labels[topologyLabels.hostname] : undefined
  const take = (from: readonly Candidate[], into: Candidate[]) => {
    for (const candidate of from) {
      const { offer, endpoint } = candidate
      if (!node || (offer.cluster === consumer.cluster && endpoint.node === node)) into.push(candidate)
      else
        excluded.push(
          exclude(offer, endpoint, `internalTrafficPolicy is Local: only endpoints on the consumer's own node ${node} count`),
        )
    }
  }
  for (const prepared of prepareOffers(service)) {
    const { offer } = prepared
    const refused = without.has(offer.cluster)
      ? `${offer.cluster} is left out by the question`
      : explainAudience(offer, consumer.cluster, labelsOf)
    if (refused !== undefined) {
      excluded.push(exclude(offer, undefined, refused))
      continue
    }
    for (const each of prepared.excluded) excluded.push(each)
    take(prepared.ready, ready)
    take(prepared.terminating, terminating)
  }
  // As kube-proxy: endpoints that go still serve while there is nobody else.
  if (ready.length === 0) return { candidates: terminating, excluded }
  for (const { offer, endpoint } of terminating)
    excluded.push(exclude(offer, endpoint, 'it is terminating, and others are ready'))
  return { candidates: ready, excluded }
}
