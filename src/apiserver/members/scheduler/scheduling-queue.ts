import type { Plugin } from './spec.js'

/** What may let in a pod that found no room. */
export type Cause = 'node' | 'pod-gone' | 'pod-placed' | 'storage' | 'namespace'

export interface Waiting {
  readonly key: string
  readonly priority: number
  /** Its place in the order of arrival. */
  readonly order: number
  attempts: number
  /** Who turned it away last. */
  failed: ReadonlySet<Plugin>
  /** It is not tried again before this time. */
  notBefore: number
  state: 'ready' | 'waiting' | 'unschedulable'
}

const firstBackoffMs = 1000
const mostBackoffMs = 10_000
/** Even when nothing seems to have changed, a pod is tried again after this time. */
const atLeastEveryMs = 300_000

const helpedBy: Readonly<Record<Plugin, readonly Cause[]>> = {
  NodeUnschedulable: ['node'],
  NodeName: ['node'],
  TaintToleration: ['node'],
  NodeAffinity: ['node'],
  NodePorts: ['node', 'pod-gone'],
  NodeResourcesFit: ['node', 'pod-gone'],
  Volumes: ['node', 'storage'],
  PodTopologySpread: ['node', 'pod-gone', 'pod-placed'],
  InterPodAffinity: ['node', 'pod-gone', 'pod-placed', 'namespace'],
  NoNodes: ['node'],
}

/**
 * The pods of one cluster that wait for a node: the important first, then the oldest. One that found none waits for a change
 * that may help it, and at least its backoff (a second, doubled with every attempt up to ten).
 */
export class SchedulingQueue {
  readonly #pods = new Map<string, Waiting>()
  /** A heap; entries that are no longer ready are skipped. */
  readonly #ready: Waiting[] = []
  readonly #causes = new Set<Cause>()
  /** Pods that have changed themselves. */
  readonly #changed = new Set<string>()
  /** When something is due by itself. */
  #nextLook = Number.POSITIVE_INFINITY
  #unschedulable = 0
  #order = 0

  get(key: string): Waiting | undefined {
    return this.#pods.get(key)
  }

  /** `fresh`: the pod itself has changed, which may help it. */
  add(key: string, priority: number, fresh = false): void {
    const known = this.#pods.get(key)
    if (known !== undefined && known.priority === priority) {
      if (fresh && known.state === 'unschedulable') this.#changed.add(key)
      return
    }
    if (known !== undefined) this.remove(key)
    const waiting: Waiting = {
      key,
      priority,
      order: this.#order++,
      attempts: 0,
      failed: new Set(),
      notBefore: 0,
      state: 'ready',
    }
    this.#pods.set(key, waiting)
    this.#push(waiting)
  }

  remove(key: string): void {
    const known = this.#pods.get(key)
    if (known === undefined) return
    this.#pods.delete(key)
    if (known.state === 'unschedulable') this.#unschedulable--
    known.state = 'waiting'
  }

  /** True when pods wait for something like it. */
  note(cause: Cause): boolean {
    if (this.#unschedulable === 0) return false
    this.#causes.add(cause)
    return true
  }

  /** The next pod to try. What is not bound afterwards comes back with `failed` or `retry`. */
  take(now: number): Waiting | undefined {
    this.#apply(now)
    for (;;) {
      const next = this.#pop()
      if (next === undefined) return undefined
      if (next.state !== 'ready' || this.#pods.get(next.key) !== next) continue
      next.state = 'waiting'
      next.attempts++
      return next
    }
  }

  failed(waiting: Waiting, plugins: ReadonlySet<Plugin>, now: number): void {
    if (this.#pods.get(waiting.key) !== waiting) return
    waiting.failed = plugins
    waiting.notBefore = now + Math.min(mostBackoffMs, firstBackoffMs * 2 ** Math.min(waiting.attempts - 1, 10))
    waiting.state = 'unschedulable'
    this.#unschedulable++
    this.#nextLook = Math.min(this.#nextLook, waiting.notBefore + atLeastEveryMs)
  }

  /** Something went wrong that has nothing to do with room. */
  retry(waiting: Waiting, now: number): void {
    this.failed(waiting, new Set(), now)
    if (waiting.state === 'unschedulable') this.#release(waiting, now)
  }

  /** Milliseconds until something is due by itself; 0: now, undefined: never. */
  dueIn(now: number): number | undefined {
    this.#apply(now)
    let due: number | undefined
    for (const waiting of this.#pods.values()) {
      if (waiting.state === 'ready') return 0
      if (waiting.notBefore === 0) continue
      const at = waiting.state === 'waiting' ? waiting.notBefore : waiting.notBefore + atLeastEveryMs
      if (due === undefined || at < due) due = at
    }
    return due === undefined ? undefined : Math.max(1, due - now)
  }

  #apply(now: number): void {
    const causes = [...this.#causes]
    this.#causes.clear()
    for (const key of this.#changed) {
      const waiting = this.#pods.get(key)
      if (waiting?.state === 'unschedulable') this.#release(waiting, now)
    }
    this.#changed.clear()
    if (this.#pods.size === 0) return
    if (causes.length === 0 && this.#nextLook > now) return
    this.#nextLook = Number.POSITIVE_INFINITY
    for (const waiting of this.#pods.values()) {
      if (waiting.state === 'unschedulable') {
        const helped = [...waiting.failed].some((plugin) => helpedBy[plugin].some((cause) => causes.includes(cause)))
        if (helped || waiting.notBefore + atLeastEveryMs <= now) this.#release(waiting, now)
        else this.#nextLook = Math.min(this.#nextLook, waiting.notBefore + atLeastEveryMs)
      } else if (waiting.state === 'waiting' && waiting.notBefore > 0) {
        if (waiting.notBefore <= now) this.#makeReady(waiting)
        else this.#nextLook = Math.min(this.#nextLook, waiting.notBefore)
      }
    }
  }

  #release(waiting: Waiting, now: number): void {
    this.#unschedulable--
    if (waiting.notBefore <= now) this.#makeReady(waiting)
    else {
      waiting.state = 'waiting'
      this.#nextLook = Math.min(this.#nextLook, waiting.notBefore)
    }
  }

  #makeReady(waiting: Waiting): void {
    waiting.state = 'ready'
    waiting.notBefore = 0
    this.#push(waiting)
  }

  #push(waiting: Waiting): void {
    const heap = this.#ready
    let index = heap.length
    heap.push(waiting)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!before(waiting, heap[parent] as Waiting)) break
      heap[index] = heap[parent] as Waiting
      index = parent
    }
    heap[index] = waiting
  }

  #pop(): Waiting | undefined {
    const heap = this.#ready
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Waiting, heap[child] as Waiting)) child++
      if (!before(heap[child] as Waiting, last)) break
      heap[index] = heap[child] as Waiting
      index = child
    }
    heap[index] = last
    return first
  }
}

function before(a: Waiting, b: Waiting): boolean {
  return a.priority !== b.priority ? a.priority > b.priority : a.order < b.order
}
