import { compareText } from '../../../base/compare-text.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import type { PlacementPolicy, PolicyVerdict } from '../contract.js'
import { type Closeness, closenessInWords, closestOf } from '../match-resource.js'

export interface PolicyDecision {
  readonly winner?: PlacementPolicy
  /** One for each policy, in the order in which they rank. */
  readonly verdicts: readonly PolicyVerdict[]
  readonly reason: string
}

interface Ranked {
  readonly policy: PlacementPolicy
  readonly name: string
  readonly closeness: Closeness
}

export function policyName({ name, namespace }: { readonly name: string; readonly namespace?: string }): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`
}

/**
 * Which policy rules an object. A policy of the object's namespace before one of the fleet; then the higher priority; then the
 * closer selector (name, labels, all of the kind); then the lower name. A policy that holds the object keeps it as long as it
 * selects it: another takes it only if it preempts and has a higher priority (any policy of the namespace against one of the
 * fleet).
 */
export function decidePolicy(object: KubeObject, policies: readonly PlacementPolicy[], holder?: string): PolicyDecision {
  const ranked: Ranked[] = []
  const unmatched: PolicyVerdict[] = []
  for (const policy of policies) {
    const name = policyName(policy)
    if (isOfNamespace(policy) && policy.namespace !== object.metadata.namespace) {
      unmatched.push({ policy: name, verdict: 'no match', why: `rules the namespace ${policy.namespace} only` })
      continue
    }
    const closeness = closestOf(policy.selectors, object)
    if (closeness === 0) unmatched.push({ policy: name, verdict: 'no match', why: closenessInWords[0] })
    else ranked.push({ policy, name, closeness })
  }
  ranked.sort((a, b) => compareRanks(a, b).order)
  unmatched.sort((a, b) => compareText(a.policy, b.policy))
  const held = holder === undefined ? undefined : ranked.find(({ name }) => name === holder)
  const winner = held === undefined ? ranked[0] : (ranked.find((each) => takesFrom(each, held)) ?? held)
  if (winner === undefined) return { verdicts: unmatched, reason: 'no policy selects it' }
  const reason = reasonOf(winner, held, ranked.length)
  const verdicts = ranked.map((each): PolicyVerdict => {
    if (each === winner) return { policy: each.name, verdict: 'won', why: reason }
    return { policy: each.name, verdict: 'lost', why: whyLost(each, winner, held) }
  })
  return { winner: winner.policy, verdicts: [...verdicts, ...unmatched], reason }
}

function isOfNamespace({ namespace }: PlacementPolicy): boolean {
  return namespace !== undefined && namespace !== ''
}

/** Below zero when `a` comes first; `why` says what decided. */
function compareRanks(a: Ranked, b: Ranked): { order: number; why: string } {
  const scope = Number(isOfNamespace(b.policy)) - Number(isOfNamespace(a.policy))
  if (scope !== 0) return { order: scope, why: 'a policy of the namespace comes before one of the fleet' }
  const priority = (b.policy.priority ?? 0) - (a.policy.priority ?? 0)
  if (priority !== 0) return { order: priority, why: `priority ${priorityOf(a)} against ${priorityOf(b)}` }
  const closeness = b.closeness - a.closeness
  if (closeness !== 0)
    return { order: closeness, why: `the one ${closenessInWords[a.closeness]}, the other ${closenessInWords[b.closeness]}` }
  return { order: compareText(a.policy.name, b.policy.name), why: 'all else equal, the lower name comes first' }
}

function priorityOf({ policy }: Ranked): number {
  return policy.priority ?? 0
}

function takesFrom(candidate: Ranked, held: Ranked): boolean {
  if (candidate === held || candidate.policy.preempts !== true) return false
  if (isOfNamespace(candidate.policy) !== isOfNamespace(held.policy)) return isOfNamespace(candidate.policy)
  return priorityOf(candidate) > priorityOf(held)
}

function reasonOf(winner: Ranked, held: Ranked | undefined, matching: number): string {
  const how = `${closenessInWords[winner.closeness]}, priority ${priorityOf(winner)}`
  if (held === winner) return `holds it already; ${how}`
  if (held !== undefined) return `preempts ${held.name}; ${how}`
  return matching === 1 ? `the only policy that does: ${how}` : `ranks first of ${matching}: ${how}`
}

function whyLost(loser: Ranked, winner: Ranked, held: Ranked | undefined): string {
  const { order, why } = compareRanks(winner, loser)
  if (order <= 0) return `${winner.name} ranks higher: ${why}`
  if (held === winner)
    return `${winner.name} holds it already${loser.policy.preempts === true ? ', and its priority is not lower' : ', and this one does not preempt'}`
  return `ranks higher than ${winner.name}, but does not preempt`
}
