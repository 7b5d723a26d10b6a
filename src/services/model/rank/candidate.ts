import type { Endpoint, Locality, Offer, RankedPort } from '../service-model.js'

/** An endpoint that the consumer may use. */
export interface Candidate {
  readonly offer: Offer
  readonly endpoint: Endpoint
  /** At least 1. */
  readonly weight: number
  readonly ports: readonly RankedPort[]
  /** The endpoint's labels with what its place says, as Istio completes them. */
  readonly labels: Readonly<Record<string, string>>
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
