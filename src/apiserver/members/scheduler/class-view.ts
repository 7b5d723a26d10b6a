import type { ClusterState, NodeUsage } from './cluster-state.js'
import { matchesRequired, preferenceOf } from './node-affinity.js'
import { rejectByNode } from './node-fit.js'
import type { PodClass, Spread } from './pod-class.js'
import { type Rejection, taintsOf } from './spec.js'
import { countDisliked, untoleratedTaint } from './tolerations.js'

/** The domains of a topology among the nodes that count for a spread constraint. */
export interface Domains {
  /** Slots of the nodes that count, and the domain of each. */
  readonly slots: readonly number[]
  readonly domains: readonly number[]
  readonly names: ReadonlyMap<string, number>
}

const mostViews = 64
const unknown = 0

/**
 * What a class of pods sees in each node apart from the pods there: worked out once for all pods of the class, as long as
 * no node changes.
 */
export class ClassView {
  readonly class: PodClass
  readonly #rejections: (Rejection | undefined | typeof unknown)[]
  readonly #disliked: number[]
  readonly #preferred: number[]
  readonly #domains = new Map<Spread, Domains>()

  constructor(podsClass: PodClass, nodes: number) {
    this.class = podsClass
    this.#rejections = new Array(nodes).fill(unknown)
    this.#disliked = new Array<number>(nodes).fill(-1)
    this.#preferred = new Array<number>(nodes).fill(-1)
  }

  rejection(usage: NodeUsage, index: number): Rejection | undefined {
    const known = this.#rejections[index]
    if (known !== unknown) return known
    const found = usage.node === undefined ? undefined : rejectByNode(usage.node, this.class)
    this.#rejections[index] = found
    return found
  }

  /** How many of the node's taints would rather have the pods elsewhere. */
  disliked(usage: NodeUsage, index: number): number {
    let known = this.#disliked[index] as number
    if (known < 0) {
      known = usage.node?.spec?.taints?.length ? countDisliked(usage.node.spec.taints, this.class.tolerations) : 0
      this.#disliked[index] = known
    }
    return known
  }

  preferred(usage: NodeUsage, index: number): number {
    let known = this.#preferred[index] as number
    if (known < 0) {
      known = usage.node === undefined ? 0 : preferenceOf(usage.node, this.class.affinity)
      this.#preferred[index] = known
    }
    return known
  }

  /** `all`: a node counts only when it has the keys of all these constraints. */
  domains(state: ClusterState, spread: Spread, all: readonly Spread[]): Domains {
    let known = this.#domains.get(spread)
    if (known === undefined) this.#domains.set(spread, (known = findDomains(state, this.class, spread, all)))
    return known
  }
}

function findDomains(state: ClusterState, podsClass: PodClass, spread: Spread, all: readonly Spread[]): Domains {
  const slots: number[] = []
  const domains: number[] = []
  const names = new Map<string, number>()
  for (const { node, slot } of state.nodes) {
    if (node === undefined) continue
    const labels = node.metadata.labels ?? {}
    if (!all.every(({ topologyKey }) => Object.hasOwn(labels, topologyKey))) continue
    if (!Object.hasOwn(labels, spread.topologyKey)) continue
    if (spread.honorsAffinity && !matchesRequired(node, podsClass)) continue
    if (spread.honorsTaints && untoleratedTaint(taintsOf(node), podsClass.tolerations) !== undefined) continue
    const name = labels[spread.topologyKey] as string
    let domain = names.get(name)
    if (domain === undefined) names.set(name, (domain = names.size))
    slots.push(slot)
    domains.push(domain)
  }
  return { slots, domains, names }
}

/** The views of one cluster, the newest few. */
export class ClassViews {
  readonly #views = new Map<PodClass, ClassView>()
  #version = -1

  of(state: ClusterState, podsClass: PodClass): ClassView {
    if (this.#version !== state.version) {
      this.#views.clear()
      this.#version = state.version
    }
    let view = this.#views.get(podsClass)
    if (view === undefined) {
      if (this.#views.size >= mostViews) this.#views.clear()
      this.#views.set(podsClass, (view = new ClassView(podsClass, state.nodes.length)))
    }
    return view
  }
}
