import { equalJson } from '../../base/json.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { serviceType } from '../../services/model/kube-kinds.js'
import { multiClusterNames } from '../../services/model/multi-cluster-names.js'
import { hubPlace, type PlanFacts, type PlannedWrite, type Planner } from '../../services/model/planned-write.js'
import type { ClusterFacts } from '../../services/model/service-dialect.js'
import { derivedName, derivedService, parentOf } from './derived-service.js'
import { linkedClusters, linksOf, servicesOf } from './gke-dialect.js'
import { multiClusterServiceType } from './resource-types.js'

/** Derived Services in the linked clusters, and the status of MultiClusterServices. */
export const gkePlanner: Planner = {
  name: 'gke',
  memberKinds: [],
  isNeeded: (fleet) => fleet.hubObjects(multiClusterServiceType).length > 0,
  lookups: () => [],
  plan(facts) {
    const { fleet } = facts
    const writes: PlannedWrite[] = []
    const wanted = new Map<string, KubeObject[]>()
    for (const object of servicesOf(fleet)) {
      const linked = linkedClusters(object, fleet)
      for (const { name } of linked) wanted.set(name, [...(wanted.get(name) ?? []), derivedService(object)])
      const status = statusOf(object, linked, facts)
      if (status !== undefined)
        writes.push({
          place: hubPlace,
          type: multiClusterServiceType,
          action: 'patch',
          seen: object,
          body: { status },
          subresource: 'status',
        })
    }
    for (const cluster of fleet.clusters) {
      if (cluster.reach === 'reachable') writes.push(...planCluster(cluster, wanted.get(cluster.name) ?? []))
    }
    return writes
  },
}

function planCluster(cluster: ClusterFacts, wanted: readonly KubeObject[]): PlannedWrite[] {
  const place = { place: cluster.name, type: serviceType }
  const writes: PlannedWrite[] = []
  const names = new Set<string>()
  for (const object of wanted) {
    const { namespace = '', name } = object.metadata
    names.add(`${namespace}/${name}`)
    const seen = cluster.service({ namespace, name })
    if (seen === undefined) {
      if (cluster.hasNamespace(namespace)) writes.push({ ...place, action: 'create', object })
    } else if (!isAsWanted(seen, object)) {
      writes.push({
        ...place,
        action: 'patch',
        seen,
        body: { spec: { selector: selectorPatch(seen, object), ports: specOf(object)['ports'] } },
      })
    }
  }
  for (const seen of cluster.objects(serviceType)) {
    const { namespace, name, labels, deletionTimestamp } = seen.metadata
    if (labels?.[multiClusterNames.ownerLabel] !== multiClusterNames.owner || deletionTimestamp !== undefined) continue
    const parent = parentOf(seen)
    if (parent === undefined || derivedName(parent) !== name || names.has(`${namespace}/${name}`)) continue
    writes.push({ ...place, action: 'delete', seen })
  }
  return writes
}

/** The API server fills in more than was asked for. */
function isAsWanted(seen: KubeObject, wanted: KubeObject): boolean {
  const [has, wants] = [specOf(seen), specOf(wanted)]
  const plain = (ports: unknown) =>
    (Array.isArray(ports) ? ports : []).map(({ name = '', protocol = 'TCP', port, targetPort = port, appProtocol = '' }) => ({
      name,
      protocol,
      port,
      targetPort,
      appProtocol,
    }))
  return equalJson(has['selector'] ?? {}, wants['selector'] ?? {}) && equalJson(plain(has['ports']), plain(wants['ports']))
}

/** A merge patch keeps what it does not name. */
function selectorPatch(seen: KubeObject, wanted: KubeObject): Record<string, unknown> {
  const gone = Object.keys((specOf(seen)['selector'] as object | undefined) ?? {}).map((key) => [key, null] as const)
  return { ...Object.fromEntries(gone), ...(specOf(wanted)['selector'] as object | undefined) }
}

function statusOf(
  object: KubeObject,
  linked: readonly ClusterFacts[],
  { fleet, now }: PlanFacts,
): Record<string, unknown> | undefined {
  const { namespace = '', name, generation } = object.metadata
  const missing = linksOf(object, fleet).filter(({ cluster }) => cluster === undefined)
  const without = linked.filter((cluster) => !cluster.hasNamespace(namespace)).map((cluster) => cluster.name)
  const problems = [
    ...missing.map(({ problem }) => problem?.message ?? ''),
    ...(without.length > 0 ? [`the namespace ${namespace} is not there in ${without.join(', ')}`] : []),
  ]
  const condition = {
    type: 'Programmed',
    status: problems.length === 0 ? 'True' : 'False',
    reason: missing.length > 0 ? 'UnknownLink' : without.length > 0 ? 'NamespaceMissing' : 'Programmed',
    message:
      problems.length === 0 ? `backends in ${linked.map((each) => each.name).join(', ') || 'no cluster'}` : problems.join('; '),
  }
  const clusters = linked.map((cluster) => ({ cluster: cluster.name, service: derivedName({ namespace, name }) }))
  const before = (object['status'] ?? {}) as { conditions?: Record<string, unknown>[]; clusters?: unknown }
  const said = before.conditions?.find(({ type }) => type === condition.type)
  const { lastTransitionTime, observedGeneration, ...rest } = said ?? {}
  if (equalJson(rest, condition) && equalJson(before.clusters, clusters) && observedGeneration === generation) return undefined
  const since = said?.['status'] === condition.status && lastTransitionTime !== undefined ? lastTransitionTime : now
  return {
    clusters,
    conditions: [
      { ...condition, lastTransitionTime: since, ...(generation === undefined ? {} : { observedGeneration: generation }) },
    ],
  }
}

function specOf(object: KubeObject): Readonly<Record<string, unknown>> {
  return (object['spec'] ?? {}) as Record<string, unknown>
}
