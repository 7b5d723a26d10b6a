import type { ClusterState, NodeUsage, PlacedPod } from './cluster-state.js'
import { type AffinityTerm, type PodClass, termMatches } from './pod-class.js'
import type { Rejection } from './spec.js'

type LabelsOfNamespace = (namespace: string) => Readonly<Record<string, string>> | undefined

/** Sums by topology key and value. */
class Pairs {
  readonly #byKey = new Map<string, Map<string, number>>()

  get empty(): boolean {
    return this.#byKey.size === 0
  }

  add(key: string, usage: NodeUsage, amount: number): void {
    const value = usage.node?.metadata.labels?.[key]
    if (value === undefined) return
    let values = this.#byKey.get(key)
    if (values === undefined) this.#byKey.set(key, (values = new Map()))
    values.set(value, (values.get(value) ?? 0) + amount)
  }

  get(key: string, value: string): number {
    return this.#byKey.get(key)?.get(value) ?? 0
  }

  /** The sum over all keys that the node has. */
  sum({ node }: NodeUsage): number {
    let sum = 0
    for (const [key, values] of this.#byKey) {
      const value = node?.metadata.labels?.[key]
      if (value !== undefined) sum += values.get(value) ?? 0
    }
    return sum
  }
}

/** Required pod affinity and anti-affinity: the pod's own, and that of the pods which are there already against it. */
export class AffinityFilter {
  readonly #class: PodClass
  readonly #wanted = new Pairs()
  readonly #avoided = new Pairs()
  readonly #unwelcome = new Pairs()
  readonly #alone: boolean

  constructor(state: ClusterState, podsClass: PodClass, labelsOfNamespace: LabelsOfNamespace) {
    this.#class = podsClass
    const { requires, avoids } = podsClass
    for (const [present, pods] of state.byClass) {
      for (const term of present.avoids) {
        if (termMatches(term, podsClass, labelsOfNamespace)) addAll(this.#unwelcome, term, pods)
      }
      if (requires.length > 0 && requires.every((term) => termMatches(term, present, labelsOfNamespace))) {
        for (const term of requires) addAll(this.#wanted, term, pods)
      }
      for (const term of avoids) if (termMatches(term, present, labelsOfNamespace)) addAll(this.#avoided, term, pods)
    }
    // The first of a group that wants to be together may go anywhere.
    this.#alone = this.#wanted.empty && requires.every((term) => termMatches(term, podsClass, labelsOfNamespace))
  }

  reject(usage: NodeUsage): Rejection | undefined {
    const labels = usage.node?.metadata.labels ?? {}
    const { requires, avoids } = this.#class
    let met = true
    for (const { topologyKey } of requires) {
      const value = labels[topologyKey]
      if (value === undefined) return affinity
      if (this.#wanted.get(topologyKey, value) <= 0) met = false
    }
    if (!met && !this.#alone) return affinity
    for (const { topologyKey } of avoids) {
      const value = labels[topologyKey]
      if (value !== undefined && this.#avoided.get(topologyKey, value) > 0) return antiAffinity
    }
    return !this.#unwelcome.empty && this.#unwelcome.sum(usage) > 0 ? unwelcome : undefined
  }
}

const affinity: Rejection = {
  reasons: ["node(s) didn't match pod affinity rules"],
  plugin: 'InterPodAffinity',
  unresolvable: true,
}
const antiAffinity: Rejection = {
  reasons: ["node(s) didn't match pod anti-affinity rules"],
  plugin: 'InterPodAffinity',
  unresolvable: false,
}
const unwelcome: Rejection = {
  reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"],
  plugin: 'InterPodAffinity',
  unresolvable: false,
}

function addAll(pairs: Pairs, { topologyKey }: AffinityTerm, pods: Iterable<PlacedPod>, weight = 1): void {
  for (const { node } of pods) pairs.add(topologyKey, node, weight)
}

/** Weight of a required term of a pod that is there already, for pods that it wants near it. */
const requiredWeight = 1

/** What preferred terms, the pod's own and others', say of each candidate: 0 to 100. Undefined when they say nothing. */
export function affinityScores(
  state: ClusterState,
  podsClass: PodClass,
  candidates: readonly NodeUsage[],
  labelsOfNamespace: LabelsOfNamespace,
): number[] | undefined {
  const pairs = new Pairs()
  for (const [present, pods] of state.byClass) {
    for (const term of podsClass.prefers) {
      if (termMatches(term, present, labelsOfNamespace)) addAll(pairs, term, pods, term.weight)
    }
    for (const term of present.requires) {
      if (termMatches(term, podsClass, labelsOfNamespace)) addAll(pairs, term, pods, requiredWeight)
    }
    for (const term of present.prefers) {
      if (termMatches(term, podsClass, labelsOfNamespace)) addAll(pairs, term, pods, term.weight)
    }
  }
  if (pairs.empty) return undefined
  const sums = candidates.map((usage) => pairs.sum(usage))
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (const sum of sums) {
    if (sum < least) least = sum
    if (sum > most) most = sum
  }
  return sums.map((sum) => (most > least ? Math.trunc((100 * (sum - least)) / (most - least)) : 0))
}
