import { type LabelSelector, matchesLabels } from '../../../kube/object/selector.js'
import type { Node, Pod } from '../engine/objects.js'
import { classKey, type PodClass, podClass } from './pod-class.js'
import { add, nothing, podsAllowed, type Resources, resourcesOf } from './requests.js'
import { taintsOf } from './spec.js'

/** A pod on a node, or on its way there. */
export interface PlacedPod {
  readonly key: string
  readonly class: PodClass
  readonly node: NodeUsage
  /** Its newest state. */
  pod: Pod
  readonly priority: number
  readonly terminating: boolean
}

/** A node and what its pods use. Without `node` it is only named by pods. */
export interface NodeUsage {
  readonly name: string
  /** Its place in the arrays of counts. */
  readonly slot: number
  node: Node | undefined
  allocatable: Resources
  mostPods: number
  readonly pods: Map<string, PlacedPod>
  readonly used: Resources
  readonly weight: Resources
}

/** Pods on each node that a selector finds, kept up to date. */
export interface PodCount {
  readonly bySlot: number[]
}

interface Count extends PodCount {
  readonly namespace: string
  readonly selector: LabelSelector
  readonly matching: Map<PodClass, boolean>
}

const mostClasses = 2000
const mostCounts = 64

/** What the scheduler knows of one cluster: nodes, the pods on them, and what they use. Kept step by step by the feed. */
export class ClusterState {
  readonly usages = new Map<string, NodeUsage>()
  /** Nodes that are there, in the order in which they came. */
  nodes: NodeUsage[] = []
  readonly pods = new Map<string, PlacedPod>()
  readonly byClass = new Map<PodClass, Set<PlacedPod>>()
  /** Grows whenever a node comes, goes, or changes in what decides on pods. */
  version = 0
  /** Where the next search among many nodes begins. */
  nextStart = 0
  readonly #classes = new Map<string, PodClass>()
  readonly #counts = new Map<string, Count>()
  readonly #assumed = new Set<string>()
  readonly #freeSlots: number[] = []
  #slots = 0

  classOf(pod: Pod): PodClass {
    const key = classKey(pod)
    let found = this.#classes.get(key)
    if (found === undefined) {
      found = podClass(pod)
      if (this.#classes.size >= mostClasses) this.#classes.clear()
      this.#classes.set(key, found)
    }
    return found
  }

  /** True when the change may let pods in that found no room. */
  setNode(node: Node): boolean {
    const usage = this.#usage(node.metadata.name)
    const before = usage.node
    usage.node = node
    if (before !== undefined && !differs(before, node)) return false
    const amounts = (node.status as { allocatable?: Record<string, string>; capacity?: Record<string, string> }) ?? {}
    usage.allocatable = resourcesOf(amounts.allocatable ?? amounts.capacity)
    usage.mostPods = podsAllowed(amounts.allocatable ?? amounts.capacity)
    if (before === undefined) this.nodes = [...this.nodes, usage]
    this.version++
    return true
  }

  removeNode(name: string): void {
    const usage = this.usages.get(name)
    if (usage?.node === undefined) return
    usage.node = undefined
    this.nodes = this.nodes.filter((each) => each !== usage)
    this.version++
    this.#drop(usage)
  }

  /** Takes over the state of a pod that has a node. True when it may matter to others. */
  setPod(key: string, pod: Pod): boolean {
    this.#assumed.delete(key)
    const before = this.pods.get(key)
    const name = pod.spec.nodeName as string
    const terminating = pod.metadata.deletionTimestamp !== undefined
    if (before !== undefined && before.node.name === name && before.terminating === terminating && sameShape(before.pod, pod)) {
      before.pod = pod
      return false
    }
    if (before !== undefined) this.#remove(before)
    this.#add(key, pod, name, before !== undefined && sameShape(before.pod, pod) ? before.class : this.classOf(pod))
    return true
  }

  /** The pod is about to be bound: it counts before the feed tells of it. */
  assume(key: string, pod: Pod, name: string, podsClass: PodClass): void {
    const before = this.pods.get(key)
    if (before !== undefined) this.#remove(before)
    this.#add(key, pod, name, podsClass)
    this.#assumed.add(key)
  }

  /** It was not bound after all. */
  unassume(key: string): void {
    if (this.#assumed.has(key)) this.removePod(key)
  }

  isAssumed(key: string): boolean {
    return this.#assumed.has(key)
  }

  removePod(key: string): boolean {
    this.#assumed.delete(key)
    const before = this.pods.get(key)
    if (before === undefined) return false
    this.#remove(before)
    return true
  }

  /** To try what would be without a pod, and with it again. */
  takeOut(placed: PlacedPod): void {
    this.#remove(placed)
  }
  putBack(placed: PlacedPod): void {
    this.#insert(placed)
  }

  /** Pods of a namespace that are not going away and that the selector finds, by node. */
  count(namespace: string, selector: LabelSelector): PodCount {
    const key = `${namespace} ${JSON.stringify(selector)}`
    let found = this.#counts.get(key)
    if (found === undefined) {
      if (this.#counts.size >= mostCounts) this.#counts.clear()
      found = { namespace, selector, bySlot: new Array<number>(this.#slots).fill(0), matching: new Map() }
      this.#counts.set(key, found)
      for (const [podsClass, pods] of this.byClass) {
        if (!counts(found, podsClass)) continue
        for (const placed of pods) if (!placed.terminating) bump(found, placed.node.slot, 1)
      }
    }
    return found
  }

  #add(key: string, pod: Pod, name: string, podsClass: PodClass): void {
    this.#insert({
      key,
      class: podsClass,
      node: this.#usage(name),
      pod,
      priority: Number(pod.spec['priority'] ?? 0),
      terminating: pod.metadata.deletionTimestamp !== undefined,
    })
  }

  #insert(placed: PlacedPod): void {
    const { node, class: podsClass } = placed
    this.pods.set(placed.key, placed)
    node.pods.set(placed.key, placed)
    add(node.used, podsClass.requests)
    add(node.weight, podsClass.weight)
    let alike = this.byClass.get(podsClass)
    if (alike === undefined) this.byClass.set(podsClass, (alike = new Set()))
    alike.add(placed)
    this.#recount(placed, 1)
  }

  #remove(placed: PlacedPod): void {
    const { node, class: podsClass } = placed
    this.pods.delete(placed.key)
    node.pods.delete(placed.key)
    add(node.used, podsClass.requests, -1)
    add(node.weight, podsClass.weight, -1)
    const alike = this.byClass.get(podsClass)
    if (alike?.delete(placed) && alike.size === 0) this.byClass.delete(podsClass)
    this.#recount(placed, -1)
    this.#drop(node)
  }

  #recount(placed: PlacedPod, by: number): void {
    if (placed.terminating) return
    for (const count of this.#counts.values()) if (counts(count, placed.class)) bump(count, placed.node.slot, by)
  }

  #usage(name: string): NodeUsage {
    let usage = this.usages.get(name)
    if (usage === undefined) {
      const slot = this.#freeSlots.pop() ?? this.#slots++
      usage = {
        name,
        slot,
        node: undefined,
        allocatable: nothing(),
        mostPods: 0,
        pods: new Map(),
        used: nothing(),
        weight: nothing(),
      }
      this.usages.set(name, usage)
    }
    return usage
  }

  #drop(usage: NodeUsage): void {
    if (usage.node !== undefined || usage.pods.size > 0) return
    if (this.usages.delete(usage.name)) this.#freeSlots.push(usage.slot)
  }
}

function counts(count: Count, podsClass: PodClass): boolean {
  if (count.namespace !== podsClass.namespace) return false
  let matches = count.matching.get(podsClass)
  if (matches === undefined) {
    matches = matchesLabels(count.selector, podsClass.labels)
    if (count.matching.size >= mostClasses) count.matching.clear()
    count.matching.set(podsClass, matches)
  }
  return matches
}

function bump(count: PodCount, slot: number, by: number): void {
  count.bySlot[slot] = (count.bySlot[slot] ?? 0) + by
}

/** Status and most of metadata may differ: only labels decide, and requests, which may be resized. */
function sameShape(a: Pod, b: Pod): boolean {
  return (
    a.metadata.uid === b.metadata.uid &&
    same(a.metadata.labels, b.metadata.labels) &&
    same(a.spec.containers, b.spec.containers) &&
    same(a.spec.tolerations, b.spec.tolerations)
  )
}

function differs(a: Node, b: Node): boolean {
  return !(
    same(a.metadata.labels, b.metadata.labels) &&
    (a.spec?.unschedulable ?? false) === (b.spec?.unschedulable ?? false) &&
    same(taintsOf(a), taintsOf(b)) &&
    same((a.status as { allocatable?: unknown })?.allocatable, (b.status as { allocatable?: unknown })?.allocatable)
  )
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}
