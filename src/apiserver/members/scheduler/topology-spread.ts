import { matchesLabels } from '../../../kube/object/selector.js'
import type { ClassView, Domains } from './class-view.js'
import type { ClusterState, NodeUsage } from './cluster-state.js'
import type { Spread } from './pod-class.js'
import type { Rejection } from './spec.js'

const hostname = 'kubernetes.io/hostname'

interface Prepared {
  readonly spread: Spread
  readonly domains: Domains
  readonly counts: readonly number[]
  readonly least: number
  readonly self: number
}

/** Topology spread constraints that must hold (DoNotSchedule). */
export class SpreadFilter {
  readonly #prepared: readonly Prepared[]

  constructor(state: ClusterState, view: ClassView) {
    const hard = view.class.spread.filter((spread) => spread.hard)
    this.#prepared = hard.map((spread) => {
      const domains = view.domains(state, spread, hard)
      const counts = countDomains(state, view.class.namespace, spread, domains)
      const least = counts.length === 0 || domains.names.size < spread.minDomains ? 0 : Math.min(...bounded(counts))
      return { spread, domains, counts, least, self: matchesLabels(spread.selector, view.class.labels) ? 1 : 0 }
    })
  }

  reject({ node }: NodeUsage): Rejection | undefined {
    for (const { spread, domains, counts, least, self } of this.#prepared) {
      const value = node?.metadata.labels?.[spread.topologyKey]
      if (value === undefined) return missingLabel
      const domain = domains.names.get(value)
      const count = domain === undefined ? 0 : (counts[domain] as number)
      if (count + self - least > spread.maxSkew) return skewed
    }
    return undefined
  }
}

const skewed: Rejection = {
  reasons: ["node(s) didn't match pod topology spread constraints"],
  plugin: 'PodTopologySpread',
  unresolvable: false,
}
const missingLabel: Rejection = {
  reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"],
  plugin: 'PodTopologySpread',
  unresolvable: true,
}

/** The smallest alone, so that thousands of domains are not thousands of arguments. */
function bounded(counts: readonly number[]): number[] {
  let least = Number.POSITIVE_INFINITY
  for (const count of counts) if (count < least) least = count
  return [least]
}

function countDomains(state: ClusterState, namespace: string, spread: Spread, { slots, domains, names }: Domains): number[] {
  const counts = new Array<number>(names.size).fill(0)
  // A selector that selects everything counts nothing, as in kube-scheduler.
  if (spread.selector.length === 0) return counts
  const { bySlot } = state.count(namespace, spread.selector)
  for (let index = 0; index < slots.length; index++) {
    const count = bySlot[slots[index] as number]
    if (count) counts[domains[index] as number] = (counts[domains[index] as number] as number) + count
  }
  return counts
}

/**
 * How crowded each candidate is with the pod's like, for constraints that should hold: 0 to 100, more is better. Undefined
 * when nothing asks for it. `strict`: nodes must have the keys of all constraints (not so for the default ones).
 */
export function spreadScores(
  state: ClusterState,
  view: ClassView,
  soft: readonly Spread[],
  strict: boolean,
  candidates: readonly NodeUsage[],
): number[] | undefined {
  if (soft.length === 0) return undefined
  const ignored = candidates.map(({ node }) => {
    const labels = node?.metadata.labels ?? {}
    return strict && !soft.every(({ topologyKey }) => Object.hasOwn(labels, topologyKey))
  })
  const raw = new Array<number>(candidates.length).fill(0)
  for (const spread of soft) addScores(raw, ignored, state, view, { spread, strict: strict ? soft : [], candidates })
  let least = Number.POSITIVE_INFINITY
  let most = 0
  for (let index = 0; index < raw.length; index++) {
    if (ignored[index]) continue
    const score = (raw[index] = Math.round(raw[index] as number))
    if (score < least) least = score
    if (score > most) most = score
  }
  return raw.map((score, index) => (ignored[index] ? 0 : most === 0 ? 100 : Math.trunc((100 * (most + least - score)) / most)))
}

function addScores(
  raw: number[],
  ignored: readonly boolean[],
  state: ClusterState,
  view: ClassView,
  { spread, strict, candidates }: { spread: Spread; strict: readonly Spread[]; candidates: readonly NodeUsage[] },
): void {
  const perNode = spread.topologyKey === hostname
  const { bySlot } = state.count(view.class.namespace, spread.selector)
  const counted = spread.selector.length > 0
  const domains = perNode ? undefined : view.domains(state, spread, strict)
  const counts = domains && countDomains(state, view.class.namespace, spread, domains)
  const present = new Set<string>()
  let nodes = 0
  for (let index = 0; index < candidates.length; index++) {
    if (ignored[index]) continue
    nodes++
    if (!perNode) present.add(candidates[index]?.node?.metadata.labels?.[spread.topologyKey] ?? '')
  }
  const weight = Math.log((perNode ? nodes : present.size) + 2)
  for (let index = 0; index < candidates.length; index++) {
    const usage = candidates[index] as NodeUsage
    const value = usage.node?.metadata.labels?.[spread.topologyKey]
    if (ignored[index] || value === undefined) continue
    const domain = domains?.names.get(value)
    const count = perNode ? (counted ? (bySlot[usage.slot] ?? 0) : 0) : domain === undefined ? 0 : (counts?.[domain] ?? 0)
    raw[index] = (raw[index] as number) + count * weight + (spread.maxSkew - 1)
  }
}
