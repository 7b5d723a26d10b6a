import { formatTime } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { isControlledBy } from '../../../kube/object/owner.js'
import { hasReason, isAlreadyExists, isConflict, isNotFound, StatusError } from '../../../kube/object/status-error.js'
import { WorkQueue } from '../../../kube/queue/work-queue.js'
import type { ClusterChange, LogicalCluster, LogicalClusters, ServerPorts } from '../../contract.js'
import type { ClusterQueue, MemberController, Work, Writer } from '../contract.js'
import { EventRecorder } from './event-recorder.js'
import { OwnerIndex, resolveId } from './owner-index.js'
import { createWriter } from './writer.js'

export interface EngineOptions {
  readonly clusters: LogicalClusters
  readonly ports: ServerPorts
  /** Which controllers a cluster has. Asked on every change: be quick. */
  controllersOf(cluster: string): readonly MemberController[]
  /** Milliseconds that bursts of changes are gathered (default 15). */
  readonly gatherMs?: number
  /** Which Events are written (default: all). */
  readonly events?: 'all' | 'warnings'
}

/** Keys worked on at the same time, over all clusters: enough for the storage to make many writes durable at once. */
const mostAtWork = 128
/** Keys begun in one turn of the event loop, so that requests are served between. */
const mostInOneTurn = 24

/**
 * Runs controllers over all logical clusters: one subscription, one queue and one timer for each controller, however many
 * clusters there are. What is there already when the engine starts is looked at as if it had just been added.
 */
export class MemberEngine {
  readonly #options: EngineOptions
  readonly #queues = new Map<MemberController, WorkQueue>()
  readonly #writers = new WeakMap<LogicalCluster, Map<string, Writer>>()
  readonly #owners = new OwnerIndex()
  readonly #recorder = new EventRecorder()
  readonly #halted = new Set<string>()
  readonly #unsubscribe: () => void
  #atWork = 0
  #turn: (() => void) | undefined
  #stopped = false

  constructor(options: EngineOptions) {
    this.#options = options
    const leaveChanges = options.clusters.onChange((change) => {
      // The first change of every new cluster: one of the same name may have been before it.
      if (isBirth(change)) this.#forget(change.cluster)
      this.#hear(change)
    })
    const leaveDeletions = options.clusters.onDelete((cluster) => {
      this.#halted.delete(cluster)
      this.#forget(cluster)
    })
    this.#unsubscribe = () => {
      leaveChanges()
      leaveDeletions()
    }
    for (const cluster of options.clusters.list()) this.#replay(cluster)
  }

  /** Nothing is at work and nothing waits but what has asked to be looked at later. */
  get idle(): boolean {
    if (this.#atWork > 0) return false
    for (const queue of this.#queues.values()) if (!queue.idle) return false
    return true
  }

  /** Does nothing for a cluster any more and lets go of all that its controllers hold, as if it were gone. */
  halt(cluster: string): void {
    if (this.#halted.has(cluster)) return
    this.#halted.add(cluster)
    this.#forget(cluster)
  }

  /** Looks at a cluster that was halted as if the engine had just started. */
  resume(name: string): void {
    if (!this.#halted.delete(name)) return
    const cluster = this.#options.clusters.get(name)
    if (cluster !== undefined) this.#replay(cluster)
  }

  isHalted(cluster: string): boolean {
    return this.#halted.has(cluster)
  }

  stop(): void {
    this.#stopped = true
    this.#unsubscribe()
    this.#turn?.()
    for (const queue of this.#queues.values()) queue.close()
  }

  /** What every cluster has from the start needs nobody: in a cluster that is made later, it is never heard of either. */
  #replay(cluster: LogicalCluster): void {
    for (const { groupResource, object } of [...cluster.own()]) {
      this.#hear({ cluster: cluster.name, groupResource, type: 'ADDED', object })
    }
  }

  #hear(change: ClusterChange): void {
    if (this.#halted.has(change.cluster)) return
    const controllers = this.#options.controllersOf(change.cluster)
    if (controllers.length > 0) this.#owners.hear(change)
    for (const controller of controllers) {
      const watch = controller.watches[change.groupResource]
      if (watch === undefined && controller.watchAll === undefined) continue
      const queue = this.#queueFor(controller, change.cluster)
      watch?.(change, queue)
      controller.watchAll?.(change, queue)
    }
  }

  #queueFor(controller: MemberController, cluster: string): ClusterQueue {
    const queue = this.#workQueue(controller)
    return {
      add: (key) => queue.add(`${cluster}\0${key}`),
      addSoon: (key) => queue.addAfter(`${cluster}\0${key}`, this.#options.gatherMs ?? 15),
    }
  }

  #workQueue(controller: MemberController): WorkQueue {
    let queue = this.#queues.get(controller)
    if (queue === undefined) {
      const { clock, random } = this.#options.ports
      queue = new WorkQueue({ clock, random, onReady: () => this.#wake() })
      this.#queues.set(controller, queue)
    }
    return queue
  }

  #wake(): void {
    if (this.#turn !== undefined || this.#stopped) return
    this.#turn = this.#options.ports.clock.after(0, () => {
      this.#turn = undefined
      this.#begin()
    })
  }

  #begin(): void {
    let left = mostInOneTurn
    let more = true
    while (more && left > 0) {
      more = false
      // One key of each controller in turn, so that none starves the others.
      for (const [controller, queue] of this.#queues) {
        if (this.#atWork >= mostAtWork || left === 0 || this.#stopped) break
        const key = queue.take()
        if (key === undefined) continue
        more = true
        left--
        this.#atWork++
        void this.#work(controller, queue, key)
      }
      if (this.#atWork >= mostAtWork || this.#stopped) return
    }
    if (more) this.#wake()
  }

  async #work(controller: MemberController, queue: WorkQueue, key: string): Promise<void> {
    const cut = key.indexOf('\0')
    const name = key.slice(0, cut)
    const cluster = this.#options.clusters.get(name)
    try {
      if (this.#halted.has(name)) {
        // Its keys come again when it is resumed.
      } else if (cluster !== undefined) {
        const again = await controller.reconcile(this.#workFor(controller, cluster, key.slice(cut + 1)))
        if (again !== undefined) queue.addAfter(key, again)
      } else this.#forget(name)
      queue.forget(key)
    } catch (error) {
      if (this.#options.clusters.get(name) !== undefined && !this.#halted.has(name)) this.#failed(controller, queue, key, error)
    } finally {
      queue.done(key)
      this.#atWork--
      if (!this.#stopped && queue.readyCount > 0) this.#wake()
    }
  }

  /** The cluster is gone. */
  #forget(cluster: string): void {
    this.#owners.forget(cluster)
    for (const controller of this.#queues.keys()) controller.forget?.(cluster)
  }

  #failed(controller: MemberController, queue: WorkQueue, key: string, error: unknown): void {
    // What was at work when it all ended met a closed storage: that is no failure.
    if (this.#stopped) return
    // Another write came between: what it wrote is there to be read, so look again at once.
    if ((isConflict(error) || isAlreadyExists(error) || isNotFound(error)) && queue.failures(key) < 5) {
      queue.addFailed(key)
      return
    }
    // Nothing can be made in a namespace that goes away; what is there goes with it.
    if (hasReason(error, 'Forbidden') && isTerminating(error)) return
    const [cluster, name] = key.split('\0')
    const retryMs = queue.addFailed(key)
    const stack = error instanceof StatusError || !(error instanceof Error) ? undefined : error.stack
    this.#options.ports.log.warn('member controller failed', {
      controller: controller.name,
      cluster,
      key: name,
      error: stack ?? messageOf(error),
      retryMs: Math.round(retryMs),
    })
  }

  #workFor(controller: MemberController, cluster: LogicalCluster, key: string): Work {
    const { clock, random, log } = this.#options.ports
    return {
      cluster,
      key,
      random,
      log,
      write: this.#writer(cluster, controller.manager ?? controller.name),
      owned: <T extends KubeObject>(groupResource: string, owner: KubeObject) =>
        ownedIn<T>(cluster, this.#owners.ids(cluster.name, owner.metadata.uid), groupResource, owner),
      dependents: (uid) => [...this.#owners.ids(cluster.name, uid)],
      now: () => clock.now(),
      nowText: () => formatTime(clock.now()),
    }
  }

  #writer(cluster: LogicalCluster, manager: string): Writer {
    let writers = this.#writers.get(cluster)
    if (writers === undefined) this.#writers.set(cluster, (writers = new Map()))
    let writer = writers.get(manager)
    if (writer === undefined) {
      const created = (groupResource: string, object: KubeObject) => this.#owners.add(cluster.name, groupResource, object)
      const recordsAll = this.#options.events !== 'warnings'
      writers.set(manager, (writer = createWriter(cluster, manager, { created, recorder: this.#recorder, recordsAll })))
    }
    return writer
  }
}

function isBirth({ groupResource, type, object }: ClusterChange): boolean {
  return type === 'ADDED' && groupResource === 'namespaces' && object.metadata.name === 'kube-system'
}

function ownedIn<T extends KubeObject>(
  cluster: LogicalCluster,
  ids: Iterable<string>,
  groupResource: string,
  owner: KubeObject,
): T[] {
  const found: T[] = []
  for (const id of ids) {
    if (!id.startsWith(groupResource) || id[groupResource.length] !== ' ') continue
    const object = resolveId(cluster, id)
    if (object !== undefined && isControlledBy(object, owner)) found.push(object as T)
  }
  return found
}

function isTerminating(error: unknown): boolean {
  return (
    error instanceof StatusError &&
    (error.status.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false)
  )
}
