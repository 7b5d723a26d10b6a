import type { Clock } from '../../../base/clock.js'
import { messageOf } from '../../../base/errors.js'
import { equalJson } from '../../../base/json.js'
import type { Log } from '../../../base/log.js'
import type { Random } from '../../../base/random.js'
import { createEventRecorder } from '../../../controller/event-recorder.js'
import type { Inventory } from '../../../inventory/cluster.js'
import type { KubeClient } from '../../../kube/client/kube-client.js'
import type { CacheChange } from '../../../kube/informer/cache.js'
import type { KubeObject } from '../../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../../kube/object/resource-type.js'
import { WorkQueue } from '../../../kube/queue/work-queue.js'
import { ClusterDirectory } from '../clusters/cluster-directory.js'
import type { FederationDialect, HubFacts, ObjectRef } from '../contract.js'
import { parseFederatedId } from '../federated-id.js'
import { HubCaches } from '../hub/hub-caches.js'
import { HubWriter, isRace } from '../hub/hub-writer.js'
import { Autoscalers, autoscalerType } from './autoscalers.js'
import { Claims } from './claims.js'
import { type EvictionDecider, keepEvictions } from './decide-evictions.js'
import { FleetMembers, type OpenMember } from './fleet-members.js'
import { KindsRegister } from './kinds-register.js'
import { SourceLook } from './source-look.js'
import { SourcePass } from './source-pass.js'
import { heedsReady, type SourceState, type SourceView } from './source-state.js'
import { Sources } from './sources.js'

export interface FederationOptions {
  readonly hub: KubeClient
  /** Of the hub's namespace kube-system: what copies belong to. */
  readonly hubId: string
  /** Where the engine keeps what it must remember. */
  readonly namespace: string
  readonly inventory: Inventory
  /** In the order in which they win where two want the same object. */
  readonly dialects: readonly FederationDialect[]
  /** For clusters that are not written to directly. */
  readonly openMember?: OpenMember
  readonly evictions?: EvictionDecider
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
}

export interface Federation {
  /** What dialects see of the hub. */
  readonly facts: HubFacts
  /** The hub's kinds have been read: from now on it is decided. */
  readonly ready: Promise<void>
  /** Nothing is to be done now for any cluster that answers. */
  readonly idle: boolean
  readonly counts: {
    readonly passes: number
    readonly decisions: number
    readonly hubWrites: number
    readonly memberWrites: number
  }
  look(id: string): SourceView | undefined
  sources(): readonly SourceView[]
}

/** Passes at a time: most of a pass is waiting for the hub to write. */
const hands = 32
/** Results are gathered so long before they are reported. */
const gatherMs = 150
/** That a cluster does not answer is reported for each of its objects: not for a short interruption. */
const silenceGatherMs = 5000
const roomGatherMs = 5000
/** Policies and what is reported are of the same kinds for some dialects. */
const hubGatherMs = 200
const slowStartMs = 30_000

export function createFederation(options: FederationOptions): Federation {
  return new Engine(options)
}

class Engine implements Federation {
  readonly #options: FederationOptions
  readonly #caches: HubCaches
  readonly #writer: HubWriter
  readonly #directory: ClusterDirectory
  readonly #members: FleetMembers
  readonly #register: KindsRegister
  readonly #sources: Sources
  readonly #pass: SourcePass
  readonly #queue: WorkQueue
  readonly #look: SourceLook
  readonly #sourceKinds = new Map<FederationDialect, Set<string>>()
  readonly #hubKinds: ReadonlyMap<FederationDialect, ReadonlySet<string>>
  readonly facts: HubFacts
  readonly ready: Promise<void>
  #resolveReady: () => void = () => {}
  #registerRead = false
  #isReady = false
  #isPumping = false
  #passes = 0
  #refreshing: { readonly delayMs: number; readonly cancel: () => void } | undefined
  #wasBlind = false

  constructor(options: FederationOptions) {
    this.#options = options
    const { hub, inventory, clock, random, log, signal, dialects } = options
    this.#hubKinds = new Map(dialects.map((each) => [each, new Set(each.hubKinds.map(groupResourceOf))]))
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve
    })
    this.#caches = new HubCaches({
      client: hub,
      clock,
      random,
      log,
      signal,
      onChange: (type, change) => this.#hearHub(type, change),
      onKinds: () => this.#refreshSoon(),
    })
    const autoscalers = new Autoscalers()
    this.#sources = new Sources(autoscalers)
    this.#writer = new HubWriter({ hub, caches: this.#caches, signal })
    this.#directory = new ClusterDirectory({
      hub,
      inventory,
      notes: () => dialects.flatMap((dialect) => this.#notesOf(dialect) ?? []),
    })
    this.facts = this.#createFacts()
    this.#register = new KindsRegister({ hub, namespace: options.namespace, signal })
    this.#members = new FleetMembers({
      inventory,
      directory: this.#directory,
      ...(options.openMember === undefined ? {} : { openMember: options.openMember }),
      hubId: options.hubId,
      kinds: () => this.#register.kinds,
      clock,
      random,
      log,
      signal,
      onResult: (cluster, id) => this.#hearMember(cluster, id),
      onFacts: (cluster, what) => (what === 'apis' ? this.#refreshSoon(hubGatherMs) : this.#roomChanged(cluster)),
    })
    const claims = new Claims({
      hasCopy: (cluster, id) => this.#members.get(cluster)?.member.copies()?.has(id) === true,
      changed: (id) => this.#dirty(this.#sources.ofId(id)?.key),
    })
    this.#pass = new SourcePass({
      inventory,
      directory: this.#directory,
      members: this.#members,
      claims,
      autoscalers,
      evictions: options.evictions ?? keepEvictions,
      rankOf: (name) => dialects.findIndex((dialect) => dialect.name === name),
      clock,
      log,
    })
    this.#queue = new WorkQueue({
      clock,
      random,
      backoff: { baseMs: 200, maxMs: 60_000 },
      onReady: () => this.#pumpSoon(),
    })
    this.#look = new SourceLook({
      hub,
      facts: this.facts,
      caches: this.#caches,
      writer: this.#writer,
      register: this.#register,
      sources: this.#sources,
      pass: this.#pass,
      queue: this.#queue,
      events: createEventRecorder({ hub, clock, random, log, signal }),
      dirty: (key) => this.#dirty(key),
      clock,
      log,
    })
    const off = inventory.onChange(({ name, what }) => {
      if (what === 'health') this.#members.health(name)
      this.#refreshSoon()
    })
    signal.addEventListener(
      'abort',
      () => {
        off()
        this.#refreshing?.cancel()
        this.#queue.close()
        for (const { member } of this.#members.values()) member.close()
      },
      { once: true },
    )
    for (const dialect of dialects) this.#caches.want(dialect.hubKinds)
    this.#caches.want([autoscalerType])
    void this.#readRegister()
    clock.after(slowStartMs, () => {
      const kinds = this.#caches.unread.join(', ')
      if (!this.#isReady && !signal.aborted) log.warn('nothing is placed yet: kinds of the hub cannot be read', { kinds })
    })
  }

  get idle(): boolean {
    if (!this.#isReady || !this.#queue.idle || this.#refreshing !== undefined) return false
    for (const { member } of this.#members.values()) if (member.idle === false) return false
    return true
  }

  get counts() {
    let memberWrites = 0
    for (const { member } of this.#members.values()) memberWrites += member.writes ?? 0
    return { passes: this.#passes, decisions: this.#pass.decisions, hubWrites: this.#writer.writes, memberWrites }
  }

  look(id: string): SourceView | undefined {
    const state = this.#sources.ofId(id)
    return state && viewOf(state)
  }

  sources(): readonly SourceView[] {
    return [...this.#sources.values()].map(viewOf)
  }

  #createFacts(): HubFacts {
    const caches = this.#caches
    const directory = this.#directory
    const { clock } = this.#options
    return {
      objects: (type, where) => caches.objects(type, where),
      isRead: (type) => caches.cache(type) !== undefined,
      get clusters() {
        return directory.facts
      },
      typeOf: (apiVersion, kind) => caches.typeOf(apiVersion, kind),
      typeNamed: (group, plural) => caches.typeNamed(group, plural),
      get nowMs() {
        return clock.now()
      },
    }
  }

  #notesOf(dialect: FederationDialect) {
    try {
      return dialect.clusterNotes?.(this.facts)
    } catch (error) {
      this.#options.log.error('a dialect failed on its clusters', { dialect: dialect.name, problem: messageOf(error) })
      return undefined
    }
  }

  async #readRegister(): Promise<void> {
    const { clock, log, signal } = this.#options
    try {
      await this.#register.read()
      this.#registerRead = true
      this.#refreshSoon()
    } catch (error) {
      if (signal.aborted) return
      log.warn('cannot read which kinds went to clusters', { error: messageOf(error) })
      clock.after(2000, () => void this.#readRegister())
    }
  }

  /** What is known of kinds and clusters is looked at anew, once for many changes. */
  #refreshSoon(delayMs = 0): void {
    if (this.#refreshing !== undefined) {
      if (this.#refreshing.delayMs <= delayMs) return
      this.#refreshing.cancel()
    }
    const cancel = this.#options.clock.after(delayMs, () => {
      this.#refreshing = undefined
      if (!this.#options.signal.aborted) this.#refresh()
    })
    this.#refreshing = { delayMs, cancel }
  }

  #refresh(): void {
    const { dialects, log, inventory } = this.#options
    for (const dialect of dialects) {
      try {
        const types = dialect.sourceKinds(this.facts)
        const known = this.#sourceKinds.get(dialect)
        this.#sourceKinds.set(dialect, new Set(types.map(groupResourceOf)))
        this.#caches.want(types)
        // Of a kind that is read already, for another dialect, objects may have come unheeded since the policy that asks for it.
        const fresh = types.filter((type) => known?.has(groupResourceOf(type)) === false)
        if (this.#isReady) this.#enqueueDialect(dialect, fresh)
      } catch (error) {
        log.error('a dialect failed on its kinds', { dialect: dialect.name, problem: messageOf(error) })
      }
    }
    if (!inventory.ready || !this.#registerRead) return
    const changed = this.#directory.refresh()
    const membersChanged = this.#members.sync()
    if (this.#directory.blind !== this.#wasBlind) {
      this.#wasBlind = this.#directory.blind
      if (this.#wasBlind) log.warn('most clusters are silent at once: the hub may be cut off, and nothing is moved')
      else log.info('most clusters answer again')
    }
    if (!this.#isReady && this.#caches.complete) {
      this.#isReady = true
      this.#resolveReady()
      this.#enqueueAll()
      for (const place of this.#members.values()) this.#hearMember(place.name, '')
    } else if (this.#isReady && (changed === 'facts' || membersChanged)) this.#enqueueAll()
    else if (this.#isReady && changed === 'ready') {
      for (const state of this.#sources.values()) if (heedsReady(state)) this.#dirty(state.key)
    }
  }

  /** Every source of every dialect. */
  #enqueueAll(): void {
    for (const dialect of this.#options.dialects) this.#enqueueDialect(dialect)
    for (const state of this.#sources.values()) this.#dirty(state.key)
  }

  #enqueueDialect(dialect: FederationDialect, types = this.#sourceTypes(dialect)): void {
    for (const type of types) {
      for (const object of this.#caches.objects(type)) this.#enqueue(dialect, refOf(type, object))
    }
  }

  #sourceTypes(dialect: FederationDialect): readonly ResourceType[] {
    try {
      return dialect.sourceKinds(this.facts)
    } catch {
      // Told where kinds are read.
      return []
    }
  }

  #enqueue(dialect: FederationDialect, ref: ObjectRef): void {
    this.#dirty(this.#sources.for(dialect, ref).key)
  }

  #dirty(key: string | undefined): void {
    const state = key === undefined ? undefined : this.#sources.get(key)
    if (state === undefined) return
    state.dirty = true
    this.#queue.add(state.key)
  }

  #hearHub(type: ResourceType, change: CacheChange): void {
    const resource = groupResourceOf(type)
    if (resource === groupResourceOf(autoscalerType)) this.#noteAutoscaler(type, change)
    for (const dialect of this.#options.dialects) {
      const isHubKind = this.#hubKinds.get(dialect)?.has(resource) === true
      const isSource = this.#sourceKinds.get(dialect)?.has(resource) === true
      if (isHubKind) this.#refreshSoon(this.#isReady ? hubGatherMs : 0)
      if (!this.#isReady || (!isHubKind && !isSource)) continue
      const ref = refOf(type, change.object)
      const own = change.type !== 'DELETED' && this.#writer.isOwn(ref, change.object)
      const reported =
        change.previous !== undefined && change.type === 'MODIFIED' && isSameButStatus(change.previous, change.object)
      if (isSource && reported && !own) this.#queue.addAfter(this.#sources.for(dialect, ref).key, gatherMs)
      if (reported) continue
      if (isSource && !own) this.#enqueue(dialect, ref)
      const states =
        change.previous === undefined || change.type === 'DELETED' ? [change.object] : [change.previous, change.object]
      for (const object of states) this.#touch(dialect, object, own ? ref : undefined)
    }
  }

  /** `own`: it was changed by ourselves, which is no news for itself and none in haste for others. */
  #touch(dialect: FederationDialect, object: KubeObject, own: ObjectRef | undefined): void {
    try {
      const touched = dialect.touches(object, this.facts)
      if (touched === 'all') {
        this.#enqueueDialect(dialect)
        return
      }
      const itself = own && this.#sources.for(dialect, own)
      for (const ref of touched) {
        const state = this.#sources.for(dialect, ref)
        if (state === itself) continue
        state.dirty = true
        if (own === undefined) this.#queue.add(state.key)
        else this.#queue.addAfter(state.key, gatherMs)
      }
    } catch (error) {
      this.#options.log.error('a dialect failed on a change', { dialect: dialect.name, problem: messageOf(error) })
    }
  }

  #noteAutoscaler(type: ResourceType, { type: what, object }: CacheChange): void {
    const { namespace = '', name } = object.metadata
    const origin = `${groupResourceOf(type)} ${namespace}/${name}`
    for (const key of this.#sources.noteAutoscaler(origin, what === 'DELETED' ? undefined : object)) this.#dirty(key)
  }

  #hearMember(cluster: string, id: string): void {
    if (!this.#isReady) return
    if (id === '') {
      for (const each of this.#members.get(cluster)?.member.copies()?.keys() ?? []) this.#hearCopy(each)
      return
    }
    // Karmada's and ours, and KubeFed's FederatedCustomResourceDefinition.
    if (id.includes('CustomResourceDefinition.')) this.#members.definitionChanged(cluster)
    const key = this.#sources.ofId(id)?.key
    if (key === undefined) this.#hearCopy(id)
    else this.#queue.addAfter(key, this.#directory.of(cluster)?.ready === true ? gatherMs : silenceGatherMs)
  }

  /** A copy that nobody has asked for in this process: its source is looked at, and whether there is one. */
  #hearCopy(id: string): void {
    const known = this.#sources.ofId(id)
    if (known !== undefined) {
      this.#queue.addAfter(known.key, gatherMs)
      return
    }
    const parts = parseFederatedId(id)
    const dialect = this.#options.dialects.find(({ name }) => name === parts?.dialect)
    if (parts === undefined || dialect === undefined) return
    const type = this.#caches.typeOfKind(parts.group, parts.kind)
    if (type === undefined) return
    this.#caches.want([type])
    this.#enqueue(dialect, { type, namespace: parts.namespace, name: parts.name })
  }

  #roomChanged(cluster: string): void {
    for (const state of this.#sources.values()) {
      if (!state.roomIn.has(cluster) || (state.decision?.replicas.unplaced ?? 0) === 0) continue
      state.dirty = true
      this.#queue.addAfter(state.key, roomGatherMs)
    }
  }

  /** Once for all that become ready in one turn: a change of the clusters makes every source so. */
  #pumpSoon(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    queueMicrotask(() => {
      this.#isPumping = false
      this.#pump()
    })
  }

  #pump(): void {
    while (this.#isReady && !this.#options.signal.aborted && this.#queue.workingCount < hands) {
      const key = this.#queue.take()
      if (key === undefined) return
      void this.#run(key).finally(() => {
        this.#queue.done(key)
        this.#pump()
      })
    }
  }

  async #run(key: string): Promise<void> {
    const state = this.#sources.get(key)
    if (state === undefined) return
    this.#passes++
    try {
      const againAt = await this.#look.look(state)
      this.#queue.forget(key)
      if (againAt !== undefined) this.#queue.addAt(key, againAt)
    } catch (error) {
      if (this.#options.signal.aborted) return
      state.dirty = true
      const retryMs = this.#queue.addFailed(key)
      const fields = { source: key, error: messageOf(error), retryMs }
      if (isRace(error)) this.#options.log.debug('a source changed while it was reported', fields)
      else this.#options.log.warn('a pass over a source failed', fields)
    }
  }
}

function refOf(type: ResourceType, { metadata: { name, namespace = '' } }: KubeObject): ObjectRef {
  return { type, namespace, name }
}

/** Nothing but the status has changed: what dialects report themselves, and nothing that they ask for. */
function isSameButStatus(before: KubeObject, after: KubeObject): boolean {
  const [left, right] = [before.metadata, after.metadata]
  if (left.generation === undefined || left.generation !== right.generation || left.uid !== right.uid) return false
  return (
    left.deletionTimestamp === right.deletionTimestamp &&
    equalJson(left.labels, right.labels) &&
    equalJson(left.annotations, right.annotations) &&
    equalJson(left.finalizers, right.finalizers)
  )
}

function viewOf({ id, dialect, ref, read, decision, outcome }: SourceState): SourceView {
  return { id, dialect: dialect.name, ref, read, decision, outcome }
}
