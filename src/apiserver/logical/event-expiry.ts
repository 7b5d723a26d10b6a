import type { Clock } from '../../base/clock.js'
import { keyOf } from '../../kube/object/kube-object.js'
import type { ClusterStorage } from '../storage/contract.js'
import { Superseded } from '../storage/superseded.js'

/** Events are kept for an hour after their last change, as kube-apiserver does by default. */
export const eventTtlMs = 3_600_000
const sweepEveryMs = 300_000

/** Deletes old Events of all clusters with one timer, which runs only while there are Events. */
export class EventExpiry {
  readonly #clock: Clock
  readonly #storages = new Map<string, ClusterStorage>()
  /** Per cluster: when each Event was last written, in that order. Events from before the start count from the start. */
  readonly #written = new Map<string, Map<string, number>>()
  #cancel: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  follow(storage: ClusterStorage): void {
    this.#storages.set(storage.cluster, storage)
    for (const event of storage.scan('events', '')) this.note(storage.cluster, keyOf(event), true)
  }

  forget(cluster: string): void {
    this.#storages.delete(cluster)
    this.#written.delete(cluster)
  }

  /** An Event was written, or is gone. */
  note(cluster: string, key: string, exists: boolean): void {
    let written = this.#written.get(cluster)
    if (!exists) {
      written?.delete(key)
      return
    }
    if (written === undefined) this.#written.set(cluster, (written = new Map()))
    written.delete(key)
    written.set(key, this.#clock.now())
    this.#cancel ??= this.#clock.after(sweepEveryMs, () => this.#sweep())
  }

  #sweep(): void {
    this.#cancel = undefined
    const oldest = this.#clock.now() - eventTtlMs
    let left = false
    for (const [cluster, written] of this.#written) {
      const storage = this.#storages.get(cluster)
      for (const [key, at] of written) {
        if (at > oldest) break
        const event = storage?.get('events', key)
        if (event === undefined) {
          written.delete(key)
          continue
        }
        // It counts until it is told that it is gone: a full disk refuses that too, and the next sweep asks again.
        deleteEvent(storage!, key, event.metadata.resourceVersion ?? '')
      }
      if (written.size > 0) left = true
      else this.#written.delete(cluster)
    }
    if (left) this.#cancel ??= this.#clock.after(sweepEveryMs, () => this.#sweep())
  }
}

function deleteEvent(storage: ClusterStorage, key: string, expected: string): void {
  try {
    // A write that fails for good is reported by those who wait for one.
    storage.commit({ resource: 'events', key, expected, object: undefined }).catch(() => undefined)
  } catch (error) {
    if (!(error instanceof Superseded)) throw error
  }
}
