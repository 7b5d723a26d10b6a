import type { DivisionRule } from '../../delivery/placement/division/division-rules.js'
import type { DivisionName, ReplicaDivision } from './placement-kind.js'
import { readSelection } from './read-selection.js'

/** The strategy that a division means, said or not. */
export function strategyOf(division: ReplicaDivision = {}): DivisionName {
  if (division.strategy !== undefined) return division.strategy
  if (division.weights !== undefined) return 'Weighted'
  if (division.tiers !== undefined) return 'Tiers'
  return division.limits === undefined ? 'Duplicated' : 'MinMax'
}

/** `spec.replicas` as a rule of the engine. */
export function readDivision(division: ReplicaDivision = {}): DivisionRule {
  const strategy = strategyOf(division)
  switch (strategy) {
    case 'Duplicated':
      return { strategy: 'duplicated' }
    case 'Even':
      return { strategy: 'static-weights', heedsSpread: true, keepsFirst: true }
    case 'Weighted':
      return {
        strategy: 'static-weights',
        keepsFirst: true,
        heedsSpread: true,
        weights: (division.weights ?? []).map(({ weight, ...clusters }) => ({ clusters: readSelection(clusters), weight })),
      }
    case 'ByRoom':
      return { strategy: 'dynamic-weights' }
    case 'Fewest':
      return { strategy: 'aggregated' }
    case 'Cheapest':
      return {
        strategy: 'cheapest',
        ...(division.maxPrice === undefined ? {} : { maxPrice: division.maxPrice }),
        ...(division.moveForSavingPercent === undefined ? {} : { moveForSaving: division.moveForSavingPercent / 100 }),
      }
    case 'Tiers':
      return {
        strategy: 'tiers',
        tiers: (division.tiers ?? []).map(({ name, ...clusters }, index) => ({
          name: name ?? `tier ${index + 1}`,
          ...readSelection(clusters),
        })),
      }
    case 'MinMax':
      return {
        strategy: 'kubefed-planner',
        clusters: Object.fromEntries(
          (division.limits ?? []).map(({ cluster, min, max, weight }) => [
            cluster,
            {
              ...(min === undefined ? {} : { minReplicas: min }),
              ...(max === undefined ? {} : { maxReplicas: max }),
              weight: weight ?? 1,
            },
          ]),
        ),
        ...(division.rebalance === undefined ? {} : { rebalance: division.rebalance }),
      }
  }
}
