import type { Amounts } from './pod-requests.js'

/** What a cluster says of all of its nodes together. */
export interface ClusterTotals {
  readonly allocatable: Amounts
  readonly allocated?: Amounts
  /** Of pods that wait for a node. */
  readonly allocating?: Amounts
}

/**
 * How many more replicas fit if all nodes were one, as Karmada's general estimator reckons: the least of what the free pods and
 * each requested resource allow. Where nodes are known, `freeReplicas` says what truly fits.
 */
export function freeByTotals({ allocatable, allocated, allocating }: ClusterTotals, requests: Amounts): number {
  const left = (name: string) => (allocatable.get(name) ?? 0) - (allocated?.get(name) ?? 0) - (allocating?.get(name) ?? 0)
  let count = left('pods')
  for (const [name, amount] of requests) {
    if (amount <= 0 || name === 'pods') continue
    count = Math.min(count, Math.floor(left(name) / amount))
  }
  return Math.max(0, count)
}
