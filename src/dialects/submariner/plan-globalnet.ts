import { equalJson, isObject } from '../../base/json.js'
import { setCondition } from '../../kube/object/condition.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import type { ResourceType } from '../../kube/object/resource-type.js'
import { serviceExportType } from '../../services/model/multi-cluster-kinds.js'
import { multiClusterNames } from '../../services/model/multi-cluster-names.js'
import { hubAsMember, type Lookup, type PlanFacts, type PlannedWrite, type Planner } from '../../services/model/planned-write.js'
import type { ClusterFacts, FleetFacts } from '../../services/model/service-dialect.js'
import { AddressPool } from './globalnet/address-pool.js'
import { assignCidr, type ClusterInfo } from './globalnet/allocate-cidr.js'
import { type BrokerSettings, readBroker, readRecord, recordName, writeRecord } from './globalnet/cluster-record.js'
import { clusterEgressCount, clusterEgressName, conditionsOf, decideAddresses } from './globalnet/decide-addresses.js'
import { brokerType, clusterGlobalEgressIpType, globalEgressIpType, globalIngressIpType } from './resource-types.js'
import { brokerPlace, findBroker } from './submariner-dialect.js'

const configMapType: ResourceType = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true }
const addressTypes = [clusterGlobalEgressIpType, globalIngressIpType, globalEgressIpType]
/** Where a cluster has these, Submariner itself is at work. */
const submarinerType: ResourceType = {
  group: 'submariner.io',
  version: 'v1alpha1',
  kind: 'Submariner',
  plural: 'submariners',
  namespaced: true,
}
/** On a member: the block that it shall have, with a dash for the slash (labels have none), or how many addresses. */
export const cidrLabel = 'services.flotilla.dev/globalnet-cidr'
export const sizeLabel = 'services.flotilla.dev/globalnet-size'

/**
 * Globalnet while the broker on the hub has it enabled: each cluster of the fleet but the hub joins and gets a block, its exported services
 * and egress objects get addresses of it. Clusters where Submariner itself runs are left alone, but keep their blocks.
 */
export const globalnetPlanner: Planner = {
  name: 'globalnet',
  memberKinds: [...addressTypes, submarinerType],
  isNeeded: (fleet) => fleet.hubObjects(brokerType).some((broker) => readBroker(broker).enabled),
  lookups(fleet) {
    const broker = findBroker(fleet)
    return broker === undefined || !readBroker(broker).enabled ? [] : [recordOf(broker)]
  },
  plan(facts) {
    const broker = findBroker(facts.fleet)
    if (broker === undefined) return []
    const settings = readBroker(broker)
    if (!settings.enabled) return []
    return planEnabled(broker, settings, facts)
  },
}

function planEnabled(broker: KubeObject, settings: BrokerSettings, facts: PlanFacts): PlannedWrite[] {
  const lookup = recordOf(broker)
  const existing = facts.lookedUp(lookup)
  const record = readRecord(existing)
  if ('error' in record) return tellBroker(broker, { blocks: new Map(), problems: [record.error] }, facts)
  const joined = joinAll(settings, record.value, facts.fleet)
  const writes = tellBroker(broker, joined, facts)
  const wanted = writeRecord(existing, lookup.namespace, settings, joined.clusters)
  if (existing === undefined) writes.push({ place: lookup.place, type: lookup.type, action: 'create', object: wanted })
  else if (!equalJson(existing['data'], wanted['data']))
    writes.push({ place: lookup.place, type: lookup.type, action: 'patch', seen: existing, body: { data: wanted['data'] } })
  // Addresses are given once the blocks are recorded: a block is never used before it is known to be the cluster's.
  if (existing === undefined || !equalJson(record.value, joined.clusters)) return writes
  for (const cluster of facts.fleet.clusters) {
    const cidr = joined.blocks.get(cluster.name)
    if (cidr !== undefined && cluster.reach === 'reachable') writes.push(...planCluster(cluster, cidr, facts.now))
  }
  return writes
}

interface Joined {
  readonly clusters: readonly ClusterInfo[]
  /** By the cluster's name. */
  readonly blocks: ReadonlyMap<string, string>
  readonly problems: readonly string[]
}

/** Clusters that have a block keep it, also when they are gone; those that come get theirs in the order of their names. */
function joinAll(settings: BrokerSettings, record: readonly ClusterInfo[], fleet: FleetFacts): Joined {
  const clusters = [...record]
  const blocks = new Map<string, string>()
  const problems: string[] = []
  for (const { name, labels } of fleet.clusters) {
    if (name === hubAsMember) continue
    const cidr = labels[cidrLabel]?.replace(/-(\d+)$/, '/$1')
    const size = labels[sizeLabel]
    const assigned = assignCidr({ range: settings.range, defaultSize: settings.defaultSize }, clusters, {
      clusterId: name,
      ...(cidr === undefined ? {} : { cidr }),
      ...(size === undefined ? {} : { size: Number(size) || 0 }),
    })
    if ('error' in assigned) {
      problems.push(`${name}: ${assigned.error}`)
      continue
    }
    blocks.set(name, assigned.value)
    const known = clusters.findIndex((each) => each.cluster_id === name)
    if (known < 0) clusters.push({ cluster_id: name, global_cidr: [assigned.value] })
    else if (clusters[known]!.global_cidr.length === 0) clusters[known] = { cluster_id: name, global_cidr: [assigned.value] }
  }
  return { clusters, blocks, problems }
}

function tellBroker(broker: KubeObject, joined: Pick<Joined, 'blocks' | 'problems'>, { now }: PlanFacts): PlannedWrite[] {
  const { problems, blocks } = joined
  const { generation } = broker.metadata
  const conditions = setCondition(
    conditionsOf(broker),
    {
      type: 'GlobalnetReady',
      status: problems.length === 0 ? 'True' : 'False',
      reason: problems.length === 0 ? 'Allocated' : 'AllocationFailed',
      message: problems.length === 0 ? `${blocks.size} clusters have a block` : problems.join('; '),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    },
    now,
  )
  if (equalJson(conditions, conditionsOf(broker))) return []
  return [
    {
      place: brokerPlace,
      type: brokerType,
      action: 'patch',
      seen: broker,
      body: { status: { conditions } },
      subresource: 'status',
    },
  ]
}

/** The objects of one cluster, and their addresses. */
function planCluster(cluster: ClusterFacts, cidr: string, now: string): PlannedWrite[] {
  if (cluster.objects(submarinerType).length > 0) return []
  const opened = AddressPool.of(cidr)
  if ('error' in opened) return []
  const writes: PlannedWrite[] = []
  const objects = addressTypes.flatMap((type) => cluster.objects(type))
  if (!objects.some(({ kind, metadata }) => kind === 'ClusterGlobalEgressIP' && metadata.name === clusterEgressName)) {
    const object = make(clusterGlobalEgressIpType, { name: clusterEgressName }, { numGlobalIPs: clusterEgressCount })
    writes.push({ place: cluster.name, type: clusterGlobalEgressIpType, action: 'create', object })
  }
  writes.push(...planIngress(cluster, objects))
  for (const { object, addresses, condition, changed } of decideAddresses(opened.value, objects)) {
    if (!changed) continue
    const conditions = setCondition(conditionsOf(object), condition, now)
    const has =
      object.kind === 'GlobalIngressIP'
        ? { allocatedIP: addresses[0] ?? null }
        : { allocatedIPs: addresses.length === 0 ? null : addresses }
    const type = addressTypes.find(({ kind }) => kind === object.kind)!
    writes.push({
      place: cluster.name,
      type,
      action: 'patch',
      seen: object,
      body: { status: { ...has, conditions } },
      subresource: 'status',
    })
  }
  return writes
}

/** One GlobalIngressIP for each exported Service with an address of its own; those whose export is gone go too. */
function planIngress(cluster: ClusterFacts, objects: readonly KubeObject[]): PlannedWrite[] {
  const writes: PlannedWrite[] = []
  const place = { place: cluster.name, type: globalIngressIpType }
  const wanted = new Set<string>()
  for (const { metadata } of cluster.objects(serviceExportType)) {
    const { namespace = '', name, deletionTimestamp } = metadata
    const service = cluster.service({ namespace, name })
    if (deletionTimestamp !== undefined || service === undefined || !hasClusterIp(service)) continue
    wanted.add(`${namespace}/${name}`)
    if (
      objects.some(
        (each) => each.kind === 'GlobalIngressIP' && each.metadata.namespace === namespace && each.metadata.name === name,
      )
    )
      continue
    const spec = { target: 'ClusterIPService', serviceRef: { name } }
    writes.push({ ...place, action: 'create', object: make(globalIngressIpType, { name, namespace }, spec) })
  }
  for (const seen of objects) {
    const { labels, namespace, name, deletionTimestamp } = seen.metadata
    if (seen.kind !== 'GlobalIngressIP' || deletionTimestamp !== undefined || wanted.has(`${namespace}/${name}`)) continue
    if (labels?.[multiClusterNames.ownerLabel] === multiClusterNames.owner) writes.push({ ...place, action: 'delete', seen })
  }
  return writes
}

function hasClusterIp(service: KubeObject): boolean {
  const spec = isObject(service['spec']) ? service['spec'] : {}
  const { type = 'ClusterIP', clusterIP } = spec
  return type === 'ClusterIP' && typeof clusterIP === 'string' && clusterIP !== '' && clusterIP !== 'None'
}

function make(type: ResourceType, metadata: KubeObject['metadata'], spec: Record<string, unknown>): KubeObject {
  const labels = { [multiClusterNames.ownerLabel]: multiClusterNames.owner }
  return { apiVersion: `${type.group}/${type.version}`, kind: type.kind, metadata: { ...metadata, labels }, spec }
}

function recordOf(broker: KubeObject): Lookup {
  return { place: brokerPlace, type: configMapType, namespace: broker.metadata.namespace ?? '', name: recordName }
}
