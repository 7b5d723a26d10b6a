import type { BaseLayer, Storage } from './contract.js'
import { type HistoryLimits, type Journal, StorageCore } from './storage-core.js'

/** Nothing outlives the process: commits are durable by the next microtask, in order. For tests, simulation and demos. */
export function createMemoryStorage(options: { base?: BaseLayer } & HistoryLimits = {}): Storage {
  const journal: Journal = {
    schedule: queueMicrotask,
    write() {},
    close: async () => undefined,
  }
  return new StorageCore({ ...options, journal })
}
