import type { AffinityGroup } from '../contract.js'
import { type ApportionmentRule, apportion } from './apportion.js'
import type { Division, DivisionCluster, DivisionInput, DivisionStrategy } from './division-strategy.js'
import { drainFromLast, fillInOrder } from './fill-in-order.js'
import { nameTheRule } from './static-weights.js'
import { addUp, steadyChange } from './steady-change.js'

export interface TiersRule {
  readonly strategy: 'tiers'
  /** In order: what the first has no room for goes to the second, and so on. A cluster is in the first tier that it matches. */
  readonly tiers: readonly AffinityGroup[]
  /** Within a tier: by free room (unless told), or one cluster after the other. */
  readonly within?: 'by-room' | 'in-order'
  readonly apportionment?: ApportionmentRule
  /** Nothing is given unless there is room for all. */
  readonly whole?: boolean
}

/** "A first, then B": growth fills the tiers in order, shrinking empties them from the last. What runs stays unless fresh. */
function divide(input: DivisionInput, rule: TiersRule): Division {
  const tiers: DivisionCluster[][] = rule.tiers.map(() => [])
  let outside = 0
  for (const cluster of input.clusters) {
    const index = rule.tiers.findIndex((_, at) => input.matches(cluster.name, at))
    if (index < 0) outside++
    else tiers[index]?.push(cluster)
  }
  const members = tiers.flat()
  const change = steadyChange({ ...input, clusters: members })
  const reasons = [change.why]
  if (outside > 0) reasons.push(`${outside} clusters are in no tier and get nothing`)
  if (change.way === 'same') return { replicas: addUp(change.kept, new Map()), unplaced: 0, reasons }
  if (change.way === 'down') return shrink(tiers, input, rule, reasons)
  const given = new Map<string, number>()
  let rest = change.target
  tiers.forEach((tier, index) => {
    if (rest <= 0 || tier.length === 0) return
    let room = 0
    for (const cluster of tier) room += change.room(cluster)
    const share = Math.min(rest, room)
    for (const [name, replicas] of fill(tier, share, change.room, input, rule)) given.set(name, replicas)
    rest -= share
    reasons.push(`tier ${rule.tiers[index]?.name} takes ${share} (room for ${room})${rest > 0 ? `, ${rest} overflow` : ''}`)
  })
  if (rest > 0) reasons.push(`no tier has room for ${rest}`)
  if (rest > 0 && rule.whole === true) {
    const problem = 'Clusters available replicas are not enough to schedule.'
    return { replicas: new Map(), unplaced: input.replicas, reasons, problem }
  }
  return { replicas: addUp(change.kept, given), unplaced: rest, reasons }
}

/** Never gives a cluster more than its room: what rounding would put on top goes to the next with most room left. */
function fill(
  tier: readonly DivisionCluster[],
  share: number,
  room: (cluster: DivisionCluster) => number,
  input: DivisionInput,
  rule: TiersRule,
): Map<string, number> {
  const vessels = tier.map((cluster) => ({ name: cluster.name, has: cluster.previous, room: room(cluster) }))
  if (rule.within === 'in-order') return fillInOrder(vessels, share).given
  const parties = vessels.map(({ name, has, room: votes }) => ({ name, votes, previous: has }))
  const given = apportion(share, parties, input.uid, rule.apportionment)
  let excess = 0
  for (const vessel of vessels) {
    const over = (given.get(vessel.name) ?? 0) - vessel.room
    if (over <= 0) continue
    given.set(vessel.name, vessel.room)
    excess += over
  }
  if (excess === 0) return given
  const left = vessels
    .map((vessel) => ({ ...vessel, room: vessel.room - (given.get(vessel.name) ?? 0) }))
    .sort((a, b) => b.room - a.room)
  return addUp(given, fillInOrder(left, excess).given)
}

function shrink(tiers: readonly DivisionCluster[][], input: DivisionInput, rule: TiersRule, reasons: string[]): Division {
  const totals = tiers.map((tier, index) => ({
    name: String(index),
    has: tier.reduce((sum, cluster) => sum + cluster.previous, 0),
    room: 0,
  }))
  const assigned = totals.reduce((sum, { has }) => sum + has, 0)
  const kept = drainFromLast(totals, assigned - input.replicas)
  const replicas = new Map<string, number>()
  tiers.forEach((tier, index) => {
    const keeps = kept.get(String(index)) ?? 0
    const has = totals[index]?.has ?? 0
    if (keeps < has) reasons.push(`tier ${rule.tiers[index]?.name} goes from ${has} to ${keeps}`)
    if (keeps === 0) return
    const shares =
      keeps === has
        ? new Map(tier.map((cluster) => [cluster.name, cluster.previous]))
        : fill(tier, keeps, (cluster) => cluster.previous, input, rule)
    for (const [name, count] of shares) if (count > 0) replicas.set(name, count)
  })
  reasons.push(`within a tier ${nameTheRule(rule.apportionment, input.uid)}`)
  return { replicas, unplaced: 0, reasons }
}

export const tiers: DivisionStrategy<TiersRule> = {
  name: 'tiers',
  about: 'first the clusters of one tier, what does not fit goes to the next; what runs stays',
  promises: { sum: true, withinFree: true, stable: true, stepwise: false, keepsRunning: true },
  heedsRoom: true,
  ignoresSpread: false,
  samples: [
    {
      strategy: 'tiers',
      tiers: [
        { name: 'own', names: ['c0', 'c1'] },
        { name: 'rented', names: ['c2', 'c3', 'c4', 'c5', 'c6', 'c7'] },
      ],
    },
    { strategy: 'tiers', within: 'in-order', tiers: [{ name: 'first', names: ['c1', 'c2'] }, { name: 'rest' }] },
    { strategy: 'tiers', whole: true, tiers: [{ name: 'first', names: ['c0', 'c3'] }, { name: 'rest' }] },
  ],
  divide,
}
