import type { ClusterFacts } from '../../placement/contract.js'
import type { Eviction, Federated, MemberResult } from '../contract.js'

/** What moves away from clusters, of which one Federated is the object. */
export interface EvictionInput {
  readonly federated: Federated
  readonly clusters: readonly ClusterFacts[]
  /** Clusters that have it, or may have it, with what is known there. */
  readonly copies: ReadonlyMap<string, MemberResult | undefined>
  /** So many clusters are silent at once that the hub itself is taken to be cut off. */
  readonly blind: boolean
  readonly nowMs: number
}

export interface EvictionDecision {
  /** In force from now on: those on record that are not done, and new ones. */
  readonly evictions: readonly Eviction[]
  /** What would be moved and stays, and why: told to people. */
  readonly held?: readonly { readonly cluster: string; readonly why: string }[]
  /** When to decide again although nothing has changed (epoch ms). */
  readonly againAt?: number
}

/** Remembers since when what is wrong, and nothing of what is gone. */
export interface EvictionDecider {
  /** Asked in each pass, before the placement is decided. No I/O; `nowMs` is all that it knows of time. */
  decide(input: EvictionInput): EvictionDecision
  /** The Federated of this id is looked after no longer. One that comes under the same id is another one. */
  forget(id: string): void
}

/** Nothing is moved but what is on record already. */
export const keepEvictions: EvictionDecider = {
  decide: ({ federated }) => ({ evictions: federated.evictions ?? [] }),
  forget: () => {},
}
