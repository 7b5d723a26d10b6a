import type { Clock } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import { isObject } from '../../../base/json.js'
import type { Log } from '../../../base/log.js'
import { type KindRef, type WorkOrder, workName } from '../work.js'
import type { StateStore } from './state-store.js'

/** Many small texts: a change writes one of them, and none outgrows a Secret soon. */
const shardCount = 64
const saveMs = 1000

/** What the hub has ordered, by the name of the Work; kept so that an agent that starts while the hub is away knows its duty. */
export class KeptOrders {
  readonly #options: { store: StateStore; clock: Clock; log: Log; signal: AbortSignal }
  readonly #orders = new Map<string, WorkOrder>()
  readonly #kinds = new Map<string, KindRef>()
  readonly #stale = new Set<number>()
  #saving: Promise<void> | undefined
  /** One after the other: what is written late must not take the place of what came after it. */
  #written: Promise<void> = Promise.resolve()

  constructor(options: { store: StateStore; clock: Clock; log: Log; signal: AbortSignal }) {
    this.#options = options
  }

  async load(): Promise<void> {
    const index: unknown = JSON.parse((await this.#options.store.read('index')) ?? '{}')
    const { shards, kinds } = isObject(index) ? index : {}
    for (const each of Array.isArray(kinds) ? kinds : []) {
      if (isObject(each)) this.#addKinds([each as unknown as KindRef])
    }
    for (const shard of Array.isArray(shards) ? shards : []) {
      const text = await this.#options.store.read(`works-${shard}`)
      const orders: unknown = text === undefined ? [] : JSON.parse(text)
      for (const order of Array.isArray(orders) ? orders : []) {
        if (isObject(order) && typeof order['id'] === 'string') {
          this.#orders.set(workName(order['id']), order as unknown as WorkOrder)
        }
      }
    }
  }

  get(name: string): WorkOrder | undefined {
    return this.#orders.get(name)
  }

  all(): IterableIterator<WorkOrder> {
    return this.#orders.values()
  }

  names(): string[] {
    return [...this.#orders.keys()]
  }

  /** Kinds of which there may be copies. */
  kinds(): KindRef[] {
    return [...this.#kinds.values()]
  }

  #addKinds(kinds: readonly KindRef[]): void {
    for (const { group, kind } of kinds) this.#kinds.set(`${group}/${kind}`, { group, kind })
  }

  set(order: WorkOrder): void {
    const name = workName(order.id)
    this.#addKinds(order.kinds ?? [])
    this.#orders.set(name, order)
    this.#changed(name)
  }

  delete(name: string): void {
    if (this.#orders.delete(name)) this.#changed(name)
  }

  clear(): void {
    for (const name of this.names()) this.delete(name)
  }

  #changed(name: string): void {
    this.#stale.add(shardOf(name))
    if (this.#saving !== undefined) return
    this.#saving = new Promise<void>((done) => {
      this.#options.clock.after(saveMs, () => void this.#save().then(done))
    })
  }

  /** Writes what has changed now. */
  async flush(): Promise<void> {
    await this.#save()
  }

  #save(): Promise<void> {
    this.#written = this.#written.then(() => this.#write())
    return this.#written
  }

  async #write(): Promise<void> {
    const { store, log, signal } = this.#options
    const stale = [...this.#stale]
    this.#stale.clear()
    this.#saving = undefined
    const used = new Map<number, WorkOrder[]>()
    for (const [name, order] of this.#orders) {
      const shard = shardOf(name)
      const others = used.get(shard)
      if (others === undefined) used.set(shard, [order])
      else others.push(order)
    }
    try {
      // First what is in them, then which there are: one that is listed and missing would only be empty.
      for (const shard of stale) {
        const orders = used.get(shard)
        if (orders !== undefined) await store.write(`works-${shard}`, JSON.stringify(orders))
      }
      await store.write('index', JSON.stringify({ shards: [...used.keys()].sort((a, b) => a - b), kinds: this.kinds() }))
      for (const shard of stale) if (!used.has(shard)) await store.remove(`works-${shard}`)
    } catch (error) {
      for (const shard of stale) this.#stale.add(shard)
      if (signal.aborted) return
      log.warn('what the cluster shall have cannot be kept', { problem: messageOf(error) })
      this.#options.clock.after(30_000, () => void this.#save())
    }
  }
}

function shardOf(name: string): number {
  return Number.parseInt(name.slice(2, 4), 16) % shardCount || 0
}
