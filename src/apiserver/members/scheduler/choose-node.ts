import type { Random } from '../../../base/random.js'
import { fromLabelSelector, type LabelSelector, type LabelSelectorSpec } from '../../../kube/object/selector.js'
import type { LogicalCluster } from '../../contract.js'
import type { ClassView } from './class-view.js'
import type { ClusterState, NodeUsage } from './cluster-state.js'
import { namedNodes } from './node-affinity.js'
import { rejectByUsage } from './node-fit.js'
import type { Nominations } from './nominations.js'
import { AffinityFilter, affinityScores } from './pod-affinity.js'
import type { PodClass, Spread } from './pod-class.js'
import type { Rejection } from './spec.js'
import { SpreadFilter, spreadScores } from './topology-spread.js'
import { VolumeFilter } from './volumes.js'

/** One pod's look at a cluster. */
export interface Cycle {
  readonly cluster: LogicalCluster
  readonly state: ClusterState
  readonly view: ClassView
  readonly nominations: Nominations
  readonly key: string
  readonly priority: number
}

export type Choice =
  | { readonly node: NodeUsage }
  /** `refusal`: why no node was even looked at. */
  | { readonly node: undefined; readonly rejections: ReadonlyMap<NodeUsage, Rejection>; readonly refusal?: string }

/** All filters for one pod, as the pods on the nodes are now. */
export class Filters {
  readonly refusal: string | undefined
  readonly #cycle: Cycle
  readonly #volumes: VolumeFilter | undefined
  readonly #spread: SpreadFilter | undefined
  readonly #affinity: AffinityFilter | undefined

  constructor(cycle: Cycle) {
    const { state, view, cluster } = cycle
    const podsClass = view.class
    this.#cycle = cycle
    this.#volumes = podsClass.claims.length > 0 ? new VolumeFilter(cluster, podsClass) : undefined
    this.#spread = podsClass.spread.some((spread) => spread.hard) ? new SpreadFilter(state, view) : undefined
    this.#affinity = concernsAffinity(state, podsClass)
      ? new AffinityFilter(state, podsClass, namespaceLabels(cluster))
      : undefined
    this.refusal = this.#volumes?.refusal
  }

  reject(usage: NodeUsage, index: number): Rejection | undefined {
    return this.#cycle.view.rejection(usage, index) ?? this.rejectByPods(usage)
  }

  /** What evictions could change, and what volumes say. Room is kept for pods that are to come to the node before this one. */
  rejectByPods(usage: NodeUsage): Rejection | undefined {
    const { nominations, key, priority, view } = this.#cycle
    return (
      nominations.withThem(usage, { key, priority }, () => rejectByUsage(usage, view.class)) ??
      this.#volumes?.reject(usage) ??
      this.#spread?.reject(usage) ??
      this.#affinity?.reject(usage)
    )
  }
}

function concernsAffinity(state: ClusterState, podsClass: PodClass): boolean {
  if (podsClass.requires.length > 0 || podsClass.avoids.length > 0) return true
  for (const present of state.byClass.keys()) if (present.avoids.length > 0) return true
  return false
}

export function namespaceLabels(cluster: LogicalCluster): (namespace: string) => Readonly<Record<string, string>> | undefined {
  return (namespace) => cluster.peek('namespaces', namespace)?.metadata.labels
}

/**
 * The node for a pod. In clusters of more than 100 nodes the search ends when enough fit, and the next one begins where
 * it ended, as in kube-scheduler.
 */
export function chooseNode(cycle: Cycle, random: Random): Choice {
  const { state } = cycle
  const { nodes } = state
  const filters = new Filters(cycle)
  const rejections = new Map<NodeUsage, Rejection>()
  if (filters.refusal !== undefined) return { node: undefined, rejections, refusal: filters.refusal }
  const named = namedNodes(state.nodes.length > 0 ? cycle.view.class.affinity : undefined)
  if (named !== undefined) return chooseNamed(cycle, filters, named, random)
  const enough = enoughNodes(nodes.length)
  const feasible: NodeUsage[] = []
  const indexes: number[] = []
  let looked = 0
  for (; looked < nodes.length && feasible.length < enough; looked++) {
    const index = (state.nextStart + looked) % nodes.length
    const usage = nodes[index] as NodeUsage
    const rejection = filters.reject(usage, index)
    if (rejection === undefined) {
      feasible.push(usage)
      indexes.push(index)
    } else rejections.set(usage, rejection)
  }
  if (nodes.length > 0) state.nextStart = (state.nextStart + looked) % nodes.length
  if (feasible.length === 0) return { node: undefined, rejections }
  return { node: feasible.length === 1 ? (feasible[0] as NodeUsage) : best(cycle, feasible, indexes, random) }
}

/** Pods that are meant for certain nodes by their names look at no other. */
function chooseNamed(cycle: Cycle, filters: Filters, named: ReadonlySet<string>, random: Random): Choice {
  const { nodes, usages } = cycle.state
  const rejections = new Map<NodeUsage, Rejection>()
  const feasible: NodeUsage[] = []
  const indexes: number[] = []
  for (const name of named) {
    const usage = usages.get(name)
    const index = usage === undefined ? -1 : nodes.indexOf(usage)
    if (usage === undefined || index < 0) continue
    const rejection = filters.reject(usage, index)
    if (rejection === undefined) {
      feasible.push(usage)
      indexes.push(index)
    } else rejections.set(usage, rejection)
  }
  if (feasible.length === 0) {
    for (const usage of nodes) if (!named.has(usage.name)) rejections.set(usage, notNamed)
    return { node: undefined, rejections }
  }
  return { node: feasible.length === 1 ? (feasible[0] as NodeUsage) : best(cycle, feasible, indexes, random) }
}

const notNamed: Rejection = {
  reasons: ["node(s) didn't satisfy plugin(s) [NodeAffinity]"],
  plugin: 'NodeAffinity',
  unresolvable: true,
}

/** Of how many fitting nodes the best is taken. */
export function enoughNodes(count: number): number {
  if (count < 100) return count
  const percentage = Math.max(5, 50 - Math.trunc(count / 125))
  return Math.max(100, Math.trunc((count * percentage) / 100))
}

const weights = { taints: 3, affinity: 2, spread: 2, pods: 2 } as const

function best(cycle: Cycle, feasible: readonly NodeUsage[], indexes: readonly number[], random: Random): NodeUsage {
  const { state, view, cluster } = cycle
  const podsClass = view.class
  const totals = feasible.map((usage) => leastAllocated(usage, podsClass) + balanced(usage, podsClass))
  const disliked = feasible.map((usage, index) => view.disliked(usage, indexes[index] as number))
  addShares(totals, disliked, weights.taints, true)
  if (podsClass.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.length) {
    const preferred = feasible.map((usage, index) => view.preferred(usage, indexes[index] as number))
    addShares(totals, preferred, weights.affinity, false)
  }
  const own = podsClass.spread.length > 0
  const soft = own ? podsClass.spread.filter((spread) => !spread.hard) : defaultSpread(cluster, podsClass)
  const spread = spreadScores(state, view, soft, own, feasible)
  const pods = wantsScores(state, podsClass) ? affinityScores(state, podsClass, feasible, namespaceLabels(cluster)) : undefined
  let ties: NodeUsage[] = []
  let most = Number.NEGATIVE_INFINITY
  for (let index = 0; index < totals.length; index++) {
    const total =
      (totals[index] as number) +
      (spread ? (spread[index] as number) * weights.spread : 0) +
      (pods ? (pods[index] as number) * weights.pods : 0)
    if (total > most) {
      most = total
      ties = []
    }
    if (total === most) ties.push(feasible[index] as NodeUsage)
  }
  return ties[ties.length === 1 ? 0 : Math.floor(random.number() * ties.length)] as NodeUsage
}

function wantsScores(state: ClusterState, podsClass: PodClass): boolean {
  if (podsClass.prefers.length > 0) return true
  for (const present of state.byClass.keys()) if (present.prefers.length > 0 || present.requires.length > 0) return true
  return false
}

/** Adds 0 to 100 for each, in proportion to the largest; turned around where less is better. */
function addShares(totals: number[], raw: readonly number[], weight: number, lessIsBetter: boolean): void {
  let most = 0
  for (const value of raw) if (value > most) most = value
  for (let index = 0; index < totals.length; index++) {
    const share = most === 0 ? 0 : Math.trunc((100 * (raw[index] as number)) / most)
    totals[index] = (totals[index] as number) + weight * (lessIsBetter ? 100 - share : share)
  }
}

function leastAllocated({ allocatable, weight }: NodeUsage, podsClass: PodClass): number {
  let sum = 0
  let parts = 0
  for (const name of ['cpu', 'memory'] as const) {
    const capacity = allocatable[name]
    if (capacity === 0) continue
    const requested = weight[name] + podsClass.weight[name]
    sum += requested > capacity ? 0 : Math.trunc(((capacity - requested) * 100) / capacity)
    parts++
  }
  return parts === 0 ? 0 : Math.trunc(sum / parts)
}

function balanced({ allocatable, used }: NodeUsage, { requests }: PodClass): number {
  const fractions: number[] = []
  for (const name of ['cpu', 'memory'] as const) {
    if (allocatable[name] > 0) fractions.push(Math.min(1, (used[name] + requests[name]) / allocatable[name]))
  }
  const deviation = fractions.length === 2 ? Math.abs(((fractions[0] as number) - (fractions[1] as number)) / 2) : 0
  return Math.trunc((1 - deviation) * 100)
}

const defaultKeys = [
  { topologyKey: 'kubernetes.io/hostname', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5 },
] as const

/** Pods of the same Service or workload are spread a little when they do not say how. */
function defaultSpread(cluster: LogicalCluster, podsClass: PodClass): readonly Spread[] {
  const selector = workloadSelector(cluster, podsClass)
  if (selector.length === 0) return []
  const key = JSON.stringify(selector)
  const known = defaults.get(podsClass)
  if (known?.key === key) return known.spread
  const spread = defaultKeys.map((each) => ({
    ...each,
    hard: false,
    selector,
    minDomains: 1,
    honorsAffinity: true,
    honorsTaints: false,
  }))
  defaults.set(podsClass, { key, spread })
  return spread
}

const defaults = new WeakMap<PodClass, { key: string; spread: readonly Spread[] }>()

const workloads: Readonly<Record<string, string | undefined>> = {
  ReplicaSet: 'replicasets.apps',
  StatefulSet: 'statefulsets.apps',
  ReplicationController: 'replicationcontrollers',
}

function workloadSelector(cluster: LogicalCluster, { namespace, labels, owner }: PodClass): LabelSelector {
  const wanted: Record<string, string> = {}
  for (const service of cluster.peekAll('services', namespace)) {
    const selector = (service['spec'] as { selector?: Record<string, string> } | undefined)?.selector
    if (!selector || Object.keys(selector).length === 0) continue
    if (Object.entries(selector).every(([key, value]) => labels[key] === value)) Object.assign(wanted, selector)
  }
  const services = fromLabelSelector({ matchLabels: wanted }, { validate: false })
  const resource = owner && workloads[owner.kind]
  const workload = resource === undefined ? undefined : cluster.peek(resource, `${namespace}/${owner?.name}`)
  if (workload === undefined) return services
  const selector = (workload['spec'] as { selector?: unknown } | undefined)?.selector
  const plain = owner?.kind === 'ReplicationController'
  const own = fromLabelSelector((plain ? { matchLabels: selector } : selector) as LabelSelectorSpec, { validate: false })
  return services === 'nothing' || own === 'nothing' ? services : [...services, ...own]
}
