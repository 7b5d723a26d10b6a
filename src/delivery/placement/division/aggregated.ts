import type { ApportionmentRule } from './apportion.js'
import type { DivisionStrategy } from './division-strategy.js'
import { divideByRoom, type Room } from './dynamic-weights.js'

export interface AggregatedRule {
  readonly strategy: 'aggregated'
  readonly apportionment?: ApportionmentRule
}

/** The shortest run of clusters that suffices: those in use first, then those with most room. */
function fewest(input: { readonly fresh: boolean; readonly shrinking: boolean }) {
  return (rooms: Room[], target: number): Room[] => {
    const inUse = ({ cluster }: Room) => !input.fresh && !input.shrinking && cluster.previous > 0
    const ordered = [...rooms.filter(inUse), ...rooms.filter((each) => !inUse(each))]
    let sum = 0
    for (const [index, { room }] of ordered.entries()) {
      sum += room
      if (sum >= target) return ordered.slice(0, index + 1)
    }
    return ordered
  }
}

export const aggregated: DivisionStrategy<AggregatedRule> = {
  name: 'aggregated',
  about: 'in as few clusters as have room; what runs stays',
  promises: { sum: true, withinFree: false, stable: true, stepwise: false, keepsRunning: true },
  heedsRoom: true,
  ignoresSpread: false,
  samples: [{ strategy: 'aggregated' }],
  divide: (input, rule) => {
    let assigned = 0
    for (const cluster of input.clusters) assigned += cluster.previous
    return divideByRoom(input, rule.apportionment, fewest({ fresh: input.fresh, shrinking: assigned > input.replicas }))
  },
}
