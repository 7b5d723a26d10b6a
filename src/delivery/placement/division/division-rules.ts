import type { ClusterAffinity } from '../contract.js'
import { type AggregatedRule, aggregated } from './aggregated.js'
import { type CheapestRule, cheapest } from './cheapest.js'
import type { Division, DivisionInput, DivisionStrategy, DivisionTraits } from './division-strategy.js'
import { type DuplicatedRule, duplicated } from './duplicated.js'
import { type DynamicWeightsRule, dynamicWeights } from './dynamic-weights.js'
import { type KubefedPlannerRule, kubefedPlanner } from './kubefed-planner.js'
import { legacyStaticWeights, type StaticWeightsRule, staticWeights } from './static-weights.js'
import { type TiersRule, tiers } from './tiers.js'

/** How replicas are divided: the name of a strategy with its settings. */
export type DivisionRule =
  | AggregatedRule
  | CheapestRule
  | DuplicatedRule
  | DynamicWeightsRule
  | KubefedPlannerRule
  | StaticWeightsRule
  | TiersRule

/** A strategy with the rule that it was made for. */
export interface BoundStrategy {
  readonly strategy: DivisionTraits
  readonly divide: (input: DivisionInput) => Division
  /** The affinities of the rule, in the order of `DivisionInput.matches`. */
  readonly affinities: readonly ClusterAffinity[]
  /** Whether clusters with no replicas get the object too, as with KubeFed. */
  readonly keepsEmpty: boolean
}

const bind = <Rule>(
  strategy: DivisionStrategy<Rule>,
  rule: Rule,
  affinities: readonly ClusterAffinity[] = [],
  keepsEmpty = false,
): BoundStrategy => ({ strategy, divide: (input) => strategy.divide(input, rule), affinities, keepsEmpty })

export function bindStrategy(rule: DivisionRule): BoundStrategy {
  switch (rule.strategy) {
    case 'aggregated':
      return bind(aggregated, rule)
    case 'cheapest':
      return bind(cheapest, rule)
    case 'duplicated':
      return bind(duplicated, rule)
    case 'dynamic-weights':
      return bind(dynamicWeights, rule)
    case 'kubefed-planner':
      return bind(kubefedPlanner, rule, [], true)
    case 'static-weights': {
      const affinities = (rule.weights ?? []).map((entry) => entry.clusters)
      const strategy = rule.apportionment === 'largest-remainder' ? legacyStaticWeights : staticWeights
      return bind(rule.heedsSpread === true ? { ...strategy, ignoresSpread: false } : strategy, rule, affinities)
    }
    case 'tiers':
      return bind(tiers, rule, rule.tiers)
  }
}

/** Every strategy, for the tests of their contract. */
export const divisionStrategies: readonly (DivisionTraits & { readonly samples: readonly DivisionRule[] })[] = [
  aggregated,
  cheapest,
  duplicated,
  dynamicWeights,
  kubefedPlanner,
  legacyStaticWeights,
  staticWeights,
  tiers,
]

/** Sample rules of every strategy, bound. */
export function sampleStrategies(): BoundStrategy[] {
  return divisionStrategies.flatMap((strategy) => strategy.samples.map(bindStrategy))
}
