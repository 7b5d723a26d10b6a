import { backoffDelayMs } from '../../../base/backoff.js'
import type { Clock } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import type { Log } from '../../../base/log.js'
import type { Random } from '../../../base/random.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import { isAlreadyExists, isNotFound } from '../../../kube/object/status-error.js'
import { WorkQueue } from '../../../kube/queue/work-queue.js'
import { clusterNamespace, workType } from '../resource-types.js'
import type { Work, WorkStatus } from '../work.js'
import type { ClusterNamespaces } from './cluster-namespaces.js'

/** What a Work is to become. `status` is written by the hub for the agent, whose word it is. */
export interface WorkChange {
  readonly spec?: Work['spec']
  readonly status?: WorkStatus
  readonly remove?: boolean
  /** There was none when this was wanted: it is made first, and changed only where there is one after all. */
  readonly isNew?: boolean
}

const concurrency = 16

export interface WorkWriterOptions {
  readonly hub: KubeClient
  readonly namespaces: ClusterNamespaces
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
}

/**
 * Writes Works: for each the newest of what is wanted, a few at a time for the whole fleet, again until it is done. Namespaces of
 * clusters are made as they are needed.
 */
export class WorkWriter {
  readonly #options: WorkWriterOptions
  readonly #wanted = new Map<string, WorkChange>()
  readonly #failures = new Map<string, number>()
  readonly #queue: WorkQueue

  constructor(options: WorkWriterOptions) {
    this.#options = options
    this.#queue = new WorkQueue({ ...options, onReady: () => queueMicrotask(() => this.#pump()) })
    options.signal.addEventListener('abort', () => this.#queue.close(), { once: true })
  }

  write(cluster: string, name: string, change: WorkChange): void {
    const key = `${cluster}/${name}`
    const before = this.#wanted.get(key)
    this.#wanted.set(key, change.remove ? change : { ...(before?.remove ? {} : before), ...change })
    this.#queue.add(key)
  }

  /** What is still to be written of a Work. */
  pending(cluster: string, name: string): WorkChange | undefined {
    return this.#wanted.get(`${cluster}/${name}`)
  }

  #pump(): void {
    while (this.#queue.workingCount < concurrency) {
      const key = this.#queue.take()
      if (key === undefined) return
      void this.#work(key)
    }
  }

  async #work(key: string): Promise<void> {
    const change = this.#wanted.get(key)
    const { random, log, signal } = this.#options
    try {
      if (change === undefined) return
      await this.#carryOut(key, change)
      if (this.#wanted.get(key) === change) this.#wanted.delete(key)
      this.#failures.delete(key)
    } catch (error) {
      if (signal.aborted) return
      const failures = (this.#failures.get(key) ?? 0) + 1
      this.#failures.set(key, failures)
      if (failures === 3) log.warn('a Work cannot be written', { work: key, problem: messageOf(error) })
      this.#queue.addAfter(key, backoffDelayMs(failures, random, { maxMs: 60_000 }))
    } finally {
      this.#queue.done(key)
      this.#pump()
    }
  }

  async #carryOut(key: string, change: WorkChange): Promise<void> {
    const { hub } = this.#options
    const [cluster = '', name = ''] = key.split('/')
    const target = { type: workType, namespace: clusterNamespace(cluster), name }
    if (change.remove) {
      await hub.delete(target).catch(ignoring(isNotFound))
      return
    }
    if (change.spec !== undefined) {
      const { spec } = change
      const replaced = { kind: 'json' as const, operations: [{ op: 'add', path: '/spec', value: spec }] }
      const make = () => this.#create(cluster, name, spec)
      if (change.isNew) {
        await make().catch(async (error: unknown) => {
          if (!isAlreadyExists(error)) throw error
          await hub.patch(target, replaced)
        })
      } else {
        await hub.patch(target, replaced).catch(async (error: unknown) => {
          if (!isNotFound(error)) throw error
          await make()
        })
      }
    }
    if (change.status !== undefined) {
      const replaced = { kind: 'json' as const, operations: [{ op: 'add', path: '/status', value: change.status }] }
      await hub.patch({ ...target, subresource: 'status' }, replaced).catch(ignoring(isNotFound))
    }
  }

  async #create(cluster: string, name: string, spec: Work['spec']): Promise<void> {
    const { hub, namespaces } = this.#options
    const metadata = { name, namespace: clusterNamespace(cluster) }
    const work: Work = { apiVersion: 'flotilla.dev/v1alpha1', kind: 'Work', metadata, spec }
    await namespaces.within(cluster, () => hub.create(workType, work))
  }
}

function ignoring(what: (error: unknown) => boolean): (error: unknown) => undefined {
  return (error) => {
    if (!what(error)) throw error
    return undefined
  }
}
