import { compareText } from '../../base/compare-text.js'
import { isObject } from '../../base/json.js'
import type { Cache } from '../../kube/informer/cache.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { endpointSliceType, namespaceType, nodeType, podType, serviceType } from '../model/kube-kinds.js'
import { multiClusterNames } from '../model/multi-cluster-names.js'
import type { ClusterFacts } from '../model/service-dialect.js'
import type { ClusterReach, Locality, ServiceName } from '../model/service-model.js'
import { serviceKey } from '../model/service-name.js'
import type { KindCaches } from './kind-caches.js'
import { type SliceSource, SliceSources } from './source-of-slice.js'

/** The id of a cluster in its cluster set (KEP-2149). */
export const clusterPropertyType: ResourceType = {
  group: 'about.k8s.io',
  version: 'v1beta1',
  kind: 'ClusterProperty',
  plural: 'clusterproperties',
  namespaced: false,
}

const sliceIndexes = { ofService: 'services.ofService', written: 'services.written' } as const
/** One or two DNS labels. */
const idPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)?$/
const regionLabel = 'topology.kubernetes.io/region'
const zoneLabel = 'topology.kubernetes.io/zone'
const subZoneLabel = 'topology.istio.io/subzone'
const networkLabel = 'topology.istio.io/network'

/** What is known of a cluster that has been read. While it is read anew (other credentials), what was known stays. */
export class ClusterView implements ClusterFacts {
  readonly name: string
  #labels: Readonly<Record<string, string>>
  #caches: KindCaches
  #locality: Locality | undefined
  #commonLocality: Locality | undefined
  #sources = new SliceSources()
  reach: ClusterReach = 'reachable'

  readonly #isTaken: (id: string) => boolean
  readonly #podKeys: ReadonlySet<string>

  /** `isTaken`: whether an id is another cluster's, too. `podKeys`: the labels of pods that matter, which may become more. */
  constructor(
    name: string,
    labels: Readonly<Record<string, string>>,
    caches: KindCaches,
    isTaken: (id: string) => boolean = () => false,
    podKeys: ReadonlySet<string> = new Set(),
  ) {
    this.name = name
    this.#isTaken = isTaken
    this.#podKeys = podKeys
    this.#labels = labels
    this.#caches = caches
    this.#index()
  }

  get labels(): Readonly<Record<string, string>> {
    return this.#labels
  }
  set labels(labels) {
    this.#labels = labels
    this.forgetLocality()
  }

  get caches(): KindCaches {
    return this.#caches
  }
  set caches(caches: KindCaches) {
    this.#caches = caches
    this.forgetLocality()
    this.#index()
  }

  get id(): string {
    const claimed = this.claimedId
    return claimed === undefined || this.#isTaken(claimed) ? this.name : claimed
  }

  /** What the cluster calls itself, if that can be an id: it becomes a label and part of names in every other cluster. */
  get claimedId(): string | undefined {
    const property = this.#cache(clusterPropertyType)?.get('cluster.clusterset.k8s.io')
    const spec = property?.['spec']
    const value = isObject(spec) ? spec['value'] : undefined
    return typeof value === 'string' && value.length <= 63 && idPattern.test(value) ? value : undefined
  }

  get network(): string {
    return this.labels[networkLabel] ?? this.namespace('istio-system')?.metadata.labels?.[networkLabel] ?? ''
  }

  get locality(): Locality {
    this.#locality ??= this.#mostNodes() ?? localityOf(this.labels) ?? { region: '', zone: '', subZone: '' }
    return this.#locality
  }

  /** What all nodes have in common; a zone or region in which only some of them are is left empty. */
  get commonLocality(): Locality {
    if (this.#commonLocality === undefined) {
      const places = (this.#cache(nodeType)?.list() ?? []).flatMap((node) => localityOf(node.metadata.labels) ?? [])
      const common = (field: keyof Locality) => places.every((place) => place[field] === this.locality[field])
      const region = common('region') ? this.locality.region : ''
      const zone = region !== '' && common('zone') ? this.locality.zone : ''
      this.#commonLocality = { region, zone, subZone: zone !== '' && common('subZone') ? this.locality.subZone : '' }
    }
    return this.#commonLocality
  }

  /** Where its nodes are, by name. */
  get zones(): readonly string[] {
    const zones = (this.#cache(nodeType)?.list() ?? []).flatMap((node) => localityOf(node.metadata.labels)?.zone || [])
    return [...new Set(zones)].sort(compareText)
  }

  /** Nodes have come, gone or moved. */
  forgetLocality(): void {
    this.#locality = undefined
    this.#commonLocality = undefined
  }

  /** A namespace that is going takes nothing new. */
  hasNamespace(name: string): boolean {
    const namespace = this.namespace(name)
    return namespace !== undefined && namespace.metadata.deletionTimestamp === undefined
  }

  namespace(name: string): KubeObject | undefined {
    return this.#cache(namespaceType)?.get(name)
  }

  service(name: ServiceName): KubeObject | undefined {
    return this.#cache(serviceType)?.get(serviceKey(name))
  }

  slices(name: ServiceName): readonly KubeObject[] {
    return this.#cache(endpointSliceType)?.byIndex(sliceIndexes.ofService, serviceKey(name)) ?? []
  }

  /** Slices that the catalogue has written for the service. */
  writtenSlices(name: ServiceName): readonly KubeObject[] {
    return this.#cache(endpointSliceType)?.byIndex(sliceIndexes.written, serviceKey(name)) ?? []
  }

  /** The clusters whose endpoints stand in slices that the catalogue has written here. */
  get sources(): readonly SliceSource[] {
    return this.#sources.list()
  }

  objects(type: ResourceType, where: { namespace?: string; name?: string } = {}): readonly KubeObject[] {
    return selectObjects(this.#cache(type), where)
  }

  localityOfNode(node: string | undefined): Locality {
    const labels = node === undefined ? undefined : this.#cache(nodeType)?.get(node)?.metadata.labels
    return localityOf(labels) ?? this.locality
  }

  podLabels(namespace: string, name: string): Readonly<Record<string, string>> | undefined {
    if (this.#podKeys.size === 0) return undefined
    const labels = this.#cache(podType)?.get(`${namespace}/${name}`)?.metadata.labels
    if (labels === undefined) return undefined
    return Object.fromEntries([...this.#podKeys].flatMap((key) => (Object.hasOwn(labels, key) ? [[key, labels[key]!]] : [])))
  }

  #cache(type: ResourceType): Cache | undefined {
    return this.#caches.of(type)
  }

  #index(): void {
    const slices = this.#cache(endpointSliceType)
    slices?.addIndex(sliceIndexes.ofService, (slice) => (isWrittenSlice(slice) ? [] : serviceOfSlice(slice)))
    slices?.addIndex(sliceIndexes.written, (slice) => (isWrittenSlice(slice) ? serviceOfSlice(slice) : []))
    const sources = new SliceSources()
    this.#sources = sources
    for (const slice of slices?.list() ?? []) if (isWrittenSlice(slice)) sources.add(slice)
    slices?.onChange(({ type, object, previous }) => {
      if (previous !== undefined && isWrittenSlice(previous)) sources.drop(previous)
      if (type !== 'DELETED' && isWrittenSlice(object)) sources.add(object)
    })
  }

  /** Where most nodes are; of equally many, the first by name. */
  #mostNodes(): Locality | undefined {
    const counts = new Map<string, { count: number; locality: Locality }>()
    for (const node of this.#cache(nodeType)?.list() ?? []) {
      const locality = localityOf(node.metadata.labels)
      if (locality === undefined) continue
      const key = `${locality.region}/${locality.zone}/${locality.subZone}`
      const known = counts.get(key)
      if (known === undefined) counts.set(key, { count: 1, locality })
      else known.count++
    }
    const [first] = [...counts].sort(([a, one], [b, other]) => other.count - one.count || compareText(a, b))
    return first?.[1].locality
  }
}

/** Undefined when the labels say nothing of it. */
function localityOf(labels: Readonly<Record<string, string>> = {}): Locality | undefined {
  const region = labels[regionLabel] ?? labels['region'] ?? ''
  const zone = labels[zoneLabel] ?? labels['zone'] ?? ''
  const subZone = labels[subZoneLabel] ?? ''
  return region === '' && zone === '' ? undefined : { region, zone, subZone }
}

/** True for what the catalogue's outputs made themselves: slices, ServiceImports, derived Services. */
export function isWritten(object: KubeObject): boolean {
  const { labels } = object.metadata
  return labels !== undefined && (labels[multiClusterNames.ownerLabel] === multiClusterNames.owner || isWrittenSlice(object))
}

export function isWrittenSlice(slice: KubeObject): boolean {
  return slice.metadata.labels?.[multiClusterNames.managedByLabel] === multiClusterNames.sliceManager
}

/** The service that a slice belongs to, as `namespace/name`: what ours say, else the Kubernetes Service. */
export function serviceOfSlice({ metadata }: KubeObject): string[] {
  const { labels = {}, namespace = '' } = metadata
  const name =
    labels[multiClusterNames.serviceNameLabel] ??
    labels[multiClusterNames.kubeServiceLabel] ??
    labels[multiClusterNames.standbyLabel]
  return name === undefined ? [] : [`${namespace}/${name}`]
}

/** Objects of a cache by namespace and name. */
export function selectObjects(
  cache: Cache | undefined,
  { namespace, name }: { namespace?: string; name?: string },
): readonly KubeObject[] {
  if (cache === undefined) return []
  if (name === undefined) return cache.list(namespace)
  if (namespace !== undefined) {
    const found = cache.get(`${namespace}/${name}`)
    return found === undefined ? [] : [found]
  }
  return cache.list().filter((object) => object.metadata.name === name)
}
