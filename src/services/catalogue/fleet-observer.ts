import type { Clock } from '../../base/clock.js'
import { compareText } from '../../base/compare-text.js'
import { messageOf } from '../../base/errors.js'
import type { Log } from '../../base/log.js'
import type { Random } from '../../base/random.js'
import type { Inventory } from '../../inventory/cluster.js'
import type { KubeClient } from '../../kube/client/kube-client.js'
import type { CacheChange } from '../../kube/informer/cache.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../kube/object/resource-type.js'
import { WorkQueue } from '../../kube/queue/work-queue.js'
import { endpointSliceType, namespaceType, nodeType, podType, serviceType } from '../model/kube-kinds.js'
import type { FleetFacts, ServiceDialect } from '../model/service-dialect.js'
import { ClusterView, clusterPropertyType, selectObjects } from './cluster-view.js'
import { declaresService } from './declares.js'
import { KindCaches } from './kind-caches.js'

export interface FleetObserverOptions {
  readonly hub: KubeClient
  readonly inventory: Inventory
  readonly dialects: readonly ServiceDialect[]
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly signal: AbortSignal
  /** A cluster that cannot be read for longer counts as lost (default 5 s). */
  readonly graceMs?: number
  /** Everything is read from the start, also while nobody declares a service: for people who ask. */
  readonly readsAll?: boolean
  /** Members that are not watched before somebody declares a service. */
  readonly asleep?: SleepingMembers
}

export interface SleepingMembers {
  includes(cluster: string): boolean
  /** Resolves when one of them holds an object that declares a service. */
  readonly woken: Promise<void>
}

/** What the observer tells of. Listeners must only enqueue. */
export interface FleetListener {
  object(cluster: ClusterView, type: ResourceType, change: CacheChange): void
  hubObject(type: ResourceType, change: CacheChange): void
  /** `facts`: labels, localities or all that is known of it; `reach`: how it stands. */
  cluster(name: string, what: 'joined' | 'left' | 'facts' | 'reach'): void
}

interface Member {
  readonly name: string
  lifetime: AbortSignal | undefined
  /** What is being read now. */
  caches: KindCaches | undefined
  /** Whether the kinds have been read in which services are declared. */
  declared: boolean
  /** Set once it has been read. */
  view: ClusterView | undefined
  /** Since when it cannot be read (epoch ms). */
  unreadableSince: number | undefined
}

const later = [endpointSliceType, namespaceType, nodeType]

/**
 * Reads the members of the fleet: one set of caches for each, as long as its client lives. What was read stays known while a
 * cluster cannot be read. Until somebody in the fleet declares a service, only the kinds are read in which that is done.
 */
export class FleetObserver implements FleetFacts {
  readonly #options: FleetObserverOptions
  readonly #members = new Map<string, Member>()
  readonly #queue: WorkQueue
  #memberKinds: readonly ResourceType[]
  readonly #hub: KindCaches | undefined
  readonly #listener: FleetListener
  #clusters: readonly ClusterView[] | undefined
  /** How many clusters are called, or call themselves, by a name. */
  #ids: ReadonlyMap<string, number> | undefined
  #active = false
  readonly #podKeys = new Set<string>()

  constructor(options: FleetObserverOptions, listener: FleetListener) {
    this.#options = options
    this.#listener = listener
    const { clock, random, log, signal, inventory, dialects, hub } = options
    this.#active = options.readsAll === true
    this.#queue = new WorkQueue({ clock, random, onReady: () => queueMicrotask(() => this.#judge()) })
    this.#memberKinds = unique([...dialects.flatMap((dialect) => dialect.memberKinds), clusterPropertyType])
    const hubKinds = unique(dialects.flatMap((dialect) => dialect.hubKinds))
    if (hubKinds.length > 0) {
      this.#hub = new KindCaches({
        client: hub,
        core: [],
        optional: hubKinds,
        clock,
        random,
        log,
        signal,
        onChange: (type, change) => {
          if (this.#active) listener.hubObject(type, change)
          else this.#activate()
        },
        onHealth: () => {},
      })
      this.#hub.ready.then(
        () => {
          for (const type of hubKinds) if ((this.#hub?.of(type)?.list().length ?? 0) > 0) this.#activate()
        },
        () => {},
      )
    }
    void options.asleep?.woken.then(() => this.#activate())
    const off = inventory.onChange(({ name }) => this.#sync(name))
    signal.addEventListener(
      'abort',
      () => {
        off()
        this.#queue.close()
      },
      { once: true },
    )
    for (const cluster of inventory.list()) this.#sync(cluster.name)
  }

  get clusters(): readonly ClusterView[] {
    this.#clusters ??= [...this.#members.values()]
      .flatMap(({ view }) => (view === undefined ? [] : [view]))
      .sort((a, b) => compareText(a.name, b.name))
    return this.#clusters
  }

  cluster(name: string): ClusterView | undefined {
    return this.#members.get(name)?.view
  }

  /** True for a cluster of the fleet that has never been read: what it offers is not known. */
  isUnread(name: string): boolean {
    const member = this.#members.get(name)
    if (member !== undefined) return member.view === undefined
    const { inventory } = this.#options
    return !inventory.ready || inventory.find({ name }) !== undefined
  }

  /** An id that several clusters claim, or that is another's name, is nobody's: no cluster can pass for another. */
  #isTaken(id: string): boolean {
    if (this.#ids === undefined) {
      const ids = new Map<string, number>()
      for (const { name, view } of this.#members.values())
        for (const each of new Set([name, view?.claimedId ?? name])) ids.set(each, (ids.get(each) ?? 0) + 1)
      this.#ids = ids
    }
    return (this.#ids.get(id) ?? 0) > 1
  }

  /** From now on these kinds are read on all members, too. */
  readAlso(types: readonly ResourceType[]): void {
    const known = this.#memberKinds.length
    this.#memberKinds = unique([...this.#memberKinds, ...types])
    if (this.#memberKinds.length === known) return
    for (const { caches } of this.#members.values()) caches?.want(types)
  }

  /** From now on these labels of pods count: a rule compares them. Pods are read for nothing else. */
  readPodLabels(keys: readonly string[]): void {
    for (const key of keys) this.#podKeys.add(key)
    this.readAlso([podType])
  }

  /** Clusters that answer and have not been read yet: what they offer and want is not known. */
  get pending(): readonly string[] {
    const { inventory } = this.#options
    return [...this.#members.values()]
      .filter(({ name, declared, view }) => {
        const { health } = inventory.state(name)
        const isMissing = () => view === undefined || (this.#podKeys.size > 0 && view.caches.of(podType) === undefined)
        return (health === 'Healthy' || health === 'Pending') && (this.#active ? isMissing() : !declared)
      })
      .map(({ name }) => name)
  }

  hubObjects(type: ResourceType, where: { namespace?: string; name?: string } = {}): readonly KubeObject[] {
    return selectObjects(this.#hub?.of(type), where)
  }

  #sync(name: string): void {
    const { inventory, signal } = this.#options
    if (signal.aborted) return
    const cluster = inventory.find({ name })
    const member = this.#members.get(name)
    if (cluster === undefined) {
      if (member === undefined) return
      this.#members.delete(name)
      this.#queue.forget(name)
      this.#clusters = this.#ids = undefined
      this.#listener.cluster(name, 'left')
      return
    }
    const known = member ?? {
      name,
      lifetime: undefined,
      caches: undefined,
      declared: false,
      view: undefined,
      unreadableSince: undefined,
    }
    if (member === undefined) this.#ids = undefined
    this.#members.set(name, known)
    const lifetime = inventory.lifetime?.(name) ?? signal
    const sleeps = !this.#active && this.#options.asleep?.includes(name) === true
    if (known.lifetime !== lifetime && !sleeps) this.#open(known, lifetime)
    if (known.view !== undefined && known.view.labels !== cluster.labels) {
      known.view.labels = cluster.labels
      this.#listener.cluster(name, 'facts')
    }
    known.caches?.lookAgain()
    this.#queue.add(name)
  }

  /** Reads a cluster with its present client. */
  #open(member: Member, lifetime: AbortSignal): void {
    const { inventory, clock, random, log, signal } = this.#options
    member.lifetime = lifetime
    let client: KubeClient
    try {
      client = inventory.client(member.name)
    } catch (error) {
      log.debug('a cluster cannot be read for services', { cluster: member.name, error: messageOf(error) })
      return
    }
    const caches: KindCaches = new KindCaches({
      client,
      core: [serviceType],
      optional: this.#memberKinds,
      clock,
      random,
      log,
      signal: AbortSignal.any([lifetime, signal]),
      onChange: (type, change) => this.#hear(member, caches, type, change),
      onKind: () => {
        if (member.view?.caches === caches) this.#listener.cluster(member.name, 'facts')
      },
      onHealth: (healthy) => {
        if (!healthy) inventory.suspect?.(member.name)
        this.#queue.add(member.name)
      },
    })
    member.caches = caches
    caches.ready.then(
      () => this.#opened(member, caches),
      () => {},
    )
  }

  #opened(member: Member, caches: KindCaches): void {
    if (member.caches !== caches) return
    member.declared = true
    if (this.#active) void this.#complete(member, caches)
    else if (this.#declares(caches)) this.#activate()
  }

  #hear(member: Member, caches: KindCaches, type: ResourceType, change: CacheChange): void {
    if (member.caches !== caches) return
    const { view } = member
    if (view === undefined || view.caches !== caches) {
      if (!this.#active && change.type !== 'DELETED' && declaresService(this.#options.dialects, change.object)) this.#activate()
      return
    }
    if (type.kind === nodeType.kind) {
      if (samePlace(change)) return
      view.forgetLocality()
      this.#listener.cluster(member.name, 'facts')
      return
    }
    if (type.kind === clusterPropertyType.kind) this.#ids = undefined
    this.#listener.object(view, type, change)
    if (type.kind === clusterPropertyType.kind) this.#listener.cluster(member.name, 'facts')
  }

  /** From now on everything is read that services are made of. */
  #activate(): void {
    if (this.#active || this.#options.signal.aborted) return
    this.#active = true
    for (const member of this.#members.values()) {
      this.#sync(member.name)
      const { caches } = member
      caches?.ready.then(
        () => this.#complete(member, caches),
        () => {},
      )
    }
  }

  async #complete(member: Member, caches: KindCaches): Promise<void> {
    try {
      await caches.extend(later)
    } catch {
      return
    }
    if (member.caches !== caches || this.#members.get(member.name) !== member) return
    if (member.view?.caches === caches) return
    const labels = this.#options.inventory.find({ name: member.name })?.labels ?? {}
    const first = member.view === undefined
    if (member.view === undefined)
      member.view = new ClusterView(member.name, labels, caches, (id) => this.#isTaken(id), this.#podKeys)
    else member.view.caches = caches
    this.#clusters = this.#ids = undefined
    this.#listener.cluster(member.name, first ? 'joined' : 'facts')
    this.#queue.add(member.name)
  }

  #declares(caches: KindCaches): boolean {
    for (const type of [serviceType, ...this.#memberKinds]) {
      for (const object of caches.of(type)?.list() ?? []) if (declaresService(this.#options.dialects, object)) return true
    }
    return false
  }

  /** How clusters stand: what the inventory says of them, and whether their watches are open. */
  #judge(): void {
    const { inventory, clock, graceMs = 5000 } = this.#options
    for (let name = this.#queue.take(); name !== undefined; name = this.#queue.take()) {
      const member = this.#members.get(name)
      if (member?.view !== undefined) {
        const { health } = inventory.state(name)
        const readable = (health === 'Healthy' || health === 'Pending') && member.caches?.healthy === true
        const now = clock.now()
        if (readable) member.unreadableSince = undefined
        else member.unreadableSince ??= now
        const since = member.unreadableSince
        const reach = since === undefined ? 'reachable' : now - since >= graceMs ? 'lost' : 'unknown'
        if (reach === 'unknown') this.#queue.addAt(name, since! + graceMs)
        if (reach !== member.view.reach) {
          member.view.reach = reach
          this.#listener.cluster(name, 'reach')
        }
      }
      this.#queue.done(name)
    }
  }
}

function unique(types: readonly ResourceType[]): ResourceType[] {
  return [...new Map(types.map((type) => [groupResourceOf(type), type])).values()]
}

const placeLabels = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone']

/** True for the many changes of a node that do not move it. */
function samePlace({ type, object, previous }: CacheChange): boolean {
  if (type !== 'MODIFIED' || previous === undefined) return false
  return placeLabels.every((label) => object.metadata.labels?.[label] === previous.metadata.labels?.[label])
}
