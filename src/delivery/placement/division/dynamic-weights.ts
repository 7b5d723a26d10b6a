import { type ApportionmentRule, apportion } from './apportion.js'
import type { Division, DivisionCluster, DivisionInput, DivisionStrategy } from './division-strategy.js'
import { nameTheRule } from './static-weights.js'
import { addUp, steadyChange } from './steady-change.js'

export interface DynamicWeightsRule {
  readonly strategy: 'dynamic-weights'
  readonly apportionment?: ApportionmentRule
}

/** Room that can be divided; the order is that in which clusters are taken. */
export interface Room {
  readonly cluster: DivisionCluster
  readonly room: number
}

/**
 * Divides by free room, as Karmada does: growth by the room there is, added to what runs; shrinking by what runs. `choose` may
 * leave some of the room out, which is how aggregating differs.
 */
export function divideByRoom(
  input: DivisionInput,
  rule: ApportionmentRule | undefined,
  choose: (rooms: Room[], target: number) => Room[] = (rooms) => rooms,
): Division {
  const change = steadyChange(input)
  if (change.way === 'same') return { replicas: addUp(change.kept, new Map()), unplaced: 0, reasons: [change.why] }
  const rooms = input.clusters
    .map((cluster) => ({ cluster, room: change.room(cluster) }))
    // Sorting is stable: clusters with the same room stay in order of preference.
    .sort((a, b) => b.room - a.room)
  let available = 0
  for (const { room } of rooms) available += room
  if (available < change.target) {
    return {
      replicas: new Map(),
      unplaced: input.replicas,
      reasons: [change.why],
      problem: `Clusters available replicas ${available} are not enough to schedule.`,
    }
  }
  const chosen = choose(rooms, change.target)
  const parties = chosen.map(({ cluster, room }) => ({ name: cluster.name, votes: room, previous: cluster.previous }))
  const given = apportion(change.target, parties, input.uid, rule)
  const reasons = [
    change.why,
    `by ${change.way === 'down' ? 'what runs' : `room of ${available}`} ${nameTheRule(rule, input.uid)}`,
  ]
  if (chosen.length < rooms.length) reasons.push(`${chosen.length} of ${rooms.length} clusters are enough`)
  return { replicas: addUp(change.kept, given), unplaced: 0, reasons }
}

export const dynamicWeights: DivisionStrategy<DynamicWeightsRule> = {
  name: 'dynamic-weights',
  about: 'by free room; what runs stays',
  // Rounding may give a cluster one more than its room: Webster has no upper quota.
  promises: { sum: true, withinFree: false, stable: true, stepwise: false, keepsRunning: true },
  heedsRoom: true,
  ignoresSpread: false,
  samples: [{ strategy: 'dynamic-weights' }, { strategy: 'dynamic-weights', apportionment: 'largest-remainder' }],
  divide: (input, rule) => divideByRoom(input, rule.apportionment),
}
