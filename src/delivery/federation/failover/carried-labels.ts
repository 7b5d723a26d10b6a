import type { PlacementDecision } from '../../placement/contract.js'
import type { Eviction } from '../contract.js'

/**
 * The labels that the copy in a cluster has because of a move. As Karmada has it: of the last move alone, and only where the workload
 * goes from one cluster to one other.
 */
export function carriedLabels(
  { deliveries }: Pick<PlacementDecision, 'deliveries'>,
  evictions: readonly Eviction[],
): { readonly cluster: string; readonly labels: Readonly<Record<string, string>> } | undefined {
  const [delivery, ...others] = deliveries
  const { preserved, before } = evictions.at(-1) ?? {}
  if (delivery === undefined || others.length > 0 || preserved === undefined) return undefined
  return before?.includes(delivery.cluster) === true ? undefined : { cluster: delivery.cluster, labels: preserved }
}
