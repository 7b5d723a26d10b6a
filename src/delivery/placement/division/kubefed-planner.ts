import { compareText } from '../../../base/compare-text.js'
import type { Division, DivisionInput, DivisionStrategy } from './division-strategy.js'
import { fnv1 } from './fnv.js'

export interface KubefedClusterPreference {
  readonly minReplicas?: number
  readonly maxReplicas?: number
  readonly weight?: number
}

export interface KubefedPlannerRule {
  readonly strategy: 'kubefed-planner'
  /** By name of cluster; `*` for those not named. Absent is `{'*': {weight: 1}}`. */
  readonly clusters?: Readonly<Record<string, KubefedClusterPreference>>
  /** Whether replicas that run may be moved for the sake of the weights. */
  readonly rebalance?: boolean
}

interface Share {
  readonly name: string
  readonly hash: number
  readonly weight: number
  readonly min: number
  readonly max: number
  readonly capacity: number
  readonly running: number | undefined
  plan: number
  preallocated: number
}

/** `plan` is what can run, `overflow` what would run too if there were room: the object's replicas are their sum. */
export interface KubefedPlan {
  readonly plan: Map<string, number>
  readonly overflow: Map<string, number>
  readonly order: readonly string[]
  readonly remaining: number
}

/**
 * The planner of KubeFed's ReplicaSchedulingPreference, replica for replica: weights decide who profits from rounding up (each
 * share is rounded up, the heaviest first), among equal weights the FNV-1 hash of cluster and key does. A cluster with no
 * minimum and no weight stays at none, so that the sum may fall short; a minimum beyond a maximum is kept if nothing else is left.
 */
export function planKubefed(input: DivisionInput, rule: KubefedPlannerRule): KubefedPlan {
  const preferences = rule.clusters ?? { '*': { weight: 1 } }
  const plan = new Map<string, number>()
  const overflow = new Map<string, number>()
  const shares: Share[] = []
  for (const { name, bearable, running, previous } of input.clusters) {
    plan.set(name, 0)
    const preference = own(preferences, name) ?? own(preferences, '*')
    if (preference === undefined) continue
    const has = running ?? previous
    shares.push({
      name,
      hash: fnv1(name + input.key),
      weight: preference.weight ?? 0,
      min: preference.minReplicas ?? 0,
      max: preference.maxReplicas ?? Number.POSITIVE_INFINITY,
      capacity: bearable ?? Number.POSITIVE_INFINITY,
      running: has > 0 ? has : undefined,
      plan: 0,
      preallocated: 0,
    })
  }
  shares.sort((a, b) => b.weight - a.weight || a.hash - b.hash || compareText(a.name, b.name))
  let remaining = input.replicas
  for (const share of shares) {
    share.plan = Math.min(share.min, remaining, share.capacity)
    remaining -= share.plan
  }
  if (rule.rebalance !== true) {
    for (const share of shares) {
      if (share.running === undefined || share.running <= share.plan) continue
      const target = Math.min(share.running, share.max, share.capacity)
      const extra = Math.max(0, Math.min(target - share.plan, remaining))
      remaining -= extra
      share.preallocated = extra
      share.plan += extra
    }
  }
  let open = shares
  for (let modified = true; modified && remaining > 0; ) {
    modified = false
    let weightSum = 0
    for (const share of open) weightSum += share.weight
    if (weightSum <= 0) break
    const next: Share[] = []
    const distributed = remaining
    for (const share of open) {
      let extra = Math.min(shareRoundedUp(distributed, share.weight, weightSum), remaining)
      const used = Math.min(extra, share.preallocated)
      share.preallocated -= used
      extra -= used
      if (used > 0) modified = true
      let total = share.plan + extra
      let full = false
      if (total > share.max) {
        total = share.max
        full = true
      }
      if (total > share.capacity) {
        overflow.set(share.name, total - share.capacity)
        total = share.capacity
        full = true
      }
      if (!full) next.push(share)
      remaining -= total - share.plan
      if (total > share.plan) modified = true
      share.plan = total
    }
    open = next
  }
  for (const share of shares) plan.set(share.name, share.plan)
  if (rule.rebalance !== true) {
    for (const [name, value] of overflow) {
      const kept = Math.min(value, remaining)
      if (kept > 0) overflow.set(name, kept)
      else overflow.delete(name)
    }
  }
  return { plan, overflow, order: shares.map((share) => share.name), remaining }
}

/** ceil(distributed * weight / sum) in whole numbers, beyond 2^53 too. */
function shareRoundedUp(distributed: number, weight: number, sum: number): number {
  const dividend = distributed * weight + sum - 1
  if (Math.abs(dividend) < Number.MAX_SAFE_INTEGER) return Math.trunc(dividend / sum)
  return Number((BigInt(distributed) * BigInt(weight) + BigInt(sum) - 1n) / BigInt(sum))
}

function own(
  preferences: Readonly<Record<string, KubefedClusterPreference>>,
  name: string,
): KubefedClusterPreference | undefined {
  return Object.hasOwn(preferences, name) ? preferences[name] : undefined
}

function divide(input: DivisionInput, rule: KubefedPlannerRule): Division {
  const { plan, overflow, order, remaining } = planKubefed(input, rule)
  const replicas = new Map<string, number>()
  for (const [name, planned] of plan) replicas.set(name, planned + (overflow.get(name) ?? 0))
  const reasons = [
    `KubeFed's planner: minimums first, then by weight rounded up, in the order ${order.slice(0, 10).join(', ')}${order.length > 10 ? ', ...' : ''} (weight, then hash of cluster and ${input.key})`,
  ]
  if (rule.rebalance !== true && input.clusters.some((each) => (each.running ?? each.previous) > 0))
    reasons.push('what runs stays, as rebalance is off')
  for (const [name, value] of overflow) reasons.push(`${name} is asked for ${value} more than it has shown to bear`)
  const without = input.clusters.filter((each) => !order.includes(each.name)).map((each) => each.name)
  if (without.length > 0) reasons.push(`no preference names ${without.slice(0, 10).join(', ')}: no replicas there`)
  if (remaining > 0) reasons.push(`${remaining} found no cluster with a weight and room below its maximum`)
  return { replicas, unplaced: Math.max(0, remaining), reasons }
}

export const kubefedPlanner: DivisionStrategy<KubefedPlannerRule> = {
  name: 'kubefed-planner',
  about: "KubeFed's ReplicaSchedulingPreference, replica for replica",
  // Overflow is asked for on top, and a minimum or an unbearable load breaks any sum.
  promises: { sum: false, withinFree: false, stable: false, stepwise: false, keepsRunning: false },
  heedsRoom: false,
  heedsRunning: true,
  ignoresSpread: false,
  samples: [
    { strategy: 'kubefed-planner' },
    {
      strategy: 'kubefed-planner',
      rebalance: true,
      clusters: { c0: { weight: 3, maxReplicas: 4 }, '*': { weight: 1, minReplicas: 1 } },
    },
  ],
  divide,
}
