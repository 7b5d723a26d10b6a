import { freezeJson } from '../../base/json.js'
import type { BaseLayer, Storage } from './contract.js'
import { type HistoryLimits, type Journal, StorageCore } from './storage-core.js'

/**
 * Nothing outlives the process: commits are durable by the next microtask, in order. For tests, simulation and demos.
 * `freeze` makes stored objects immutable at every depth, so that code which changes a shared object fails where it does it:
 * for tests.
 */
export function createMemoryStorage(options: { base?: BaseLayer; freeze?: boolean } & HistoryLimits = {}): Storage {
  const journal: Journal = {
    schedule: queueMicrotask,
    ...(options.freeze ? { prepare: frozen } : {}),
    write() {},
    close: async () => undefined,
  }
  return new StorageCore({ ...options, journal })
}

function frozen(object: object): number {
  freezeJson(object)
  return 0
}
