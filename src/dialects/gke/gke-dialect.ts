import { compareText } from '../../base/compare-text.js'
import type { KubeObject } from '../../kube/object/kube-object.js'
import { hubAsMember } from '../../services/model/planned-write.js'
import { createdMsOf, endpointsOf } from '../../services/model/read-service.js'
import type { ClusterFacts, FleetFacts, ServiceDialect } from '../../services/model/service-dialect.js'
import type { Diagnostic, Offer, Origin, ServiceName } from '../../services/model/service-model.js'
import { derivedName, parentOf } from './derived-service.js'
import { type FoundLink, findLinks, type LinkTarget } from './find-links.js'
import { readMultiClusterService } from './multi-cluster-service.js'
import { multiClusterServiceType } from './resource-types.js'

/**
 * GKE's MultiClusterService. The hub is the config cluster: what is applied there counts for the linked clusters, or for all.
 * In each a derived headless Service selects the backends; their endpoints are one service of the cluster set.
 */
export const gkeDialect: ServiceDialect = {
  name: 'gke',
  memberKinds: [],
  hubKinds: [multiClusterServiceType],
  touches(object) {
    if (object.kind === 'Service') return parentServices(object)
    const { namespace, name } = object.metadata
    return object.kind === multiClusterServiceType.kind && namespace !== undefined ? [{ namespace, name }] : []
  },
  standsFor: parentServices,
  offers(service, fleet) {
    const object = findService(service, fleet)
    return object === undefined ? [] : linkedClusters(object, fleet).map((cluster) => offerOf(service, object, cluster))
  },
  rules: () => [],
  diagnose(service, fleet) {
    const object = findService(service, fleet)
    if (object === undefined) return []
    const origin = originOf(service)
    const found: Diagnostic[] = linksOf(object, fleet).flatMap(({ cluster, problem }) =>
      problem === undefined ? [] : [{ origin, severity: cluster === undefined ? 'error' : 'warning', ...problem }],
    )
    const { ports, selector } = readMultiClusterService(object)
    if (Object.keys(selector).length === 0)
      found.push({
        origin,
        severity: 'error',
        message: 'spec.template.spec.selector is empty: no pod is a backend',
        fix: 'Write the labels of the pods into spec.template.spec.selector.',
      })
    if (ports.length === 0)
      found.push({ origin, severity: 'error', message: 'spec.template.spec.ports is empty', fix: 'Name at least one port.' })
    return found
  },
}

function parentServices(service: KubeObject): readonly ServiceName[] {
  const parent = parentOf(service)
  return parent === undefined ? [] : [parent]
}

/** The MultiClusterServices of the hub that are not going, by namespace and name. */
export function servicesOf(fleet: FleetFacts): readonly KubeObject[] {
  const key = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`
  return fleet
    .hubObjects(multiClusterServiceType)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .sort((a, b) => compareText(key(a), key(b)))
}

export function linksOf(object: KubeObject, fleet: FleetFacts): readonly FoundLink[] {
  const targets = fleet.clusters.map(({ name, labels, locality }): LinkTarget => ({ name, labels, region: locality.region }))
  return findLinks(readMultiClusterService(object).links, targets)
}

/** The clusters with backends: those linked, or all but the hub. */
export function linkedClusters(object: KubeObject, fleet: FleetFacts): readonly ClusterFacts[] {
  if (readMultiClusterService(object).links.length === 0) return fleet.clusters.filter(({ name }) => name !== hubAsMember)
  const linked = new Set(linksOf(object, fleet).map(({ cluster }) => cluster))
  return fleet.clusters.filter(({ name }) => linked.has(name))
}

function findService(service: ServiceName, fleet: FleetFacts): KubeObject | undefined {
  const [object] = fleet.hubObjects(multiClusterServiceType, service)
  return object?.metadata.deletionTimestamp === undefined ? object : undefined
}

function offerOf(service: ServiceName, object: KubeObject, cluster: ClusterFacts): Offer {
  const derived = { namespace: service.namespace, name: derivedName(service) }
  return {
    dialect: 'gke',
    origin: originOf(service),
    service,
    cluster: cluster.name,
    createdMs: createdMsOf(object),
    reach: 'clusterset',
    type: 'ClusterSetIP',
    ports: readMultiClusterService(object).ports,
    sessionAffinity: { type: 'None' },
    ipFamilies: ['IPv4'],
    labels: {},
    annotations: {},
    weight: 1,
    endpoints: endpointsOf(cluster.slices(derived), cluster),
  }
}

function originOf({ namespace, name }: ServiceName): Origin {
  return { cluster: 'hub', text: `MultiClusterService ${namespace}/${name}` }
}
