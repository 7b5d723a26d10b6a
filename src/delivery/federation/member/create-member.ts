import type { Clock } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import { equalJson } from '../../../base/json.js'
import type { Log } from '../../../base/log.js'
import type { Random } from '../../../base/random.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { CacheChange } from '../../../kube/informer/cache.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../../kube/object/resource-type.js'
import { WorkQueue } from '../../../kube/queue/work-queue.js'
import { type Desired, federationMark, type Member, type MemberResult, type MemberState } from '../contract.js'
import { Copies, idOf, targetOf } from './copies.js'
import { digestOfDesired } from './digest.js'
import { judgeFailure } from './judge-failure.js'
import { KindWatches } from './kind-watches.js'
import { MemberWriter } from './member-writer.js'
import { ObjectWork, type Wish } from './object-work.js'

export interface MemberOptions {
  readonly cluster: string
  readonly client: KubeClient
  /** The UID of the hub's namespace kube-system: the value of the mark. */
  readonly hub: string
  /** Kinds of which there may be copies from before: they are looked for at once. */
  readonly kinds?: readonly { readonly group: string; readonly kind: string }[]
  /** Undefined while the cluster answers; `reachChanged` must be called when that changes (default: it answers). */
  readonly away?: () => { readonly message: string; readonly since: number } | undefined
  /** A request was not answered: someone should look. */
  readonly onSilence?: () => void
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Ends all work, as `close` does. */
  readonly signal: AbortSignal
  /** Objects that are worked on at a time (default 8). */
  readonly hands?: number
}

export interface CreatedMember extends Member {
  /** Whether the cluster answers has changed. */
  reachChanged(): void
  /** Nothing is to be done now: what waits, waits for the cluster. */
  readonly idle: boolean
  /** Requests that were to change something, since the start. */
  readonly writes: number
}

/** Pauses when a cluster does not answer although it is said to. */
const silenceMs = { first: 1000, most: 15_000 }

/** A cluster that is written to directly: one watch for each kind, one queue, one timer for what it does not serve. */
export function createMember(options: MemberOptions): CreatedMember {
  return new DirectMember(options)
}

class DirectMember implements CreatedMember {
  readonly cluster: string
  readonly #options: MemberOptions
  readonly #queue: WorkQueue
  readonly #copies: Copies
  readonly #kinds: KindWatches
  readonly #writer: MemberWriter
  readonly #work: ObjectWork
  readonly #wishes = new Map<string, Wish>()
  /** Which wish an object of the cluster is for: `deployments.apps shop/web` to an id. */
  readonly #targets = new Map<string, string>()
  /** Ids that wait for a kind to be served or read. */
  readonly #waitingForKind = new Set<string>()
  /** By namespace. */
  readonly #waitingForNamespace = new Map<string, Set<string>>()
  /** Counts what others may be waiting for: kinds that were read, namespaces that came. */
  #news = 0
  readonly #listeners = new Set<(id: string) => void>()
  readonly #closing = new AbortController()
  readonly #unknown = new WeakMap<MemberResult, MemberResult>()
  #surveyed = false
  /** All copies have been told of. */
  #told = false
  #silentUntil = 0
  #silences = 0
  #cancelSilence: (() => void) | undefined

  constructor(options: MemberOptions) {
    this.#options = options
    this.cluster = options.cluster
    const { client, clock, random, hub, signal } = options
    const log = options.log.with({ cluster: options.cluster })
    const lifetime = AbortSignal.any([signal, this.#closing.signal])
    const manager = `flotilla-federation-${hub.slice(0, 8)}`
    this.#copies = new Copies(manager)
    this.#queue = new WorkQueue({
      clock,
      random,
      backoff: { baseMs: 500, maxMs: 300_000 },
      onReady: () => queueMicrotask(() => this.#pump()),
    })
    this.#kinds = new KindWatches({
      client,
      labelSelector: `${federationMark.label}=${hub}`,
      trim: (object) => this.#copies.trim(object),
      onChange: (type, change) => this.#hear(type, change),
      onKinds: () => this.#kindsRead(),
      clock,
      random,
      log,
      signal: lifetime,
    })
    this.#writer = new MemberWriter({ client, manager, copies: this.#copies, signal: lifetime })
    this.#work = new ObjectWork({
      hub,
      clock,
      copies: this.#copies,
      kinds: this.#kinds,
      writer: this.#writer,
      manager,
      isKnown: () => this.#surveyed,
    })
    lifetime.addEventListener('abort', () => this.#end(), { once: true })
    this.#kinds.survey(options.kinds ?? []).then(
      () => {
        this.#surveyed = true
        this.#kindsRead()
      },
      () => {},
    )
  }

  get writes(): number {
    return this.#writer.writes
  }

  get idle(): boolean {
    if (this.#options.away?.() !== undefined) return true
    return this.#queue.idle && this.#surveyed && this.#kinds.allRead
  }

  want(desired: Desired): void {
    const digest = digestOfDesired(desired)
    const wish = this.#wishes.get(desired.id)
    if (wish !== undefined && wish.dropping === undefined && wish.digest === digest) {
      const { namespace, rules } = desired
      const same = wish.desired?.namespace === namespace && wish.desired?.rules.drift === rules.drift
      wish.desired = desired
      if (!same && wish.result?.state !== 'Applied') this.#queue.add(desired.id)
      return
    }
    if (wish === undefined) this.#wishes.set(desired.id, newWish(desired, digest))
    else {
      wish.desired = desired
      wish.digest = digest
      wish.dropping = undefined
      wish.accepted = undefined
    }
    this.#queue.forget(desired.id)
    this.#queue.add(desired.id)
  }

  drop(id: string, rules?: Parameters<Member['drop']>[1]): void {
    const wish = this.#wishes.get(id)
    if (wish === undefined && this.copies()?.has(id) === false) return
    if (wish?.dropping !== undefined && (rules === undefined || sameRemoval(rules, wish.dropping.rules))) return
    const known = rules ?? wish?.desired?.rules
    const dropping = known === undefined ? {} : { rules: known }
    const going = wish ?? newWish(undefined, '')
    going.dropping = dropping
    // Whatever is under way may still make it: it is not gone before the cluster has been asked.
    going.result ??= { state: 'Removing', step: 'delete', message: 'it is to go', since: this.#options.clock.now() }
    this.#wishes.set(id, going)
    this.#queue.forget(id)
    this.#queue.add(id)
  }

  forget(id: string): void {
    const wish = this.#wishes.get(id)
    if (wish !== undefined) this.#forget(id, wish)
  }

  result(id: string): MemberResult | undefined {
    const result = this.#wishes.get(id)?.result
    const away = this.#options.away?.()
    if (away === undefined) return result
    const live = result?.live ?? this.#copies.byId.get(id)
    const seen = result ?? this.#firstUnknown(id, away.since, live)
    if (seen === undefined) return undefined
    let unknown = this.#unknown.get(seen)
    if (unknown?.message !== away.message || unknown.since !== away.since) {
      unknown = { state: 'Unknown', step: 'none', message: away.message, since: away.since, ...(live && { live }) }
      this.#unknown.set(seen, unknown)
    }
    return unknown
  }

  copies(): ReadonlyMap<string, KubeObject> | undefined {
    return this.#surveyed && this.#kinds.allRead && this.#options.away?.() === undefined ? this.#copies.byId : undefined
  }

  onChange(listener: (id: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  reachChanged(): void {
    if (this.#options.away?.() === undefined) {
      this.#silentUntil = 0
      this.#silences = 0
      this.#pump()
      this.#tellCopies()
    }
    for (const id of this.#wishes.keys()) this.#tell(id)
  }

  close(): void {
    this.#closing.abort(new Error(`no longer at work on cluster ${this.cluster}`))
  }

  #end(): void {
    this.#queue.close()
    this.#cancelSilence?.()
    this.#listeners.clear()
  }

  #firstUnknown(id: string, since: number, live: KubeObject | undefined): MemberResult | undefined {
    const wish = this.#wishes.get(id)
    if (wish === undefined) return undefined
    wish.result = { state: 'Waiting', step: 'none', message: 'the cluster has not answered yet', since, ...(live && { live }) }
    return wish.result
  }

  #tell(id: string): void {
    for (const listener of this.#listeners) listener(id)
  }

  #hear(type: ResourceType, { type: what, object }: CacheChange): void {
    const changed = what === 'DELETED' ? this.#copies.remove(type, object) : this.#copies.take(type, object)
    if (!changed) return
    const ids = new Set([idOf(object), this.#targets.get(targetOf(type, object))])
    for (const id of ids) {
      if (id === undefined) continue
      const wish = this.#wishes.get(id)
      if (wish === undefined) {
        this.#tell(id)
        continue
      }
      // The status of a copy that stands is news for those who report, and no work.
      if (wish.dropping === undefined && wish.result !== undefined && this.#work.stands(wish)) this.#show(id, wish)
      else this.#queue.add(id)
    }
    if (what !== 'DELETED' && groupResourceOf(type) === 'customresourcedefinitions.apiextensions.k8s.io')
      this.#kinds.lookAgain(true)
    if (what !== 'DELETED' && groupResourceOf(type) === 'namespaces') this.#namespaceIsThere(object.metadata.name)
  }

  #kindsRead(): void {
    this.#news++
    for (const id of this.#waitingForKind) this.#queue.add(id)
    this.#waitingForKind.clear()
    this.#tellCopies()
  }

  /** Copies that nobody has asked for so far are news as well, once; those of kinds that are read later are told one by one. */
  #tellCopies(): void {
    if (this.#told || this.copies() === undefined) return
    this.#told = true
    for (const id of this.#copies.byId.keys()) this.#tell(id)
    this.#tell('')
  }

  #namespaceIsThere(namespace: string): void {
    this.#news++
    for (const id of this.#waitingForNamespace.get(namespace) ?? []) this.#queue.add(id)
    this.#waitingForNamespace.delete(namespace)
  }

  #pump(): void {
    const { clock, away, hands = 8 } = this.#options
    if (this.#closing.signal.aborted || this.#options.signal.aborted) return
    if (away?.() !== undefined || clock.now() < this.#silentUntil) return
    while (this.#queue.workingCount < hands) {
      const id = this.#queue.take()
      if (id === undefined) return
      void this.#run(id).finally(() => {
        this.#queue.done(id)
        this.#pump()
      })
    }
  }

  async #run(id: string): Promise<void> {
    const wish = this.#wishes.get(id)
    if (wish === undefined) return
    const { digest, dropping } = wish
    const news = this.#news
    try {
      const step =
        dropping === undefined ? await this.#work.bring(wish, this.#targetChosen(id)) : await this.#work.remove(id, wish)
      this.#silences = 0
      // Meanwhile something else was asked for.
      if (wish.digest !== digest || wish.dropping !== dropping) return
      if (step.gone === true) {
        this.#forget(id, wish)
        return
      }
      // What it waits for has come while it was about to wait: it would wait for ever.
      if (step.waitsFor !== undefined && this.#news !== news) this.#queue.add(id)
      if (step.waitsFor === 'kind') this.#waitingForKind.add(id)
      if (step.waitsFor === 'service') {
        this.#waitingForKind.add(id)
        this.#kinds.lookAgain()
      }
      if (step.againAt !== undefined) this.#queue.addAt(id, step.againAt)
      else if (step.waitsFor === undefined) this.#queue.forget(id)
      if (step.state !== undefined) this.#set(id, wish, step.state, step.step ?? 'none', step.message ?? '')
    } catch (error) {
      if (!this.#closing.signal.aborted && !this.#options.signal.aborted) this.#fail(id, wish, error)
    }
  }

  #targetChosen(id: string): (target: string) => void {
    return (target) => this.#targets.set(target, id)
  }

  #forget(id: string, wish: Wish): void {
    this.#wishes.delete(id)
    if (wish.target !== undefined && this.#targets.get(wish.target) === id) this.#targets.delete(wish.target)
    this.#queue.forget(id)
    this.#tell(id)
  }

  #fail(id: string, wish: Wish, error: unknown): void {
    const failure = judgeFailure(error)
    const { message, remedy, retryAfterMs } = failure
    const step = this.#work.stepOf(wish)
    if (remedy === 'cluster') {
      this.#silence(message)
      this.#queue.add(id)
      this.#set(id, wish, 'Unknown', step, message)
      return
    }
    if (remedy === 'again') {
      this.#queue.addFailed(id)
      if (this.#queue.failures(id) < 5) return
    } else if (remedy === 'person') this.#queue.addFailed(id, 15_000)
    else this.#queue.addFailed(id, retryAfterMs)
    if (remedy === 'kind') this.#kinds.lookAgain(true)
    if (remedy === 'namespace') {
      const namespace = wish.desired?.object.metadata.namespace ?? ''
      let waiting = this.#waitingForNamespace.get(namespace)
      if (waiting === undefined) this.#waitingForNamespace.set(namespace, (waiting = new Set()))
      waiting.add(id)
    }
    this.#options.log.debug('cannot bring an object to a cluster', { cluster: this.cluster, id, error: messageOf(error) })
    this.#set(id, wish, failure.state, step, message)
  }

  /** Nobody is asked for a while: an object more or less makes no difference. */
  #silence(message: string): void {
    const { clock, onSilence, log } = this.#options
    onSilence?.()
    if (clock.now() < this.#silentUntil) return
    const pauseMs = Math.min(silenceMs.most, silenceMs.first * 2 ** this.#silences++)
    log.debug('a cluster does not answer', { cluster: this.cluster, error: message, pauseMs })
    this.#silentUntil = clock.now() + pauseMs
    this.#cancelSilence?.()
    this.#cancelSilence = clock.after(pauseMs, () => {
      this.#silentUntil = 0
      this.#pump()
    })
  }

  #set(id: string, wish: Wish, state: MemberState, step: MemberResult['step'], message: string): void {
    const before = wish.result
    const same = before !== undefined && before.state === state && before.step === step && before.message === message
    const live = this.#liveOf(id, wish)
    if (same && before.live === live) return
    const since = same ? before.since : this.#options.clock.now()
    wish.result = { state, step, message, since, ...(live && { live }) }
    this.#tell(id)
  }

  #show(id: string, wish: Wish): void {
    const { result } = wish
    if (result !== undefined) this.#set(id, wish, result.state, result.step, result.message)
  }

  #liveOf(id: string, { target }: Wish): KubeObject | undefined {
    return (target === undefined ? undefined : this.#copies.get(target)?.live) ?? this.#copies.byId.get(id)
  }
}

type RemovalRules = NonNullable<Parameters<Member['drop']>[1]>

function sameRemoval(rules: RemovalRules, before: RemovalRules | undefined): boolean {
  const { onRemoval, propagation, labels } = rules
  return before?.onRemoval === onRemoval && before.propagation === propagation && equalJson(before.labels ?? {}, labels ?? {})
}

function newWish(desired: Desired | undefined, digest: string): Wish {
  return {
    desired,
    digest,
    dropping: undefined,
    target: undefined,
    accepted: undefined,
    corrections: 0,
    correctedAt: undefined,
    result: undefined,
  }
}
