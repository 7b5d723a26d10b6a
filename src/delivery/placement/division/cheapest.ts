import { compareText } from '../../../base/compare-text.js'
import type { Division, DivisionCluster, DivisionInput, DivisionStrategy } from './division-strategy.js'
import { drainFromLast, fillInOrder } from './fill-in-order.js'
import { addUp, steadyChange } from './steady-change.js'

export interface CheapestRule {
  readonly strategy: 'cheapest'
  /** Clusters beyond this price, or without one, get nothing. */
  readonly maxPrice?: number
  /** What runs is moved once that lowers the whole price by this part (0.2 is a fifth). Absent: what runs is not moved. */
  readonly moveForSaving?: number
}

/**
 * Cheapest clusters first, as full as they get: no division that fits costs less. What runs stays unless moving it saves enough;
 * growth goes to the cheapest room, shrinking takes from the dearest.
 */
function divide(input: DivisionInput, rule: CheapestRule): Division {
  const limit = rule.maxPrice
  const priceOf = (cluster: DivisionCluster) => cluster.price ?? Number.POSITIVE_INFINITY
  const open = input.clusters
    .filter((cluster) => limit === undefined || priceOf(cluster) <= limit)
    .sort((a, b) => compareNumbers(priceOf(a), priceOf(b)) || roomOf(b) - roomOf(a) || compareText(a.name, b.name))
  const reasons: string[] = []
  if (open.length < input.clusters.length)
    reasons.push(`${input.clusters.length - open.length} clusters cost more than ${limit}, or have no price`)
  if (open.length === 0 && input.clusters.length > 0) return { replicas: new Map(), unplaced: input.replicas, reasons }
  const fromNothing = () => place(open, { ...input, fresh: true })
  let result = input.fresh ? fromNothing() : place(open, input)
  if (!input.fresh && rule.moveForSaving !== undefined) {
    const anew = fromNothing()
    const now = costOf(open, result.replicas)
    const then = costOf(open, anew.replicas)
    if (anew.left === result.left && now > 0 && Number.isFinite(now) && (now - then) / now >= rule.moveForSaving) {
      if (then < now) reasons.push(`moving what runs lowers the price from ${rounded(now)} to ${rounded(then)}`)
      result = anew
    }
  }
  const cost = costOf(open, result.replicas)
  reasons.push(
    result.why,
    Number.isFinite(cost)
      ? `cheapest first: ${rounded(cost)} in all (ties: more room, then the lower name)`
      : 'cheapest first; a cluster in use has no price',
  )
  return { replicas: result.replicas, unplaced: result.left, reasons }
}

function place(
  open: readonly DivisionCluster[],
  input: DivisionInput,
): { replicas: Map<string, number>; left: number; why: string } {
  const change = steadyChange({ ...input, clusters: open })
  const vessels = open.map((cluster) => ({ name: cluster.name, has: cluster.previous, room: change.room(cluster) }))
  if (change.way === 'down') {
    let assigned = 0
    for (const { has } of vessels) assigned += has
    return { replicas: drainFromLast(vessels, assigned - input.replicas), left: 0, why: `the dearest of ${assigned} replicas go` }
  }
  const { given, left } = fillInOrder(vessels, change.target)
  return { replicas: addUp(change.kept, given), left, why: change.why }
}

function roomOf(cluster: DivisionCluster): number {
  return cluster.free ?? 0
}

function compareNumbers(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}

function costOf(clusters: readonly DivisionCluster[], replicas: ReadonlyMap<string, number>): number {
  let cost = 0
  for (const { name, price } of clusters) {
    const count = replicas.get(name) ?? 0
    if (count > 0) cost += count * (price ?? Number.POSITIVE_INFINITY)
  }
  return cost
}

function rounded(cost: number): string {
  return String(Math.round(cost * 10_000) / 10_000)
}

export const cheapest: DivisionStrategy<CheapestRule> = {
  name: 'cheapest',
  about: 'in the cheapest clusters that have room; what runs stays unless moving it saves enough',
  promises: { sum: true, withinFree: true, stable: true, stepwise: true, keepsRunning: true },
  heedsRoom: true,
  ignoresSpread: false,
  samples: [{ strategy: 'cheapest' }, { strategy: 'cheapest', maxPrice: 5 }],
  divide,
}
