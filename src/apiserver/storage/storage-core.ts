import { BugError } from '../../base/errors.js'
import { LazyMap } from '../../base/lazy-map.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { HistoryBudget } from './change-history.js'
import { ClusterState, type OrderedBase } from './cluster-state.js'
import type { BaseLayer, ClusterStorage, Storage, StoredChange } from './contract.js'
import { OrderedMap } from './ordered-map.js'
import { WriteRefused } from './write-refused.js'

export type JournalEntry = StoredChange | { readonly dropped: string }

/** Where changes become durable. */
export interface Journal {
  /** Calls `flush` soon; what is committed until then is written together. */
  schedule(flush: () => void): void
  /** Called before a change is visible: throws for objects that cannot be written. Returns the length of the text. */
  prepare?(object: KubeObject): number
  /**
   * Resolves (or returns nothing) when the entries are durable. After a failure of `WriteRefused` nothing of them was kept and the
   * next write may succeed; any other is final: no further writes are taken.
   */
  write(entries: readonly JournalEntry[]): Promise<void> | void
  close(): Promise<void>
}

interface Group {
  readonly entries: JournalEntry[]
  readonly states: (ClusterState | undefined)[]
  readonly done: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export interface HistoryLimits {
  /** Changes that one cluster keeps for watches (default 10,000). */
  historyPerCluster?: number
  /** Changes that all clusters keep together (default 50,000). */
  historyTotal?: number
  /** Characters of JSON in the changes that all clusters keep together (default 128 Mi). */
  historyChars?: number
}

/** Clusters in memory before one journal, with group commit: one write to the journal at a time, the rest waits together. */
export class StorageCore implements Storage {
  readonly #states = new Map<string, ClusterState>()
  readonly #base: OrderedBase
  readonly #budget: HistoryBudget
  readonly #journal: Journal
  #group: Group | undefined
  /** Drops of clusters that could not be written: they come before anything else, or the old objects would be back. */
  #owed: JournalEntry[] = []
  #writing: Promise<void> | undefined
  #failure: unknown
  #undone = 0
  #closed = false

  constructor(options: { journal: Journal; base?: BaseLayer } & HistoryLimits) {
    this.#journal = options.journal
    this.#base = orderBase(options.base)
    this.#budget = new HistoryBudget(
      options.historyPerCluster ?? 10_000,
      options.historyTotal ?? 50_000,
      options.historyChars ?? 128 * 1024 * 1024,
    )
  }

  clusters(): readonly string[] {
    return [...this.#states.values()].filter((state) => !state.isEmpty).map((state) => state.cluster)
  }

  open(cluster: string): ClusterStorage {
    return this.stateOf(cluster)
  }

  async drop(cluster: string): Promise<void> {
    const state = this.#states.get(cluster)
    if (state === undefined) {
      // A drop that was refused and is asked for again: it is done when it is durable.
      if (!this.#owed.some((entry) => 'dropped' in entry && entry.dropped === cluster)) return
    } else {
      this.#states.delete(cluster)
      state.dropState()
    }
    await this.#add({ dropped: cluster }, undefined)
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    while (this.#writing !== undefined || this.#group !== undefined) {
      if (this.#writing === undefined) this.#flush()
      await this.#writing?.catch(() => undefined)
    }
    await this.#journal.close()
  }

  /** For recovery: the state, created with the revision where there is none. */
  stateOf(cluster: string, revision?: number): ClusterState {
    let state = this.#states.get(cluster)
    if (state === undefined) {
      const enqueue = (of: ClusterState, change: StoredChange) => this.#add(change, of)
      const prepare = (object: KubeObject) => this.#journal.prepare?.(object) ?? 0
      const failure = () => this.#failure
      const shared = { base: this.#base, budget: this.#budget, enqueue, prepare, failure }
      state = new ClusterState(cluster, { ...shared, ...(revision ? { revision } : {}) })
      this.#states.set(cluster, state)
    }
    return state
  }

  /** For recovery. */
  forget(cluster: string): void {
    this.#states.get(cluster)?.dropState()
    this.#states.delete(cluster)
  }

  /** How often visible changes were undone: what was captured before holds what never happened. */
  get undone(): number {
    return this.#undone
  }

  states(): Iterable<ClusterState> {
    return this.#states.values()
  }

  #add(entry: JournalEntry, state: ClusterState | undefined): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#closed) {
      return Promise.reject(new BugError({ code: 'storage-closed', message: 'A write came after the storage was closed.' }))
    }
    if (this.#group === undefined) {
      this.#group = newGroup()
      // While a group is being written, the next one gathers until that is done.
      if (this.#writing === undefined) this.#journal.schedule(() => this.#flush())
    }
    this.#group.entries.push(entry)
    this.#group.states.push(state)
    return this.#group.done
  }

  #flush(): void {
    const group = this.#group
    if (group === undefined || this.#writing !== undefined) return
    this.#group = undefined
    const fail = (error: unknown) => this.#fail(group, error)
    const settle = () => {
      this.#owed = []
      for (const [index, entry] of group.entries.entries()) {
        if ('revision' in entry) group.states[index]!.settle(entry)
      }
      group.resolve()
    }
    let written: Promise<void> | void
    try {
      written = this.#journal.write(this.#owed.length === 0 ? group.entries : [...this.#owed, ...group.entries])
    } catch (error) {
      fail(error)
      return
    }
    if (written === undefined) {
      settle()
      return
    }
    this.#writing = written.then(settle, fail).then(() => {
      this.#writing = undefined
      if (this.#group !== undefined) this.#flush()
    })
  }

  /** Undoes what was not written, and what came after it, which knew of it. */
  #fail(group: Group, error: unknown): void {
    if (!(error instanceof WriteRefused)) this.#failure = error
    this.#undone++
    const gathered = this.#group
    this.#group = undefined
    const undone = new Map<ClusterState, StoredChange[]>()
    for (const { entries, states } of gathered === undefined ? [group] : [group, gathered]) {
      for (const [index, entry] of entries.entries()) {
        if (!('revision' in entry)) {
          this.#owed.push(entry)
          continue
        }
        const state = states[index]!
        const changes = undone.get(state)
        if (changes === undefined) undone.set(state, [entry])
        else changes.push(entry)
      }
    }
    for (const [state, changes] of undone) state.undo(changes.reverse(), error)
    group.reject(error)
    gathered?.reject(error)
  }
}

function newGroup(): Group {
  let resolve!: () => void
  let reject!: (error: unknown) => void
  const done = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  // Each commit hands the failure on; the group's own promise must not count as unhandled.
  done.catch(() => undefined)
  return { entries: [], states: [], done, resolve, reject }
}

function orderBase(base: BaseLayer | undefined): OrderedBase {
  return new LazyMap(base?.keys() ?? [], (resource) => {
    const map = new OrderedMap<KubeObject>()
    for (const [key, object] of base?.get(resource) ?? []) map.set(key, object)
    return map
  })
}
