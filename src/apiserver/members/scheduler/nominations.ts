import type { NodeUsage } from './cluster-state.js'
import type { PodClass } from './pod-class.js'
import { add } from './requests.js'

interface Nominated {
  readonly key: string
  readonly node: string
  readonly class: PodClass
  readonly priority: number
}

/** Pods for which room is being made on a node: until they are there, less important pods must not take it. */
export class Nominations {
  readonly #byKey = new Map<string, Nominated>()
  readonly #byNode = new Map<string, Set<Nominated>>()

  set(nominated: Nominated): void {
    this.remove(nominated.key)
    this.#byKey.set(nominated.key, nominated)
    const there = this.#byNode.get(nominated.node)
    if (there === undefined) this.#byNode.set(nominated.node, new Set([nominated]))
    else there.add(nominated)
  }

  remove(key: string): void {
    const known = this.#byKey.get(key)
    if (known === undefined) return
    this.#byKey.delete(key)
    const there = this.#byNode.get(known.node)
    if (there?.delete(known) && there.size === 0) this.#byNode.delete(known.node)
  }

  on(node: string): Iterable<Nominated> {
    return this.#byNode.get(node) ?? []
  }

  /** Looks as if the nominated pods that are at least as important were on the node already. */
  withThem<T>(usage: NodeUsage, pod: { key: string; priority: number }, look: () => T): T {
    const there = this.#byNode.get(usage.name)
    if (there === undefined) return look()
    const counted = [...there].filter(({ key, priority }) => key !== pod.key && priority >= pod.priority)
    for (const each of counted) add(usage.used, each.class.requests)
    usage.mostPods -= counted.length
    try {
      return look()
    } finally {
      for (const each of counted) add(usage.used, each.class.requests, -1)
      usage.mostPods += counted.length
    }
  }
}
