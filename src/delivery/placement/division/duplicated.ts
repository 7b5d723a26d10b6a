import type { Division, DivisionInput, DivisionStrategy } from './division-strategy.js'

export interface DuplicatedRule {
  readonly strategy: 'duplicated'
}

function divide(input: DivisionInput): Division {
  return {
    replicas: new Map(input.replicas > 0 ? input.clusters.map((cluster) => [cluster.name, input.replicas]) : []),
    unplaced: 0,
    reasons: [`each cluster gets all ${input.replicas} replicas`],
  }
}

export const duplicated: DivisionStrategy<DuplicatedRule> = {
  name: 'duplicated',
  about: 'every cluster gets all replicas',
  promises: { sum: false, withinFree: false, stable: true, stepwise: false, keepsRunning: true },
  heedsRoom: false,
  ignoresSpread: false,
  samples: [{ strategy: 'duplicated' }],
  divide,
}
