import type { ClusterAffinity } from '../contract.js'
import { type ApportionmentRule, apportion, websterPrefersHigherNames } from './apportion.js'
import type { Division, DivisionInput, DivisionStrategy } from './division-strategy.js'
import { addUp } from './steady-change.js'

export interface StaticWeightsRule {
  readonly strategy: 'static-weights'
  /** The greatest weight of all entries that match counts. Absent: all weigh the same. */
  readonly weights?: readonly { readonly clusters: ClusterAffinity; readonly weight: number }[]
  readonly apportionment?: ApportionmentRule
  /** Spread constraints choose among the clusters first. Absent: they have no say, as with Karmada. */
  readonly heedsSpread?: boolean
  /** Ties go to clusters that had more before. Absent: by name, as with Karmada. */
  readonly keepsFirst?: boolean
}

/** Karmada's static weights: clusters without a weight get nothing, unless none has any: then all weigh the same. */
function divide(input: DivisionInput, rule: StaticWeightsRule): Division {
  const weights = rule.weights
  let parties = input.clusters.map(({ name, previous }) => {
    let votes = weights === undefined ? 1 : 0
    weights?.forEach((entry, index) => {
      if (entry.weight > votes && input.matches(name, index)) votes = entry.weight
    })
    return { name, votes, previous }
  })
  const weighed = parties.filter((party) => party.votes > 0)
  const reasons: string[] = []
  if (weighed.length === 0) {
    parties = parties.map((party) => ({ ...party, votes: 1 }))
    reasons.push('no cluster has a weight: all weigh the same')
  } else {
    const without = parties.length - weighed.length
    if (without > 0) reasons.push(`${without} of ${parties.length} clusters have no weight and get nothing`)
    parties = weighed
  }
  const given = apportion(input.replicas, parties, input.uid, rule.apportionment, rule.keepsFirst)
  reasons.push(`${input.replicas} replicas by weight ${nameTheRule(rule.apportionment, input.uid, rule.keepsFirst)}`)
  return { replicas: addUp(new Map(), given), unplaced: 0, reasons }
}

/** The rule and what decides its ties, in words. */
export function nameTheRule(rule: ApportionmentRule | undefined, uid: string, keepsFirst = false): string {
  if (rule === 'largest-remainder') return '(largest remainder; ties: more votes, more replicas before, lot by hash)'
  const before = keepsFirst ? 'more before, then ' : ''
  return `(Webster; ties: fewer replicas, then ${before}the ${websterPrefersHigherNames(uid) ? 'higher' : 'lower'} name)`
}

export const staticWeights: DivisionStrategy<StaticWeightsRule> = {
  name: 'static-weights',
  about: 'by fixed weights; divided anew each time, free room has no say',
  promises: { sum: true, withinFree: false, stable: true, stepwise: true, keepsRunning: false },
  heedsRoom: false,
  ignoresSpread: true,
  samples: [
    { strategy: 'static-weights' },
    { strategy: 'static-weights', keepsFirst: true },
    {
      strategy: 'static-weights',
      weights: [
        { clusters: { names: ['c0', 'c1'] }, weight: 3 },
        { clusters: { names: ['c2', 'c1'] }, weight: 5 },
      ],
    },
  ],
  divide,
}

/** The same with the rule of Karmada up to 1.15. One seat more may there take one from somebody else. */
export const legacyStaticWeights: DivisionStrategy<StaticWeightsRule> = {
  ...staticWeights,
  promises: { sum: true, withinFree: false, stable: false, stepwise: false, keepsRunning: false },
  samples: staticWeights.samples.map((rule) => ({ ...rule, apportionment: 'largest-remainder' as const })),
}
