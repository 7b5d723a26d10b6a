import { compareText } from '../../base/compare-text.js'
import { messageOf } from '../../base/errors.js'
import { equalJson } from '../../base/json.js'
import type { CacheChange } from '../../kube/informer/cache.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { groupResourceOf, type ResourceType } from '../../kube/object/resource-type.js'
import { decideService } from '../model/decide-service.js'
import { endpointSliceType, namespaceType, podType } from '../model/kube-kinds.js'
import { type RankFacts, rankEndpoints } from '../model/rank/rank-endpoints.js'
import { completeLabels, topologyLabels } from '../model/rank/topology-labels.js'
import type { ClusterFacts, ServiceDialect } from '../model/service-dialect.js'
import type { ClusterReach, Consumer, FleetService, Offer, Ranking, ServiceName, TrafficRule } from '../model/service-model.js'
import { parseServiceKey, serviceKey } from '../model/service-name.js'
import type { ServiceCatalogue } from './catalogue.js'
import { type ClusterView, isWritten, serviceOfSlice } from './cluster-view.js'
import { FleetObserver, type FleetObserverOptions } from './fleet-observer.js'

export interface CatalogueOptions extends FleetObserverOptions {
  /** How a cluster counts that has not been read (default: as not known to be away). */
  readonly unread?: ClusterReach
  /** Changes every ranking before anybody sees it: what cannot be reached directly is replaced. By the facts as they are now. */
  readonly reroute?: (service: FleetService, ranking: Ranking, catalogue: ServiceCatalogue) => Ranking
}

/** An object of a member has changed. Must only enqueue. */
export type MemberListener = (cluster: ClusterView, type: ResourceType, change: CacheChange) => void

export type ClusterListener = (name: string, what: 'joined' | 'left' | 'facts' | 'reach') => void

/** The catalogue with what its outputs on members need beside. */
export interface CreatedCatalogue extends ServiceCatalogue {
  readonly facts: FleetObserver
  onMember(listener: MemberListener): () => void
  /** An object of the hub, of the dialects' kinds, has changed. Must only enqueue. */
  onHub(listener: () => void): () => void
  /** A cluster has been read for the first time or anew, stands otherwise, or has left. Must only enqueue. */
  onCluster(listener: ClusterListener): () => void
  /** True for a cluster of the fleet that has never been read: what it offers is not in the catalogue. */
  isUnread(cluster: string): boolean
  /** What `reroute` goes by has changed: every ranking is worked out anew. */
  rerank(): void
  /** Services of a namespace that somebody offers. */
  inNamespace(namespace: string): readonly ServiceName[]
}

/** Changes that come together are worked on together. */
const gatherMs = 2
const podKind = groupResourceOf(podType)

interface Entry {
  readonly byReach: ReadonlyMap<FleetService['reach'], FleetService>
}

/** Starts reading the fleet; the catalogue fills as members are read. A change is worked out for the services that it touches. */
export function createCatalogue(options: CatalogueOptions): CreatedCatalogue {
  return new Catalogue(options)
}

class Catalogue implements CreatedCatalogue {
  readonly facts: FleetObserver
  readonly #options: CatalogueOptions
  readonly #entries = new Map<string, Entry>()
  readonly #namespaces = new Map<string, Set<string>>()
  /** Services by the cluster that offers them. */
  readonly #offered = new Map<string, Set<string>>()
  readonly #listeners = new Set<(changed: readonly ServiceName[] | 'all') => void>()
  readonly #memberListeners = new Set<MemberListener>()
  readonly #hubListeners = new Set<() => void>()
  readonly #clusterListeners = new Set<ClusterListener>()
  /** Clusters whose offers have been worked in, and those that are next. */
  readonly #known = new Set<string>()
  readonly #joining = new Set<string>()
  readonly #dirty = new Set<string>()
  /** Services whose rankings have changed though they have not. */
  readonly #ranked = new Set<string>()
  /** Services with rules that compare labels of pods. */
  readonly #comparing = new Set<string>()
  #allDirty = false
  #allRanked = false
  #flushing = false
  #rankings = new WeakMap<FleetService, Map<string, Ranking>>()
  #sorted: readonly FleetService[] | undefined
  revision = 0

  constructor(options: CatalogueOptions) {
    this.#options = options
    this.facts = new FleetObserver(options, {
      object: (cluster, type, change) => this.#hear(cluster, type, change),
      hubObject: (_type, change) => {
        this.#touch(change, 'hub')
        for (const listener of this.#hubListeners) listener()
      },
      cluster: (name, what) => this.#hearCluster(name, what),
    })
  }

  list(): readonly FleetService[] {
    this.#sorted ??= [...this.#entries]
      .sort(([a], [b]) => compareText(a, b))
      .flatMap(([, { byReach }]) => [...byReach.values()].sort((a, b) => compareText(a.reach, b.reach)))
    return this.#sorted
  }

  get(service: ServiceName, reach?: FleetService['reach']): FleetService | undefined {
    const found = this.#entries.get(serviceKey(service))?.byReach
    if (found === undefined) return undefined
    return reach === undefined ? (found.get('clusterset') ?? found.get('same-name')) : found.get(reach)
  }

  inNamespace(namespace: string): readonly ServiceName[] {
    return [...(this.#namespaces.get(namespace) ?? [])].map(parseServiceKey)
  }

  rank(service: FleetService, consumer: Consumer, without: readonly string[] = []): Ranking {
    const facts: RankFacts = {
      // A cluster that has left, or has not been read, is not known to be away.
      reachOf: (name) => this.facts.cluster(name)?.reach ?? this.#options.unread ?? 'unknown',
      labelsOf: (name) => this.facts.cluster(name)?.labels ?? {},
    }
    const decide = () => {
      const ranking = rankEndpoints(service, consumer, facts, without)
      return this.#options.reroute?.(service, ranking, this) ?? ranking
    }
    if (without.length > 0) return decide()
    let kept = this.#rankings.get(service)
    if (kept === undefined) this.#rankings.set(service, (kept = new Map()))
    const key = JSON.stringify([consumer.cluster, consumer.namespace, consumer.locality, consumer.network, consumer.labels])
    let ranking = kept.get(key)
    if (ranking === undefined) kept.set(key, (ranking = decide()))
    return ranking
  }

  consumerIn(cluster: ClusterFacts, zone?: string): Consumer {
    const locality =
      zone === undefined || zone === cluster.locality.zone ? cluster.locality : { ...cluster.locality, zone, subZone: '' }
    const { name, network } = cluster
    return { cluster: name, locality, network, labels: completeLabels({}, { cluster: name, locality, network }) }
  }

  rerank(): void {
    this.#allRanked = true
    this.#flushSoon()
  }

  isUnread(cluster: string): boolean {
    return !this.#known.has(cluster) && (this.facts.cluster(cluster) !== undefined || this.facts.isUnread(cluster))
  }

  onChange(listener: (changed: readonly ServiceName[] | 'all') => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onMember(listener: MemberListener): () => void {
    this.#memberListeners.add(listener)
    return () => this.#memberListeners.delete(listener)
  }

  onCluster(listener: ClusterListener): () => void {
    this.#clusterListeners.add(listener)
    return () => this.#clusterListeners.delete(listener)
  }

  onHub(listener: () => void): () => void {
    this.#hubListeners.add(listener)
    return () => this.#hubListeners.delete(listener)
  }

  #hear(cluster: ClusterView, type: ResourceType, change: CacheChange): void {
    // What the catalogue's own outputs write says nothing new.
    if (isWritten(change.object)) {
      for (const listener of this.#memberListeners) listener(cluster, type, change)
      return
    }
    if (type.kind === podType.kind) {
      const { object, previous } = change
      if (this.#comparing.size === 0 || (previous !== undefined && equalJson(previous.metadata.labels, object.metadata.labels)))
        return
      const namespace = `${object.metadata.namespace}/`
      for (const key of this.#comparing) if (key.startsWith(namespace)) this.#mark(key)
      return
    }
    if (type.kind === endpointSliceType.kind) {
      for (const key of serviceOfSlice(change.object)) {
        if (this.#entries.has(key)) this.#mark(key)
        this.#markParents(cluster, key)
      }
    } else {
      this.#touch(change, cluster.name)
      // Who may import depends on the namespace.
      if (type.kind === namespaceType.kind) {
        for (const key of this.#namespaces.get(change.object.metadata.name) ?? []) this.#mark(key)
        if (change.object.metadata.name === 'istio-system') this.#hearCluster(cluster.name, 'facts')
      }
    }
    for (const listener of this.#memberListeners) listener(cluster, type, change)
  }

  /** Marks the services of other names that a Service's endpoints count for. */
  #markParents(cluster: ClusterView, key: string): void {
    const service = cluster.service(parseServiceKey(key))
    if (service === undefined) return
    for (const { standsFor } of this.#options.dialects)
      for (const parent of standsFor?.(service) ?? []) this.#mark(serviceKey(parent))
  }

  #touch({ object, previous }: CacheChange, cluster: string): void {
    for (const state of previous === undefined ? [object] : [object, previous]) {
      for (const dialect of this.#options.dialects) {
        const touched = this.#ask(dialect, () => dialect.touches(state, cluster), [])
        if (touched === 'all') this.#markAll()
        else for (const service of touched) this.#mark(serviceKey(service))
      }
    }
  }

  #hearCluster(name: string, what: 'joined' | 'left' | 'facts' | 'reach'): void {
    if (what === 'joined') this.#joining.add(name)
    else {
      if (what === 'left') {
        this.#known.delete(name)
        this.#joining.delete(name)
      }
      for (const listener of this.#clusterListeners) listener(name, what)
    }
    if (what === 'reach') {
      for (const key of this.#offered.get(name) ?? []) this.#ranked.add(key)
      this.#flushSoon()
      return
    }
    const view = this.facts.cluster(name)
    if (what === 'joined' && view !== undefined) for (const key of this.#namesIn(view)) this.#mark(key)
    if (what === 'joined') {
      this.#allRanked = true
      this.#flushSoon()
    } else this.#markAll()
  }

  /** Every service that an object of the cluster can mean. */
  #namesIn(view: ClusterView): Set<string> {
    const names = new Set<string>()
    for (const [kind, cache] of view.caches.started)
      for (const object of cache.list()) if (kind !== podKind && !isWritten(object)) this.#namesOf(object, view.name, names)
    return names
  }

  #namesOf(object: KubeObject, cluster: string, names: Set<string>): void {
    for (const dialect of this.#options.dialects) {
      const touched = this.#ask(dialect, () => dialect.touches(object, cluster), [])
      if (touched === 'all') this.#markAll()
      else for (const service of touched) names.add(serviceKey(service))
    }
  }

  #mark(key: string): void {
    this.#dirty.add(key)
    this.#flushSoon()
  }

  #markAll(): void {
    this.#allDirty = true
    this.#flushSoon()
  }

  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    this.#options.clock.after(gatherMs, () => {
      this.#flushing = false
      if (!this.#options.signal.aborted) this.#flush()
    })
  }

  #flush(): void {
    if (this.#allDirty) {
      this.#allDirty = false
      this.#allRanked = true
      for (const key of this.#entries.keys()) this.#dirty.add(key)
      for (const view of this.facts.clusters) for (const key of this.#namesIn(view)) this.#dirty.add(key)
      this.#allDirty = false
    }
    const changed = new Set<string>()
    for (const key of this.#dirty) if (this.#work(key)) changed.add(key)
    this.#dirty.clear()
    for (const name of this.#joining) this.#known.add(name)
    if (this.#allRanked) this.#rankings = new WeakMap()
    else
      for (const key of this.#ranked)
        for (const each of this.#entries.get(key)?.byReach.values() ?? []) this.#rankings.delete(each)
    for (const key of this.#ranked) changed.add(key)
    const all = this.#allRanked
    this.#allRanked = false
    this.#ranked.clear()
    this.#sorted = undefined
    for (const name of this.#joining) for (const listener of this.#clusterListeners) listener(name, 'joined')
    this.#joining.clear()
    if (changed.size === 0 && !all) return
    this.revision++
    const names = [...changed].map(parseServiceKey)
    for (const listener of this.#listeners) {
      try {
        listener(all ? 'all' : names)
      } catch (error) {
        this.#options.log.error('a listener of the service catalogue failed', { error: messageOf(error) })
      }
    }
  }

  /** Works out one service; true when it is another one now. */
  #work(key: string): boolean {
    const service = parseServiceKey(key)
    const offers: Offer[] = []
    const rules: TrafficRule[] = []
    let unknown = false
    for (const dialect of this.#options.dialects) rules.push(...this.#ask(dialect, () => dialect.rules(service, this.facts), []))
    const labels = podLabelsIn(rules)
    if (labels.length > 0) {
      this.facts.readPodLabels(labels)
      this.#comparing.add(key)
    } else this.#comparing.delete(key)
    for (const dialect of this.#options.dialects) {
      const offered = this.#ask(dialect, () => dialect.offers(service, this.facts), undefined)
      offers.push(...(offered ?? []))
      unknown ||= offered === undefined
    }
    const diagnostics = this.#options.dialects.flatMap((dialect) =>
      this.#ask(dialect, () => dialect.diagnose?.(service, this.facts) ?? [], []),
    )
    const before = this.#entries.get(key)?.byReach
    // What a dialect offers is not known then: the service stays as it was.
    if (unknown && before !== undefined) return false
    const byReach = new Map<FleetService['reach'], FleetService>()
    for (const reach of ['clusterset', 'same-name'] as const) {
      const of = offers.filter((offer) => offer.reach === reach)
      const merged = decideService(of, rules)
      if (merged === undefined) continue
      const decided = diagnostics.length === 0 ? merged : { ...merged, diagnostics }
      const known = before?.get(reach)
      byReach.set(reach, known !== undefined && equalJson(known, decided) ? known : decided)
    }
    const same =
      before !== undefined && before.size === byReach.size && [...byReach].every(([reach, each]) => before.get(reach) === each)
    if (same || (before === undefined && byReach.size === 0)) return false
    this.#enter(key, before, byReach)
    return true
  }

  #enter(
    key: string,
    before: ReadonlyMap<FleetService['reach'], FleetService> | undefined,
    byReach: ReadonlyMap<FleetService['reach'], FleetService>,
  ): void {
    const { namespace } = parseServiceKey(key)
    for (const cluster of clustersOf(before)) drop(this.#offered, cluster, key)
    for (const cluster of clustersOf(byReach)) put(this.#offered, cluster, key)
    if (byReach.size === 0) {
      this.#entries.delete(key)
      drop(this.#namespaces, namespace, key)
    } else {
      this.#entries.set(key, { byReach })
      put(this.#namespaces, namespace, key)
    }
  }

  /** A dialect that fails harms no other. */
  #ask<T>(dialect: ServiceDialect, ask: () => T, otherwise: T): T {
    try {
      return ask()
    } catch (error) {
      this.#options.log.error('a dialect cannot read its objects', { dialect: dialect.name, error: messageOf(error) })
      return otherwise
    }
  }
}

function clustersOf(byReach: ReadonlyMap<FleetService['reach'], FleetService> | undefined): Set<string> {
  return new Set([...(byReach?.values() ?? [])].flatMap((each) => each.offers.map((offer) => offer.cluster)))
}

function put(index: Map<string, Set<string>>, by: string, key: string): void {
  const keys = index.get(by)
  if (keys === undefined) index.set(by, new Set([key]))
  else keys.add(key)
}

function drop(index: Map<string, Set<string>>, by: string, key: string): void {
  const keys = index.get(by)
  if (keys?.delete(key) && keys.size === 0) index.delete(by)
}

const placeLabels: readonly string[] = Object.values(topologyLabels)

/** Labels that rules compare and that no place gives: those of pods. */
function podLabelsIn(rules: readonly TrafficRule[]): string[] {
  const named = rules.flatMap(({ locality }) => locality?.failoverPriority ?? []).map((each) => each.split('=')[0]!)
  return named.filter((name) => !placeLabels.includes(name))
}
