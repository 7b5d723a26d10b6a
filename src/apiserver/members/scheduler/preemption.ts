import type { Random } from '../../../base/random.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { fromLabelSelector, type LabelSelectorSpec, matchesLabels } from '../../../kube/object/selector.js'
import type { Pod } from '../engine/objects.js'
import { type Cycle, Filters } from './choose-node.js'
import type { NodeUsage, PlacedPod } from './cluster-state.js'
import { misfitMessage } from './fit-message.js'
import type { Rejection } from './spec.js'

export interface Victims {
  readonly node: NodeUsage
  /** The most important first. */
  readonly pods: readonly PlacedPod[]
  /** How many of them a PodDisruptionBudget would keep. */
  readonly violations: number
}

export interface PreemptionInput {
  readonly cycle: Cycle
  readonly pod: Pod
  readonly rejections: ReadonlyMap<NodeUsage, Rejection>
  readonly random: Random
}

/** Whom to evict, so that the pod finds room; or, in kube-scheduler's words, why that does not help. */
export function findVictims(input: PreemptionInput): Victims | string {
  const { cycle, rejections } = input
  const { state } = cycle
  const total = state.nodes.length
  const refusal = ineligible(input)
  if (refusal !== undefined) return refusal
  const promising = state.nodes.filter((usage) => rejections.get(usage)?.unresolvable === false)
  const outcomes = new Map<NodeUsage, Rejection>()
  const candidates: Victims[] = []
  const budgets = budgetsOf(cycle)
  const start = promising.length > 1 ? Math.floor(input.random.number() * promising.length) : 0
  const enough = Math.min(promising.length, Math.max(100, Math.trunc(promising.length / 10)))
  for (let looked = 0; looked < promising.length && candidates.length < enough; looked++) {
    const node = promising[(start + looked) % promising.length] as NodeUsage
    const found = victimsOn(cycle, node, budgets)
    if ('pods' in found) candidates.push(found)
    else outcomes.set(node, found)
  }
  const best = pickOne(candidates)
  if (best !== undefined) return best
  const unhelpful: Rejection = { reasons: ['Preemption is not helpful for scheduling'], plugin: 'NoNodes', unresolvable: true }
  const all = state.nodes.map((usage) => outcomes.get(usage) ?? unhelpful)
  return misfitMessage({ nodes: total, rejections: all })
}

function ineligible({ cycle, pod, rejections }: PreemptionInput): string | undefined {
  if (pod.spec['preemptionPolicy'] === 'Never') return 'not eligible due to preemptionPolicy=Never.'
  const nominated = cycle.state.usages.get((pod.status?.['nominatedNodeName'] as string | undefined) ?? '')
  if (nominated === undefined || rejections.get(nominated)?.unresolvable === true) return undefined
  for (const placed of nominated.pods.values()) {
    if (placed.priority < cycle.priority && placed.terminating && isPreempted(placed.pod)) {
      return 'not eligible due to a terminating pod on the nominated node.'
    }
  }
  return undefined
}

function isPreempted(pod: Pod): boolean {
  const condition = pod.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
  return condition?.status === 'True' && condition.reason === 'PreemptionByScheduler'
}

/** The fewest and least important pods of a node that must go; budgets are kept where they can be. */
function victimsOn(cycle: Cycle, node: NodeUsage, budgets: readonly Budget[]): Victims | Rejection {
  const { state, priority } = cycle
  const lower = [...node.pods.values()].filter((placed) => placed.priority < priority)
  if (lower.length === 0) return noVictims
  for (const placed of lower) state.takeOut(placed)
  const out = new Set(lower)
  try {
    const rejection = rejectNow(cycle, node)
    if (rejection !== undefined) return rejection
    lower.sort(moreImportant)
    const { violating, others } = byBudget(lower, budgets)
    const victims: PlacedPod[] = []
    let violations = 0
    for (const placed of [...violating, ...others]) {
      state.putBack(placed)
      out.delete(placed)
      if (rejectNow(cycle, node) === undefined) continue
      state.takeOut(placed)
      out.add(placed)
      victims.push(placed)
      if (violating.includes(placed)) violations++
    }
    return { node, pods: victims.sort(moreImportant), violations }
  } finally {
    for (const placed of out) state.putBack(placed)
  }
}

const noVictims: Rejection = {
  reasons: ['No preemption victims found for incoming pod'],
  plugin: 'NoNodes',
  unresolvable: true,
}

function rejectNow(cycle: Cycle, node: NodeUsage): Rejection | undefined {
  return new Filters(cycle).rejectByPods(node)
}

function moreImportant(a: PlacedPod, b: PlacedPod): number {
  return b.priority - a.priority || startOf(a) - startOf(b)
}

function startOf({ pod }: PlacedPod): number {
  return Date.parse(pod.status?.startTime ?? '') || Number.MAX_SAFE_INTEGER
}

interface Budget {
  readonly namespace: string
  readonly covers: (pod: Pod) => boolean
  readonly disrupted: Readonly<Record<string, unknown>>
  readonly allowed: number
}

function budgetsOf({ cluster }: Cycle): Budget[] {
  return [...cluster.peekAll('poddisruptionbudgets.policy')].map((budget: KubeObject) => {
    const spec = budget['spec'] as { selector?: LabelSelectorSpec } | undefined
    const status = budget['status'] as { disruptionsAllowed?: number; disruptedPods?: Record<string, unknown> } | undefined
    const selector = fromLabelSelector(spec?.selector, { validate: false })
    return {
      namespace: budget.metadata.namespace ?? '',
      covers: (pod) => selector.length > 0 && matchesLabels(selector, pod.metadata.labels),
      disrupted: status?.disruptedPods ?? {},
      allowed: status?.disruptionsAllowed ?? 0,
    }
  })
}

/** Which evictions would go beyond a budget, taking them in this order. */
function byBudget(pods: readonly PlacedPod[], budgets: readonly Budget[]): { violating: PlacedPod[]; others: PlacedPod[] } {
  const left = budgets.map(({ allowed }) => allowed)
  const violating: PlacedPod[] = []
  const others: PlacedPod[] = []
  for (const placed of pods) {
    let violates = false
    for (const [index, budget] of budgets.entries()) {
      if (Object.keys(placed.class.labels).length === 0) break
      if (budget.namespace !== placed.class.namespace || !budget.covers(placed.pod)) continue
      if (Object.hasOwn(budget.disrupted, placed.pod.metadata.name)) continue
      left[index] = (left[index] as number) - 1
      if ((left[index] as number) < 0) violates = true
    }
    ;(violates ? violating : others).push(placed)
  }
  return { violating, others }
}

/** Fewest broken budgets, then least important pods, then fewest, then those that have run the shortest. */
function pickOne(candidates: readonly Victims[]): Victims | undefined {
  const scores: ((victims: Victims) => number)[] = [
    ({ violations }) => -violations,
    ({ pods }) => -(pods[0]?.priority ?? Number.NEGATIVE_INFINITY),
    ({ pods }) => -pods.reduce((sum, { priority }) => sum + priority + 2_147_483_648, 0),
    ({ pods }) => -pods.length,
    ({ pods }) => earliestOfMostImportant(pods),
  ]
  let left = [...candidates]
  for (const score of scores) {
    const values = left.map(score)
    let most = Number.NEGATIVE_INFINITY
    for (const value of values) if (value > most) most = value
    left = left.filter((_, index) => values[index] === most)
    if (left.length <= 1) break
  }
  return left[0]
}

function earliestOfMostImportant(pods: readonly PlacedPod[]): number {
  let earliest = Number.MAX_SAFE_INTEGER
  for (const placed of pods) if (placed.priority === pods[0]?.priority) earliest = Math.min(earliest, startOf(placed))
  return earliest
}
