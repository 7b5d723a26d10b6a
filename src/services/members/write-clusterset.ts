import { formatTime } from '../../base/clock.js'
import { compareText } from '../../base/compare-text.js'
import { equalJson } from '../../base/json.js'
import { setCondition } from '../../kube/object/condition.js'
import type { Condition, KubeObject } from '../../kube/object/kube-object.js'
import { controllerReferenceTo } from '../../kube/object/owner.js'
import type { CreatedCatalogue } from '../catalogue/create-catalogue.js'
import { sourceOf } from '../catalogue/source-of-slice.js'
import { type KubeService, serviceType } from '../model/kube-kinds.js'
import { mcsGroup, type ServiceImport, type ServiceImportSpec, serviceImportType } from '../model/multi-cluster-kinds.js'
import { multiClusterNames } from '../model/multi-cluster-names.js'
import { explainAudience } from '../model/rank/may-use.js'
import type { FleetService } from '../model/service-model.js'
import { serviceKey } from '../model/service-name.js'
import { consumerFor } from './consumer-for.js'
import { derivedServiceName } from './derived-name.js'
import type { MemberWriter } from './member-writer.js'
import { derivedSpecOf, importSpecOf, isAdopted, isOurs, judgeImport } from './wanted-import.js'
import { type Bucket, wantedBuckets } from './wanted-slices.js'
import { writeSlices } from './write-slices.js'

const names = multiClusterNames

export interface ClustersetPorts {
  readonly catalogue: CreatedCatalogue
  readonly nowText: () => string
  /** True for a cluster that has never been read: what it offers is not known. The service is looked at again when it is. */
  readonly isUnread: (cluster: string) => boolean
  /** True for such a cluster that does not answer, and has not for longer than the grace. */
  readonly isAway: (cluster: string) => boolean
  /** When a cluster whose lease has expired here was last known to be alive (epoch ms). */
  readonly expiredSince: (cluster: string) => number | undefined
  warn(object: KubeObject, reason: string, message: string): void
}

/**
 * Keeps the ServiceImport of a service in one cluster, the Service that gives it an address, and its slices. An import that
 * a person wrote is filled in when it says the same, and only told about when it does not; another controller's is left alone.
 */
export async function writeClusterset(writer: MemberWriter, ports: ClustersetPorts): Promise<void> {
  if (!writer.servesImports) return
  const { view, service: name } = writer
  const service = visibleService(writer, ports)
  const found = writer.found()
  if (found?.metadata.deletionTimestamp !== undefined) return
  if (service === undefined) {
    if (found !== undefined && idsUnread(writer, found, ports).length === 0) await unexported(writer, found, ports)
    return
  }
  if (found !== undefined && !isOurs(found)) {
    const judgement = judgeImport(found, service)
    if ('foreign' in judgement) return
    if ('differs' in judgement) {
      const message = `${judgement.differs}: it is left as it is and leads nowhere. Correct it, or delete it and it is made anew`
      ports.warn(found, 'ServiceImportDiffers', message)
      await writeStatus(writer, found, ports, { condition: ['False', 'Pending', message] })
      return
    }
  }
  // While an exporting cluster was never read, its say in the matter is not known: the service stays as it was.
  const unreadIds = idsUnread(writer, found, ports)
  const held = found !== undefined && isOurs(found) && unreadIds.length > 0
  const derivedName = derivedServiceName(name)
  let derived = writer.kubeService(derivedName)
  if (derived?.metadata.deletionTimestamp !== undefined) derived = undefined
  if (derived !== undefined && !isOurService(derived, found)) {
    if (found === undefined || !isOurs(found)) return
    const message = `the Service ${derivedName} is somebody else's: it is left as it is. Delete it and it is made anew`
    await writeStatus(writer, found, ports, { condition: ['False', 'Pending', message] })
    return
  }
  let current: ServiceImport =
    found === undefined
      ? await writer.create(serviceImportType, newImport(service, derivedName))
      : held
        ? found
        : await mend(writer, found, service, derived)
  const type = held ? (found.spec.type ?? service.type) : service.type
  if (type === 'ClusterSetIP') {
    if (derived === undefined) derived = await writer.create(serviceType, newDerived(service, derivedName, current))
    else if (!held) derived = await mendDerived(writer, derived, service, current)
    const ips = addressesOf(derived)
    if (!equalJson(current.spec.ips ?? [], ips) && ips.length > 0) {
      current = await writer.patch(serviceImportType, current, { spec: addressFields(derived) })
    }
  } else if (derived !== undefined) await writer.remove(serviceType, derived)
  await writeImportSlices(writer, ports, service, current, type === 'ClusterSetIP' ? derivedName : undefined)
  const unread = held ? unreadIds : []
  const ready = type === 'Headless' || (current.spec.ips ?? []).length > 0
  const familyProblem = familiesProblem(service, derived, view.name)
  await writeStatus(writer, current, ports, {
    clusters: [...new Set([...offeringTo(service, view.name, ports).map((cluster) => idOf(ports, cluster)), ...unread])].sort(),
    condition:
      familyProblem !== undefined
        ? ['False', 'IPFamilyNotSupported', familyProblem]
        : ready
          ? ['True', 'Ready', '']
          : ['False', 'Pending', 'the service has no address yet'],
    sources: writer.slices(({ metadata }) => metadata.labels?.[names.serviceNameLabel] === name.name).map(sourceOf),
  })
}

/** The service if the cluster may import it and has its namespace. */
function visibleService({ view, service: name }: MemberWriter, { catalogue }: ClustersetPorts): FleetService | undefined {
  const service = catalogue.get(name, 'clusterset')
  if (service === undefined || !view.hasNamespace(name.namespace)) return undefined
  return offeringTo(service, view.name, { catalogue }).length > 0 ? service : undefined
}

/** The clusters that offer the service to this one: it is told of no others. */
function offeringTo(service: FleetService, name: string, { catalogue }: Pick<ClustersetPorts, 'catalogue'>): string[] {
  const labelsOf = (cluster: string) => catalogue.facts.cluster(cluster)?.labels ?? {}
  return service.offers.flatMap((offer) => (explainAudience(offer, name, labelsOf) === undefined ? [offer.cluster] : []))
}

/** Ids of clusters that exported the service and have never been read. */
function idsUnread(writer: MemberWriter, found: ServiceImport | undefined, ports: ClustersetPorts): string[] {
  const listed = found?.status?.clusters ?? []
  const names = writer.namesOf(listed)
  return listed.flatMap(({ cluster }, index) => (ports.isUnread(names[index]!) ? [cluster] : []))
}

/** Nobody (who was read) exports the service to this cluster. */
async function unexported(writer: MemberWriter, found: ServiceImport, ports: ClustersetPorts): Promise<void> {
  if (isOurs(found) && !isAdopted(found)) {
    // Service and slices are its own and go with it.
    await writer.remove(serviceImportType, found)
    return
  }
  const message = `no cluster exports ${serviceKey(writer.service)} to this one`
  if (!isOurs(found)) {
    const { metadata, status } = found
    const foreign = (metadata.ownerReferences?.length ?? 0) > 0 || metadata.labels?.[names.ownerLabel] !== undefined
    if (!foreign && (status?.clusters?.length ?? 0) === 0 && metadata.annotations?.[names.derivedServiceAnnotation] === undefined)
      await writeStatus(writer, found, ports, { condition: ['False', 'Pending', message] })
    return
  }
  const derived = writer.kubeService(derivedServiceName(writer.service))
  if (derived !== undefined && isOurService(derived, found)) await writer.remove(serviceType, derived)
  await writeImportSlices(writer, ports, undefined, found, undefined)
  const metadata = {
    labels: { [names.ownerLabel]: null },
    annotations: {
      [names.adoptedAnnotation]: null,
      [names.derivedServiceAnnotation]: null,
      [names.exportedKeysAnnotation]: null,
    },
  }
  const freed = await writer.patch(serviceImportType, found, { metadata, spec: { ips: null } })
  await writeStatus(writer, freed, ports, { clusters: [], condition: ['False', 'Pending', message] })
}

function newImport(service: FleetService, derivedName: string): ServiceImport {
  const { name, namespace } = service.service
  return {
    apiVersion: `${mcsGroup}/${serviceImportType.version}`,
    kind: serviceImportType.kind,
    metadata: {
      name,
      namespace,
      labels: { ...service.labels, [names.ownerLabel]: names.owner },
      annotations: annotationsOf(service, derivedName, false),
    },
    spec: importSpecOf(service),
  }
}

function annotationsOf(service: FleetService, derivedName: string, adopted: boolean): Record<string, string> {
  const exported = exportedKeys(service)
  return {
    ...service.annotations,
    ...(exported === '' ? {} : { [names.exportedKeysAnnotation]: exported }),
    ...(service.type === 'ClusterSetIP' ? { [names.derivedServiceAnnotation]: derivedName } : {}),
    ...(adopted ? { [names.adoptedAnnotation]: 'true' } : {}),
  }
}

function exportedKeys({ labels, annotations }: FleetService): string {
  const list = (kind: string, map: Readonly<Record<string, string>>) =>
    Object.keys(map).length === 0 ? [] : [`${kind}:${Object.keys(map).sort(compareText).join(',')}`]
  return [...list('labels', labels), ...list('annotations', annotations)].join(' ')
}

/** Our own keys of a kind on an import: those that may go when they are not wanted. */
function ownKeys(found: ServiceImport, kind: 'labels' | 'annotations'): string[] {
  const written = (found.metadata.annotations?.[names.exportedKeysAnnotation] ?? '').split(' ')
  const exported = written.find((part) => part.startsWith(`${kind}:`))?.slice(kind.length + 1)
  const fixed = kind === 'labels' ? [] : [names.exportedKeysAnnotation, names.derivedServiceAnnotation]
  return [...(exported === undefined ? [] : exported.split(',')), ...fixed]
}

/** Changes what differs, in one write. */
async function mend(
  writer: MemberWriter,
  found: ServiceImport,
  service: FleetService,
  derived: KubeService | undefined,
): Promise<ServiceImport> {
  const adopted = isAdopted(found) || !isOurs(found)
  const derivedName = derivedServiceName(service.service)
  const families = derived === undefined || service.type === 'Headless' ? {} : addressFields(derived)
  const spec: ServiceImportSpec = { ...importSpecOf(service), ...families }
  // What is not known before the address is there stays.
  if (service.type === 'ClusterSetIP' && derived === undefined) delete spec.ipFamilies
  // A person's order and spelling of the ports stays theirs.
  if (adopted) delete spec.ports
  const specChange = changes(found.spec as Record<string, unknown>, spec as Record<string, unknown>, [
    'ips',
    ...(adopted ? ['ports'] : []),
    ...(spec.ipFamilies === undefined ? ['ipFamilies'] : []),
  ])
  if (service.type === 'Headless' && (found.spec.ips?.length ?? 0) > 0) specChange['ips'] = null
  const wantedLabels = { ...service.labels, [names.ownerLabel]: names.owner }
  const labels = mapChanges(found.metadata.labels, wantedLabels, ownKeys(found, 'labels'))
  const wantedAnnotations = annotationsOf(service, derivedName, adopted)
  const annotations = mapChanges(found.metadata.annotations, wantedAnnotations, ownKeys(found, 'annotations'))
  const metadata = {
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  }
  const body = {
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    ...(Object.keys(specChange).length > 0 ? { spec: specChange } : {}),
  }
  return Object.keys(body).length === 0 ? found : writer.patch(serviceImportType, found, body)
}

/** What to merge so that `now` becomes `wanted`; fields of `kept` that are not wanted stay. */
function changes(
  now: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
  kept: readonly string[],
): Record<string, unknown> {
  const change: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(wanted)) if (!equalJson(now[key], value)) change[key] = value
  for (const key of Object.keys(now)) if (wanted[key] === undefined && !kept.includes(key)) change[key] = null
  return change
}

/** As `changes` for a map that others write to, too: only keys of ours go. */
function mapChanges(
  now: Readonly<Record<string, string>> = {},
  wanted: Readonly<Record<string, string>>,
  own: readonly string[],
): Record<string, string | null> {
  const change: Record<string, string | null> = {}
  for (const [key, value] of Object.entries(wanted)) if (now[key] !== value) change[key] = value
  for (const key of own) if (wanted[key] === undefined && now[key] !== undefined) change[key] = null
  return change
}

/** Whether the Service behind an import was made by the catalogue, and may be changed and deleted. */
function isOurService({ metadata }: KubeService, owner: ServiceImport | undefined): boolean {
  if (metadata.labels?.[names.ownerLabel] === names.owner) return true
  return metadata.ownerReferences?.some(({ uid }) => uid === owner?.metadata.uid) === true
}

function newDerived(service: FleetService, name: string, owner: ServiceImport): KubeService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace: service.service.namespace,
      labels: derivedLabels(service),
      ownerReferences: [controllerReferenceTo(owner)],
    },
    spec: derivedSpecOf(service),
  }
}

function derivedLabels(service: FleetService): Record<string, string> {
  return { [names.ownerLabel]: names.owner, [names.serviceNameLabel]: service.service.name }
}

async function mendDerived(
  writer: MemberWriter,
  now: KubeService,
  service: FleetService,
  owner: ServiceImport,
): Promise<KubeService> {
  const wanted = derivedSpecOf(service)
  const fields = ['ports', 'sessionAffinity', 'sessionAffinityConfig', 'internalTrafficPolicy', 'trafficDistribution'] as const
  const spec: Record<string, unknown> = {}
  for (const field of fields) {
    // What the cluster filled in where nothing was asked for is no difference.
    const unset = wanted[field] === undefined && (field === 'internalTrafficPolicy' || now.spec?.[field] === undefined)
    if (!unset && !equalJson(now.spec?.[field], wanted[field])) spec[field] = wanted[field] ?? null
  }
  const owned = now.metadata.ownerReferences?.some((reference) => reference.uid === owner.metadata.uid)
  const body = {
    ...(owned ? {} : { metadata: { ownerReferences: [controllerReferenceTo(owner)] } }),
    ...(Object.keys(spec).length === 0 ? {} : { spec }),
  }
  return Object.keys(body).length === 0 ? now : writer.patch(serviceType, now, body)
}

function addressesOf({ spec }: KubeService): string[] {
  const addresses = spec?.clusterIPs ?? (spec?.clusterIP === undefined ? [] : [spec.clusterIP])
  return addresses.filter((address) => address !== '' && address !== 'None')
}

/** The families go with the addresses, one for one. */
function addressFields(derived: KubeService): { ips: string[]; ipFamilies: string[] } {
  const ips = addressesOf(derived)
  return { ips, ipFamilies: ips.map((address) => (address.includes(':') ? 'IPv6' : 'IPv4')) }
}

function familiesProblem(service: FleetService, derived: KubeService | undefined, cluster: string): string | undefined {
  if (derived === undefined || service.type === 'Headless') return undefined
  const own = addressFields(derived).ipFamilies
  if (own.length === 0 || own.some((family) => service.ipFamilies.includes(family))) return undefined
  return `${cluster} gives addresses of ${own.join(', ')}, the endpoints have ${service.ipFamilies.join(', ')}`
}

async function writeImportSlices(
  writer: MemberWriter,
  ports: ClustersetPorts,
  service: FleetService | undefined,
  owner: ServiceImport,
  derivedName: string | undefined,
): Promise<void> {
  const { view, service: name } = writer
  const { catalogue } = ports
  let buckets: Bucket[] = []
  if (service !== undefined) {
    const ranking = catalogue.rank(service, consumerFor(catalogue, view, service))
    const lost = new Set(catalogue.facts.clusters.filter(({ reach }) => reach === 'lost').map((cluster) => cluster.name))
    const others = ranking.groups.some(({ endpoints }) => endpoints.some(({ cluster }) => !lost.has(cluster)))
    buckets = wantedBuckets(service, ranking, { own: view.name, ...(others ? { demoted: lost } : {}) })
  }
  await writeSlices(writer, {
    buckets,
    present: writer.slices(({ metadata }) => metadata.labels?.[names.serviceNameLabel] === name.name),
    owner: controllerReferenceTo(owner),
    prefix: name.name,
    labelsOf: (bucket) => ({
      [names.serviceNameLabel]: name.name,
      [names.sourceClusterLabel]: idOf(ports, bucket.source),
      [names.managedByLabel]: names.sliceManager,
      ...(derivedName === undefined
        ? { [names.headlessLabel]: '' }
        : { [bucket.priority === 0 ? names.kubeServiceLabel : names.standbyLabel]: derivedName }),
    }),
    idOf: (source) => idOf(ports, source),
    isUnread: ports.isUnread,
    isAway: ports.isAway,
  })
}

function idOf({ catalogue }: ClustersetPorts, cluster: string): string {
  return catalogue.facts.cluster(cluster)?.id ?? cluster
}

async function writeStatus(
  writer: MemberWriter,
  found: ServiceImport,
  ports: ClustersetPorts,
  wanted: {
    clusters?: readonly string[]
    condition: [Condition['status'], string, string]
    /** Clusters whose endpoints are here: it is said when their leases have expired. */
    sources?: readonly string[]
  },
): Promise<void> {
  const [status, reason, message] = wanted.condition
  const { generation } = found.metadata
  const before = found.status?.conditions ?? []
  const said = { type: 'Ready', status, reason, message, ...(generation === undefined ? {} : { observedGeneration: generation }) }
  const ready = setCondition<Condition>(before, said, ports.nowText())
  const fresh = wanted.sources === undefined ? undefined : freshness(wanted.sources, before, ports)
  const conditions = fresh === undefined ? ready : setCondition<Condition>(ready, fresh, ports.nowText())
  const clusters = wanted.clusters?.map((cluster) => ({ cluster }))
  const change = {
    ...(conditions === before ? {} : { conditions }),
    ...(clusters === undefined || equalJson(clusters, found.status?.clusters ?? []) ? {} : { clusters }),
  }
  if (Object.keys(change).length > 0) await writer.patch(serviceImportType, found, { status: change }, 'status')
}

/** What leases say of the clusters that endpoints came from; nothing while none has ever expired. */
function freshness(
  sources: readonly string[],
  before: readonly Condition[],
  { expiredSince }: ClustersetPorts,
): Pick<Condition, 'type' | 'status' | 'reason' | 'message'> | undefined {
  const type = names.sourcesFreshCondition
  const expired = [...new Set(sources)].sort(compareText).flatMap((source) => {
    const since = expiredSince(source)
    return since === undefined ? [] : [`${source} (last known to be alive at ${formatTime(since)})`]
  })
  if (expired.length > 0) {
    const message = `endpoints of ${expired.join(', ')} are used only when nobody else is left: the lease has expired`
    return { type, status: 'False', reason: 'LeaseExpired', message: message.slice(0, 32_768) }
  }
  return before.some((condition) => condition.type === type)
    ? { type, status: 'True', reason: 'LeasesRenewed', message: '' }
    : undefined
}
