import type { Endpoint, Locality, Offer, RankedEndpoint } from '../service-model.js'
import { completeLabels } from './topology-labels.js'

/** An endpoint that consumers may use. Made once for a service, and shared by all rankings of it. */
export class Candidate {
  readonly offer: Offer
  readonly endpoint: Endpoint
  /** As rankings show it; its weight is at least 1. */
  readonly ranked: RankedEndpoint
  /** One text for each place. */
  readonly place: string
  /** One text for each place in each cluster. */
  readonly clusterPlace: string
  #labels: Readonly<Record<string, string>> | undefined

  constructor(offer: Offer, endpoint: Endpoint, ports: RankedEndpoint['ports']) {
    this.offer = offer
    this.endpoint = endpoint
    this.ranked = { cluster: offer.cluster, endpoint, weight: Math.max(1, endpoint.weight), ports }
    const { region, zone, subZone } = endpoint.locality
    this.place = `${region}\n${zone}\n${subZone}`
    this.clusterPlace = `${offer.cluster}\n${this.place}`
  }

  get weight(): number {
    return this.ranked.weight
  }

  /** The endpoint's labels with what its place says, as Istio completes them. */
  get labels(): Readonly<Record<string, string>> {
    const { cluster } = this.offer
    const { locality, network, node, labels } = this.endpoint
    this.#labels ??= completeLabels(labels, { cluster, locality, network, node })
    return this.#labels
  }
}

/** A group while it is being worked out. Priorities may have gaps. */
export interface Draft {
  priority: number
  readonly locality: Locality
  readonly cluster?: string
  weight: number
  readonly members: readonly Candidate[]
  why: string
}

export interface Dropped {
  readonly candidate: Candidate
  readonly why: string
}

/** How a rule splits candidates. Members of a draft stand in one locality. */
export interface Split {
  readonly drafts: Draft[]
  readonly dropped: readonly Dropped[]
  /** Whether the weights say how localities share, and must be kept when clusters share too. */
  readonly weightsAreShares?: boolean
}

export function totalWeight(members: readonly Candidate[]): number {
  let total = 0
  for (const member of members) total += member.weight
  return total
}
