import type { Clock } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import type { Log } from '../../../base/log.js'
import type { EventRecorder } from '../../../controller/event-recorder.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import { groupOf, type KubeObject } from '../../../kube/object/kube-object.js'
import { isNotFound } from '../../../kube/object/status-error.js'
import type { WorkQueue } from '../../../kube/queue/work-queue.js'
import type { Federated, HubFacts, ObjectRef, Problem, Refused } from '../contract.js'
import type { HubCaches } from '../hub/hub-caches.js'
import type { HubWriter } from '../hub/hub-writer.js'
import type { KindsRegister } from './kinds-register.js'
import type { SourcePass } from './source-pass.js'
import { isRefused, type SourceState } from './source-state.js'
import type { Sources } from './sources.js'

export interface SourceLookOptions {
  readonly hub: KubeClient
  readonly facts: HubFacts
  readonly caches: HubCaches
  readonly writer: HubWriter
  readonly register: KindsRegister
  readonly sources: Sources
  readonly pass: SourcePass
  readonly queue: WorkQueue
  readonly events: EventRecorder
  /** Another source must be decided again. */
  readonly dirty: (key: string) => void
  readonly clock: Clock
  readonly log: Log
}

/** Results are gathered so long before they are reported. */
const gatherMs = 150
/** What cannot be told from a cache that is not read yet, or cannot be read now, is looked at again. */
const unsureMs = 2000

/** One source looked at from end to end: read, decided, distributed, reported, and taken leave of. */
export class SourceLook {
  readonly #options: SourceLookOptions

  constructor(options: SourceLookOptions) {
    this.#options = options
  }

  /** One pass over a source: read, decide, distribute, report. Epoch ms when to look again, if at a time of its own. */
  async look(state: SourceState): Promise<number | undefined> {
    const { ref } = state
    const { clock } = this.#options
    const source = this.#options.writer.current(ref)
    if (source === undefined) {
      await this.#sourceGone(state)
      return undefined
    }
    const read = this.#read(state, source)
    const previousRead = state.read
    state.read = read ?? previousRead
    for (const key of this.#options.sources.noteWorkload(state, read === undefined || isRefused(read) ? undefined : read))
      this.#options.dirty(key)
    if (read !== undefined) this.#warn(state, source, read)
    if (source.metadata.deletionTimestamp !== undefined) return this.#going(state, source, read)
    if (read === undefined) {
      this.#options.pass.letBe(state)
      this.#options.sources.forget(state)
      return undefined
    }
    if (isRefused(read)) {
      await this.#report(state, source, read, undefined)
      return undefined
    }
    if (this.#options.pass.mustWait(state, read)) return clock.now() + 300
    const copies = this.#options.pass.copiesOf(state)
    const { decision, evictions, autoscaler, againAt, held } = this.#options.pass.decide(state, read, copies)
    if (state.dirty) {
      state.dirty = false
      const sends = read.paused === undefined && decision.deliveries.some(({ held }) => held === undefined)
      if (sends) await this.#prepare(state, source, read)
      // Something has changed meanwhile: it is decided anew, and this decision is not sent.
      if (state.dirty) return clock.now()
      this.#options.pass.distribute(state, read, decision, evictions, autoscaler)
      // What comes of it is known in a moment, and reported with it.
      if (sends) return Math.min(clock.now() + gatherMs, againAt ?? Number.POSITIVE_INFINITY)
    }
    const outcome = this.#options.pass.outcomeOf(state, source, read, { decision, evictions, copies })
    state.outcome = outcome
    await this.#report(state, this.#options.writer.current(ref) ?? source, read, outcome)
    this.#warnOf(
      state,
      source,
      decision.outcome === 'not placed' ? [{ reason: 'NotPlaced', message: lastOf(decision.reasons) }] : [],
    )
    this.#warnOf(
      state,
      source,
      held.map(({ cluster, why }) => ({ reason: 'FailoverHeld', message: `${cluster}: ${why}` })),
    )
    const isOnRecord = (cluster: string) => read.evictions?.some((each) => each.cluster === cluster) === true
    this.#warnOf(
      state,
      source,
      evictions
        .filter(({ cluster }) => !isOnRecord(cluster))
        .map(({ cluster, message }) => ({
          reason: 'FailoverStarted',
          message: `${cluster}: ${message}; the workload moves away`,
        })),
    )
    return read.againAt === undefined ? againAt : Math.min(read.againAt, againAt ?? Number.POSITIVE_INFINITY)
  }

  /** What must be on record before the first copy is made. */
  async #prepare(state: SourceState, source: KubeObject, read: Federated): Promise<void> {
    const { finalizer } = state.dialect
    if (finalizer !== undefined) await this.#options.writer.setFinalizer(state.ref, source, finalizer, true)
    const { apiVersion, kind } = read.workload.object
    const name = { group: groupOf(apiVersion), kind }
    if (!this.#options.register.has(name)) await this.#options.register.add(name)
  }

  #read(state: SourceState, source: KubeObject): Federated | Refused | undefined {
    const { dialect } = state
    try {
      return dialect.read(source, this.#options.facts)
    } catch (error) {
      this.#options.log.error('a dialect failed to read a source', { source: state.key, problem: messageOf(error) })
      return { id: state.id, problem: { reason: 'CannotBeRead', message: messageOf(error) } }
    }
  }

  async #going(state: SourceState, source: KubeObject, read: Federated | Refused | undefined): Promise<number | undefined> {
    const { finalizer } = state.dialect
    const holds = finalizer !== undefined && source.metadata.finalizers?.includes(finalizer) === true
    if (finalizer !== undefined && !holds) return undefined
    // Without a finalizer of ours, what is no affair of the dialect is let be to the end.
    if (finalizer === undefined && (read === undefined || isRefused(read))) return undefined
    const federated = read === undefined || isRefused(read) ? undefined : read
    const done = this.#options.pass.withdrawAll(state, federated?.previous.replicas)
    const copies = this.#options.pass.copiesOf(state)
    const outcome = this.#options.pass.outcomeOf(state, source, federated, { evictions: [], copies }, { done })
    state.outcome = outcome
    if (read !== undefined) await this.#report(state, source, read, outcome)
    if (done && finalizer !== undefined)
      await this.#options.writer.setFinalizer(state.ref, this.#options.writer.current(state.ref) ?? source, finalizer, false)
    return undefined
  }

  /** The caches have no such source. That it was deleted, and not only lost from sight, is asked of the hub itself. */
  async #sourceGone(state: SourceState): Promise<void> {
    const { dialect, ref } = state
    for (const key of this.#options.sources.noteWorkload(state, undefined)) this.#options.dirty(key)
    // A kind that is not served says nothing of its objects, and with a finalizer it would be here until its copies are gone.
    if (dialect.finalizer === undefined && this.#options.caches.typeNamed(ref.type.group, ref.type.plural) !== undefined) {
      this.#options.caches.want([ref.type])
      if (!this.#options.caches.isSure(ref.type)) {
        this.#options.queue.addAfter(state.key, unsureMs)
        return
      }
      if ((await this.#isDeleted(ref)) && !this.#options.pass.withdrawAll(state, undefined)) return
    }
    this.#options.pass.letBe(state)
    this.#options.writer.forget(ref)
    this.#options.sources.forget(state)
  }

  async #isDeleted({ type, namespace, name }: ObjectRef): Promise<boolean> {
    try {
      await this.#options.hub.get({ type, name, ...(type.namespaced ? { namespace } : {}) })
      return false
    } catch (error) {
      // A kind that is not served says nothing about its objects.
      if (isNotFound(error) && error.status.details?.name !== undefined) return true
      throw error
    }
  }

  async #report(
    state: SourceState,
    source: KubeObject,
    read: Federated | Refused,
    outcome: SourceState['outcome'],
  ): Promise<void> {
    const writes = state.dialect.report(source, read, outcome, this.#options.facts)
    if (writes.length > 0) await this.#options.writer.write(writes, `flotilla-${state.dialect.name}`)
  }

  #warn(state: SourceState, source: KubeObject, read: Federated | Refused): void {
    this.#warnOf(state, source, [...(isRefused(read) ? [read.problem] : []), ...(read.warnings ?? [])])
  }

  #warnOf(state: SourceState, source: KubeObject, problems: readonly Problem[]): void {
    for (const { reason, message } of problems) {
      const text = `${reason}\0${message}`
      if (state.told.has(text)) continue
      state.told.add(text)
      this.#options.events.record(source, `flotilla-${state.dialect.name}`, 'Warning', reason, message)
    }
  }
}

function lastOf(reasons: readonly string[]): string {
  return reasons[reasons.length - 1] ?? ''
}
